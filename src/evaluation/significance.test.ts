import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import {
  adjustHolm,
  compareSquaredErrors,
  estimateLongRunVariance,
  testClarkWest,
  testDieboldMariano,
} from './significance.js';

/** A series that R and Python can build as well: ((a t + 31 t² mod 1009) mod 997) / 997 − 0.5. */
function noise(a: number): Float64Array {
  return Float64Array.from({ length: 200 }, (_, t) => ((t * a + ((t * t * 31) % 1009)) % 997) / 997 - 0.5);
}

/** Sums over the last `h` values: errors of overlapping labels look like this. */
function overlap(values: Float64Array, h: number): Float64Array {
  return values.map((_, i) => values.slice(Math.max(0, i - h + 1), i + 1).reduce((sum, value) => sum + value, 0));
}

const outcomes = noise(7919);
const other = noise(104729);
const challenger = outcomes.map((outcome, i) => 0.3 * outcome + 0.4 * other[i]);
const benchmark = noise(1299709).map((value) => 0.3 * value);

describe('Diebold–Mariano', () => {
  // R 4.2, forecast 8.20 (https://pkg.robjhyndman.com/forecast/reference/dm.test.html), the series above:
  // dm.test(Y - G, Y - F, alternative = "greater", h = h, varestimator = "acf" or "bartlett"), G = 0 in the last four
  test.each([
    ['benchmark', 1, 'rectangular', 7.10153795726536, 1.06925743812951e-11],
    ['benchmark', 4, 'rectangular', 4.95761486361163, 7.62180687204638e-7],
    ['benchmark', 4, 'bartlett', 4.7734826028368, 1.75106841191365e-6],
    ['benchmark', 12, 'rectangular', 1.04383883938001, 0.148913161770064],
    ['benchmark', 12, 'bartlett', 1.07177715332947, 0.14255910782581],
    ['no change', 1, 'rectangular', 7.25355014838271, 4.42284607957884e-12],
    ['no change', 4, 'bartlett', 4.19557277147069, 2.0491331727693e-5],
    ['no change', 12, 'rectangular', 2.32525183827955, 0.0105331911238102],
    ['no change', 12, 'bartlett', 2.53857857092292, 0.00594780834221953],
  ] as const)('agrees with R against %s at horizon %i, %s', (against, horizonSteps, kernel, statistic, pValue) => {
    const [y, f, g] = [outcomes, challenger, benchmark].map((values) => overlap(values, horizonSteps));
    const differences = compareSquaredErrors(y, f, against === 'benchmark' ? g : undefined);
    const { value } = testDieboldMariano(differences, { horizonSteps, kernel });
    expect(value).toMatchObject({ lag: horizonSteps - 1, kernel });
    expect(value!.statistic).toBeCloseTo(statistic, 12);
    expect(Math.abs(value!.pValue / pValue - 1)).toBeLessThan(1e-9);
  });

  test('turns its sign and its p-value with the roles', () => {
    const differences = compareSquaredErrors(outcomes, challenger, benchmark);
    const { value } = testDieboldMariano(differences, { horizonSteps: 12 });
    const { value: reversed } = testDieboldMariano(
      differences.map((d) => -d),
      { horizonSteps: 12 },
    );
    expect(reversed!.statistic).toBeCloseTo(-value!.statistic, 12);
    expect(reversed!.pValue).toBeCloseTo(1 - value!.pValue, 12);
  });

  test('takes the Bartlett kernel where the rectangular variance is negative', () => {
    const differences = Float64Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : -0.9));
    expect(estimateLongRunVariance(differences, 1, 'rectangular')).toBeLessThan(0);
    expect(testDieboldMariano(differences, { horizonSteps: 2 }).value?.kernel).toBe('bartlett');
  });

  test.each([
    ['all differences are equal', new Float64Array(50).fill(0.1), 1, 'differ by the same loss in every row'],
    ['there are no differences', new Float64Array(50), 4, 'differ by the same loss in every row'],
    ['there are too few rows', Float64Array.of(1, 2, 3), 1, '10 rows are needed for a test, there are 3'],
    ['the horizon is long', new Float64Array(40), 24, '48 rows are needed for a test, there are 40'],
  ])('is undefined, with the reason, where %s', (_, differences, horizonSteps, reason) => {
    const result = testDieboldMariano(differences, { horizonSteps });
    expect(result.value).toBeNull();
    expect(result.reason).toContain(reason);
  });

  test('claims skill where there is none at its nominal rate, overlapping labels or not', () => {
    const marketCount = 1000;
    const rates = [1, 4].map((horizonSteps) => {
      let claims = 0;
      let naiveClaims = 0;
      for (let market = 0; market < marketCount; market++) {
        const random = new Random(market, RANDOM_STREAM.test);
        const draw = () =>
          overlap(
            Float64Array.from({ length: 250 }, () => random.nextNormal()),
            horizonSteps,
          );
        const [y, f, g] = [draw(), draw(), draw()];
        const differences = compareSquaredErrors(y, f, g);
        if (testDieboldMariano(differences, { horizonSteps }).value!.pValue < 0.05) claims += 1;
        if (testDieboldMariano(differences, { horizonSteps: 1 }).value!.pValue < 0.05) naiveClaims += 1;
      }
      return [claims / marketCount, naiveClaims / marketCount];
    });
    // Two standard errors of a rate of 5 % in 1000 markets are 1.4 %.
    expect(rates[0][0]).toBeGreaterThan(0.036);
    expect(rates[0][0]).toBeLessThan(0.064);
    expect(rates[1][0]).toBeLessThan(0.07);
    // What a variance without autocovariances does with overlapping labels.
    expect(rates[1][1]).toBeGreaterThan(0.12);
  });
});

describe('Clark–West', () => {
  // statsmodels 0.15.0: OLS(a, ones).fit(cov_type='HAC', cov_kwds={maxlags: h - 1, kernel, use_correction: False}),
  // a = (Y - B)² - ((Y - F)² - (B - F)²), t-value and scipy.stats.norm.sf of it; the regression on a constant is the
  // paper's own recipe (Clark and West 2007)
  test.each([
    ['no change', 1, 'bartlett', 8.974743859504635, 1.420059163809997e-19],
    ['no change', 4, 'bartlett', 5.301812361604412, 5.732932918774177e-8],
    ['no change', 4, 'rectangular', 5.197187706560152, 1.0116301965231228e-7],
    ['no change', 12, 'rectangular', 3.297601094621864, 0.00048757281790052744],
    ['benchmark', 1, 'rectangular', 8.951529818870577, 1.7529468933800121e-19],
    ['benchmark', 4, 'bartlett', 7.0030895791316405, 1.2518931424149483e-12],
    ['benchmark', 12, 'rectangular', 2.22993051288535, 0.012876028167085458],
  ] as const)(
    'agrees with statsmodels against %s at horizon %i, %s',
    (against, horizonSteps, kernel, statistic, pValue) => {
      const [y, f, g] = [outcomes, challenger, benchmark].map((values) => overlap(values, horizonSteps));
      const { value } = testClarkWest(y, f, { horizonSteps, kernel }, against === 'benchmark' ? g : undefined);
      expect(value!.statistic).toBeCloseTo(statistic, 12);
      expect(Math.abs(value!.pValue / pValue - 1)).toBeLessThan(1e-10);
    },
  );

  test('is undefined where the challenger is the benchmark', () => {
    expect(testClarkWest(outcomes, new Float64Array(200), { horizonSteps: 1 }).value).toBeNull();
  });
});

test.each([
  [0, 0.00745005394700112],
  [1, 0.00737569506632169],
  [5, 0.00613881893923217],
  [13, 0.00601444828656789],
])('the long-run variance with lag %i agrees with R', (lag, expected) => {
  // R, sandwich 3.0: NeweyWest(lm(d ~ 1), lag, prewhite = FALSE, adjust = FALSE) * length(d), d as in Diebold–Mariano
  const differences = compareSquaredErrors(outcomes, challenger, benchmark);
  expect(estimateLongRunVariance(differences, lag, 'bartlett')).toBeCloseTo(expected, 14);
});

describe('Holm', () => {
  test('agrees with the worked example', () => {
    // https://en.wikipedia.org/wiki/Holm%E2%80%93Bonferroni_method#Example; R: p.adjust(c(…), "holm")
    expect(adjustHolm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    const adjusted = adjustHolm([0.2, 0.001, 0.5, 0.012, 0.9, 0.011]).map((p) => Number(p!.toFixed(12)));
    expect(adjusted).toEqual([0.6, 0.006, 1, 0.055, 1, 0.055]);
  });

  test('passes over tests that could not be computed', () => {
    expect(adjustHolm([null, 0.02, null, 0.01])).toEqual([null, 0.02, null, 0.02]);
    expect(adjustHolm([null])).toEqual([null]);
    expect(adjustHolm([])).toEqual([]);
  });
});
