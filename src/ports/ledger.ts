/** The ledger of served forecasts. */

import type { LedgerEntry } from '../evaluation/ledger.js';
import type { LedgerResolution, RecordedForecast } from '../wire/ledger.js';
import type { LedgerQuery } from '../wire/request.js';

export interface LedgerPage {
  /** Newest first. */
  readonly entries: readonly LedgerEntry[];
  /** The `beforeMs` of the next page; `null` on the last one. */
  readonly nextBeforeMs: number | null;
  /** What may be missing of the page, in words: where the ledger is damaged. */
  readonly problems: readonly string[];
}

/**
 * The served forecasts of every model, frozen. Where a part of it is damaged that part is missing, is told of, and
 * everything else is there.
 */
export interface ForecastLedger {
  /**
   * Freezes forecasts; resolves once they are on disk, whatever happens then. There is one forecast a model, version and
   * candle: what is there already is left as it is.
   *
   * @returns the entries as they stand, in the order given
   */
  append(forecasts: readonly RecordedForecast[]): Promise<LedgerEntry[]>;
  /**
   * Adds what became of forecasts, once each, and with it freezes newer ones of the same name: a candle costs one write.
   * Resolves once all of it is on disk.
   *
   * @returns the entries of the resolutions that have one, and behind them those of the forecasts
   */
  resolve(
    name: string,
    resolutions: readonly LedgerResolution[],
    forecasts?: readonly RecordedForecast[],
  ): Promise<LedgerEntry[]>;
  /** The forecasts of which nothing has become yet, oldest first. */
  pending(name: string): Promise<LedgerEntry[]>;
  /** A page, newest first. */
  read(query: LedgerQuery): Promise<LedgerPage>;
  /** The forecasts of a page with their inputs. */
  recordings(query: LedgerQuery): Promise<RecordedForecast[]>;
  /** Every entry of a version, oldest first, a batch at a time: they may be more than the memory holds. */
  scan(name: string, version: number): AsyncIterable<readonly LedgerEntry[]>;
}
