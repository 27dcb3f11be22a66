/**
 * The forward record of a version that is forecasting now: read from the ledger once, then kept up with what is appended
 * and settled. Everything in it follows from the lines of the ledger and the version's own files, so a restart gives the
 * same.
 */

import { z } from 'zod';
import { promiseOf, type RecordPromise, scaledOutcomeOf } from '../../evaluation/drift.js';
import { type ForwardRecord, measureForwardRecord } from '../../evaluation/forward-record.js';
import { isScored, type LedgerEntry, type ScoredEntry } from '../../evaluation/ledger.js';
import { type IntervalState, updateInterval } from '../../forecast/conformal.js';
import type { VersionFiles } from '../../registry/registry.js';
import type { StoredModel } from '../model-files.js';
import type { Ports } from '../ports.js';

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

export class RecordKeeper {
  readonly #model: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>;
  readonly #promise: RecordPromise;
  /** Oldest first. */
  readonly #entries: LedgerEntry[] = [];
  #record: ForwardRecord | undefined;
  #interval: IntervalState | undefined;

  constructor(model: Pick<StoredModel, 'config' | 'calibration' | 'manifest'>, promise: RecordPromise) {
    this.#model = model;
    this.#promise = promise;
  }

  /** Takes entries as they were appended or settled; those of other versions are left aside. */
  take(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      if (entry.version !== this.#model.manifest.version) continue;
      let position = this.#entries.length;
      while (position > 0 && this.#entries[position - 1].asOfMs >= entry.asOfMs) position -= 1;
      const isKnown = this.#entries[position]?.asOfMs === entry.asOfMs;
      this.#entries.splice(position, isKnown ? 1 : 0, entry);
      this.#record = undefined;
      this.#interval = undefined;
    }
  }

  /** Scored forecasts, oldest first. */
  scored(): ScoredEntry[] {
    return this.#entries.filter(isScored);
  }

  /** Measured once after every change. */
  record(): ForwardRecord {
    const { config, manifest } = this.#model;
    this.#record ??= measureForwardRecord(this.#entries, {
      name: manifest.name,
      version: manifest.version,
      horizonSteps: config.horizon,
      costBpsPerSide: config.costBps,
      promise: this.#promise,
    });
    return this.#record;
  }

  /**
   * The interval for the next forecast: that of the training, moved by every outcome since, as it was by every outcome of
   * the walk-forward (see forecast/conformal.ts). It is what keeps the share of outcomes within it in a changed market.
   * Of 64 quarters of Bitcoin and Ether hours from 2018 on, an interval that stays as it was trained would have been
   * flagged as drifted in 17, for every market that is wilder than the one before; this one in 1.
   */
  interval(): IntervalState {
    this.#interval ??= this.scored().reduce(
      (state, entry) => updateInterval(state, entry.score, scaledOutcomeOf(entry)),
      this.#model.calibration.interval,
    );
    return this.#interval;
  }
}
