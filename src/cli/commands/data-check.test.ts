import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeSeries } from '../../../test/fixtures/audit-subject.js';
import { openRecordingShell } from '../../../test/support/recording-shell.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { checkData } from './data-check.js';
import { importData } from './data-import.js';

let home: string;
let printed: string[];
let noted: string[];
const series = makeSeries(1_200);

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-check-'));
  printed = [];
  noted = [];
});

afterEach(async () => {
  process.exitCode = undefined;
  await rm(home, { recursive: true });
});

const openShell = (isJson = true) =>
  openRecordingShell({ home, isJson, printed, noted, ports: { now: () => series.openTimeMs[1_199] + 3_600_000 } });

type Edit = (cells: (number | string)[], row: number) => (number | string)[] | string;

async function writeCandles(name: string, edit: Edit = (cells) => cells): Promise<string> {
  const { openTimeMs, open, high, low, close, volume }: CandleSeries = series;
  const rows = Array.from(openTimeMs, (timeMs, row) => {
    const cells = edit([timeMs, open[row], high[row], low[row], close[row], volume[row]], row);
    return typeof cells === 'string' ? cells : cells.join(',');
  });
  const path = join(home, name);
  await writeFile(path, ['open_time,open,high,low,close,volume', ...rows].join('\n'));
  return path;
}

async function check(flags: Record<string, string>) {
  await checkData(openShell(), flags);
  const [report] = JSON.parse(printed.pop()!);
  return report;
}

test('a sound file gives every figure of the data report, and exit status 0', async () => {
  const report = await check({ data: await writeCandles('TESTUSDT_1h.csv') });
  expect(report).toMatchObject({
    rowCount: 1_200,
    firstOpenTimeMs: series.openTimeMs[0],
    gaps: { count: 0, missingShare: 0, longest: null },
    filledShare: 0,
    duplicateRows: 0,
    conflictingTimes: 0,
    offGridRows: 0,
    ohlcErrorRows: 0,
    zeroVolumeShare: 0,
    outlierRows: 0,
    lastClosedAgeIntervals: 0,
    clockOffsetMs: null,
    sources: [{ source: 'file', rowCount: 1_200 }],
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    findings: [],
    trainingLimits: [],
  });
  expect(process.exitCode).toBeUndefined();
});

test('a bad file is looked at to its end, and every finding has its times', async () => {
  const path = await writeCandles('TESTUSDT_1h.csv', (cells, row) => {
    if (row === 100) return '...';
    if (row === 200) return [cells[0], 0, ...cells.slice(2)];
    if (row === 300) return [Number(cells[0]) + 1_000, ...cells.slice(1)];
    if (row === 400) return [Number(cells[0]) / 1_000, ...cells.slice(1)];
    return row === 501 ? [series.openTimeMs[500], ...cells.slice(1)] : cells;
  });
  const report = await check({ data: path });
  const codes = report.findings.map(({ code }: { code: string }) => code);
  expect(codes).toEqual(['GAPS', 'CONFLICTS', 'TIME_UNITS', 'BAD_LINES', 'OFF_GRID', 'OHLC_ERRORS']);
  expect(report.findings.at(-1).timesMs).toEqual([series.openTimeMs[200]]);
  expect(report.trainingLimits.map(({ flag }: { flag: string }) => flag)).toEqual([
    '--allow-conflicts',
    '--allow-ohlc-errors',
  ]);
  expect(process.exitCode).toBe(4);
});

test('the text names severity, code and times, and the flag a training would need', async () => {
  const path = await writeCandles('TESTUSDT_1h.csv', (cells, row) =>
    row === 200 ? [cells[0], 0, ...cells.slice(2)] : cells,
  );
  await checkData(openShell(false), { data: path });
  expect(printed[0]).toMatch(/error OHLC_ERRORS: 1 row .* at \d{4}-\d\d-\d\d \d\d:00 UTC/);
  expect(printed[0]).toContain('refused without --allow-ohlc-errors: 1 row');
});

test('what an import set aside is told of the stored candles, once however often it is imported', async () => {
  const path = await writeCandles('TESTUSDT_1h.csv', (cells, row) =>
    row === 200 ? [cells[0], -1, ...cells.slice(2)] : cells,
  );
  for (const _ of [1, 2]) await importData(openShell(), [path], {});
  expect(JSON.parse(printed[0])).toMatchObject({ rowCount: 1_199, quarantinedRows: 1 });
  expect(JSON.parse(printed[1])).toMatchObject({ rowCount: 1_199, quarantinedRows: 0 });
  expect(noted.join('\n')).toContain('rows left out because they cannot be candles: 1');
  const report = await check({ symbol: 'TESTUSDT' });
  expect(report).toMatchObject({ source: 'file', rowCount: 1_199, ohlcErrorRows: 1 });
});

test('a newer file is compared with what is stored: revised, and stored while still open', async () => {
  await importData(openShell(), [await writeCandles('TESTUSDT_1h.csv')], {});
  const newer = await writeCandles('NEWER.csv', (cells, row) => {
    if (row === 50) return [...cells.slice(0, 5), Number(cells[5]) * 3];
    return row === 60 ? [...cells.slice(0, 5), Number(cells[5]) / 3] : cells;
  });
  const { findings } = await check({ data: newer, symbol: 'TESTUSDT', source: 'file' });
  expect(findings.map(({ code, timesMs }: { code: string; timesMs: number[] }) => [code, timesMs])).toEqual([
    ['REVISED', [series.openTimeMs[50], series.openTimeMs[60]]],
    ['PARTIAL_CANDLES', [series.openTimeMs[50]]],
  ]);
  await expect(check({ data: newer, symbol: 'TESTUSDT', source: 'binance' })).rejects.toMatchObject({
    code: 'CANDLES_NOT_FOUND',
  });
});

test('of several files each has its row, and a bad one stops no other', async () => {
  const [header, ...rows] = (await readFile(await writeCandles('TESTUSDT_1h.csv'), 'utf8')).split('\n');
  const months = [0, 600].map(async (start) => {
    const path = join(home, `TESTUSDT_1h-${start}.csv`);
    await writeFile(path, [header, ...rows.slice(start, start + 600)].join('\n'));
    return path;
  });
  const empty = join(home, 'EMPTYUSDT_1h.csv');
  await writeFile(empty, '');
  const files = [await months[0], empty, join(home, 'none.csv'), await months[1]];
  await importData(openShell(), files, {});
  expect(process.exitCode).toBe(4);
  expect(JSON.parse(printed[0])).toMatchObject([
    { file: files[0], symbol: 'TESTUSDT', addedRows: 600, rowCount: 600 },
    { file: files[1], error: { code: 'CANDLE_FILE_UNREADABLE' } },
    { file: files[2], error: { code: 'FILE_NOT_FOUND' } },
    { file: files[3], symbol: 'TESTUSDT', addedRows: 600, rowCount: 1_200 },
  ]);
  await importData(openShell(false), files, {});
  expect(printed[1].split('\n')).toEqual([
    expect.stringMatching(/TESTUSDT_1h-0\.csv: TESTUSDT 1h from file: 600 candles read, 0 added/),
    expect.stringContaining('EMPTYUSDT_1h.csv: failed:'),
    expect.stringContaining('none.csv: failed:'),
    expect.stringMatching(/TESTUSDT_1h-600\.csv: TESTUSDT 1h from file: 600 candles read, 0 added/),
  ]);
});

test('files that have not begun when it is interrupted are told as that', async () => {
  const file = await writeCandles('TESTUSDT_1h.csv');
  await importData({ ...openShell(), signal: AbortSignal.abort() }, [file, file], {});
  expect(JSON.parse(printed[0])).toMatchObject([
    { error: { code: 'INTERRUPTED' } },
    { error: { code: 'INTERRUPTED' } },
  ]);
  expect(process.exitCode).toBe(130);
});
