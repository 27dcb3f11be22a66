/**
 * The forward record of a version that is forecasting now: read from the ledger once, then kept up with what is appended
 * and settled. Everything in it follows from the lines of the ledger and the version's own files, so a restart gives the
 * same.
 */

import { z } from 'zod';
import { promiseOf, type RecordPromise, scaledOutcomeOf } from '../evaluation/drift.js';
import { type ForwardRecord, measureForwardRecord } from '../evaluation/forward-record.js';
import { hasOutcome, type LedgerEntry, type ResolvedEntry } from '../evaluation/ledger.js';
import { type IntervalState, updateInterval } from '../forecast/conformal.js';
import type { Ports } from '../ports/ports.js';
import type { VersionFiles } from '../ports/registry.js';
import type { StoredModel } from '../versions/model-files.js';

/** What a promise is made from; an older program may have written another report. */
const reportSchema = z.object({
  test: z.object({
    rows: z.number(),
    directionalAccuracy: z.number().nullable(),
    ic: z.number().nullable(),
    r2Scaled: z.number().nullable(),
    calibration: z.object({
      brier: z.number().nullable(),
      ece: z.number().nullable(),
      bins: z.array(z.object({ confidence: z.number(), accuracy: z.number(), count: z.number() })),
      intervalLevel: z.number(),
      intervalCoverage: z.number().nullable(),
      intervalWidth: z.number().nullable(),
    }),
  }),
});

const NO_PROMISE: RecordPromise = {
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
export async function openRecordKeeper(
  model: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>,
  ports: Pick<Ports, 'registry' | 'ledger'>,
): Promise<RecordKeeper> {
  const { name, version } = model.manifest;
  const { files } = await ports.registry.load(name, version);
  const { entries } = await ports.ledger.read({ name, version, limit: Number.POSITIVE_INFINITY });
  const keeper = new RecordKeeper(model, readPromise(files, model.config.horizon));
  keeper.take(entries.toReversed());
  return keeper;
}

/** What the report of a version promises; nothing where it has none that can be read. */
export function readPromise(files: VersionFiles, horizonSteps: number): RecordPromise {
  const bytes = files.get('report.json');
  if (bytes === undefined) return NO_PROMISE;
  try {
    return promiseOf(reportSchema.parse(JSON.parse(new TextDecoder().decode(bytes))).test, horizonSteps);
  } catch {
    return NO_PROMISE;
  }
}

/** A long record is measured anew after so many changes, as a share of its length: it has hardly moved before. */
const UNMEASURED_SHARE = 0.01;

export class RecordKeeper {
  readonly #model: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>;
  readonly #promise: RecordPromise;
  /** Oldest first. */
  readonly #entries: LedgerEntry[] = [];
  #record: ForwardRecord | undefined;
  #changesSinceRecord = 0;
  /** The interval after the first `#foldedCount` entries, all of which are settled. */
  #foldedInterval: IntervalState;
  #foldedCount = 0;

  constructor(model: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>, promise: RecordPromise) {
    this.#model = model;
    this.#promise = promise;
    this.#foldedInterval = model.calibration.interval;
  }

  /** Close time of the candle of the first forecast; `undefined` before it. */
  get firstMs(): number | undefined {
    return this.#entries.at(0)?.asOfMs;
  }

  /** Takes entries as they were appended or settled; those of other versions are left aside. */
  take(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      if (entry.version !== this.#model.manifest.version) continue;
      const position = this.#positionOf(entry.asOfMs);
      const isKnown = this.#entries[position]?.asOfMs === entry.asOfMs;
      this.#entries.splice(position, isKnown ? 1 : 0, entry);
      this.#changesSinceRecord += 1;
      if (position >= this.#foldedCount) continue;
      this.#foldedCount = 0;
      this.#foldedInterval = this.#model.calibration.interval;
    }
  }

  /** Scored forecasts of candles that closed at `fromMs` or later, oldest first. */
  scored(fromMs = Number.NEGATIVE_INFINITY): ResolvedEntry[] {
    return this.#entries.slice(this.#positionOf(fromMs)).filter(hasOutcome);
  }

  /** The record as of now; one of more than a hundred forecasts may be up to a hundredth of its length behind. */
  record(): ForwardRecord {
    if (this.#record === undefined || this.#changesSinceRecord > UNMEASURED_SHARE * this.#entries.length) {
      const { config, manifest } = this.#model;
      this.#record = measureForwardRecord(this.#entries, {
        name: manifest.name,
        version: manifest.version,
        horizonSteps: config.horizon,
        costBpsPerSide: config.costBps,
        promise: this.#promise,
      });
      this.#changesSinceRecord = 0;
    }
    return this.#record;
  }

  /**
   * The interval for the next forecast: that of the training, moved by every outcome since, as it was by every outcome of
   * the walk-forward (see forecast/conformal.ts). It is what keeps the share of outcomes within it in a changed market.
   * Of 64 quarters of Bitcoin and Ether hours from 2018 on, an interval that stays as it was trained would have been
   * flagged as drifted in 17, for every market that is wilder than the one before; this one in 1.
   */
  interval(): IntervalState {
    while (this.#foldedCount < this.#entries.length) {
      const entry = this.#entries[this.#foldedCount];
      if (!hasOutcome(entry) && !entry.isUnscorable) break;
      if (hasOutcome(entry)) this.#foldedInterval = follow(this.#foldedInterval, entry);
      this.#foldedCount += 1;
    }
    // Behind the first forecast that is still open, a few may be scored already.
    return this.#entries.slice(this.#foldedCount).filter(hasOutcome).reduce(follow, this.#foldedInterval);
  }

  /** Where the entry of a candle stands, or would stand; the newest are the ones asked for. */
  #positionOf(asOfMs: number): number {
    let position = this.#entries.length;
    while (position > 0 && this.#entries[position - 1].asOfMs >= asOfMs) position -= 1;
    return position;
  }
}

function follow(state: IntervalState, entry: ResolvedEntry): IntervalState {
  return updateInterval(state, entry.score, scaledOutcomeOf(entry));
}
