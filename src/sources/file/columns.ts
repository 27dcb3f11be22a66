/** Which column of a file holds what. Pure. */

import { TradeAiError } from '../../core/errors.js';

export type ColumnRole =
  | 'time'
  | 'open'
  | 'high'
  | 'low'
  | 'close'
  | 'volume'
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
}

export interface ColumnPlan {
  readonly timeIndex: number;
  /** Numbers by magnitude, a timestamp type, or date text. */
  readonly timeKind: 'number' | 'timestamp' | 'text';
  readonly valueIndexes: Readonly<Record<ValueColumn, number>>;
  readonly quoteVolumeIndex: number | undefined;
  readonly symbolIndex: number | undefined;
  /** Text that tells spot from futures, `market_type`. */
  readonly marketTypeIndex: number | undefined;
  /** Every other column that may hold numbers. */
  readonly extraIndexes: readonly number[];
  /** Times that are not needed because another column was taken. */
  readonly unusedTimeNames: readonly string[];
}

/** Names without case, blanks and punctuation, the preferred ones first. */
const NAMES_OF_ROLE = {
  time: [
    'opentime',
    'opentimems',
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
    'indexlevel0',
  ],
  open: ['open', 'o', 'openprice'],
  high: ['high', 'h', 'highprice'],
  low: ['low', 'l', 'lowprice'],
  close: ['close', 'c', 'closeprice'],
  volume: ['volume', 'vol', 'v', 'basevolume', 'volumebase', 'baseassetvolume'],
  quoteVolume: ['quotevolume', 'quoteassetvolume', 'volumequote'],
  closeTime: ['closetime', 'closetimems', 'closetimestamp'],
  symbol: ['symbol', 'pair', 'ticker', 'tic'],
  marketType: ['markettype', 'contracttype', 'instrumenttype'],
  unused: ['ignore', 'unused'],
} as const satisfies Record<ColumnRole, readonly string[]>;

/** What pandas calls a column without a name, which is where it keeps row numbers. */
const UNNAMED = /^Unnamed: \d+$/;

/** `Volume BTC`: a volume with its unit. */
const VOLUME_WITH_ASSET = /^vol(?:ume)?([a-z0-9]{2,10})$/;

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
 *   when two columns have one name
 */
export function planColumns(
  columns: readonly SourceColumn[],
  symbol: string | undefined,
  fileName: string,
): ColumnPlan {
  refuseRepeatedNames(columns, fileName);
  const times = rankTimes(columns);
  const volumes = rankVolumes(columns, symbol);
  const first = (role: ColumnRole) => rankColumns(columns, role)[0] ?? -1;
  const valueIndexes = {
    open: first('open'),
    high: first('high'),
    low: first('low'),
    close: first('close'),
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
  const symbolIndex = first('symbol');
  const marketTypeIndex = first('marketType');
  const taken = new Set([timeIndex, ...otherTimes, ...Object.values(valueIndexes), symbolIndex]);
  const isLeftOut = (name: string) => ['closeTime', 'unused'].includes(roleOfColumn(name) ?? '');
  return {
    timeIndex,
    timeKind: timeKindOf(columns[timeIndex]),
    valueIndexes,
    quoteVolumeIndex: volumes.quoteIndex < 0 ? undefined : volumes.quoteIndex,
    symbolIndex: symbolIndex < 0 ? undefined : symbolIndex,
    marketTypeIndex: marketTypeIndex < 0 ? undefined : marketTypeIndex,
    extraIndexes: columns.flatMap(({ name }, index) => (taken.has(index) || isLeftOut(name) ? [] : [index])),
    unusedTimeNames: otherTimes.map((index) => columns[index].name),
  };
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

/** Time columns, best first: numbers and timestamps before text, then by name. */
function rankTimes(columns: readonly SourceColumn[]): number[] {
  const isText = (index: number) => Number(timeKindOf(columns[index]) === 'text');
  return rankColumns(columns, 'time').sort((a, b) => isText(a) - isText(b));
}

function rankVolumes(
  columns: readonly SourceColumn[],
  symbol: string | undefined,
): { baseIndex: number; quoteIndex: number } {
  const assets = columns.map(({ name }) =>
    roleOfColumn(name) ? undefined : VOLUME_WITH_ASSET.exec(plainName(name))?.[1].toUpperCase(),
  );
  const isBase = (asset: string | undefined) => asset !== undefined && (symbol?.startsWith(asset) ?? true);
  const isQuote = (asset: string | undefined) => asset !== undefined && symbol?.endsWith(asset) === true;
  let baseIndex = rankColumns(columns, 'volume')[0] ?? -1;
  if (baseIndex < 0) baseIndex = assets.findIndex((asset) => isBase(asset) && !isQuote(asset));
  let quoteIndex = rankColumns(columns, 'quoteVolume')[0] ?? -1;
  if (quoteIndex < 0) quoteIndex = assets.findIndex((asset, index) => isQuote(asset) && index !== baseIndex);
  return { baseIndex, quoteIndex };
}

function refuseRepeatedNames(columns: readonly SourceColumn[], fileName: string): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    // DuckDB and Parquet readers tell columns apart without case.
    const lower = name.toLowerCase();
    if (seen.has(lower)) {
      throw new TradeAiError('CANDLE_FILE_UNREADABLE', `${fileName}: the column ${JSON.stringify(name)} stands twice`, {
        hint: 'rename or remove one of them',
      });
    }
    seen.add(lower);
  }
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
