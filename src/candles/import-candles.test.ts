import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toCsv, writeCsv } from '../../test/support/built-program.js';
import { makeFutures, makeMarket, scalePrices } from '../../test/support/mixed-candles.js';
import { composePorts } from '../app/compose.js';
import { type CandleSeries, rowCountOf, sliceCandles } from '../market/candle-series.js';
import type { Ports } from '../ports/ports.js';
import { checkCandleFile, checkStoredCandles } from './check-quality.js';
import { collectCandles } from './collect.js';
import { importCandles } from './import-candles.js';

const KEY = { source: 'file', symbol: 'BTCUSDT', interval: '1h' } as const;
const market = makeMarket({ rowCount: 2_000 });

let home: string;
let ports: Ports;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-import-'));
  ports = composePorts({ home, environment: {}, onNote: () => {} });
});

afterEach(() => rm(home, { recursive: true, force: true }));

const fileOf = (name: string, series: CandleSeries) => writeCsv(home, toCsv(series), name);

async function storedBytes(): Promise<string[]> {
  const names = await readdir(join(home, 'data'), { recursive: true });
  return [...names.sort(), (await ports.store.stamp(KEY)) ?? ''];
}

test('candles that contradict the stored ones change nothing, unless they are to replace them', async () => {
  await importCandles(await fileOf('BTCUSDT_1h.csv', market), {}, ports);
  const before = await storedBytes();
  const futures = makeFutures(sliceCandles(market, 0, 600), 0.0005);
  const path = await fileOf('BTCUSDT_1h_again.csv', futures);
  await expect(importCandles(path, {}, ports)).rejects.toMatchObject({
    code: 'CANDLE_CONFLICT',
    message: expect.stringContaining(
      'BTCUSDT 1h: these candles contradict what is stored, and nothing was changed: 600 candles of 600',
    ),
    hint: expect.stringContaining('--replace'),
  });
  expect(await storedBytes()).toEqual(before);
  expect(await importCandles(path, { replace: true }, ports)).toMatchObject({ addedRows: 0, revisedRows: 600 });
  expect((await ports.store.read(KEY))?.close.slice(0, 600)).toEqual(futures.close);
});

test('of two importers of contradicting candles one is refused, whoever comes first', async () => {
  const paths = [await fileOf('BTCUSDT_1h.csv', market), await fileOf('BTCUSDT_1h_b.csv', scalePrices(market, 10))];
  const outcomes = await Promise.allSettled(paths.map((path) => importCandles(path, {}, ports)));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
  expect((await ports.store.read(KEY))?.close).toEqual(scalePrices(market, winner === 0 ? 1 : 10).close);
});

test('a few corrections are made and counted, and a later part goes on', async () => {
  await importCandles(await fileOf('BTCUSDT_1h.csv', sliceCandles(market, 0, 1_500)), {}, ports);
  const later = sliceCandles(market, 1_000, 2_000);
  later.volume[3] *= 2;
  const path = await fileOf('BTCUSDT_1h_later.csv', later);
  expect(await importCandles(path, {}, ports)).toMatchObject({ addedRows: 500, revisedRows: 1 });
});

test('a file that ends in a candle while it was open takes nothing from one that has it whole, whichever comes first', async () => {
  const early = sliceCandles(market, 0, 1_001);
  early.high[1_000] = early.open[1_000];
  early.low[1_000] = early.open[1_000];
  early.close[1_000] = early.open[1_000];
  early.volume[1_000] /= 10;
  const paths = [
    await fileOf('BTCUSDT_1h.csv', early),
    await fileOf('BTCUSDT_1h_later.csv', sliceCandles(market, 800, 2_000)),
  ];
  for (const order of [paths, [...paths].reverse()]) {
    for (const path of order) await importCandles(path, {}, ports);
    expect(await ports.store.read(KEY)).toEqual(market);
    await ports.store.remove(KEY);
  }
});

test('only what lies around the new candles is looked at', async () => {
  await importCandles(await fileOf('BTCUSDT_1h.csv', market), {}, ports);
  let seen: CandleSeries | undefined;
  await ports.store.append('file', sliceCandles(market, 1_000, 1_010), {
    inspect: (stored, incoming) => {
      seen = stored;
      return incoming;
    },
  });
  expect(seen && rowCountOf(seen)).toBe(101 + 10 + 101);
  expect(seen?.openTimeMs[0]).toBe(market.openTimeMs[1_000 - 101]);
});

test('a time that stood twice in a file is known of the store afterwards', async () => {
  const path = await fileOf('BTCUSDT_1h.csv', market);
  const at = market.openTimeMs[700];
  await appendFile(path, `${at},1,3,1,2,9\n`);
  expect(await importCandles(path, {}, ports)).toMatchObject({ rowsRead: 2_000, quarantinedRows: 1 });
  const [report] = await checkStoredCandles({}, ports);
  expect(report).toMatchObject({
    conflictingTimes: 1,
    ohlcErrorRows: 0,
    trainingLimits: [{ flag: '--allow-conflicts' }],
  });
  const collect = async (range: object) =>
    (
      await collectCandles(
        { symbol: 'BTCUSDT', source: 'file', offline: true, features: ['return_1'], ...range },
        ports,
      )
    ).faults;
  expect(await collect({})).toMatchObject({ conflictingTimes: 1, conflictTimesMs: [at], rejected: [] });
  expect(await collect({ from: at + 1 })).toMatchObject({ conflictingTimes: 0, conflictTimesMs: [] });
  await importCandles(path, {}, ports);
  await importCandles(await fileOf('BTCUSDT_1h_before.csv', sliceCandles(market, 0, 700)), { replace: true }, ports);
  expect(await collect({})).toMatchObject({ conflictTimesMs: [at] });
  await importCandles(await fileOf('BTCUSDT_1h_clean.csv', market), { replace: true }, ports);
  expect((await collect({})).conflictTimesMs).toBeUndefined();
});

test('times of a zone are read alike by an import, a check and a training', async () => {
  const { openTimeMs, open, high, low, close, volume } = market;
  // A clock in Kolkata, which is never set.
  const lines = Array.from(openTimeMs, (timeMs, row) => {
    const wall = new Date(timeMs + 5.5 * 3_600_000).toISOString().slice(0, 19);
    return [wall, open[row], high[row], low[row], close[row], volume[row]].join(',');
  });
  const path = join(home, 'BTCUSDT_kolkata.csv');
  await writeFile(path, `time,open,high,low,close,volume\n${lines.join('\n')}\n`);
  const timeZone = 'Asia/Kolkata';
  const { notices } = await importCandles(path, { timeZone }, ports);
  expect(notices).toContain('the times were read as those of Asia/Kolkata');
  expect((await ports.store.read(KEY))?.openTimeMs).toEqual(openTimeMs);
  const { firstOpenTimeMs } = await checkCandleFile(path, { timeZone }, ports);
  expect(firstOpenTimeMs).toBe(openTimeMs[0]);
  const collected = await collectCandles({ symbol: 'BTCUSDT', data: path, timeZone, offline: true }, ports, {});
  expect(collected.series.openTimeMs).toEqual(openTimeMs);
});
