/**
 * In which order rows without names have their numbers. Exchanges do not agree: most write open, high, low, close, but
 * KuCoin and Bitfinex open, close, high, low, and Coinbase low, high, open, close. Rows are believed, not their number of
 * columns: low ≤ open, close ≤ high must hold, and a volume must not be a price. Where the prices fit more than one
 * order, opens next to the closes before them tell. Pure.
 */

import { TradeAiError } from '../../core/errors.js';
import { averagePrices, countAveragePrices } from './average-price.js';

/** The columns of rows of one kind, the time first. */
export interface ColumnOrder {
  readonly names: readonly string[];
  /** Whose order it is: `as Coinbase writes them`. */
  readonly origin: string;
}

const orderOf = (origin: string, names: string): ColumnOrder => ({ origin, names: ['open_time', ...names.split(' ')] });

/** The known orders; of those that one row can fit, the one that says more of it comes first. */
export const KNOWN_ORDERS: readonly ColumnOrder[] = [
  // https://www.freqtrade.io/en/stable/data-download/
  orderOf('as most programs write them', 'open high low close volume'),
  // https://docs.bitfinex.com/reference/rest-public-candles
  orderOf('as Bitfinex writes them', 'open close high low volume'),
  // https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductcandles
  orderOf('as Coinbase writes them', 'low high open close volume'),
  orderOf('as yfinance writes them', 'close high low open volume'),
  // https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-klines
  orderOf('as KuCoin writes them', 'open close high low volume quote_volume'),
  // https://bybit-exchange.github.io/docs/v5/market/kline: the first volume of inverse contracts is in the quote asset
  orderOf('as Bybit writes them', 'open high low close volume quote_volume'),
  orderOf('as Bybit writes inverse contracts', 'open high low close quote_volume volume'),
  // https://docs.kraken.com/api/docs/rest-api/get-ohlc-data
  orderOf('as programs for Kraken write them', 'open high low close vwap volume'),
  orderOf('as Kraken writes them', 'open high low close vwap volume trades'),
  // https://support.kraken.com/hc/en-us/articles/360047124832
  orderOf('as Kraken writes them', 'open high low close volume trades'),
  // https://bingx-api.github.io/docs/ and https://www.mexc.com/api-docs/spot-v3/market-data-endpoints
  orderOf('as BingX and MEXC write them', 'open high low close volume close_time quote_volume'),
  // https://www.bitget.com/api-doc/spot/market/Get-Candle-Data
  orderOf('as Bitget writes them', 'open high low close volume quote_volume quote_volume_usdt'),
  // https://www.gate.com/docs/developers/apiv4/en/#market-k-line-chart
  orderOf('as Gate writes them', 'quote_volume close high low open volume confirm'),
  // https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-candlesticks
  orderOf('as OKX writes them', 'open high low close volume quote_volume same_quote_volume confirm'),
  orderOf('as OKX writes contracts', 'open high low close contracts volume quote_volume confirm'),
  orderOf('as OKX writes them', 'open high low close volume same_volume same_volume_too confirm'),
  // https://github.com/binance/binance-public-data#klines, by the names its newer files carry
  orderOf(
    'as Binance writes them',
    'open high low close volume close_time quote_volume count taker_buy_volume taker_buy_quote_volume ignore',
  ),
];

/** Written by nobody, but named so by mistake. */
const TURNED_RANGE = orderOf('with high and low turned round', 'open low high close volume');

const PRICE_COUNT = 4;
/** An order that so many of the rows contradict is not theirs; fewer are bad rows, of which the file's checks tell. */
const CONTRADICTED_SHARE = 0.5;
/** Fewer volumes may look like prices by chance. */
const TELLING_ROWS = 10;
/** In so many pairs of candles, and in this share of them, an open must lie nearer to the close before it. */
const TELLING_PAIRS = 20;
const CLEAR_SHARE = 0.9;
/** So many averages may lie outside, for exchanges correct prices and volumes apart. */
const BAD_SHARE = 0.01;

type Columns = Readonly<Record<string, Float64Array>>;

/**
 * Names for columns that have none: those of the only order of so many columns, else names that say nothing yet.
 *
 * @returns `undefined` for a number of columns that no known order has
 */
export function namesWithoutHeader(columnCount: number): readonly string[] | undefined {
  const [first] = KNOWN_ORDERS.filter(({ names }) => names.length === columnCount);
  if (isOnlyOrder(columnCount)) return first.names;
  return first?.names.map((_, at) => KNOWN_ORDERS[0].names[at] ?? `column_${at + 1}`);
}

/** Whether one known order has so many columns, so that their names are known before the rows are read. */
export function isOnlyOrder(columnCount: number): boolean {
  return KNOWN_ORDERS.filter(({ names }) => names.length === columnCount).length === 1;
}

/** The numbers of columns that are understood without names, for messages. */
export const KNOWN_COLUMN_COUNTS =
  '6 (time, open, high, low, close, volume, or as Bitfinex or Coinbase), 7 (Bybit, KuCoin, Kraken), 8 (BingX, Bitget, Gate, Kraken), 9 (OKX) or 12 (Binance)';

/**
 * The order that the rows fit.
 *
 * @param columns in the file's order, the time first, each of shape [rows]
 * @throws TradeAiError `CANDLE_COLUMNS_MISSING` when none fits, or more than one does and nothing tells which
 */
export function findColumnOrder(columns: readonly Float64Array[], fileName: string): ColumnOrder {
  const known = KNOWN_ORDERS.filter(({ names }) => names.length === columns.length);
  const byPrices = ordersOfPrices(known, columns);
  if (byPrices.length === 0) throw noOrder(fileName, columns.length, 'their prices stand in no known order');
  const fitting = byPrices.filter((order) => fitsVolumes(columnsOf(order, columns)));
  if (fitting.length === 0)
    throw noOrder(fileName, columns.length, 'what follows the prices is no volume of a known kind');
  const [first, ...others] = fitting.filter(
    (order, at) => fitting.findIndex((other) => isSameReading(order, other)) === at,
  );
  if (others.length === 0) return first;
  const order = orderByOpens([first, ...others], columns);
  if (order !== undefined) return order;
  throw ambiguous(fileName, [first, ...others]);
}

/**
 * The known order of prices that all rows fit, for columns with names that the rows contradict.
 *
 * @param named the names of the prices in the file's order
 * @param columns the time, then the four columns of prices in the file's order, each of shape [rows]
 * @returns such as `open, close, high, low, as Bitfinex writes them`; `undefined` when no other fits, or several do
 */
export function describePriceOrder(named: readonly string[], columns: readonly Float64Array[]): string | undefined {
  const known = [...KNOWN_ORDERS.filter(({ names }) => names.length === columns.length + 1), TURNED_RANGE];
  const fitting = countContradictions(known, columns)
    .filter(({ contradictions }) => contradictions === 0)
    .map(({ order }) => order);
  const order = fitting.length > 1 ? orderByOpens(fitting, columns) : fitting[0];
  const fitted = order?.names.slice(1, 1 + PRICE_COUNT).join(', ');
  return order && fitted !== named.join(', ') ? `${fitted}, ${order.origin}` : undefined;
}

/**
 * Whether opens and closes stand under each other's names: candles open where those before them closed only when the two
 * are turned round, which highs and lows cannot tell.
 */
export function hasTurnedOpens({ openTimeMs, open, close }: Record<'openTimeMs' | 'open' | 'close', Float64Array>) {
  const rows = rowsInTime(openTimeMs);
  const named = stepsToOpens({ open_time: openTimeMs, open, close }, rows);
  const turned = stepsToOpens({ open_time: openTimeMs, open: close, close: open }, rows);
  return isClearlyNearer(turned, named);
}

/** `time, open, close, high, low, volume, as Bitfinex writes them` */
export function describeOrder({ names, origin }: ColumnOrder): string {
  return `${['time', ...names.slice(1)].join(', ')}, ${origin}`;
}

/** Whether the first columns are time, open, high, low, close, volume, which is what rows without names have mostly. */
export function isUsualOrder({ names }: ColumnOrder): boolean {
  return KNOWN_ORDERS[0].names.every((name, at) => names[at] === name);
}

function columnsOf({ names }: ColumnOrder, columns: readonly Float64Array[]): Columns {
  return Object.fromEntries(names.map((name, at) => [name, columns[at]]));
}

/** The orders whose prices the fewest rows contradict. */
function ordersOfPrices(orders: readonly ColumnOrder[], columns: readonly Float64Array[]): ColumnOrder[] {
  const counted = countContradictions(orders, columns);
  const fewest = Math.min(...counted.map(({ contradictions }) => contradictions));
  return counted
    .filter(({ contradictions, rows }) => contradictions === fewest && fewest <= CONTRADICTED_SHARE * rows)
    .map(({ order }) => order);
}

interface PriceFit {
  readonly order: ColumnOrder;
  readonly contradictions: number;
  /** Rows that could contradict it: those whose prices differ. */
  readonly rows: number;
}

function countContradictions(orders: readonly ColumnOrder[], columns: readonly Float64Array[]): PriceFit[] {
  return orders.map((order) => ({ order, ...contradictionsOf(columnsOf(order, columns)) }));
}

function contradictionsOf({ open, high, low, close }: Columns): Omit<PriceFit, 'order'> {
  let contradictions = 0;
  let rows = 0;
  for (let row = 0; row < open.length; row++) {
    const o = open[row];
    const h = high[row];
    const l = low[row];
    const c = close[row];
    // Flat rows fit every order, and those without a price none.
    if (!(o > 0 && h > 0 && l > 0 && c > 0) || (o === h && o === l && o === c)) continue;
    rows += 1;
    if (o < l || o > h || c < l || c > h) contradictions += 1;
  }
  return { contradictions, rows };
}

/** Whether every column after the prices can be what the order says. */
function fitsVolumes(columns: Columns): boolean {
  return Object.entries(columns).every(([name, values]) => KINDS[name]?.(values, columns) ?? true);
}

const KINDS: Readonly<Record<string, (values: Float64Array, columns: Columns) => boolean>> = {
  volume: (values, { low, high }) => {
    const traded = countRows(values, (value) => value > 0);
    const prices = countRows(values, (value, row) => value > 0 && value >= low[row] && value <= high[row]);
    const flags = countRows(values, (value) => value === 1);
    return traded < TELLING_ROWS || (prices < traded && flags < traded);
  },
  vwap: (values, columns) => isAveragePrice(values, columns),
  quote_volume: (values, columns) => isAveragePrice(averagePrices(values, columns.volume), columns),
  same_volume: (values, { volume }) => values.every((value, row) => value === volume[row]),
  same_volume_too: (values, { volume }) => values.every((value, row) => value === volume[row]),
  trades: (values) => values.every((value) => Number.isNaN(value) || (Number.isInteger(value) && value >= 0)),
  confirm: (values) => values.every((value) => value === 0 || value === 1),
  close_time: (values, { open_time }) =>
    values.every((value, row) => value > open_time[row] && value < 2 * open_time[row]),
};

/** Whether the values lie within low to high wherever something was traded. */
function isAveragePrice(values: Float64Array, { low, high, volume }: Columns): boolean {
  const { comparedRows, insideRows } = countAveragePrices(values, { low, high, volume });
  return comparedRows > 0 && insideRows >= (1 - BAD_SHARE) * comparedRows;
}

function countRows(values: Float64Array, isCounted: (value: number, row: number) => boolean): number {
  let count = 0;
  for (let row = 0; row < values.length; row++) if (isCounted(values[row], row)) count += 1;
  return count;
}

/** Whether two orders give the same candles. */
function isSameReading(a: ColumnOrder, b: ColumnOrder): boolean {
  return ['open', 'high', 'low', 'close', 'volume'].every((name) => a.names.indexOf(name) === b.names.indexOf(name));
}

/**
 * Of orders that fit all rows, the one in which candles open where those before them closed; where no other clearly does,
 * the usual one.
 */
function orderByOpens(orders: readonly ColumnOrder[], columns: readonly Float64Array[]): ColumnOrder | undefined {
  const rows = rowsInTime(columns[0]);
  const steps = orders.map((order) => stepsToOpens(columnsOf(order, columns), rows));
  const clear = orders.find((_, at) =>
    steps.every((other, otherAt) => otherAt === at || isClearlyNearer(steps[at], other)),
  );
  if (clear !== undefined) return clear;
  const usual = orders.filter(({ names }) => names[1] === 'open' && names[2] === 'high');
  return usual.length === 1 ? usual[0] : undefined;
}

/** How far each open lies from the close before it, as a log return, over neighbours in time, whatever the rows' order. */
function stepsToOpens({ open_time: time, open, close }: Columns, rows: Uint32Array): Float64Array {
  let spacing = Number.POSITIVE_INFINITY;
  for (let at = 1; at < rows.length; at++) {
    const apart = time[rows[at]] - time[rows[at - 1]];
    if (apart > 0 && apart < spacing) spacing = apart;
  }
  const steps = new Float64Array(rows.length).fill(Number.NaN);
  for (let at = 1; at < rows.length; at++) {
    const former = rows[at - 1];
    const latter = rows[at];
    if (time[latter] - time[former] === spacing) steps[at] = Math.abs(Math.log(open[latter] / close[former]));
  }
  return steps;
}

function rowsInTime(time: Float64Array): Uint32Array {
  const rows = new Uint32Array(time.length);
  let isSorted = true;
  for (let row = 0; row < rows.length; row++) {
    rows[row] = row;
    if (row > 0 && time[row] < time[row - 1]) isSorted = false;
  }
  return isSorted ? rows : rows.reverse().sort((a, b) => time[a] - time[b]);
}

/** Counts pairs of steps, which no single jump can outweigh. */
function isClearlyNearer(steps: Float64Array, others: Float64Array): boolean {
  const nearer = countRows(steps, (step, at) => step < others[at]);
  const farther = countRows(steps, (step, at) => step > others[at]);
  return nearer >= TELLING_PAIRS && nearer >= CLEAR_SHARE * (nearer + farther);
}

function noOrder(fileName: string, columnCount: number, state: string): TradeAiError {
  return new TradeAiError(
    'CANDLE_COLUMNS_MISSING',
    `${fileName}: its rows of ${columnCount} numbers have no names, and ${state}`,
    { hint: `export it with a header; without one, rows of ${KNOWN_COLUMN_COUNTS} numbers are understood` },
  );
}

function ambiguous(fileName: string, orders: readonly ColumnOrder[]): TradeAiError {
  return new TradeAiError(
    'CANDLE_COLUMNS_MISSING',
    `${fileName}: its rows have no names and fit more than one order: ${orders.map(describeOrder).join('; ')}`,
    { hint: 'export it with a header that names the columns, or bring a longer file' },
  );
}
