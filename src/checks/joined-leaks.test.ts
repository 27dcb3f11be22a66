import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeSeries } from '../../test/fixtures/audit-subject.js';
import { INPUT_LEAKS, makeJoinedInputs } from '../../test/fixtures/input-leaks.js';
import { enrichSeries } from '../candles/enrich.js';
import type { TradeAiError } from '../core/errors.js';
import { auditFully, auditQuickly } from '../evaluation/audit/audit.js';
import type { AuditReport } from '../evaluation/audit/report.js';
import { defineFeature, type FeatureDefinition } from '../features/custom-feature.js';
import { parseTrainOptions } from '../options/train-options.js';
import { auditSubjectOf } from '../training/audit-training.js';

const AUDIT = { seed: 42, now: () => performance.now() };
const candles = makeSeries(1_200);
const { records, other, columns } = makeJoinedInputs(candles);

const carry = defineFeature({
  name: 'carry',
  warmUp: 4,
  columns: ['funding'],
  compute: ({ columns: { funding }, length }) => funding[length - 1] - funding[0],
});
const OPTIONS = {
  symbol: 'TESTUSDT',
  window: 8,
  folds: 2,
  horizon: 2,
  features: [
    'return_1',
    'column_funding',
    'column_funding_lag_2',
    'carry',
    'return_1@OTHERUSDT',
    'rsi_6@OTHERUSDT@4h',
    'range@4h',
  ],
};

async function enrich(definitions = [carry], features = OPTIONS.features) {
  const options = parseTrainOptions({ ...OPTIONS, features }, undefined, { columns, customFeatures: definitions });
  const readColumnFile = async () => ({ records, notices: [] });
  const enriched = await enrichSeries(candles, options, { readColumnFile }, async () => other);
  const subject = auditSubjectOf(options, { nowMs: Date.UTC(2035, 0, 1), inputs: enriched.inputs });
  return { ...enriched, subject };
}

const findingsOf = (report: AuditReport) => report.checks.flatMap((check) => check.findings);

describe('joined inputs and features of one’s own', () => {
  test('pass the audit as this program joins and computes them', async () => {
    const { subject, series } = await enrich();
    expect(findingsOf(auditFully(subject, series, AUDIT))).toEqual([]);
  });

  test.each(INPUT_LEAKS)('$name is caught', async ({ column, check, plant }) => {
    const { subject, series } = await enrich();
    const planted = plant(series, records);
    for (const report of [
      auditFully(subject, planted, AUDIT),
      auditQuickly(subject, planted, subject.prepare(planted), AUDIT),
    ]) {
      const finding = findingsOf(report).find((candidate) => candidate.check === check && candidate.column === column);
      expect(finding, `${check} names ${column}`).toBeDefined();
      expect(planted.openTimeMs).toContain(finding!.timeMs);
      expect(finding!.message).toMatch(/expected .* was /);
    }
  });
});

test('the leaks of what is joined are published', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/leaks.md'), 'utf8');
  for (const { name } of INPUT_LEAKS) expect(page).toContain(`| ${name} |`);
});

describe('a custom feature that is no function of the candles stops before anything is trained', () => {
  let count = 0;
  const closes: number[] = [];
  const nextOf = new Map(Array.from(candles.openTimeMs, (timeMs, row) => [timeMs, candles.close[row + 1] ?? 0]));
  const definitions: [string, Omit<FeatureDefinition, 'name' | 'warmUp'>, string][] = [
    ['that counts its calls', { compute: () => count++ }, 'from the same candles a second time'],
    ['that draws random numbers', { compute: () => Math.random() }, 'from the same candles a second time'],
    [
      'that keeps candles outside of the stream',
      {
        createStream:
          () =>
          ({ close }: { close: number }) => {
            closes.push(close);
            return closes[Math.max(0, closes.length - 300)];
          },
      },
      'from the same candles a second time',
    ],
    [
      'that looks later values up by date',
      {
        compute: ({ openTimeMs, length }: { openTimeMs: Float64Array; length: number }) =>
          nextOf.get(openTimeMs[length - 1]) ?? -1,
      },
      'it looks values up by date',
    ],
  ] as never;

  test.each(definitions)('%s', async (_, definition, message) => {
    const wrong = defineFeature({ name: 'wrong', warmUp: 1, ...definition } as FeatureDefinition);
    const error: TradeAiError = await enrich([wrong], ['return_1', 'wrong']).then(
      () => expect.fail('expected an error'),
      (found) => found,
    );
    expect(error.code).toBe('FEATURE_INVALID');
    expect(error.message).toMatch(/^feature wrong at 2024-\d\d-\d\dT\d\d:00:00Z: expected /);
    expect(error.message).toContain(message);
  });
});

test('records of another time than the candles are refused with both', async () => {
  const options = parseTrainOptions({ ...OPTIONS, features: ['column_funding'] }, undefined, { columns });
  const late = { timeMs: records.timeMs.map((time) => time + 1e12), value: records.value };
  const run = enrichSeries(
    candles,
    options,
    { readColumnFile: async () => ({ records: late, notices: [] }) },
    async () => other,
  );
  await expect(run).rejects.toMatchObject({
    code: 'COLUMN_INVALID',
    message: expect.stringContaining('column_funding'),
  });
});
