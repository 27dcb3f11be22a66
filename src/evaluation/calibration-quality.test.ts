import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { measureConfidence, measureIntervals } from './calibration-quality.js';

const hourly = { horizonSteps: 1 };

/** Rows whose direction is right with the probability claimed plus `excess`. */
function simulate(rowCount: number, excess: number) {
  const random = new Random(rowCount, RANDOM_STREAM.test);
  const confidences = Float64Array.from({ length: rowCount }, () => 0.5 + 0.1 * random.nextUniform());
  const scores = confidences.map(() => random.nextNormal());
  const outcomes = confidences.map((confidence, i) => {
    return (random.nextUniform() < confidence + excess ? 1 : -1) * Math.sign(scores[i]);
  });
  return { confidences, scores, outcomes };
}

describe('confidence', () => {
  test('is measured as by hand', () => {
    // Right, wrong, right, wrong: four rows in one bin of mean confidence 0.625.
    const { value } = measureConfidence(
      Float64Array.of(0.5, 0.6, 0.6, 0.8),
      Float64Array.of(1, 1, -1, -1),
      Float64Array.of(1, -1, -2, 3),
      hourly,
    );
    expect(value!.brier).toBeCloseTo((0.5 ** 2 + 0.6 ** 2 + 0.4 ** 2 + 0.8 ** 2) / 4, 14);
    expect(value!.ece).toBeCloseTo(0.125, 14);
    expect(value!.bins).toEqual([{ confidence: 0.625, accuracy: 0.5, count: 4 }]);
    expect(value!.chanceEce).toBeCloseTo(Math.sqrt((2 * 0.625 * 0.375) / (Math.PI * 4)), 14);
  });

  test('that means what it says has the calibration error of chance, one that does not has its excess', () => {
    const honest = simulate(20_000, 0);
    const { value: quality } = measureConfidence(honest.confidences, honest.scores, honest.outcomes, hourly);
    expect(quality!.ece).toBeLessThan(2 * quality!.chanceEce);
    expect(quality!.chanceEce).toBeCloseTo(0.0089, 3);
    const timid = simulate(20_000, 0.05);
    const { value: other } = measureConfidence(timid.confidences, timid.scores, timid.outcomes, hourly);
    expect(Math.abs(other!.ece - 0.05)).toBeLessThan(0.012);
  });

  test('bins hold equal counts, ten at most and 50 rows at least', () => {
    const countsOf = (rowCount: number) => {
      const { confidences, scores, outcomes } = simulate(rowCount, 0);
      return measureConfidence(confidences, scores, outcomes, hourly).value!.bins.map(({ count }) => count);
    };
    expect(countsOf(5_000)).toEqual(new Array(10).fill(500));
    expect(countsOf(220)).toEqual([55, 55, 55, 55]);
    expect(countsOf(30)).toEqual([30]);
  });

  test('bins keep equal confidences together', () => {
    const { scores, outcomes } = simulate(600, 0);
    const confidences = scores.map((_, i) => (i % 3 === 0 ? 0.55 : 0.5));
    const { bins } = measureConfidence(confidences, scores, outcomes, hourly).value!;
    expect(bins.map(({ confidence, count }) => [Math.round(confidence * 100), count])).toEqual([
      [50, 400],
      [55, 200],
    ]);
  });

  test('leaves out rows without a direction, and is undefined where no row has one', () => {
    const half = Float64Array.of(0.5, 0.5, 0.5);
    const partly = measureConfidence(half, Float64Array.of(0, 1, 1), Float64Array.of(1, 0, 1), hourly);
    expect(partly.value!.rows).toBe(1);
    const none = measureConfidence(half, new Float64Array(3), Float64Array.of(1, 0, 1), hourly);
    expect(none).toEqual({ value: null, reason: 'no row has both a forecast and an outcome other than 0' });
  });
});

describe('intervals', () => {
  test('are measured by coverage and width', () => {
    const quality = measureIntervals(
      Float64Array.of(-1, -1, -1, 0),
      Float64Array.of(1, 1, 2, 1),
      Float64Array.of(0, 1, 3, -0.1),
    );
    expect(quality.value).toEqual({ coverage: 0.5, meanWidth: 2 });
  });

  test('are undefined without rows', () => {
    const none = new Float64Array(0);
    expect(measureIntervals(none, none, none)).toEqual({ value: null, reason: 'there are no rows' });
  });
});
