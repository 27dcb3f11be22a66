/** TRADEAI_DRIFT_RUNS sets how many models are followed (100); more take the time they take. */

import { expect, test } from 'vitest';
import { HOUR_MS, makeForecast } from '../../test/support/ledger-forecasts.js';
import { needs } from '../../test/support/needs.js';
import { normalCdf } from '../core/distributions.js';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { type ReportedRecord, reportedRecordOf, testDrift } from './drift.js';
import { type LedgerEntry, outcomeOf } from './ledger.js';
import type { ResolvedRecordEntry } from './record-entries.js';

const RUNS = Number(process.env.TRADEAI_DRIFT_RUNS ?? 100);

type ResolvedEntry = LedgerEntry & ResolvedRecordEntry;

interface SimulatedModel {
  readonly rows: number;
  readonly seed: number;
  readonly horizonSteps?: number;
  /** Standard deviation of the scores. */
  readonly scoreSize: number;
  /** What the outcome has of the score; the rest is normal noise of variance 1. */
  readonly slope: number;
  /** Share of the outcomes that the interval holds. */
  readonly coverage: number;
}

/** Scored forecasts of a model, an hour apart. */
function simulateEntries({
  rows,
  seed,
  horizonSteps = 1,
  scoreSize,
  slope,
  coverage,
}: SimulatedModel): ResolvedEntry[] {
  const random = new Random(seed, RANDOM_STREAM.test);
  const volatility = 0.01;
  // Overlapping outcomes share the noise of the candles they share.
  const noise = Float64Array.from({ length: rows + horizonSteps }, () => random.nextNormal() / Math.sqrt(horizonSteps));
  return Array.from({ length: rows }, (_, hour) => {
    const score = scoreSize * random.nextNormal();
    let outcome = slope * score;
    for (let step = 0; step < horizonSteps; step++) outcome += noise[hour + step];
    const forecast = makeForecast(hour, { score, volatility, predictedChange: Math.expm1(score * volatility) });
    const scored = outcomeOf(forecast, 100 * Math.exp(outcome * volatility), 0);
    return {
      ...forecast,
      targetTimeMs: forecast.asOfMs + horizonSteps * HOUR_MS,
      outcome: { ...scored, isInside: random.nextUniform() < coverage },
      isUnscorable: false,
    };
  });
}

/** The figures of a report on 10,000 rows of a model whose scores correlate with the outcomes so. */
function reportedOfSkill(ic: number): ReportedRecord {
  return reportedRecordOf(
    {
      rows: 10_000,
      // of two normal variables, https://en.wikipedia.org/wiki/Multivariate_normal_distribution#Orthant_probabilities
      directionalAccuracy: 0.5 + Math.asin(ic) / Math.PI,
      ic,
      r2Scaled: ic * ic,
      calibration: { brier: null, ece: null, bins: [], intervalLevel: 0.8, intervalCoverage: 0.8, intervalWidth: null },
    },
    1,
  );
}

/** Forecasts until the flag is up; it never comes down again, so halving finds the first. */
function countUntilFlagged(entries: readonly ResolvedEntry[], reported: ReportedRecord): number | undefined {
  const isFlagged = (count: number) => testDrift(entries.slice(0, count), reported, 1).isDrifting;
  if (!isFlagged(entries.length)) return undefined;
  let [below, flagged] = [0, entries.length];
  while (flagged - below > 1) {
    const middle = (below + flagged) >>> 1;
    if (isFlagged(middle)) flagged = middle;
    else below = middle;
  }
  return flagged;
}

test.each([1, 4])(
  'a model just as good as reported is hardly ever flagged, at whatever look (horizon %d)',
  (horizonSteps) => {
    // Scores of one size: a gain of exactly nothing on "no change" and a hit rate of Φ(slope · score).
    const [slope, coverage] = [0.5, 0.8];
    let flagged = 0;
    for (let seed = 0; seed < RUNS; seed++) {
      const entries = simulateEntries({ rows: 1_000, seed, horizonSteps, scoreSize: 1e-9, slope: 0, coverage });
      const shifted = entries.map((entry): ResolvedEntry => {
        const score = 0.1 * Math.sign(entry.score);
        const outcome = Math.log1p(entry.outcome.change) / entry.volatility + slope * score;
        const predictedChange = Math.expm1(score * entry.volatility);
        const scored = outcomeOf({ ...entry, predictedChange }, 100 * Math.exp(outcome * entry.volatility), 0);
        return { ...entry, score, predictedChange, outcome: { ...scored, isInside: entry.outcome.isInside } };
      });
      const floor = { hitRate: normalCdf(slope * 0.1), intervalCoverage: coverage, beatsNoChange: true };
      const reported = { ...reportedOfSkill(0.1), floor };
      if (testDrift(shifted, reported, horizonSteps).isDrifting) flagged += 1;
    }
    // 1 % and three standard errors of it
    expect(flagged / RUNS).toBeLessThanOrEqual(0.01 + 3 * Math.sqrt((0.01 * 0.99) / RUNS));
  },
);

test.each([
  { lost: 'all skill of an IC of 0.4', ic: 0.4, slope: 0, coverage: 0.8, rows: 1_500 },
  { lost: 'the sign of an IC of 0.2', ic: 0.2, slope: -1, coverage: 0.8, rows: 1_500 },
  { lost: 'a quarter of what the interval held', ic: 0.1, slope: 1, coverage: 0.6, rows: 500 },
])('a model that lost $lost is flagged', ({ ic, slope, coverage, rows }) => {
  const counts = Array.from({ length: 9 }, (_, seed) =>
    countUntilFlagged(simulateEntries({ rows, seed, scoreSize: ic, slope, coverage }), reportedOfSkill(ic)),
  );
  expect(counts.filter((count) => count !== undefined).length).toBeGreaterThanOrEqual(8);
});

test('says what has fallen, and what it was', () => {
  const entries = simulateEntries({ rows: 800, seed: 1, scoreSize: 0.2, slope: 1, coverage: 0.6 });
  const drift = testDrift(entries, reportedOfSkill(0.2), 1);
  expect(drift.isDrifting).toBe(true);
  expect(drift.reasons).toHaveLength(1);
  expect(drift.reasons[0]).toMatch(
    /^its interval holds (58|59|60|61|62)\.\d\d % of the outcomes.*79\.\d\d % \(p < 0\.001\)$/,
  );
});

test('once flagged stays flagged', () => {
  const bad = simulateEntries({ rows: 300, seed: 1, scoreSize: 0.2, slope: 1, coverage: 0.5 });
  const good = simulateEntries({ rows: 3_000, seed: 2, scoreSize: 0.2, slope: 1, coverage: 0.95 });
  expect(testDrift([...bad, ...good], reportedOfSkill(0.2), 1).isDrifting).toBe(true);
});

test('where nothing is reported or nothing is scored there is no p-value', () => {
  const nothing = { isDrifting: false, pValue: null, reasons: [] };
  expect(testDrift([], reportedOfSkill(0.2), 1)).toEqual(nothing);
  const reported = reportedRecordOf(
    { ...reportedOfSkill(0.1), rows: 0, directionalAccuracy: null, r2Scaled: -0.1, calibration: emptyCalibration },
    1,
  );
  expect(testDrift(simulateEntries({ rows: 9, seed: 1, scoreSize: 1, slope: 0, coverage: 0 }), reported, 1)).toEqual(
    nothing,
  );
});

const emptyCalibration = {
  brier: null,
  ece: null,
  bins: [],
  intervalLevel: 0.8,
  intervalCoverage: null,
  intervalWidth: null,
};

test('a report claims the lower end of its own interval', () => {
  // Wilson's lower end for 530 of 1000: 0.4990; of 2,000 rows that look 2 candles ahead half are counted
  const { floor } = reportedRecordOf(
    { ...reportedOfSkill(0.1), rows: 2_000, directionalAccuracy: 0.53, r2Scaled: 0.01, calibration: emptyCalibration },
    2,
  );
  expect(floor.hitRate).toBeCloseTo(0.499, 4);
  expect(floor).toMatchObject({ intervalCoverage: null, beatsNoChange: true });
});

test('prints how long it takes', {
  ...needs(process.env.TRADEAI_DRIFT_TABLE !== undefined, 'printed on request (TRADEAI_DRIFT_TABLE)'),
  timeout: 600_000,
}, () => {
  const cases = [
    { ic: 0.04, slope: 0, coverage: 0.8 },
    { ic: 0.1, slope: 0, coverage: 0.8 },
    { ic: 0.2, slope: 0, coverage: 0.8 },
    { ic: 0.4, slope: 0, coverage: 0.8 },
    { ic: 0.1, slope: -1, coverage: 0.8 },
    { ic: 0.1, slope: 1, coverage: 0.7 },
    { ic: 0.1, slope: 1, coverage: 0.5 },
  ];
  for (const { ic, slope, coverage } of cases) {
    const rows = ic < 0.1 ? 400_000 : 60_000;
    const counts = Array.from(
      { length: 15 },
      (_, seed) =>
        countUntilFlagged(simulateEntries({ rows, seed, scoreSize: ic, slope, coverage }), reportedOfSkill(ic)) ??
        Infinity,
    ).sort((a, b) => a - b);
    console.log(ic, slope, coverage, counts[0], counts[7], counts[14]);
  }
  // One broken in a blow: scores five times what outcomes are, at random.
  const wild = Array.from(
    { length: 15 },
    (_, seed) =>
      countUntilFlagged(
        simulateEntries({ rows: 2_000, seed, scoreSize: 3, slope: 0, coverage: 0.3 }),
        reportedOfSkill(0.1),
      ) ?? Infinity,
  ).sort((a, b) => a - b);
  console.log('wild', wild[0], wild[7], wild[14]);
});
