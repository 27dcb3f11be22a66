import { describe, expect, test } from 'vitest';
import { makeSeries } from '../../test/fixtures/audit-subject.js';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { auditFully, auditQuickly } from '../evaluation/audit/audit.js';
import type { AuditReport } from '../evaluation/audit/report.js';
import { listCatalogue } from '../features/catalogue.js';
import { type CandleSeries, selectCandles } from '../market/candle-series.js';
import { parseTrainOptions, type TrainOptionsInput } from '../options/train-options.js';
import { auditedTrainingOf, auditSubjectOf, auditTraining } from '../training/audit-training.js';
import { prepareTraining } from '../training/prepare.js';

const SITUATION = { nowMs: Date.UTC(2035, 0, 1) };
const AUDIT = { seed: 42, now: () => performance.now() };
const series = makeSeries(1_200);

function optionsWith(options: Partial<TrainOptionsInput>) {
  return parseTrainOptions({ symbol: 'TESTUSDT', window: 8, folds: 2, ...options });
}

function findingsOf(report: AuditReport) {
  return report.checks.flatMap((check) => check.findings);
}

describe('a pipeline without leaks raises no alarm', () => {
  test('with the default features', () => {
    expect(findingsOf(auditFully(auditSubjectOf(optionsWith({}), SITUATION), series, AUDIT))).toEqual([]);
  });

  test('with any of 20 random feature sets', () => {
    const random = new Random(20, RANDOM_STREAM.test);
    for (let set = 0; set < 20; set++) {
      const options = optionsWith({
        features: drawFeatures(random),
        horizon: 1 + random.nextInteger(4),
        window: 1 + random.nextInteger(30),
        folds: random.nextInteger(4),
        rolling: set % 2 === 0,
      });
      const report = auditFully(auditSubjectOf(options, SITUATION), series, { ...AUDIT, seed: set });
      expect(findingsOf(report), options.features.join(',')).toEqual([]);
    }
  });

  test('with gaps, some of them too long for a window', () => {
    const isThere = (row: number) => row % 211 !== 5 && (row < 400 || row >= 440) && (row < 1_000 || row >= 1_003);
    const gapped = selectCandles(series, Array.from(series.openTimeMs.keys()).filter(isThere));
    for (const horizon of [1, 3]) {
      const subject = auditSubjectOf(optionsWith({ horizon }), SITUATION);
      expect(findingsOf(auditFully(subject, gapped, AUDIT))).toEqual([]);
    }
  });

  test('on a market that stands still for days', () => {
    const still = makeSeries(1_200);
    for (const name of ['open', 'high', 'low', 'close'] as const) still[name].fill(still.close[600], 600, 700);
    still.volume.fill(0, 600, 700);
    expect(findingsOf(auditFully(auditSubjectOf(optionsWith({}), SITUATION), still, AUDIT))).toEqual([]);
  });

  test('and leaves the candles as they were', () => {
    const before = structuredClone(series);
    auditFully(auditSubjectOf(optionsWith({}), SITUATION), series, AUDIT);
    expect(series).toEqual(before);
  });
});

test('the fast part computes a few hundred rows again, however long the history', () => {
  const options = optionsWith({});
  const counted = (candles: CandleSeries) => {
    const honest = auditSubjectOf(options, SITUATION);
    let rows = 0;
    const features = honest.features.map((feature) => ({
      ...feature,
      createStream() {
        const next = feature.createStream();
        return (candle: Parameters<typeof next>[0]) => {
          rows += 1;
          return next(candle);
        };
      },
    }));
    auditQuickly({ ...honest, features }, candles, auditedTrainingOf(prepareTraining(candles, options)), AUDIT);
    return rows / features.length;
  };
  const rows = counted(series);
  expect(counted(makeSeries(3_000))).toBe(rows);
  expect(rows).toBeLessThan(3_000);
});

test('every training can run the fast part on what it prepared', () => {
  const options = optionsWith({});
  const report = auditTraining(series, options, prepareTraining(series, options), SITUATION, AUDIT.now);
  expect(report.passed).toBe(true);
  expect(report.checks).toHaveLength(11);
});

/** One to eight features of any family, of any length up to 60, some of them delayed. */
function drawFeatures(random: Random): string[] {
  const catalogue = listCatalogue().map(({ name }) => name.replace(/_lag_\d+$/, ''));
  const names = new Set<string>();
  const count = 1 + random.nextInteger(8);
  while (names.size < count) {
    const name = catalogue[random.nextInteger(catalogue.length)].replace(/\d+$/, () =>
      String(2 + random.nextInteger(58)),
    );
    names.add(random.nextInteger(4) === 0 ? `${name}_lag_${1 + random.nextInteger(12)}` : name);
  }
  return [...names];
}
