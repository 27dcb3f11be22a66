/** A workspace that an older version left, opened by this one: everything is read, and what is damaged is told. */

import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type CandleSeries, rowCountOf, sliceCandles } from '../../src/market/candle-series.js';
import { openJobFile } from '../../src/queue/job-file.js';
import { openCandleStore } from '../../src/storage/candle-store.js';
import { JobQueue } from '../../src/training/job-queue.js';
import { makeFolder } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';

const FIXTURE = join(import.meta.dirname, '../fixtures/workspace-1');
const LEDGER = 'data/ledger/BTCUSDT';

let home: string;

beforeEach(() => {
  home = makeFolder();
  cpSync(FIXTURE, home, { recursive: true });
});

const run = (...args: string[]) => runHere([...args, '--home', home]);

async function read(): Promise<CandleSeries> {
  const series = await openCandleStore(home).read({ source: 'binance', symbol: 'BTCUSDT', interval: '1h' });
  return series!;
}

test('its one file of candles is read value by value, and is a folder after the next candles', async () => {
  const listed = await run('data', 'list', '--json');
  expect(listed.status, listed.output).toBe(0);
  expect(JSON.parse(listed.output)).toMatchObject([
    { source: 'binance', symbol: 'BTCUSDT', interval: '1h', rowCount: 1_000 },
  ]);
  const before = await read();
  const csv = join(home, 'more.csv');
  const openTimeMs = Date.UTC(2024, 0, 1) + 1_000 * 3_600_000;
  writeFileSync(
    csv,
    `timestamp,open,high,low,close,volume\n${openTimeMs},95,96,94,95,5\n${openTimeMs + 3_600_000},95,96,94,95,5\n`,
  );
  const added = await run('data', 'import', csv, '--symbol', 'BTCUSDT', '--source', 'binance');
  expect(added.status, added.output).toBe(0);
  expect(added.output).toContain('1,002 stored');
  expect(readdirSync(join(home, 'data/candles/binance/BTCUSDT'))).toEqual(['1h']);
  const after = await read();
  expect(rowCountOf(after)).toBe(1_002);
  expect(sliceCandles(after, 0, 1_000)).toEqual(before);
  expect(sliceCandles(after, 1_000, 1_002)).toMatchObject({
    openTimeMs: Float64Array.of(openTimeMs, openTimeMs + 3_600_000),
    close: Float64Array.of(95, 95),
    volume: Float64Array.of(5, 5),
  });
});

test('its champion forecasts', async () => {
  const { status, output } = await run('predict', '--symbol', 'BTCUSDT', '--offline', '--json');
  expect(status, output).toBe(0);
  expect(output).toContain('"predictedChange"');
});

test('its stopped training goes on', async () => {
  const { status, output } = await run('train', '--symbol', 'BTCUSDT', '--resume', '--json');
  expect(status, output).toBe(0);
  expect(output).toContain('"version": 2');
  expect(existsSync(join(home, 'models/checkpoints/BTCUSDT.safetensors'))).toBe(false);
});

test('of its ledger both months are read; a line that is damaged in the middle is told and left out', async () => {
  const entriesOf = (output: string) => JSON.parse(output.slice(output.indexOf('{'))).entries;
  const whole = await run('ledger', 'show', 'BTCUSDT', '--json');
  expect(whole.status, whole.output).toBe(0);
  expect(entriesOf(whole.output)).toHaveLength(8);
  const path = join(home, LEDGER, '2026-10.jsonl');
  const lines = readFileSync(path, 'utf8').split('\n');
  const middle = lines.findIndex((line, index) => index > 0 && line.includes('"kind":"forecast"'));
  lines[middle] = lines[middle].replace('"lastClose":100', '"lastClose":900');
  writeFileSync(path, lines.join('\n'));
  const damaged = await run('ledger', 'show', 'BTCUSDT', '--json');
  expect(damaged.status, damaged.output).toBe(0);
  expect(damaged.output).toContain('2026-10.jsonl: left out 1 lines that are not as they were written');
  expect(entriesOf(damaged.output)).toHaveLength(7);
});

test('its list of jobs is known, and the running one told as interrupted by a server that starts', async () => {
  const notes: string[] = [];
  const jobs = await openJobFile(home, (text) => notes.push(text)).load();
  expect(jobs).toMatchObject([{ id: '1', name: 'BTCUSDT', state: 'running' }]);
  expect(notes).toEqual([]);

  const never = () => expect.fail('nothing was to happen');
  const queue = await JobQueue.open({
    runner: { start: never },
    store: openJobFile(home, never),
    now: () => 1_793_480_400_000,
    onChange: never,
    onProblem: never,
  });
  expect(queue.list()).toMatchObject([{ id: '1', state: 'interrupted', endedAtMs: 1_793_480_400_000 }]);
  // It knows no run to go on with.
  queue.start();
  await queue.stop();
  expect(queue.list()).toMatchObject([{ state: 'interrupted' }]);
});
