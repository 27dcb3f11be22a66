/**
 * Has a model fallen below its report? Three figures are watched after every scored forecast: how often the direction is
 * right, how often the outcome lies within the interval, and that the forecast is no worse than "no change".
 *
 * What it claims is the lower end of the report's own 95 % interval: a report is a claim with an error of its own, and a
 * model that only ever was as good as that end says has not drifted.
 *
 * Each claim is tested by betting against it (see sequential-bet.ts), so the answer holds at every look. Labels that
 * look h candles ahead overlap, and the outcome of a row is not known when the next h − 1 are forecast: rows are dealt to
 * h streams without overlap, each with a bet of its own (as Henzi and Ziegel 2022 do,
 * https://doi.org/10.1093/biomet/asab047). Streams and claims share the error by Bonferroni: the p-value is their
 * number over the largest capital, and a model as good as reported is flagged with a probability of at most 1 % over its
 * whole life (0.3 % of 4,000 simulated lives of 5,000 candles).
 *
 * That strictness has a price. How many scored candles pass until a model is flagged, median of 15 simulated ones with a
 * horizon of one candle and a report on 10,000 rows (`TRADEAI_DRIFT_TABLE=1` prints it from the test beside this file):
 *
 *     lost all of an IC of 0.04      41,000 (18,000 to 99,000): of hours, nearly five years
 *     lost all of an IC of 0.1        8,000
 *     lost all of an IC of 0.2        1,100
 *     lost all of an IC of 0.4          210
 *     turned an IC of 0.1 round         960
 *     interval holds 70 %, not 80 %     350
 *     interval holds 50 %, not 80 %      30
 *     random scores of size 3            17
 *
 * An edge is a small thing beside the noise, so its loss takes as long to prove as the edge itself. What breaks in one
 * blow (wrong candles, a scaler that no longer fits) shows within tens of candles.
 */

import { wilsonInterval } from '../core/statistics.js';
import { TARGET_CLIP } from '../dataset/target.js';
import { formatPercent } from '../forecast/signal.js';
import { formatPValue } from '../text/sentences.js';
import type { Drift, Promised } from '../wire/track-record.js';
import type { ResolvedRecordEntry } from './record-entries.js';
import type { TestReport } from './report.js';
import { betAgainstMean } from './sequential-bet.js';

/** What the report of a version says of the forecasts to come; `null` where it says nothing. */
export interface ReportedRecord extends Promised {
  /** What the record is held to. */
  readonly floor: {
    readonly hitRate: number | null;
    readonly intervalCoverage: number | null;
    /** Whether its squared errors were below those of "no change". */
    readonly beatsNoChange: boolean;
  };
}

const SIGNIFICANCE_LEVEL = 0.01;
/** Where the loss of the forecast and that of "no change" are equal on the scale of `lossGainOf`. */
const EQUAL_LOSS = 0.5;

/** What a report claims. */
export function reportedRecordOf(
  test: Pick<TestReport, 'rows' | 'directionalAccuracy' | 'ic' | 'r2Scaled' | 'calibration'>,
  horizonSteps: number,
): ReportedRecord {
  const { directionalAccuracy, ic, r2Scaled, calibration } = test;
  const independentRows = test.rows / horizonSteps;
  const floorOf = (share: number | null) =>
    share === null || independentRows === 0 ? null : wilsonInterval(share * independentRows, independentRows)[0];
  return {
    hitRate: directionalAccuracy,
    ic,
    brier: calibration.brier,
    intervalCoverage: calibration.intervalCoverage,
    floor: {
      hitRate: floorOf(directionalAccuracy),
      intervalCoverage: floorOf(calibration.intervalCoverage),
      beatsNoChange: r2Scaled !== null && r2Scaled > 0,
    },
  };
}

/** The outcome of an entry in volatility units, clipped as targets are. */
export function scaledOutcomeOf({ outcome, volatility }: Pick<ResolvedRecordEntry, 'outcome' | 'volatility'>): number {
  return Math.max(-TARGET_CLIP, Math.min(TARGET_CLIP, Math.log1p(outcome.change) / volatility));
}

/**
 * Looks for drift.
 *
 * @param entries of one version, all there are since it began to serve, oldest first
 */
export function testDrift(
  entries: Iterable<ResolvedRecordEntry>,
  { floor }: ReportedRecord,
  horizonSteps: number,
): Drift {
  const watched = [
    {
      floor: floor.hitRate,
      measure: ({ outcome: { isHit } }: ResolvedRecordEntry) => (isHit === null ? undefined : Number(isHit)),
      describe: (mean: number, claimed: number) =>
        `its direction is right in ${formatShare(mean)} of the forecasts, and its report says at least ${formatShare(claimed)}`,
    },
    {
      floor: floor.intervalCoverage,
      measure: ({ outcome: { isInside } }: ResolvedRecordEntry) => Number(isInside),
      describe: (mean: number, claimed: number) =>
        `its interval holds ${formatShare(mean)} of the outcomes, and its report says at least ${formatShare(claimed)}`,
    },
    {
      floor: floor.beatsNoChange ? EQUAL_LOSS : null,
      measure: lossGainOf,
      describe: () => 'its squared errors are larger than those of predicting no change',
    },
  ].filter((reported) => reported.floor !== null);
  const nothing = { isDrifting: false, pValue: null, reasons: [] };
  if (watched.length === 0) return nothing;
  const streams = measureStreams(entries, watched, horizonSteps);
  if (streams === undefined) return nothing;
  let smallest = 1;
  const reasons: string[] = [];
  for (const [i, { floor: claimed, describe }] of watched.entries()) {
    const values = streams[i];
    const capital = Math.max(...values.map((stream) => betAgainstMean(stream, claimed!)));
    const pValue = Math.min(1, (watched.length * horizonSteps) / capital);
    smallest = Math.min(smallest, pValue);
    if (pValue > SIGNIFICANCE_LEVEL) continue;
    const all = values.flat();
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    reasons.push(`${describe(mean, claimed!)} (${formatPValue(pValue)})`);
  }
  return { isDrifting: reasons.length > 0, pValue: smallest, reasons };
}

/**
 * What the forecast gains on "no change" in squared error, from its largest possible loss (0) to the same gain (1): with
 * outcomes clipped to ± c the gain s (2 y − s) of a score s lies within ± |s| (2 c + |s|).
 */
function lossGainOf(entry: ResolvedRecordEntry): number | undefined {
  const { score } = entry;
  if (score === 0) return undefined;
  const most = Math.abs(score) * (2 * TARGET_CLIP + Math.abs(score));
  return 0.5 + (0.5 * (score * (2 * scaledOutcomeOf(entry) - score))) / most;
}

/**
 * Deals entries to streams in which no two look at the same candle.
 *
 * @returns for each claim the values of each stream; `undefined` when there is no entry
 */
function measureStreams(
  entries: Iterable<ResolvedRecordEntry>,
  watched: readonly { measure(entry: ResolvedRecordEntry): number | undefined }[],
  horizonSteps: number,
): number[][][] | undefined {
  const values = watched.map(() => Array.from({ length: horizonSteps }, (): number[] => []));
  let intervalMs: number | undefined;
  for (const entry of entries) {
    intervalMs ??= (entry.targetTimeMs - entry.asOfMs) / horizonSteps;
    const stream = Math.round(entry.asOfMs / intervalMs) % horizonSteps;
    for (const [i, { measure }] of watched.entries()) {
      const value = measure(entry);
      if (value !== undefined) values[i][stream].push(value);
    }
  }
  return intervalMs === undefined ? undefined : values;
}

function formatShare(share: number): string {
  return formatPercent(share, false);
}
