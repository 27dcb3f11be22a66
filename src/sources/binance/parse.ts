/** Wire to domain. Pure and strict: what does not look as the protocol says is refused, never coerced. */

import { TradeAiError } from '../../core/errors.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { FIRST_TIME_MS, KLINE_EXTRAS, KLINE_FIELDS, LAST_TIME_MS } from './protocol.js';

export interface KlinePage {
  /** Open candles included. */
  readonly series: CandleSeries;
  /** Last millisecond of each candle as the exchange states it, shape [rows]. */
  readonly lastMs: Float64Array;
}

const DECIMAL = /^\d+(\.\d+)?$/;

/**
 * Parses a page of klines. Prices that contradict each other are left for the store to set aside.
 *
 * @param body the JSON value of `GET /api/v3/klines`
 * @throws TradeAiError `EXCHANGE_RESPONSE_INVALID` naming row and field
 */
export function parseKlines(body: unknown, symbol: string, interval: Interval): KlinePage {
  if (!Array.isArray(body)) throw invalid(`expected an array of klines, was ${describe(body)}`);
  const rowCount = body.length;
  const column = () => new Float64Array(rowCount);
  const [openTimeMs, open, high, low, close, volume, lastMs] = Array.from({ length: 7 }, column);
  const [quoteVolume, tradeCount, takerBase, takerQuote] = Array.from({ length: 4 }, column);
  for (const [row, kline] of body.entries()) {
    if (!Array.isArray(kline) || kline.length < KLINE_FIELDS - 1) {
      throw invalid(`row ${row}: expected a kline of ${KLINE_FIELDS} fields, was ${describe(kline)}`);
    }
    const time = (field: number, name: string) => readTime(kline[field], row, name);
    const decimal = (field: number, name: string) => readDecimal(kline[field], row, name);
    openTimeMs[row] = time(0, 'open time');
    open[row] = decimal(1, 'open');
    high[row] = decimal(2, 'high');
    low[row] = decimal(3, 'low');
    close[row] = decimal(4, 'close');
    volume[row] = decimal(5, 'volume');
    lastMs[row] = time(6, 'close time');
    quoteVolume[row] = decimal(7, 'quote volume');
    tradeCount[row] = readCount(kline[8], row);
    takerBase[row] = decimal(9, 'taker buy volume');
    takerQuote[row] = decimal(10, 'taker buy quote volume');
    if (row > 0 && openTimeMs[row] <= openTimeMs[row - 1]) throw invalid(`row ${row}: open times do not ascend`);
    if (lastMs[row] < openTimeMs[row] || lastMs[row] >= openTimeMs[row] + INTERVAL_MS[interval]) {
      throw invalid(`row ${row}: expected a ${interval} candle, was ${openTimeMs[row]} to ${lastMs[row]}`);
    }
  }
  const extraColumns = [quoteVolume, tradeCount, takerBase, takerQuote];
  const extras = Object.fromEntries(KLINE_EXTRAS.map((name, index) => [name, extraColumns[index]]));
  return { series: { symbol, interval, openTimeMs, open, high, low, close, volume, extras }, lastMs };
}

/**
 * Parses the answer of `GET /api/v3/time`.
 *
 * @throws TradeAiError `EXCHANGE_RESPONSE_INVALID`
 */
export function parseServerTime(body: unknown): number {
  const { serverTime } = (body ?? {}) as { serverTime?: unknown };
  if (typeof serverTime === 'number' && serverTime > FIRST_TIME_MS && serverTime < LAST_TIME_MS) return serverTime;
  throw invalid(`expected {"serverTime": milliseconds}, was ${describe(body)}`);
}

/** The symbols that trade, from `GET /api/v3/exchangeInfo`; empty when the answer has another shape. */
export function parseTradingSymbols(body: unknown): string[] {
  const { symbols } = (body ?? {}) as { symbols?: unknown };
  if (!Array.isArray(symbols)) return [];
  return symbols.flatMap((entry) =>
    typeof entry?.symbol === 'string' && entry.status === 'TRADING' ? [entry.symbol as string] : [],
  );
}

/** `{ "code": -1121, "msg": "Invalid symbol." }`, if that is what it is. */
export function parseErrorBody(body: unknown): { code: number; message: string } | undefined {
  const { code, msg } = (body ?? {}) as { code?: unknown; msg?: unknown };
  return typeof code === 'number' && typeof msg === 'string' ? { code, message: msg } : undefined;
}

function readTime(value: unknown, row: number, name: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= FIRST_TIME_MS && (value as number) < LAST_TIME_MS) {
    return value as number;
  }
  throw invalid(`row ${row}: expected the ${name} in milliseconds, was ${describe(value)}`);
}

function readDecimal(value: unknown, row: number, name: string): number {
  if (typeof value === 'string' && DECIMAL.test(value)) return Number(value);
  throw invalid(`row ${row}: expected the ${name} as a decimal string, was ${describe(value)}`);
}

function readCount(value: unknown, row: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw invalid(`row ${row}: expected a number of trades, was ${describe(value)}`);
}

function describe(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 120);
}

function invalid(message: string): TradeAiError {
  return new TradeAiError('EXCHANGE_RESPONSE_INVALID', `Binance: ${message}`, {
    commandHint: 'try again later; if it stays, check TRADEAI_BINANCE_URL or use --data FILE',
  });
}
