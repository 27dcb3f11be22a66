import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ModelVersion } from '../ports/registry.js';
import { decodeReport, decodeReportIfSound } from './report-files.js';

const FOLDER = new URL('../../test/fixtures/workspace-1/models/versions/BTCUSDT/1/', import.meta.url);
const readText = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
const written = JSON.parse(readText('report.json'));

/** The version of an older program, with another report or none. */
function versionWith(report: string | undefined): ModelVersion {
  const files = new Map(report === undefined ? [] : [['report.json', new TextEncoder().encode(report)] as const]);
  return { manifest: JSON.parse(readText('manifest.json')), files };
}

describe('the report of a version', () => {
  test('of an older program reads as it was written, with what this one does not know', () => {
    const report = { ...written, note: 'of another program', test: { ...written.test, detectableEdge: undefined } };
    expect(decodeReport(versionWith(JSON.stringify(report)))).toEqual(report);
  });

  test('says what was decided after it was published', () => {
    const decision = { verdict: 'skill', isPromoted: true, reasons: ['first of its name'] } as ModelVersion['decision'];
    const report = decodeReport({ ...versionWith(readText('report.json')), decision });
    expect(report).toMatchObject({
      verdict: 'skill',
      promoted: true,
      reasons: ['first of its name'],
      test: written.test,
    });
  });

  test('may be missing', () => {
    expect(decodeReport(versionWith(undefined))).toBeUndefined();
    expect(decodeReportIfSound(versionWith(undefined))).toBeUndefined();
  });

  test.each([
    ['no JSON', '{"name": "BTC'],
    ['null', 'null'],
    ['a list', '[]'],
    ['without its test', JSON.stringify({ ...written, test: undefined })],
    ['with a figure that is text', JSON.stringify({ ...written, test: { ...written.test, ic: '0.1' } })],
    ['with losses that are none', JSON.stringify({ ...written, training: { ...written.training, members: [{}] } })],
    ['with a verdict that there is not', JSON.stringify({ ...written, verdict: 'brilliant' })],
  ])('that is %s is refused by name, and is none where it can be done without', (_what, text) => {
    const version = versionWith(text);
    expect(() => decodeReport(version)).toThrow(
      expect.objectContaining({
        code: 'MODEL_CORRUPT',
        message: expect.stringMatching(/^BTCUSDT version 1: report\.json is not what this program wrote/),
      }),
    );
    expect(decodeReportIfSound(version)).toBeUndefined();
  });
});
