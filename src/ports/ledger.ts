/** The ledger of served forecasts. */

import type { LedgerEntry, LedgerSettlement, RecordedForecast } from '../evaluation/ledger.js';

/** A part of a ledger. */
export interface LedgerQuery {
  readonly name: string;
  /** All versions when absent. */
  readonly version?: number;
  /** Only forecasts made before this time; all when absent. */
  readonly beforeMs?: number;
  /** Newest entries, at most; a candle whose versions do not all fit is left to the next page. */
  readonly limit: number;
}

export interface LedgerPage {
  /** Newest first. */
  readonly entries: readonly LedgerEntry[];
  /** The `beforeMs` of the next page; `null` on the last one. */
  readonly nextBeforeMs: number | null;
}

/** The served forecasts of every model, frozen. */
export interface ForecastLedger {
  /**
   * Freezes forecasts; resolves once they are on disk, whatever happens then. There is one forecast a model, version and
   * candle: what is there already is left as it is.
   *
   * @returns the entries as they stand, in the order given
   */
  append(forecasts: readonly RecordedForecast[]): Promise<LedgerEntry[]>;
  /** Adds what became of forecasts, once each; resolves once it is on disk. @returns their entries */
  settle(name: string, settlements: readonly LedgerSettlement[]): Promise<LedgerEntry[]>;
  /** The forecasts of which nothing has become yet, oldest first. */
  pending(name: string): Promise<LedgerEntry[]>;
  /** A page, newest first; only the months it lies in are read. */
  read(query: LedgerQuery): Promise<LedgerPage>;
  /** The forecasts of a page with their inputs. */
  recordings(query: LedgerQuery): Promise<RecordedForecast[]>;
}
