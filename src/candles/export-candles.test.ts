import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { composePorts } from '../app/compose.js';
import { sliceCandles } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import { resampleCandles } from '../market/resample.js';
import { simulateMarket } from '../market/simulated-market.js';
import type { Ports } from '../ports/ports.js';
import { collectCandles } from './collect.js';
import { exportCandles } from './export-candles.js';
import { importCandles } from './import-candles.js';

const FIRST_MS = Date.UTC(2024, 0, 1);

let home: string;
let ports: Ports;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-export-'));
  ports = composePorts({ home, environment: {}, onNote: () => {} });
});

afterEach(() => rm(home, { recursive: true, force: true }));

function market(interval: Interval, rowCount: number) {
  return simulateMarket({
    symbol: 'BTCUSDT',
    interval,
    rowCount,
    seed: 4,
    firstOpenTimeMs: FIRST_MS,
    plantedR2: 0,
  }).series;
}

test('what is exported and imported elsewhere is the same series', async () => {
  await ports.store.append('file', market('1h', 500));
  const path = join(home, 'BTCUSDT_1h.csv');
  const exported = await exportCandles(path, { symbol: 'BTCUSDT', interval: '1h' }, ports);
  expect(exported).toMatchObject({ rowCount: 500, source: 'file', storedInterval: '1h', format: 'csv' });
  expect((await ports.readCandleFile(path, {})).series).toEqual(market('1h', 500));
});

test('a range is half-open, and longer candles are made of the longest that make them', async () => {
  await ports.store.append('file', market('1m', 3_000));
  await ports.store.append('file', market('15m', 960));
  const path = join(home, 'BTCUSDT_4h.parquet');
  const range = { fromMs: FIRST_MS + 4 * 3_600_000, toMs: FIRST_MS + 12 * 3_600_000 };
  const exported = await exportCandles(path, { symbol: 'BTCUSDT', interval: '4h', ...range }, ports);
  expect(exported).toMatchObject({ rowCount: 2, storedInterval: '15m', interval: '4h' });
  const expected = sliceCandles(resampleCandles(market('15m', 960), '4h'), 1, 3);
  expect((await ports.readCandleFile(path, {})).series).toEqual(expected);
});

test('a training gets longer candles made of the stored ones, and is told so', async () => {
  await ports.store.append('file', market('1h', 500));
  const collected = await collectCandles({ symbol: 'BTCUSDT', interval: '4h', offline: false }, ports);
  expect(collected).toMatchObject({ source: 'file', notices: ['made of the stored 1h candles'] });
  expect(collected.series).toEqual(resampleCandles(market('1h', 500), '4h'));
});

test.each([
  ['1w', '1d', 60, 3 * 86_400_000],
  ['1d', '1h', 24 * 30, 16 * 3_600_000],
] as const)(
  '%s candles that open elsewhere are refused, and made of the %s candles that the refusal asks for',
  async (interval, asked, rowCount, lateMs) => {
    const shorter = market(asked, rowCount);
    const longer = resampleCandles(shorter, interval);
    const rows = [...longer.openTimeMs].map((timeMs, row) =>
      [timeMs + lateMs, longer.open[row], longer.high[row], longer.low[row], longer.close[row], 1].join(','),
    );
    const path = join(home, `BTCUSDT_${interval}.csv`);
    await writeFile(path, ['open_time,open,high,low,close,volume', ...rows].join('\n'));
    await expect(importCandles(path, {}, ports)).rejects.toMatchObject({
      code: 'CANDLES_INVALID',
      hint: expect.stringContaining(`(${asked}) instead; \`train --interval ${interval}\` makes`),
    });
    const shorterPath = join(home, `BTCUSDT_${asked}.csv`);
    await ports.writeCandleFile(shorterPath, shorter, { format: 'csv' });
    await importCandles(shorterPath, {}, ports);
    const collected = await collectCandles({ symbol: 'BTCUSDT', interval, offline: false }, ports);
    expect(collected.series).toEqual(longer);
  },
);

test('what is not there, or there twice, or an empty range writes nothing', async () => {
  const path = join(home, 'x.csv');
  const symbol = 'BTCUSDT';
  await expect(exportCandles(path, { symbol, interval: '1h' }, ports)).rejects.toMatchObject({
    code: 'CANDLES_NOT_FOUND',
  });
  await ports.store.append('file', market('1h', 5));
  const outside = { symbol, interval: '1h', fromMs: FIRST_MS + 1e12 } as const;
  await expect(exportCandles(path, outside, ports)).rejects.toMatchObject({ code: 'CANDLES_NOT_FOUND' });
  await expect(exportCandles(path, { symbol, interval: '15m' }, ports)).rejects.toMatchObject({
    code: 'CANDLES_NOT_FOUND',
  });
  await ports.store.append('other', market('1h', 5));
  await expect(exportCandles(path, { symbol, interval: '1h' }, ports)).rejects.toMatchObject({
    code: 'USAGE',
    hint: 'name one with --source file',
  });
  expect(await readdir(home)).toEqual(['data']);
});
