/** Confidence and interval of every row out of sample, calibrated on older rows only; and the calibration that serves. */

import { measureConfidence, measureIntervals } from '../evaluation/calibration-quality.js';
import type { CalibrationReport } from '../evaluation/report.js';
import type { Calibration } from '../forecast/calibration.js';
import { startInterval, trackIntervals } from '../forecast/conformal.js';
import { confidenceOf, fitConfidence } from '../forecast/probability.js';
import type { TakeMeasured } from './evaluation-notes.js';
import type { OutOfSample } from './forecast-folds.js';

export interface CalibratedForecasts {
  /** Shape `[N]`: P(direction right) of each row out of sample. */
  readonly confidences: Float64Array;
  readonly report: CalibrationReport;
  /** Fitted on everything, for the forecasts to come. */
  readonly calibration: Calibration;
}

/**
 * Calibrates along the walk-forward: a fold's confidences come from the validation rows before the first fold and the
 * folds before it; intervals follow the outcomes row by row.
 */
export function calibrateFolds(
  { rows, folds, forecasts, outcomes, before }: OutOfSample,
  horizonSteps: number,
  take: TakeMeasured,
): CalibratedForecasts {
  const known = (end: number) => {
    // The last outcomes before a row are not known at its close when labels look several candles ahead.
    const until = Math.max(0, end - (horizonSteps - 1));
    return {
      forecasts: Float64Array.from([...before.forecasts, ...forecasts.subarray(0, until)]),
      outcomes: Float64Array.from([...before.outcomes, ...outcomes.scaled.subarray(0, until)]),
    };
  };
  const confidences = new Float64Array(rows.length);
  for (const { start, end } of folds) {
    const older = known(start);
    const model = fitConfidence(older.forecasts, older.outcomes, { horizonSteps });
    for (let i = start; i < end; i++) confidences[i] = confidenceOf(model, forecasts[i]);
  }
  const first = startInterval(before.forecasts, before.outcomes, { horizonSteps });
  const { halfWidths, state } = trackIntervals(first, forecasts, outcomes.scaled, horizonSteps);
  const bound = (side: -1 | 1) =>
    forecasts.map((forecast, i) => Math.expm1((forecast + side * halfWidths[i]) * outcomes.volatility[i]));
  const intervals = take(
    'test.calibration.intervalCoverage',
    measureIntervals(bound(-1), bound(1), outcomes.logReturn.map(Math.expm1)),
  );
  const quality = take(
    'test.calibration.brier',
    measureConfidence(confidences, forecasts, outcomes.scaled, { horizonSteps }),
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
    calibration: { confidence: fitConfidence(all.forecasts, all.outcomes, { horizonSteps }), interval: state },
  };
}
