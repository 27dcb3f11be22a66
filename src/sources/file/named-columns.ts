/** Columns of numbers as candles, by their names or, where they have none, by the order that their values fit. Pure. */

import { TradeAiError } from '../../core/errors.js';
import {
  describeOrder,
  describePriceOrder,
  findColumnOrder,
  hasTurnedOpens,
  isOnlyOrder,
  isUsualOrder,
} from './column-order.js';
import { type ColumnPlan, planColumns, type SourceColumn, VALUE_COLUMNS } from './columns.js';
import type { RawCandles } from './source-table.js';

/** The rows of a file with what its columns are. */
export interface NamedCandles {
  readonly raw: RawCandles;
  readonly columns: readonly SourceColumn[];
  readonly plan: ColumnPlan;
  readonly notices: readonly string[];
}

/** Columns that say the same again under another name. */
const REPEATED = /^same_/;

/**
 * Names columns by the order that their rows fit.
 *
 * @param values in the file's order, the time first, each of shape [rows]
 * @throws TradeAiError `CANDLE_COLUMNS_MISSING` when no known order fits, or more than one does and nothing tells which
 */
export function nameColumns(
  values: readonly Float64Array[],
  symbol: string | undefined,
  fileName: string,
): NamedCandles {
  const order = findColumnOrder(values, fileName);
  const columns = order.names.map(
    (name, at): SourceColumn => ({ name, type: 'number', sample: [String(values[at][0])] }),
  );
  const plan = planColumns(columns, symbol, fileName);
  const raw = candlesOf(columns, values, plan);
  const notices = isUsualOrder(order) ? [] : [`the columns have no names; their values fit ${describeOrder(order)}`];
  return { raw, columns, plan, notices };
}

/**
 * Names the columns of a file that was read under names of their number alone, where more than one order has that number.
 *
 * @throws TradeAiError as `nameColumns` does
 */
export function renameColumns(
  { raw, columns, plan }: NamedCandles,
  symbol: string | undefined,
  fileName: string,
): NamedCandles {
  if (isOnlyOrder(columns.length)) return { raw, columns, plan, notices: [] };
  const named: Readonly<Record<string, Float64Array>> = { ...raw.extras, ...raw.values };
  const nothing = new Float64Array(raw.time.length).fill(Number.NaN);
  const values = columns.map(({ name }, index) => (index === plan.timeIndex ? raw.time : (named[name] ?? nothing)));
  const candles = nameColumns(values, symbol, fileName);
  // What is known of the cells, their times and their style, is so whatever their columns are called.
  return { ...candles, raw: { ...candles.raw, timesOf: raw.timesOf, notices: raw.notices } };
}

/**
 * Takes the column away by which an exchange says whether a row is final: OKX ends a row by 1 once its candle has closed,
 * else by 0.
 *
 * @returns `unconfirmed` the rows with 0
 */
export function takeConfirmations(raw: RawCandles): { raw: RawCandles; unconfirmed: number[] } {
  const { confirm, ...extras } = raw.extras;
  if (!confirm?.every((value) => value === 0 || value === 1)) return { raw, unconfirmed: [] };
  return { raw: { ...raw, extras }, unconfirmed: [...confirm.keys()].filter((row) => confirm[row] === 0) };
}

/** The known order that the prices fit instead of the one their names say. */
export function describeOtherOrder({ raw, plan }: NamedCandles): string | undefined {
  const prices = (['open', 'high', 'low', 'close'] as const).toSorted(
    (a, b) => plan.valueIndexes[a] - plan.valueIndexes[b],
  );
  return describePriceOrder(prices, [raw.time, ...prices.map((name) => raw.values[name])]);
}

/**
 * Refuses columns whose opens and closes stand under each other's names.
 *
 * @throws TradeAiError `CANDLE_VALUE_INVALID` naming the order that fits
 */
export function refuseTurnedOpens(raw: RawCandles, timeMs: Float64Array, plan: ColumnPlan, fileName: string): void {
  if (!hasTurnedOpens({ openTimeMs: timeMs, ...raw.values })) return;
  const { open, high, low, close } = plan.valueIndexes;
  const order = [['close', open] as const, ['high', high] as const, ['low', low] as const, ['open', close] as const]
    .sort(([, a], [, b]) => a - b)
    .map(([name]) => name);
  throw new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: its prices fit the order ${order.join(', ')}, not the names of their columns: only with open and close ` +
      'turned round do candles open where those before them closed',
    { hint: 'correct the names in the header; nothing was imported' },
  );
}

/**
 * Takes the columns that the plan names; a further column without any number counts as text.
 *
 * @param values one array for each column, each of shape [rows]; `undefined` for a column of text
 */
export function candlesOf(
  columns: readonly SourceColumn[],
  values: readonly (Float64Array | undefined)[],
  plan: ColumnPlan,
): RawCandles {
  const [time, open, high, low, close, volume] = [
    plan.timeIndex,
    ...VALUE_COLUMNS.map((name) => plan.valueIndexes[name]),
  ].map((index) => values[index] ?? new Float64Array(0));
  const extras = plan.extraIndexes.filter((index) => !REPEATED.test(columns[index].name));
  const isKnown = (index: number) => values[index]?.some((value) => !Number.isNaN(value)) === true;
  return {
    time,
    values: { open, high, low, close, volume },
    quoteVolume: plan.quoteVolumeIndex === undefined ? undefined : values[plan.quoteVolumeIndex],
    extras: Object.fromEntries(
      extras.filter(isKnown).map((index) => [columns[index].name, values[index] as Float64Array]),
    ),
    textColumns: extras.filter((index) => !isKnown(index)).map((index) => columns[index].name),
    symbols: [],
  };
}
