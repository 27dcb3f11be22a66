import { expect, test } from 'vitest';
import type { ModelDetail, VersionDetail, VersionSummary } from '../../wire/wire.js';
import { planPromotion, planRollback } from './promotion.js';
import { compareVersions } from './version-comparison.js';

function makeVersion(version: number, parts: Partial<VersionSummary> = {}): VersionSummary {
  return {
    version,
    createdAtMs: 0,
    verdict: 'skill',
    isChampion: false,
    isPrevious: false,
    isShadow: false,
    isIntact: true,
    problem: null,
    engine: 'native avx2',
    seed: 42,
    featureNames: ['return_1', 'rsi_14'],
    data: { source: 'demo', rows: 1000, firstOpenTimeMs: 0, lastOpenTimeMs: 1, sha256: '' },
    test: {
      rows: 300,
      r2: 0.01,
      ic: 0.05,
      directionalAccuracy: 0.53,
      pValue: 0.01,
      brier: 0.248,
      ece: 0.01,
      intervalCoverage: 0.79,
      netReturn: 0.1,
      sharpe: 1,
    },
    ...parts,
  };
}
const detailOf = (summary: VersionSummary, report: Record<string, unknown> = {}): VersionDetail => ({
  summary,
  report,
});

test('marks the better figure on the side it is on, whichever way better goes', () => {
  const left = makeVersion(1);
  const right = makeVersion(2, { test: { ...left.test!, ic: 0.04, brier: 0.24, intervalCoverage: 0.9 } });
  const better = Object.fromEntries(
    compareVersions(detailOf(left), detailOf(right)).figures.map((row) => [row.name, row.better]),
  );
  expect(better).toMatchObject({
    'Correlation (IC)': 'left',
    'Brier score': 'right',
    'Inside the 80 % interval': 'left',
    'Test rows': undefined,
    'Sharpe ratio': undefined,
  });
});

test('tells only what differs in the making, down to single features and options', () => {
  const { making } = compareVersions(
    detailOf(makeVersion(1), { config: { window: 24, lr: 0.001 } }),
    detailOf(makeVersion(2, { seed: 7, featureNames: ['return_1', 'macd'] }), { config: { window: 48, lr: 0.001 } }),
  );
  expect(making.map(({ name, left, right }) => [name, left, right])).toEqual([
    ['Seed', '42', '7'],
    ['Only these features', 'rsi_14', 'macd'],
    ['Option window', '24', '48'],
  ]);
});

test('warns when the two were judged on different rows', () => {
  const on = (fromMs: number) => ({ test: { fromMs, toMs: 9 } });
  expect(compareVersions(detailOf(makeVersion(1), on(0)), detailOf(makeVersion(2), on(0))).cautions).toEqual([]);
  expect(compareVersions(detailOf(makeVersion(1), on(0)), detailOf(makeVersion(2), on(1))).cautions).toHaveLength(1);
});

const DETAIL = {
  summary: { name: 'BTCUSDT', champion: { version: 3, generation: 8, verdict: 'skill' } },
  versions: [
    makeVersion(3, { isChampion: true }),
    makeVersion(2, { isPrevious: true, verdict: 'no-demonstrated-skill' }),
  ],
} as unknown as ModelDetail;

test('a promotion names both versions, carries the generation it was decided on, and warns of a version without skill', () => {
  const plan = planPromotion(DETAIL, DETAIL.versions[1]);
  expect(plan).toMatchObject({ version: 2, expectedGeneration: 8 });
  expect(plan.effects[0]).toContain('Version 2 takes over from version 3');
  expect(plan.cautions[0]).toContain('no demonstrated skill, and the version it replaces has');
});

test('there is no way back where there was no champion before', () => {
  expect(planRollback(DETAIL)?.version).toBe(2);
  expect(planRollback({ ...DETAIL, versions: [DETAIL.versions[0]] })).toBeUndefined();
});
