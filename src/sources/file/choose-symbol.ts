/** Which market a file's candles are of: what the user says, its name, its folder and its columns. */

import { basename } from 'node:path';
import { TradeAiError } from '../../core/errors.js';
import { checkName } from '../../core/names.js';
import { isKnownAsset } from '../../market/assets.js';
import { describeMarket, type Market, marketOf, symbolOf } from '../../market/market-kind.js';
import { readKindText, readSymbolText } from '../../market/market-words.js';
import { unreadable } from './file-content.js';
import { type NameClues, readNameClues } from './name-clues.js';

export interface SymbolClues {
  readonly path: string;
  /** What the user says. */
  readonly option?: string;
  /** Distinct entries of the symbol column. */
  readonly symbols: readonly string[];
  /** Distinct entries of a column such as `market_type`. */
  readonly marketTypes?: readonly string[];
}

export interface ChosenSymbol {
  readonly symbol: string;
  readonly symbolSource: 'option' | 'file name' | 'symbol column';
  readonly notices: string[];
}

const EXAMPLES =
  'BTCUSDT for spot, BTCUSDT_PERP for perpetual futures, BTCUSDT_240628 for those that are delivered on a day';

/** A market, and whether it was said to be spot or not. */
interface SaidMarket {
  readonly market: Market;
  readonly saysKind: boolean;
}

/**
 * The symbol of a file's candles. The user's word stands; what contradicts it is said. Name and columns that contradict
 * each other name nothing.
 *
 * @throws TradeAiError `USAGE` when it has to be asked for, `CANDLES_INVALID` for several symbols, `NAME_INVALID`
 */
export function chooseSymbol({ path, option, symbols, marketTypes = [] }: SymbolClues): ChosenSymbol {
  const fileName = basename(path);
  const clues = readNameClues(path);
  const inName = clues.market && { market: clues.market, saysKind: clues.saysKind };
  const inColumn = withMarketType(readColumn(symbols, fileName), marketTypes);
  const typed = inName && withMarketType(inName, marketTypes);
  if (option !== undefined) {
    const notices = [typed, inColumn].flatMap((said) => (said ? contradictions(said.market, option) : []));
    return { symbol: checkName(option, 'symbol'), symbolSource: 'option', notices: [...new Set(notices)] };
  }
  const chosen = typed && inColumn ? agree(typed, inColumn, fileName) : (typed ?? inColumn);
  if (chosen === undefined) throw nameless(fileName, clues, symbols);
  const symbol = checkName(symbolOf(chosen.market), 'symbol');
  const isOfFolder = clues.isOfFolder && chosen === typed;
  const notices = isOfFolder
    ? [`by its folder these are ${describeMarket(chosen.market)} of ${chosen.market.pair}`]
    : [];
  return { symbol, symbolSource: typed ? 'file name' : 'symbol column', notices };
}

/**
 * Refuses a file that holds no prices by its name.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE`
 */
export function refuseOtherThanPrices(path: string): void {
  const { notPrices } = readNameClues(path);
  if (notPrices === undefined) return;
  throw unreadable(
    basename(path),
    `holds ${notPrices} by its name, which are no prices of a market`,
    'a model learns from candles of prices; if it does hold prices, give it another name',
  );
}

/** The pair as far as name, option and sample tell, for telling base from quote volume. */
export function likelyPair(path: string, option: string | undefined, cell: string | undefined): string | undefined {
  if (option !== undefined) return marketOf(option).pair;
  const inName = readNameClues(path).market;
  return (inName ?? (cell === undefined ? undefined : readCell(cell)?.market))?.pair;
}

function readColumn(cells: readonly string[], fileName: string): SaidMarket | undefined {
  const said = cells.flatMap((cell) => readCell(cell) ?? []);
  const symbols = new Set(said.map(({ market }) => symbolOf(market)));
  if (symbols.size <= 1) return said[0];
  throw new TradeAiError('CANDLES_INVALID', `${fileName} holds candles of several symbols: ${cells.join(', ')}`, {
    hint: 'split it into one file per symbol',
  });
}

/** A cell that names no pair that is known is taken as it is, unless it is an asset by itself. */
function readCell(cell: string): SaidMarket | undefined {
  const reading = readSymbolText(cell);
  if ('market' in reading) return reading;
  const plain = cell.toUpperCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  return plain === '' || isKnownAsset(plain) ? undefined : { market: { pair: plain, kind: 'spot' }, saysKind: false };
}

function withMarketType<Said extends SaidMarket | undefined>(said: Said, cells: readonly string[]): Said | SaidMarket {
  if (said === undefined || said.saysKind) return said;
  const kinds = cells.flatMap((cell) => readKindText(cell) ?? []);
  return kinds.length === 1 ? { market: { pair: said.market.pair, ...kinds[0] }, saysKind: true } : said;
}

/** The one that says more of two that are of the same pair; mark prices are those of perpetual futures. */
function agree(inName: SaidMarket, inColumn: SaidMarket, fileName: string): SaidMarket {
  const [byName, byColumn] = [inName, inColumn].map(({ market }) => symbolOf(market));
  if (inName.market.pair === inColumn.market.pair) {
    const kinds = [inName.market.kind, inColumn.market.kind];
    if (byName === byColumn || !inColumn.saysKind) return inName;
    if (!inName.saysKind) return inColumn;
    if (kinds.includes('mark') && kinds.includes('perpetual')) return kinds[0] === 'mark' ? inName : inColumn;
  }
  throw new TradeAiError('USAGE', `${fileName}: its name says ${byName}, its columns say ${byColumn}`, {
    commandHint: `say which it is, with --symbol ${byName} or --symbol ${byColumn}`,
  });
}

function contradictions(said: Market, option: string): string[] {
  const meant = marketOf(option);
  const symbol = symbolOf(said);
  if (bare(symbol) === bare(option)) return [];
  if (bare(said.pair) !== bare(meant.pair))
    return [`the file speaks of ${symbol}, its candles are taken for ${option}`];
  if (said.kind === 'spot') return [];
  return [
    `the file speaks of ${describeMarket(said)}, its candles are taken for ${option}; the symbol ${symbol} keeps them apart`,
  ];
}

function bare(symbol: string): string {
  return symbol.replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function nameless(fileName: string, { unclear }: NameClues, cells: readonly string[]): TradeAiError {
  const column = cells.length === 0 ? 'no column says it' : `its symbol column says ${cells.join(', ')}`;
  return new TradeAiError(
    'USAGE',
    `${fileName}: which symbol its candles are of is not clear: its name ${unclear ?? 'names no pair'}, and ${column}`,
    // No symbol to paste: the file may be of any pair and any market.
    { commandHint: `name it with --symbol …, such as ${EXAMPLES}` },
  );
}
