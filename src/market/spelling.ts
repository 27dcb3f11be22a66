/** Names as people write them: `btcusdt`, `BTC/USDT` and `BTC-USDT` are `BTCUSDT`. Pure. */

import { closest, distance } from 'fastest-levenshtein';
import { TradeAiError } from '../core/errors.js';
import { checkName, isName } from '../core/names.js';
import { symbolOf } from './market-kind.js';
import { inCapitals, readPair, readSymbolText } from './market-words.js';

const SHOWN_NAMES = 5;
/** Further than this, a name is not a misspelling of another; nor where it begins otherwise, as `ETHUSDT` and `BTCUSDT`. */
const MISSPELLING_DISTANCE = 2;

/**
 * A symbol as somebody wrote it, in capitals; base and quote with a slash between, as ccxt writes them, run together. A
 * dash or an underscore stays: series of some sources have one.
 *
 * @example readSymbol('btc/usdt:usdt') // 'BTCUSDT_PERP'
 * @throws TradeAiError `NAME_INVALID`
 */
export function readSymbol(text: string): string {
  const normal = text.normalize('NFC');
  const pair = readPair(normal);
  const symbol = pair === undefined ? inCapitals(normal) : symbolOf(pair);
  return isName(symbol) ? symbol : checkName(text, 'symbol');
}

/**
 * The same as an exchange without separators spells it, as Binance does.
 *
 * @example readJoinedSymbol('btc-usdt') // 'BTCUSDT'
 * @throws TradeAiError `NAME_INVALID`
 */
export function readJoinedSymbol(text: string): string {
  const symbol = readSymbol(text);
  if (/^[\p{L}\p{N}]+$/u.test(symbol)) return symbol;
  const reading = readSymbolText(symbol);
  return 'market' in reading ? checkName(symbolOf(reading.market), 'symbol') : symbol;
}

/**
 * The one of the names that is meant: the very same, else the same but for capitals, else but for separators.
 *
 * @returns `undefined` where none is
 * @throws TradeAiError `USAGE` where it may be several
 */
export function findSpelled(given: string, names: readonly string[]): string | undefined {
  if (names.includes(given)) return given;
  const wanted = given.normalize('NFC');
  const ways: ((name: string) => string)[] = [inCapitals, bare];
  for (const plain of ways) {
    const meant = names.filter((name) => plain(name) === plain(wanted));
    if (meant.length === 1) return meant[0];
    if (meant.length > 1) {
      throw new TradeAiError('USAGE', `${JSON.stringify(given)} may be ${meant.join(' or ')}`, {
        hint: 'write it as one of them',
      });
    }
  }
  return undefined;
}

/** The name that was misspelled; `undefined` where none is near. */
export function findNear(given: string, names: readonly string[]): string | undefined {
  const [wanted, capitals] = [inCapitals(given), names.map(inCapitals)];
  const near = names.length === 0 ? '' : closest(wanted, capitals);
  const limit = near.startsWith(wanted.slice(0, 1)) ? MISSPELLING_DISTANCE : 1;
  return distance(near, wanted) <= limit ? names[capitals.indexOf(near)] : undefined;
}

/** The names there are as a sentence, with the nearest first where one is near: for what was not found. */
export function describeNear(given: string, names: readonly string[]): string {
  if (names.length === 0) return 'there are none';
  const near = findNear(given, names);
  if (near !== undefined) return `did you mean ${near}?`;
  const more = names.length - SHOWN_NAMES;
  return `there are ${names.slice(0, SHOWN_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What is left of a name without capitals and separators. A path, or whatever is no name, keeps what makes it that. */
function bare(text: string): string {
  const pair = readPair(text);
  const symbol = inCapitals(pair === undefined ? text : symbolOf(pair));
  return symbol.replaceAll(/(?<=[\p{L}\p{N}])[-_](?=[\p{L}\p{N}])/gu, '');
}
