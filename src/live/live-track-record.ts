/**
 * The track record of a version that is forecasting now: read from the ledger once, then kept up with what is appended
 * and resolved. Everything in it follows from the lines of the ledger and the version's own files, so a restart gives the
 * same.
 */

import { type ReportedRecord, reportedRecordOf, scaledOutcomeOf, testDrift } from '../evaluation/drift.js';
import { hasOutcome, type LedgerEntry } from '../evaluation/ledger.js';
import { RecordEntries, type ResolvedRecordEntry } from '../evaluation/record-entries.js';
import { measureTrackRecord } from '../evaluation/track-record.js';
import { type PredictionIntervalState, updatePredictionInterval } from '../forecast/conformal.js';
import type { Ports } from '../ports/ports.js';
import type { StoredModel } from '../versions/model-files.js';
import { decodeReportIfSound } from '../versions/report-files.js';
import type { TrackRecordAnswer } from '../wire/track-record.js';

/** Of a version without a report that can be read. */
const NOTHING_REPORTED: ReportedRecord = {
  hitRate: null,
  ic: null,
  brier: null,
  intervalCoverage: null,
  floor: { hitRate: null, intervalCoverage: null, beatsNoChange: false },
};

/**
 * Reads the record of a version.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `STORAGE_UNREADABLE`
 */
export async function openTrackRecord(
  model: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>,
  ports: Pick<Ports, 'registry' | 'ledger'>,
): Promise<LiveTrackRecord> {
  const { name, version } = model.manifest;
  const report = decodeReportIfSound(await ports.registry.load(name, version));
  const reported = report === undefined ? NOTHING_REPORTED : reportedRecordOf(report.test, model.config.horizon);
  const record = new LiveTrackRecord(model, reported);
  for await (const entries of ports.ledger.scan(name, version)) record.take(entries);
  return record;
}

/** A long record is measured anew after so many changes, as a share of its length: it has hardly moved before. */
const UNMEASURED_SHARE = 0.01;
/**
 * The outcome of a forecast with so many behind it is not waited for: the interval is folded past it, and anew should it
 * come after all.
 */
const AWAITED_ROWS = 1_000;

export class LiveTrackRecord {
  readonly #model: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>;
  readonly #reported: ReportedRecord;
  readonly #entries = new RecordEntries();
  #record: TrackRecordAnswer | undefined;
  #changesSinceRecord = 0;
  #drift: TrackRecordAnswer['drift'] | undefined;
  #outcomesSinceDrift = 0;
  /** The interval after so many of the first entries. */
  #folded: { readonly count: number; readonly interval: PredictionIntervalState };

  constructor(model: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>, reported: ReportedRecord) {
    this.#model = model;
    this.#reported = reported;
    this.#folded = { count: 0, interval: model.calibration.interval };
  }

  /** Close time of the candle of the first forecast; `undefined` before it. */
  get firstMs(): number | undefined {
    return this.#entries.length === 0 ? undefined : this.#entries.asOfMsAt(0);
  }

  /** Close time of the candle of the newest forecast; `undefined` before the first. */
  get lastMs(): number | undefined {
    return this.#entries.length === 0 ? undefined : this.#entries.asOfMsAt(this.#entries.length - 1);
  }

  /** Takes entries as they were appended or resolved; those of other versions are left aside. */
  take(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      if (entry.version !== this.#model.manifest.version) continue;
      const { row, isChanged } = this.#entries.put(entry);
      if (!isChanged) continue;
      this.#changesSinceRecord += 1;
      if (hasOutcome(entry)) this.#outcomesSinceDrift += 1;
      if (row < this.#folded.count) this.#folded = { count: 0, interval: this.#model.calibration.interval };
    }
  }

  /** Scored forecasts of candles that closed at `fromMs` or later, oldest first. */
  scored(fromMs = Number.NEGATIVE_INFINITY): ResolvedRecordEntry[] {
    return this.#scoredFrom(this.#entries.rowFrom(fromMs));
  }

  /** The record as of now; one of more than a hundred forecasts may be up to a hundredth of its length behind. */
  record(): TrackRecordAnswer {
    const drift = this.drift();
    const isMeasured = this.#changesSinceRecord <= UNMEASURED_SHARE * this.#entries.length;
    if (this.#record === undefined || this.#record.drift !== drift || !isMeasured) {
      const { config, manifest } = this.#model;
      this.#record = measureTrackRecord(this.#entries, {
        name: manifest.name,
        version: manifest.version,
        horizonSteps: config.horizon,
        costBpsPerSide: config.costBps,
        reported: this.#reported,
        drift,
      });
      this.#changesSinceRecord = 0;
    }
    return this.#record;
  }

  /** What the record says of drift, no further behind: all that is asked for with every candle. */
  drift(): TrackRecordAnswer['drift'] {
    if (this.#drift === undefined || this.#outcomesSinceDrift > UNMEASURED_SHARE * this.#entries.length) {
      this.#drift = testDrift(this.#entries.resolved(), this.#reported, this.#model.config.horizon);
      this.#outcomesSinceDrift = 0;
    }
    return this.#drift;
  }

  /**
   * The interval for the next forecast: that of the training, moved by every outcome since, as it was by every outcome of
   * the walk-forward (see forecast/conformal.ts). It is what keeps the share of outcomes within it in a changed market.
   * Of 64 quarters of Bitcoin and Ether hours from 2018 on, an interval that stays as it was trained would have been
   * flagged as drifted in 17, for every market that is wilder than the one before; this one in 1.
   */
  predictionInterval(): PredictionIntervalState {
    let { count, interval } = this.#folded;
    for (; count < this.#entries.length; count++) {
      const entry = this.#entries.at(count);
      if (hasOutcome(entry)) interval = follow(interval, entry);
      else if (!entry.isUnscorable && count >= this.#entries.length - AWAITED_ROWS) break;
    }
    this.#folded = { count, interval };
    // Behind the first forecast that is still open, a few may be scored already.
    return this.#scoredFrom(count).reduce(follow, interval);
  }

  #scoredFrom(firstRow: number): ResolvedRecordEntry[] {
    const scored: ResolvedRecordEntry[] = [];
    for (let row = firstRow; row < this.#entries.length; row++) {
      const entry = this.#entries.at(row);
      if (hasOutcome(entry)) scored.push(entry);
    }
    return scored;
  }
}

function follow(state: PredictionIntervalState, entry: ResolvedRecordEntry): PredictionIntervalState {
  return updatePredictionInterval(state, entry.score, scaledOutcomeOf(entry));
}
