import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import {
  type ConfidenceModel,
  confidenceModelSchema,
  confidenceOf,
  fitConfidence,
  fitIsotonic,
  fitLogistic,
  poolAdjacentViolators,
  probabilityUp,
} from './probability.js';

/** A series that Python can build as well: ((a t + 31 t² mod 1009) mod 997) / 997 − 0.5. */
function noise(a: number): Float64Array {
  return Float64Array.from({ length: 200 }, (_, t) => ((t * a + ((t * t * 31) % 1009)) % 997) / 997 - 0.5);
}

/** Scores, and outcomes whose direction is that of the score with probability `rightShare(|score|)`. */
function simulate(rowCount: number, rightShare: (size: number) => number, seed = 1) {
  const random = new Random(seed, RANDOM_STREAM.test);
  const scores = Float64Array.from({ length: rowCount }, () => 0.1 * random.nextNormal());
  const outcomes = scores.map((score) => {
    return (
      (random.nextUniform() < rightShare(Math.abs(score)) ? 1 : -1) * Math.sign(score) * Math.abs(random.nextNormal())
    );
  });
  return { scores, outcomes };
}

const sizes = Array.from({ length: 60 }, (_, i) => i * 0.01);
const hourly = { horizonSteps: 1 };

describe('the logistic curve', () => {
  // scikit-learn 1.9: LogisticRegression(C=1, fit_intercept=False, solver='newton-cholesky', tol=1e-14) on x / rms(x),
  // with a column of ones for the intercept (https://scikit-learn.org/stable/modules/linear_model.html#logistic-regression)
  const x = noise(7919);
  const other = noise(104729);
  const isUp = x.map((value, i) => (value + 2 * other[i] > 0.1 ? 1 : 0));

  test('agrees with scikit-learn', () => {
    const symmetric = fitLogistic(x, isUp, { isSymmetric: true });
    expect(symmetric).toMatchObject({ intercept: 0, rows: 200 });
    expect(symmetric.slope).toBeCloseTo(1.7588302645914438, 9);
    const plain = fitLogistic(x, isUp, { isSymmetric: false });
    expect(plain.intercept).toBeCloseTo(-0.21667228725533746, 9);
    expect(plain.slope).toBeCloseTo(1.7584882236036188, 9);
  });

  test('finds the curve it was drawn from', () => {
    const { scores, outcomes } = simulate(40_000, (size) => 1 / (1 + Math.exp(-3 * size)));
    const model = fitConfidence(scores, outcomes, hourly);
    expect(model.method).toBe('logistic');
    expect(confidenceOf(model, 0.2)).toBeCloseTo(1 / (1 + Math.exp(-0.6)), 2);
  });

  test('is finite for one class alone and for scores that separate the classes', () => {
    const ones = new Float64Array(200).fill(1);
    const separated = x.map((value) => (value > 0 ? 1 : 0));
    for (const y of [ones, separated]) {
      for (const isSymmetric of [true, false]) {
        const { slope, intercept } = fitLogistic(x, y, { isSymmetric });
        expect(slope).toBeLessThan(100);
        expect(Number.isFinite(intercept)).toBe(true);
      }
    }
  });

  test('is flat where scores point the wrong way', () => {
    const { scores, outcomes } = simulate(500, () => 0.3);
    const model = fitConfidence(scores, outcomes, hourly);
    expect(sizes.map((size) => confidenceOf(model, size))).toEqual(sizes.map(() => 0.5));
    const plain = fitLogistic(
      x,
      x.map((value) => (value < 0.2 ? 1 : 0)),
      { isSymmetric: false },
    );
    expect(plain.slope).toBe(0);
    expect(probabilityUp(plain, 0.1)).toBeCloseTo(x.filter((value) => value < 0.2).length / 200, 2);
    expect(confidenceOf(plain, -0.1)).toBe(0.5);
  });
});

describe('the isotonic curve', () => {
  test('agrees with scikit-learn', () => {
    // IsotonicRegression().fit_transform(range(8), values, sample_weight=weights), scikit-learn 1.9
    const pooled = poolAdjacentViolators([1, 3, 2, 4, 3.5, 3, 7, 6.5], [1, 2, 1, 1, 3, 1, 1, 4]);
    const third = 8 / 3;
    expect(pooled).toEqual([1, third, third, 3.5, 3.5, 3.5, 6.6, 6.6]);
  });

  test('is taken where a straight line does not do, and only with enough rows', () => {
    const stepped = (size: number) => (size > 0.15 ? 0.75 : 0.5);
    const many = simulate(6_000, stepped);
    const model = fitConfidence(many.scores, many.outcomes, hourly);
    expect(model.method).toBe('isotonic');
    expect(confidenceOf(model, 0.25)).toBeCloseTo(0.75, 1);
    expect(confidenceOf(model, 0.05)).toBeLessThan(0.54);
    const few = simulate(999, stepped);
    expect(fitConfidence(few.scores, few.outcomes, hourly).method).toBe('logistic');
    // Six thousand labels that look 24 rows ahead are 250 independent ones.
    expect(fitConfidence(many.scores, many.outcomes, { horizonSteps: 24 }).method).toBe('logistic');
  });
});

describe('confidence', () => {
  const { scores, outcomes } = simulate(3_000, (size) => 0.5 + Math.min(0.2, size));
  const right = scores.map((score, i) => (Math.sign(score) === Math.sign(outcomes[i]) ? 1 : 0));
  const models: [string, ConfidenceModel][] = [
    ['logistic', fitLogistic(scores.map(Math.abs), right, { isSymmetric: true })],
    ['isotonic', fitIsotonic(scores.map(Math.abs), right, hourly)],
  ];

  test.each(models)('never falls with the size of the score, and is the same up and down: %s', (_, model) => {
    const curve = sizes.map((size) => confidenceOf(model, size));
    expect(curve[0]).toBe(0.5);
    expect(curve.every((value, i) => i === 0 || value >= curve[i - 1])).toBe(true);
    expect(curve.at(-1)).toBeGreaterThan(0.6);
    expect(curve.at(-1)).toBeLessThanOrEqual(1);
    for (const size of sizes) {
      expect(confidenceOf(model, -size)).toBeCloseTo(confidenceOf(model, size), 14);
      expect(probabilityUp(model, -size)).toBeCloseTo(1 - probabilityUp(model, size), 14);
    }
  });

  test.each(models)('is the same after a trip through JSON: %s', (_, model) => {
    const restored = confidenceModelSchema.parse(JSON.parse(JSON.stringify(model)));
    expect(restored).toEqual(model);
  });

  test('is one half where nothing is known', () => {
    const nothing = fitConfidence(new Float64Array(0), new Float64Array(0), hourly);
    const directionless = fitConfidence(new Float64Array(50), noise(31).slice(0, 50), hourly);
    expect([confidenceOf(nothing, 3), confidenceOf(directionless, 3)]).toEqual([0.5, 0.5]);
  });

  test('means what it says on rows it was not fitted on', () => {
    const later = simulate(20_000, (size) => 0.5 + Math.min(0.2, size), 2);
    const model = fitConfidence(scores, outcomes, hourly);
    const mid = Array.from(later.scores.keys()).filter((i) => Math.abs(Math.abs(later.scores[i]) - 0.1) < 0.02);
    const hits = mid.filter((i) => later.scores[i] * later.outcomes[i] > 0).length;
    expect(Math.abs(hits / mid.length - confidenceOf(model, 0.1))).toBeLessThan(0.03);
  });
});
