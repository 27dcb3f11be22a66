/**
 * Trying custom features out before anything is trained on them. What they are handed ends with the newest candle; what
 * remains is a function that looks elsewhere: at a clock, a random number, state of its own from call to call, a list of
 * values by date. Such a feature gives other bits on the same candles, and is named with the first candle concerned.
 */

import { TradeAiError } from '../core/errors.js';
import { shiftDates } from '../evaluation/audit/altered-candles.js';
import { findDifference, runFeature, runFeatureBeside } from '../evaluation/audit/feature-columns.js';
import type { Feature } from '../features/feature.js';
import { type CandleSeries, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { customNameOf, type DeclaredInputs } from '../options/train-options.js';

/** Candles behind the warm-up that a feature is tried on, at either end of the history. */
const TRIED_ROWS = 200;
/** Where the end of a excerpt is cut off, as shares of what lies behind the warm-up. */
const CUT_SHARES = [0, 0.25, 0.5, 0.9];
const MAXIMUM_GAP_ROWS = 24;

/**
 * @param features all features of a training; those that are not custom are left alone
 * @throws TradeAiError `FEATURE_INVALID` naming the feature and the candle's time
 */
export function checkCustomFeatures(
  series: CandleSeries,
  features: readonly Feature[],
  { customFeatures = [], maxGap = MAXIMUM_GAP_ROWS }: DeclaredInputs & { readonly maxGap?: number },
): void {
  const names = customFeatures.map(({ name }) => name);
  for (const feature of features) {
    if (!names.includes(customNameOf(feature.name))) continue;
    const rows = Math.min(rowCountOf(series), feature.warmUpRows + TRIED_ROWS);
    for (const start of new Set([0, rowCountOf(series) - rows])) {
      checkOnExcerpt(feature, sliceCandles(series, start, start + rows), maxGap);
    }
  }
}

function checkOnExcerpt(feature: Feature, excerpt: CandleSeries, maxGap: number): void {
  const rowCount = rowCountOf(excerpt);
  const expected = runFeature(feature, excerpt, maxGap);
  const compare = (found: Float64Array, end: number, why: string, hint: string) => {
    const row = findDifference(expected, found, 0, end);
    if (row === -1) return;
    throw new TradeAiError(
      'FEATURE_INVALID',
      `feature ${feature.name} at ${new Date(excerpt.openTimeMs[row]).toISOString().slice(0, 19)}Z: expected ${expected[row]} ${why}, was ${found[row]}`,
      { hint },
    );
  };
  const pure = `let ${feature.name} depend on the candles it is given and nothing else: no clock, no random number, no variable outside of the function`;
  compare(runFeature(feature, excerpt, maxGap), rowCount, 'from the same candles a second time', pure);
  const warm = Math.min(feature.warmUpRows, rowCount - 1);
  for (const share of CUT_SHARES) {
    const cut = Math.max(1, Math.min(rowCount - 1, warm + Math.round((rowCount - warm) * share)));
    const prefix = runFeature(feature, sliceCandles(excerpt, 0, cut), maxGap);
    compare(prefix, cut, 'whatever candles follow: it looks ahead', pure);
  }
  compare(
    told400YearsLater(feature, () => runFeatureBeside(feature, excerpt, shiftDates(excerpt), maxGap)),
    rowCount,
    'whatever another stream of it sees',
    `keep the state of ${feature.name} inside of createStream`,
  );
  compare(
    told400YearsLater(feature, () => runFeature(feature, shiftDates(excerpt), maxGap)),
    rowCount,
    'from the same candles told 400 years later: it looks values up by date, which may be of the future',
    `bring values with dates as a column with a declared delay, and let ${feature.name} name it in its columns`,
  );
}

/** @throws TradeAiError `FEATURE_INVALID` that tells what the dates of the message are about */
function told400YearsLater(feature: Feature, run: () => Float64Array): Float64Array {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof TradeAiError)) throw cause;
    throw new TradeAiError(cause.code, `${cause.message} (the same candles, told 400 years later)`, {
      hint: `dates mean nothing to a feature: let ${feature.name} depend on the values of its candles`,
      cause,
    });
  }
}
