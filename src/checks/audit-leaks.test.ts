import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeSeries } from '../../test/fixtures/audit-subject.js';
import { LEAKS } from '../../test/fixtures/leaks.js';
import { auditFully, auditQuickly } from '../evaluation/audit/audit.js';
import { type AuditReport, leakErrorOf } from '../evaluation/audit/report.js';
import { parseTrainOptions } from '../options/train-options.js';
import { auditSubjectOf } from '../training/audit-training.js';

const AUDIT = { seed: 42, now: () => performance.now() };
const series = makeSeries(1_200);

function findingsOf(report: AuditReport) {
  return report.checks.flatMap((check) => check.findings);
}

describe('the catalogue of leaks', () => {
  const features = ['return_1', 'sma_20', 'range'];
  const options = parseTrainOptions({ symbol: 'TESTUSDT', features, horizon: 2, window: 8, folds: 2 });
  const honest = auditSubjectOf(options, { nowMs: Date.UTC(2035, 0, 1) });

  test('is planted into a pipeline without one', () => {
    expect(findingsOf(auditFully(honest, series, AUDIT))).toEqual([]);
  });

  test.each(LEAKS)('catches $name', ({ column, checks, plant, firstTimeMs }) => {
    const report = auditFully(plant(honest, series), series, AUDIT);
    const findings = findingsOf(report);
    for (const check of checks) {
      const finding = findings.find((candidate) => candidate.check === check && candidate.column === column);
      expect(finding, `${check} names ${column}`).toBeDefined();
      expect(series.openTimeMs).toContain(finding!.timeMs);
      if (firstTimeMs) expect(finding!.timeMs).toBe(firstTimeMs(honest, series));
      expect(finding!.message).toMatch(/expected .* was /);
      expect(finding!.hint).not.toBe('');
    }
    expect(report.passed).toBe(false);
  });

  test.each(LEAKS.filter(({ isQuick }) => isQuick))('catches $name in the fast part', ({ column, plant }) => {
    const subject = plant(honest, series);
    const report = auditQuickly(subject, series, subject.prepare(series), AUDIT);
    expect(report.passed).toBe(false);
    expect(findingsOf(report).map((finding) => finding.column)).toContain(column);
  });

  test('is caught whatever the seed', () => {
    for (const { name, plant } of LEAKS.filter((leak) => leak.isQuick)) {
      const subject = plant(honest, series);
      const training = subject.prepare(series);
      for (const seed of [0, 1, 2]) {
        const { passed } = auditQuickly(subject, series, training, { ...AUDIT, seed });
        expect(passed, `${name}, seed ${seed}`).toBe(false);
      }
    }
  });

  test('is published', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/leaks.md'), 'utf8');
    for (const { name } of LEAKS) expect(page).toContain(`| ${name} |`);
  });

  test('is told as an error that names column, time and what to do', () => {
    const shift = LEAKS.find(({ name }) => name === 'shift by −1')!;
    const error = leakErrorOf(auditFully(shift.plant(honest, series), series, AUDIT))!;
    expect(error.code).toBe('LEAK_FOUND');
    expect(error.message).toMatch(/leaks into return_1; prefix-invariance: at 2024-\d\d-\d\dT\d\d:00:00Z expected/);
    expect(error.hint).toContain('older ones only');
    expect(leakErrorOf(auditFully(honest, series, AUDIT))).toBeUndefined();
  });
});
