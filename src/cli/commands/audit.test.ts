import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSeries } from '../../../test/fixtures/audit-subject.js';
import { openRecordingShell } from '../../../test/support/recording-shell.js';
import type { Ports } from '../../ports/ports.js';
import { runAudit } from './audit.js';

let home: string;
let printed: string[];
const series = makeSeries(1_200);
const flags = () => ({ symbol: 'TESTUSDT', data: join(home, 'candles.csv'), features: 'return_1,rsi_14', folds: '2' });

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-audit-'));
  printed = [];
  const { openTimeMs, open, high, low, close, volume } = series;
  const rows = Array.from(openTimeMs, (timeMs, row) =>
    [timeMs, open[row], high[row], low[row], close[row], volume[row]].join(','),
  );
  await writeFile(join(home, 'candles.csv'), ['open_time,open,high,low,close,volume', ...rows].join('\n'));
});

afterEach(async () => {
  process.exitCode = undefined;
  await rm(home, { recursive: true });
});

const openShell = (isJson: boolean, ports?: Partial<Ports>) => openRecordingShell({ home, isJson, printed, ports });

test('a clean pipeline prints one line a check and a sentence, and ends with status 0', async () => {
  await runAudit(openShell(false), flags());
  const lines = printed.join('\n').split('\n');
  expect(lines[0]).toContain('TESTUSDT 1h: 1,200 candles, 2024-01-01 00:00 to');
  expect(lines.slice(1, -1).map((line) => line.slice(0, 2))).toEqual(new Array(11).fill('✓ '));
  expect(lines.at(-1)).toMatch(/^No leak found/);
  expect(process.exitCode).toBeUndefined();
});

test('a leak is named with its time and what to do, and ends with status 4', async () => {
  // the clock stands within the newest candle
  const nowMs = series.openTimeMs[1_199] + 60_000;
  await runAudit(openShell(false, { now: () => nowMs }), flags());
  const text = printed.join('\n');
  expect(text).toMatch(/✗ availability .*\n {4}close: expected only closed candles at 2024-02-19T23:01:00Z, was one/);
  expect(text).toContain('→ leave the candle that is still open out');
  expect(text).toMatch(/The future leaks into close\./);
  expect(process.exitCode).toBe(4);
});

test('--json prints one document with every check', async () => {
  await runAudit(openShell(true), flags());
  expect(printed).toHaveLength(1);
  const report = JSON.parse(printed[0]);
  expect(report).toMatchObject({ symbol: 'TESTUSDT', interval: '1h', passed: true, features: ['return_1', 'rsi_14'] });
  expect(report.data).toMatchObject({ source: 'file', rows: 1_200, firstOpenTimeMs: series.openTimeMs[0] });
  for (const check of report.checks) {
    expect(check).toMatchObject({ passed: true, findings: [], seconds: expect.any(Number) });
  }
});

test('a symbol is needed', async () => {
  await expect(runAudit(openShell(false), {})).rejects.toMatchObject({ code: 'USAGE' });
});
