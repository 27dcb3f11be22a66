/** ccxt's rows to candles. Pure. */

import { TradeAiError } from '../../core/errors.js';
import type { Candle, CandleSeries } from '../../market/candle-series.js';
import type { Interval } from '../../market/interval.js';

const FIELDS = ['openTimeMs', 'open', 'high', 'low', 'close', 'volume'] as const;

/**
 * Reads what `fetchOHLCV` gave, ascending by open time, the open candle included. Rows may come in any order and more
 * than once: the later copy counts. Prices that contradict each other are left for the store to set aside.
 *
 * @throws TradeAiError `EXCHANGE_RESPONSE_INVALID` naming row and field
 */
export function readCandles(rows: unknown, exchangeId: string): Candle[] {
  if (!Array.isArray(rows)) throw invalid(exchangeId, `expected a list of candles, was ${describe(rows)}`);
  const byTime = new Map<number, Candle>();
  for (const [row, cells] of rows.entries()) {
    const candle = readCandle(cells, row, exchangeId);
    byTime.set(candle.openTimeMs, candle);
  }
  return [...byTime.values()].sort((a, b) => a.openTimeMs - b.openTimeMs);
}

/** The candles as columns. */
export function toSeries(candles: readonly Candle[], symbol: string, interval: Interval): CandleSeries {
  const column = (name: keyof Candle) => Float64Array.from(candles.map((candle) => candle[name]));
  const columns = { open: column('open'), high: column('high'), low: column('low'), close: column('close') };
  return { symbol, interval, openTimeMs: column('openTimeMs'), ...columns, volume: column('volume'), extras: {} };
}

function readCandle(cells: unknown, row: number, exchangeId: string): Candle {
  if (!Array.isArray(cells)) throw invalid(exchangeId, `row ${row}: expected a candle, was ${describe(cells)}`);
  const candle = {} as Candle;
  for (const [index, name] of FIELDS.entries()) {
    const value: unknown = cells[index];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw invalid(exchangeId, `row ${row}: expected the ${name} as a number, was ${describe(value)}`);
    }
    candle[name] = value;
  }
  return candle;
}

function describe(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 120);
}

function invalid(exchangeId: string, message: string): TradeAiError {
  return new TradeAiError('EXCHANGE_RESPONSE_INVALID', `${exchangeId}: ${message}`, {
    commandHint: 'try again later, or use candles from a file with --data FILE',
  });
}
