/** The histories of several series, fetched a few at a time. */

import { runLimited } from '../core/concurrency.js';
import { TradeAiError } from '../core/errors.js';
import { originOf } from '../market/candle-origin.js';
import type { TimeRange } from '../market/time-range.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import type { StoreUpdate } from './store-writer.js';
import { updateStore } from './update.js';

export interface FetchHistoriesHooks {
  readonly signal?: AbortSignal;
  readonly onBegin?: (key: StoredSeriesKey) => void;
  /** The rows of a series that have come so far, and the open time of the newest. */
  readonly onFetch?: (key: StoredSeriesKey, rowsDone: number, lastOpenTimeMs: number) => void;
  /** A series is done with, however it ended. */
  readonly onEnd?: (key: StoredSeriesKey) => void;
}

export type FetchOutcome =
  | (StoreUpdate & { readonly key: StoredSeriesKey })
  | { readonly key: StoredSeriesKey; readonly error: unknown };

const SERIES_AT_ONCE = 3;

/**
 * Fetches what is missing of a range, of every series; what fails with one does not stop the others.
 *
 * @returns in the order of the keys
 * @throws TradeAiError `USAGE` for candles that came from a file, `INTERRUPTED`
 */
export async function fetchHistories(
  keys: readonly StoredSeriesKey[],
  { fromMs, toMs }: Partial<TimeRange>,
  ports: Pick<Ports, 'store' | 'openSource'>,
  { signal, onBegin, onFetch, onEnd }: FetchHistoriesHooks = {},
): Promise<FetchOutcome[]> {
  if (keys.some(({ source }) => originOf(source).isImported)) {
    throw new TradeAiError('USAGE', 'candles of the source file come from files: there is nothing to fetch them from', {
      commandHint: 'bring them with `tradeai data import FILE`',
    });
  }
  return runLimited<FetchOutcome>(keys.length, SERIES_AT_ONCE, async (index) => {
    const key = keys[index];
    onBegin?.(key);
    const hooks = {
      signal,
      onFetch: (rowsDone: number, lastOpenTimeMs: number) => onFetch?.(key, rowsDone, lastOpenTimeMs),
    };
    try {
      return { key, ...(await updateStore(key, fromMs, toMs, ports, hooks)) };
    } catch (error) {
      if (error instanceof TradeAiError && error.code === 'INTERRUPTED') {
        throw new TradeAiError('INTERRUPTED', error.message, {
          hint: 'what has come is kept; the same command goes on from there',
          cause: error,
        });
      }
      return { key, error };
    } finally {
      onEnd?.(key);
    }
  });
}
