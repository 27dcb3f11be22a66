import { expect, test } from 'vitest';
import { type CandleSeries, candleAt, rowCountOf, sliceCandles } from '../market/candle-series.js';
import type { Feature } from './feature.js';
import { buildFeatureMatrix } from './feature-matrix.js';

const NO_GAPS = Number.MAX_SAFE_INTEGER;

/**
 * What every feature must do: be finite once warm and never before it says so, and give the same bits in a batch, one
 * candle at a time, and on a history that was cut.
 */
export function testFeatureContract(feature: Feature, series: CandleSeries): void {
  const values = (candles: CandleSeries) => buildFeatureMatrix(candles, [feature], NO_GAPS).values;
  const rowCount = rowCountOf(series);

  test(`${feature.name} is a number from its warm-up on and absent before`, () => {
    const batch = values(series);
    expect(feature.warmUpRows).toBeLessThan(rowCount);
    for (let row = 0; row < rowCount; row++) {
      expect(Number.isFinite(batch[row]), `row ${row}`).toBe(row >= feature.warmUpRows - 1);
    }
  });

  test(`${feature.name} is the same bits one candle at a time and on a cut history`, () => {
    const batch = values(series);
    const next = feature.createStream();
    for (let row = 0; row < rowCount; row++) {
      const value = next(candleAt(series, row));
      if (row >= feature.warmUpRows - 1) expect(value).toBe(batch[row]);
    }
    for (const end of [feature.warmUpRows, Math.floor((feature.warmUpRows + rowCount) / 2), rowCount - 1]) {
      expect(values(sliceCandles(series, 0, end))).toEqual(batch.slice(0, end));
    }
  });
}
