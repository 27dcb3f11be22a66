/** Which column of a file holds what. Pure. */

import { TradeAiError } from '../../core/errors.js';
import { isVendor, readKindText } from '../../market/market-words.js';
import { isClockNumber, isClockText, isDateText } from './time-formats.js';

export type ColumnRole =
  | 'time'
  | 'open'
  | 'high'
  | 'low'
  | 'close'
  | 'volume'
  | 'tickVolume'
  | 'quoteVolume'
  | 'closeTime'
  | 'symbol'
  | 'marketType'
  | 'unused';

export const VALUE_COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;
export type ValueColumn = (typeof VALUE_COLUMNS)[number];

/** A column as the file declares it; `sample` holds its first cells as text. */
export interface SourceColumn {
  readonly name: string;
  readonly type: 'number' | 'timestamp' | 'text';
  readonly sample: readonly string[];
  /** Whether a timestamp is of UTC rather than of a clock on some wall. */
  readonly isZoned?: boolean;
}

export interface ColumnPlan {
  readonly timeIndex: number;
  /** The clock, where date and time stand in two columns and `timeIndex` is the date. */
  readonly clockIndex: number | undefined;
  /** Numbers by magnitude, a timestamp type, or date text. */
  readonly timeKind: 'number' | 'timestamp' | 'text';
  readonly valueIndexes: Readonly<Record<ValueColumn, number>>;
  /** MetaTrader's count of price changes, which is the volume where nothing else is. */
  readonly tickVolumeIndex: number | undefined;
  readonly quoteVolumeIndex: number | undefined;
  readonly symbolIndex: number | undefined;
  /** Text that tells spot from futures, `market_type`. */
  readonly marketTypeIndex: number | undefined;
  /** Every other column that may hold numbers. */
  readonly extraIndexes: readonly number[];
  /** Times that are not needed because another column was taken. */
  readonly unusedTimeNames: readonly string[];
  /** Columns that are not needed and whose name stands twice, so that it names neither. */
  readonly repeatedNames: readonly string[];
}

/** Names without case, blanks and punctuation, the preferred ones first. */
const NAMES_OF_ROLE = {
  time: [
    'opentime',
    'opentimems',
    'timeopen',
    'timestamp',
    'unixtimestamp',
    'unix',
    'unixtime',
    'epoch',
    'time',
    'ts',
    't',
    'datetime',
    'date',
    'gmttime',
    'utctime',
    'timegmt',
    'timeutc',
    'datetimegmt',
    'datetimeutc',
    'dategmt',
    'dateutc',
    'localtime',
    'start',
    'indexlevel0',
  ],
  open: ['open', 'o', 'openprice'],
  high: ['high', 'h', 'highprice'],
  low: ['low', 'l', 'lowprice'],
  close: ['close', 'c', 'closeprice'],
  volume: ['volume', 'vol', 'v', 'basevolume', 'volumebase', 'baseassetvolume', 'volumefrom'],
  tickVolume: ['tickvolume', 'tickvol'],
  quoteVolume: ['quotevolume', 'quoteassetvolume', 'volumequote', 'volumeto'],
  closeTime: ['closetime', 'closetimems', 'closetimestamp', 'timeclose'],
  symbol: [
    'symbol',
    'pair',
    'ticker',
    'tic',
    'instid',
    'instrument',
    'instrumentid',
    'instrumentname',
    'productid',
    'contract',
    'market',
  ],
  marketType: ['markettype', 'contracttype', 'instrumenttype'],
  // CoinMarketCap's `name` is the number of the currency that its prices are in.
  unused: ['ignore', 'unused', 'timehigh', 'timelow', 'name'],
} as const satisfies Record<ColumnRole, readonly string[]>;

/** Columns that hold a symbol in some files and in others the kind of market, an exchange or a number. */
const MAYBE_SYMBOL = ['instrument', 'contract', 'market'];

/** What pandas calls a column without a name, which is where it keeps row numbers. */
const UNNAMED = /^Unnamed: \d+$/;

/** `Volume BTC`: a volume with its unit. */
const VOLUME_WITH_ASSET = /^vol(?:ume)?([a-z0-9]{2,10})$/;

/** `Volume_(BTC)` and `Volume_(Currency)`, as Bitstamp's minutes have them on Kaggle. */
const QUOTE_WORD = 'CURRENCY';

const NO_VALUE = new Set(['', 'null', 'nan', 'n/a', 'none', 'na']);

/** What a column of this name holds; `undefined` when its name says nothing. */
export function roleOfColumn(name: string): ColumnRole | undefined {
  if (UNNAMED.test(name)) return 'unused';
  const plain = plainName(name);
  for (const [role, names] of Object.entries(NAMES_OF_ROLE)) {
    if ((names as readonly string[]).includes(plain)) return role as ColumnRole;
  }
  return undefined;
}

/**
 * Decides which column is which.
 *
 * @param symbol tells the base volume from the quote volume where they are named after their assets
 * @throws TradeAiError `CANDLE_COLUMNS_MISSING` naming what is missing and what there is; `CANDLE_FILE_UNREADABLE`
 *   when two columns have one name, and for BitMEX's own columns
 */
export function planColumns(
  columns: readonly SourceColumn[],
  symbol: string | undefined,
  fileName: string,
): ColumnPlan {
  refuseBitmex(columns, fileName);
  const [clockIndex, dateIndex] = findClock(columns);
  const allTimes = rankTimes(columns, dateIndex);
  const times = allTimes.filter((index) => index !== clockIndex);
  const volumes = rankVolumes(columns, symbol);
  const first = (role: ColumnRole) => rankColumns(columns, role)[0] ?? -1;
  const valueIndexes = {
    open: first('open'),
    high: first('high'),
    low: first('low'),
    close: findClose(columns),
    volume: volumes.baseIndex,
  };
  const missing = VALUE_COLUMNS.filter((name) => valueIndexes[name] < 0);
  if (times.length === 0 || missing.length > 0) {
    const lacking = [...(times.length === 0 ? ['open_time'] : []), ...missing];
    throw new TradeAiError(
      'CANDLE_COLUMNS_MISSING',
      `${fileName}: expected the columns open_time, open, high, low, close and volume; ${lacking.join(', ')} missing, there ` +
        `are ${columns.map((column) => column.name).join(', ')}`,
      { hint: 'rename the columns in the header, or export the file with all of them' },
    );
  }
  const [timeIndex, ...otherTimes] = times;
  const symbolIndex = findSymbol(columns);
  const marketTypeIndex = findMarketType(columns);
  const isPaired = timeIndex === dateIndex;
  const needed = new Set([timeIndex, ...(isPaired ? [clockIndex!] : []), ...Object.values(valueIndexes), symbolIndex]);
  const isRepeated = repeatedNames(columns);
  refuseRepeated(
    columns,
    [...needed].find((index) => columns[index] && isRepeated(columns[index])),
    fileName,
  );
  const isLeftOut = (name: string) => ['closeTime', 'unused'].includes(roleOfColumn(name) ?? '');
  const others = columns.flatMap((column, index) =>
    needed.has(index) || allTimes.includes(index) || isLeftOut(column.name) ? [] : [index],
  );
  const extraIndexes = others.filter((index) => !isRepeated(columns[index]));
  const optional = (index: number) => (extraIndexes.includes(index) ? index : undefined);
  return {
    timeIndex,
    clockIndex: isPaired ? clockIndex : undefined,
    timeKind: isPaired ? 'text' : timeKindOf(columns[timeIndex]),
    valueIndexes,
    tickVolumeIndex: first('tickVolume') === volumes.baseIndex ? volumes.baseIndex : optional(first('tickVolume')),
    quoteVolumeIndex: optional(volumes.quoteIndex),
    symbolIndex: symbolIndex < 0 ? undefined : symbolIndex,
    marketTypeIndex: marketTypeIndex < 0 ? undefined : marketTypeIndex,
    extraIndexes,
    unusedTimeNames: otherTimes.map((index) => columns[index].name),
    repeatedNames: [
      ...new Set(
        others
          .map((index) => columns[index])
          .filter(isRepeated)
          .map(({ name }) => name),
      ),
    ],
  };
}

/** BitMEX's `trade/bucketed`, by its names alone: https://www.bitmex.com/api/explorer/#!/Trade/Trade_getBucketed */
function refuseBitmex(columns: readonly SourceColumn[], fileName: string): void {
  const names = columns.map(({ name }) => plainName(name));
  if (!['timestamp', 'volume', 'homenotional', 'foreignnotional'].every((name) => names.includes(name))) return;
  throw new TradeAiError(
    'CANDLE_FILE_UNREADABLE',
    `${fileName}: by its columns homeNotional and foreignNotional it is of BitMEX, whose timestamp is the end of a candle ` +
      'and whose volume counts contracts',
    {
      commandHint:
        'take one interval from every timestamp, remove the columns volume and foreignNotional, call homeNotional volume, ' +
        'and name the market with --symbol: its XBTUSD is XBTUSD_PERP',
    },
  );
}

/** The column that names the symbol; −1 for none. */
export function findSymbol(columns: readonly SourceColumn[]): number {
  const isSymbol = (column: SourceColumn) => column.type !== 'number' && holdsSymbol(column.name, firstCell(column));
  return rankColumns(columns, 'symbol').find((index) => isSymbol(columns[index])) ?? -1;
}

/** Whether what stands under this name is a symbol, by its name and, where that leaves it open, by the cell. */
export function holdsSymbol(name: string, cell: string): boolean {
  if (roleOfColumn(name) !== 'symbol') return false;
  return !MAYBE_SYMBOL.includes(plainName(name)) || !(isKindText(cell) || isVendor(cell) || isNumberText(cell));
}

/** `market_type`, or a column such as `market` where it says `futures`; −1 for none. */
function findMarketType(columns: readonly SourceColumn[]): number {
  const isKind = (column: SourceColumn) =>
    MAYBE_SYMBOL.includes(plainName(column.name)) && isKindText(firstCell(column));
  return rankColumns(columns, 'marketType')[0] ?? columns.findIndex(isKind);
}

function isKindText(cell: string): boolean {
  return cell.split(/[\s_-]+/).every((word) => readKindText(word) !== undefined);
}

function firstCell({ sample }: SourceColumn): string {
  return (sample.find((cell) => cell.trim() !== '') ?? '').trim();
}

/** Whether a cell is a number as DuckDB reads one. */
export function isNumberText(cell: string): boolean {
  return cell.trim() !== '' && Number.isFinite(Number(cell));
}

/** Whether a column has at least one value and each of its first ones is a number. */
function looksNumeric(column: SourceColumn): boolean {
  if (column.type !== 'text') return column.type === 'number';
  const values = column.sample.filter((cell) => !NO_VALUE.has(cell.toLowerCase()));
  return values.length > 0 && isNumberText(values[0]);
}

function timeKindOf(column: SourceColumn): ColumnPlan['timeKind'] {
  return column.type === 'timestamp' ? 'timestamp' : looksNumeric(column) ? 'number' : 'text';
}

/** The columns of a role, those with the preferred names first. */
function rankColumns(columns: readonly SourceColumn[], role: ColumnRole): number[] {
  const preference = (index: number) =>
    (NAMES_OF_ROLE[role] as readonly string[]).indexOf(plainName(columns[index].name));
  const indexes = columns.flatMap(({ name }, index) => (roleOfColumn(name) === role ? [index] : []));
  return indexes.sort((a, b) => preference(a) - preference(b));
}

/** Time columns, best first: numbers and timestamps before text, then by name. A date with its clock is text. */
function rankTimes(columns: readonly SourceColumn[], dateIndex: number | undefined): number[] {
  const isText = (index: number) => Number(timeKindOf(columns[index]) === 'text' || index === dateIndex);
  return rankColumns(columns, 'time').sort((a, b) => isText(a) - isText(b));
}

/** The columns of clock and date where a time stands in two: `2024.01.01` and `13:00`, also `20240101` and `130000`, `0`. */
function findClock(columns: readonly SourceColumn[]): [clockIndex: number, dateIndex: number] | [] {
  const find = (role: readonly string[], isCell: (cell: string) => boolean) =>
    columns.findIndex(({ name, type, sample }) => {
      const cells = sample.filter((cell) => cell !== '');
      return role.includes(plainName(name)) && type === 'text' && cells.length > 0 && cells.every(isCell);
    });
  const dateIndex = find(['date', 'day'], isDateText);
  const findClockOf = (isCell: (cell: string) => boolean) => find(['time', 'hour', 'clock'], isCell);
  const inFullIndex = findClockOf(isClockText);
  const clockIndex = inFullIndex < 0 ? findClockOf(isClockNumber) : inFullIndex;
  return dateIndex < 0 || clockIndex < 0 ? [] : [clockIndex, dateIndex];
}

/** investing.com calls the close `Price`; without its `Change %` that may be any price, an average too. */
function findClose(columns: readonly SourceColumn[]): number {
  const [close = -1] = rankColumns(columns, 'close');
  if (close >= 0 || !columns.some(({ name }) => plainName(name) === 'change')) return close;
  return columns.findIndex(({ name }) => plainName(name) === 'price');
}

function rankVolumes(
  columns: readonly SourceColumn[],
  symbol: string | undefined,
): { baseIndex: number; quoteIndex: number } {
  const assets = columns.map(({ name }) =>
    roleOfColumn(name) ? undefined : VOLUME_WITH_ASSET.exec(plainName(name))?.[1].toUpperCase(),
  );
  const isWorded = assets.includes(QUOTE_WORD);
  const isQuote = (asset: string | undefined) =>
    asset !== undefined && (isWorded ? asset === QUOTE_WORD : symbol?.endsWith(asset) === true);
  const isBase = (asset: string | undefined) =>
    asset !== undefined && (isWorded || (symbol?.startsWith(asset) ?? true));
  let baseIndex = rankColumns(columns, 'volume')[0] ?? -1;
  if (baseIndex < 0) baseIndex = assets.findIndex((asset) => isBase(asset) && !isQuote(asset));
  if (baseIndex < 0) baseIndex = rankColumns(columns, 'tickVolume')[0] ?? -1;
  let quoteIndex = rankColumns(columns, 'quoteVolume')[0] ?? -1;
  if (quoteIndex < 0) quoteIndex = assets.findIndex((asset, index) => isQuote(asset) && index !== baseIndex);
  return { baseIndex, quoteIndex };
}

/** DuckDB and Parquet readers tell columns apart without case. */
function repeatedNames(columns: readonly SourceColumn[]): (column: SourceColumn) => boolean {
  const counts = new Map<string, number>();
  for (const { name } of columns) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return ({ name }) => counts.get(name.toLowerCase())! > 1;
}

function refuseRepeated(columns: readonly SourceColumn[], index: number | undefined, fileName: string): void {
  if (index === undefined) return;
  const name = columns[index].name.toLowerCase();
  const last = columns.findLast((column) => column.name.toLowerCase() === name)!;
  throw new TradeAiError(
    'CANDLE_FILE_UNREADABLE',
    `${fileName}: the column ${JSON.stringify(last.name)} stands twice`,
    {
      hint: 'rename or remove one of them',
    },
  );
}

/** A name without case, blanks and punctuation. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
