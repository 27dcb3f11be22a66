import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeCandles } from '../../test/support/doctor-workspace.js';
import { rowCountOf } from '../market/candle-series.js';
import type { RejectedRow } from '../market/quality/import-faults.js';
import { openCandleStore } from './candle-store.js';
import { openQuarantine } from './quarantine.js';

const KEY = { source: 'binance', symbol: 'TEST', interval: '1h' } as const;
const BAD: RejectedRow = {
  openTimeMs: Date.UTC(2024, 0, 1),
  open: 0,
  high: Number.NaN,
  low: -1.5,
  close: Number.POSITIVE_INFINITY,
  volume: 0.1,
  fault: 'not-a-number',
};

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-quarantine-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const pathOf = () => join(home, 'data/quarantine/binance/TEST/1h.csv');

test('rows come back as they were put, in the order they were put', async () => {
  const quarantine = openQuarantine(home);
  const other = { ...BAD, openTimeMs: BAD.openTimeMs - 1, fault: 'off-grid' } as const;
  expect(await quarantine.read(KEY)).toEqual([]);
  expect(await quarantine.add(KEY, [BAD])).toBe(1);
  expect(await quarantine.add(KEY, [other])).toBe(1);
  expect(await quarantine.read(KEY)).toEqual([BAD, other]);
  expect(readFileSync(pathOf(), 'utf8').split('\n').slice(0, 2)).toEqual([
    'open_time,open,high,low,close,volume,reason',
    '1704067200000,0,NaN,-1.5,Infinity,0.1,not-a-number',
  ]);
});

test('the same row twice is listed once', async () => {
  const quarantine = openQuarantine(home);
  expect(await quarantine.add(KEY, [BAD, BAD])).toBe(1);
  expect(await quarantine.add(KEY, [BAD])).toBe(0);
  expect(await quarantine.read(KEY)).toHaveLength(1);
});

test('what several add at once is all there, and nothing is left behind', async () => {
  const rows = Array.from({ length: 8 }, (_, index) => ({ ...BAD, openTimeMs: index }));
  await Promise.all(rows.map((row) => openQuarantine(home).add(KEY, [row])));
  const listed = await openQuarantine(home).read(KEY);
  expect(listed.map(({ openTimeMs }) => openTimeMs).sort()).toEqual(rows.map(({ openTimeMs }) => openTimeMs));
  expect(readdirSync(join(home, 'data/quarantine/binance/TEST')).filter((name) => name !== '.lock')).toEqual([
    '1h.csv',
  ]);
});

test('a file that something else has written is named, and never overwritten', async () => {
  const quarantine = openQuarantine(home);
  await quarantine.add(KEY, [BAD]);
  writeFileSync(pathOf(), 'mine\n');
  await expect(quarantine.add(KEY, [{ ...BAD, volume: 7 }])).rejects.toMatchObject({
    code: 'STORAGE_UNREADABLE',
    message: expect.stringContaining('1h.csv'),
  });
  expect(readFileSync(pathOf(), 'utf8')).toBe('mine\n');
});

test('the store takes the sound rows of what it is given, and the others go to quarantine', async () => {
  const series = makeCandles({ symbol: 'TEST', rowCount: 50 });
  series.high[7] = series.low[7] / 2;
  series.volume[9] = -1;
  series.openTimeMs[11] += 60_000;
  const store = openCandleStore(home);
  expect(await store.append('binance', series)).toMatchObject({ addedRows: 47 });
  expect(await store.append('binance', series)).toMatchObject({ addedRows: 0 });
  const stored = (await store.read(KEY))!;
  expect(rowCountOf(stored)).toBe(47);
  expect(stored.openTimeMs.includes(series.openTimeMs[7])).toBe(false);
  const listed = await openQuarantine(home).read(KEY);
  expect(listed.map(({ fault }) => fault)).toEqual(['high-below-low', 'negative-volume', 'off-grid']);
  expect(listed[1]).toMatchObject({ openTimeMs: series.openTimeMs[9], volume: -1, close: series.close[9] });
});
