/** Confidence and interval of every row judged, each calibrated on older rows only; and the calibration that serves. */

import { measureConfidence, measureIntervals } from '../evaluation/calibration-quality.js';
import type { Measured } from '../evaluation/measured.js';
import type { CalibrationReport } from '../evaluation/report.js';
import type { Calibration } from '../forecast/calibration.js';
import { startInterval, trackIntervals } from '../forecast/conformal.js';
import { confidenceOf, fitConfidence } from '../forecast/probability.js';
import type { OutOfSample } from './score-folds.js';

export interface CalibratedForecasts {
  /** Shape `[N]`: P(direction right) of each row judged. */
  readonly confidences: Float64Array;
  readonly report: CalibrationReport;
  /** Fitted on everything, for the forecasts to come. */
  readonly calibration: Calibration;
}

/**
 * Calibrates along the walk-forward: a fold's confidences come from the validation rows before the first fold and the
 * folds before it; intervals follow the outcomes row by row.
 *
 * @param take passes a value on, and notes why it is `null`
 */
export function calibrateFolds(
  { rows, folds, scores, outcomes, before }: OutOfSample,
  horizonSteps: number,
  take: <Value>(what: string, value: Measured<Value>) => Value | null,
): CalibratedForecasts {
  const known = (end: number) => {
    // The last outcomes before a row are not known at its close when labels look several candles ahead.
    const until = Math.max(0, end - (horizonSteps - 1));
    return {
      scores: Float64Array.from([...before.scores, ...scores.subarray(0, until)]),
      outcomes: Float64Array.from([...before.outcomes, ...outcomes.scaled.subarray(0, until)]),
    };
  };
  const confidences = new Float64Array(rows.length);
  for (const { start, end } of folds) {
    const older = known(start);
    const model = fitConfidence(older.scores, older.outcomes, { horizonSteps });
    for (let i = start; i < end; i++) confidences[i] = confidenceOf(model, scores[i]);
  }
  const first = startInterval(before.scores, before.outcomes, { horizonSteps });
  const { halfWidths, state } = trackIntervals(first, scores, outcomes.scaled, horizonSteps);
  const bound = (side: -1 | 1) =>
    scores.map((score, i) => Math.expm1((score + side * halfWidths[i]) * outcomes.volatility[i]));
  const intervals = take(
    'test.calibration.intervalCoverage',
    measureIntervals(bound(-1), bound(1), outcomes.logReturn.map(Math.expm1)),
  );
  const quality = take(
    'test.calibration.brier',
    measureConfidence(confidences, scores, outcomes.scaled, { horizonSteps }),
  );
  const all = known(rows.length + horizonSteps - 1);
  return {
    confidences,
    report: {
      brier: quality?.brier ?? null,
      ece: quality?.ece ?? null,
      bins: quality?.bins ?? [],
      intervalLevel: first.level,
      intervalCoverage: intervals?.coverage ?? null,
      intervalWidth: intervals?.meanWidth ?? null,
    },
    calibration: { confidence: fitConfidence(all.scores, all.outcomes, { horizonSteps }), interval: state },
  };
}
