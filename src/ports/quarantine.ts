/** Rows that were set aside. */

import type { RejectedRow } from '../market/quality/import-faults.js';
import type { StoredSeriesKey } from './candle-store.js';

/** Rows that cannot be candles, and other copies of candles that are stored, kept beside the store and never used. */
export interface Quarantine {
  /** Adds rows at the end; one that is listed is not listed again. @returns how many were new */
  add(key: StoredSeriesKey, rows: readonly RejectedRow[]): Promise<number>;
  /** Removes the copies (`conflict`) of the times that are settled; other rows stay. */
  settle(key: StoredSeriesKey, isSettled: (openTimeMs: number) => boolean): Promise<void>;
  read(key: StoredSeriesKey): Promise<RejectedRow[]>;
}
