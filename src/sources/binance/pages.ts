/** Closed candles page by page over `GET /api/v3/klines`. */

import { TradeAiError, throwIfAborted } from '../../core/errors.js';
import { type CandleSeries, firstRowAt, rowCountOf, sliceCandles } from '../../market/candle-series.js';
import { floorToInterval, INTERVAL_MS } from '../../market/interval.js';
import { type BinanceClient, nameSeries } from './client.js';
import { parseKlines } from './parse.js';
import { KLINES_PATH, MAX_KLINES_PER_PAGE } from './protocol.js';

export interface PageRange extends Pick<CandleSeries, 'symbol' | 'interval'> {
  /** Open times wanted, [startMs, endMs); all of them are of closed candles. */
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Pages through a range. Missing candles are absent rows, so a page may span months; the next page starts one interval
 * after the last open time.
 *
 * @param firstPage the page at the range's start, when it has come already
 */
export async function* fetchPages(
  client: BinanceClient,
  range: PageRange,
  signal?: AbortSignal,
  firstPage?: CandleSeries,
): AsyncGenerator<CandleSeries> {
  const { interval, endMs } = range;
  let ready = firstPage;
  let cursorMs = range.startMs;
  while (cursorMs < endMs) {
    throwIfAborted(signal);
    const page: CandleSeries = ready ?? (await fetchPage(client, range, cursorMs, signal));
    ready = undefined;
    const rowCount = rowCountOf(page);
    if (rowCount === 0) return;
    const candles = selectRange(page, cursorMs, endMs);
    // From the grid, for behind a candle that opened off it the next one comes sooner.
    cursorMs = floorToInterval(page.openTimeMs[rowCount - 1], interval) + INTERVAL_MS[interval];
    if (rowCountOf(candles) > 0) yield candles;
  }
}

/** The page that begins at `cursorMs`. Empty when nothing more is there: an empty page is believed when it comes twice. */
export async function fetchPage(
  client: BinanceClient,
  range: PageRange,
  cursorMs: number,
  signal?: AbortSignal,
): Promise<CandleSeries> {
  const first = await fetchPageOnce(client, range, cursorMs, signal);
  return rowCountOf(first) > 0 ? first : fetchPageOnce(client, range, cursorMs, signal);
}

async function fetchPageOnce(
  client: BinanceClient,
  { symbol, interval, endMs }: PageRange,
  cursorMs: number,
  signal?: AbortSignal,
): Promise<CandleSeries> {
  const parameters = {
    symbol,
    interval,
    startTime: cursorMs,
    // The exchange's end is inclusive.
    endTime: endMs - 1,
    limit: MAX_KLINES_PER_PAGE,
  };
  const ask = { signal, series: nameSeries({ symbol, interval }) };
  const { series } = parseKlines(await client.getJson(KLINES_PATH, parameters, ask), symbol, interval);
  if (rowCountOf(series) > 0 && series.openTimeMs[0] < cursorMs) {
    throw new TradeAiError(
      'EXCHANGE_RESPONSE_INVALID',
      `${client.host}: expected candles from ${new Date(cursorMs).toISOString()}, the first was of ` +
        `${new Date(series.openTimeMs[0]).toISOString()}`,
      { hint: 'try again later; a proxy may be repeating old answers' },
    );
  }
  return series;
}

/** The rows of [startMs, endMs). */
export function selectRange(series: CandleSeries, startMs: number, endMs: number): CandleSeries {
  const { openTimeMs } = series;
  const start = firstRowAt(openTimeMs, startMs);
  const end = firstRowAt(openTimeMs, endMs);
  return start === 0 && end === openTimeMs.length ? series : sliceCandles(series, start, end);
}
