/** The ledger of served forecasts, for programs. */

import {
  type LedgerReplay,
  type ModelLedgerPage,
  readLedger,
  readRecord,
  replayForecasts,
} from '../live/read-ledger.js';
import type { Ports } from '../ports/ports.js';
import type { TrackRecordAnswer } from '../wire/track-record.js';

export interface LedgerPageOptions {
  /** Of one version only. */
  readonly version?: number;
  /** Forecasts made before this time, UTC milliseconds: `nextBeforeMs` of the page before. */
  readonly beforeMs?: number;
  /** Newest forecasts at most. */
  readonly limit?: number;
}

/** The forecasts that `tradeai serve` made in a workspace. */
export interface LedgerFunctions {
  /**
   * A page of served forecasts with their outcomes, newest first; 20 when no limit is given.
   *
   * @throws TradeAiError `MODEL_NOT_FOUND`; `FORECAST_NOT_READY` when nothing has been served yet
   */
  ledger(name: string, options?: LedgerPageOptions): Promise<ModelLedgerPage>;
  /** The track record of a version, the champion when none is named, beside its report. @throws TradeAiError `MODEL_NOT_FOUND` */
  record(name: string, version?: number): Promise<TrackRecordAnswer>;
  /**
   * Makes served forecasts again from their recorded inputs, the newest 100 when no limit is given, and compares the bits.
   *
   * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `ENGINE_UNAVAILABLE`, `FORECAST_NOT_READY`
   */
  replay(name: string, options?: LedgerPageOptions): Promise<LedgerReplay>;
}

const SHOWN_FORECASTS = 20;
const REPLAYED_FORECASTS = 100;

export function openLedgerFunctions(ports: Ports): LedgerFunctions {
  return {
    ledger: (name, { limit = SHOWN_FORECASTS, ...options } = {}) => readLedger({ ...options, name, limit }, ports),
    record: (name, version) => readRecord(name, version, ports),
    replay: (name, { limit = REPLAYED_FORECASTS, ...options } = {}) =>
      replayForecasts({ ...options, name, limit }, ports),
  };
}
