import { TARGET_CLIP } from '../../dataset/target.js';
import { type CandleSeries, rowCountOf } from '../../market/candle-series.js';
import { INTERVAL_MS } from '../../market/interval.js';
import { type AuditCheck, type AuditContext, allProbes } from './context.js';
import { type Finding, firstOfEachColumn, formatInstant, formatValue } from './report.js';

/** Relative error of a logarithm of a quotient, with room. */
const TOLERANCE = 1e-9;
/** Candles around the right ones among which a wrong target is looked for. */
const SEARCHED_ROWS = 2;

/**
 * Computes every target anew, by the clock instead of by counting rows, and checks that it is absent as long as the
 * candle that ends its horizon is.
 */
export const targetTiming: AuditCheck = {
  name: 'target-timing',
  description: 'the target runs from the close of its row to the close of the horizon, and is unknown before',
  find: (context) => firstOfEachColumn([...findWrongTarget(context), ...findEarlyTarget(context)]),
};

/** Shape `[T]`: the log return over the horizon, NaN where no candle ends it. */
function computeLogReturns(series: CandleSeries, horizonSteps: number): Float64Array {
  const { openTimeMs, close } = series;
  const horizonMs = horizonSteps * INTERVAL_MS[series.interval];
  const logReturn = new Float64Array(openTimeMs.length).fill(Number.NaN);
  let end = 0;
  for (let row = 0; row < openTimeMs.length; row++) {
    const endMs = openTimeMs[row] + horizonMs;
    while (end < openTimeMs.length && openTimeMs[end] < endMs) end += 1;
    if (openTimeMs[end] === endMs) logReturn[row] = Math.log(close[end] / close[row]);
  }
  return logReturn;
}

function findWrongTarget({ series, subject, training }: AuditContext): Finding[] {
  const { logReturn, volatility, scaled } = training.dataset.target;
  const expected = computeLogReturns(series, subject.horizonSteps);
  for (let row = 0; row < rowCountOf(series); row++) {
    // a row without a target is not used, whatever the reason
    if (Number.isNaN(logReturn[row]) && Number.isNaN(scaled[row])) continue;
    const expectedScaled = Math.max(-TARGET_CLIP, Math.min(TARGET_CLIP, expected[row] / volatility[row]));
    const isRight = isClose(logReturn[row], expected[row]);
    if (isRight && (Number.isNaN(scaled[row]) || isClose(scaled[row], expectedScaled))) continue;
    const timeMs = series.openTimeMs[row];
    const [what, wanted, was] = isRight
      ? ['scaled target', expectedScaled, scaled[row]]
      : ['log return over the horizon', expected[row], logReturn[row]];
    return [
      {
        column: 'target',
        timeMs,
        message: `at ${formatInstant(timeMs)} expected a ${what} of ${formatValue(wanted)}, was ${formatValue(was)}${isRight ? '' : explain(series, row, was, subject.horizonSteps)}`,
        hint: `the target of a row is the log return from its close to the close ${subject.horizonSteps} interval(s) later, over the volatility of the row`,
      },
    ];
  }
  return [];
}

/** The pair of closes nearby that gives the value found, in words. */
function explain(series: CandleSeries, row: number, value: number, horizonSteps: number): string {
  const { close, openTimeMs } = series;
  for (let start = row - SEARCHED_ROWS; start <= row + SEARCHED_ROWS; start++) {
    for (let end = start + 1; end <= row + horizonSteps + SEARCHED_ROWS; end++) {
      if (start < 0 || end >= rowCountOf(series) || !isClose(value, Math.log(close[end] / close[start]))) continue;
      return `, which is the return from the close of ${formatInstant(openTimeMs[start])} to that of ${formatInstant(openTimeMs[end])}`;
    }
  }
  return '';
}

/** On cut histories: a target whose horizon ends behind the cut is not known yet, and one within is what it stays. */
function findEarlyTarget(context: AuditContext): Finding[] {
  const { horizonSteps } = context.subject;
  const findings: Finding[] = [];
  for (const { series, cuts, buildTo } of allProbes(context)) {
    const whole = buildTo(rowCountOf(series)).target.scaled;
    const horizonMs = horizonSteps * INTERVAL_MS[series.interval];
    for (const cut of cuts) {
      const { scaled } = buildTo(cut).target;
      for (let row = 0; row < cut; row++) {
        const isKnown = series.openTimeMs[row] + horizonMs <= series.openTimeMs[cut - 1];
        const expected = isKnown ? whole[row] : Number.NaN;
        if (Object.is(scaled[row], expected)) continue;
        const timeMs = series.openTimeMs[row];
        findings.push({
          column: 'target',
          timeMs,
          message: `at ${formatInstant(timeMs)} expected ${formatValue(expected)} while ${formatInstant(series.openTimeMs[cut - 1])} was the newest candle, was ${formatValue(scaled[row])}`,
          hint: 'a target is known at the close of the candle that ends its horizon: not before, and unchanged after',
        });
        break;
      }
    }
  }
  return findings;
}

function isClose(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= TOLERANCE * Math.abs(b) + Number.EPSILON;
}
