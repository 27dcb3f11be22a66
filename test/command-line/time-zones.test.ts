/** A computer's time zone changes nothing: the same bytes, times and findings in each, over both nights of daylight saving. */

import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { selectCandles } from '../../src/market/candle-series.js';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { makeFolder } from '../support/built-program.js';

const SCRIPT = join(import.meta.dirname, '../support/time-zone-run.mjs');
const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 2, 1);

const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 24 * 260,
  seed: 8,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
});

/** The same candles four ways: time in milliseconds, as text of UTC with and without saying so, and of another zone. */
const FILES: Readonly<Record<string, (timeMs: number) => string>> = {
  'ms.csv': String,
  'bare.csv': (timeMs) => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' '),
  'utc.csv': (timeMs) => new Date(timeMs).toISOString(),
  'offset.csv': (timeMs) => `${new Date(timeMs + 5.75 * HOUR_MS).toISOString().slice(0, 19)}+05:45`,
};

async function runIn(timeZone: string): Promise<Record<string, { times: number[] }> & { hashes: unknown }> {
  const folder = makeFolder();
  mkdirSync(join(folder, 'files'));
  const paths = Object.entries(FILES).map(([name, format]) => {
    const lines = [...series.openTimeMs].map((timeMs, row) =>
      [
        format(timeMs),
        series.open[row],
        series.high[row],
        series.low[row],
        series.close[row],
        series.volume[row],
      ].join(),
    );
    const path = join(folder, 'files', name);
    writeFileSync(path, `time,open,high,low,close,volume\n${lines.join('\n')}\n`);
    return path;
  });
  const environment = { ...process.env, TZ: timeZone };
  const options = { env: environment, maxBuffer: 2 ** 26 };
  return JSON.parse((await promisify(execFile)(process.execPath, [SCRIPT, folder, ...paths], options)).stdout);
}

test('New York, Kathmandu and Apia see what UTC sees', async () => {
  const zones = ['UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia'];
  const [utc, ...others] = await Promise.all(zones.map(runIn));
  for (const name of Object.keys(FILES)) expect(utc[name].times).toEqual([...series.openTimeMs]);
  const rows = [...series.openTimeMs.keys()].filter(
    (row) => series.openTimeMs[row] >= Date.UTC(2024, 2, 9) && series.openTimeMs[row] < Date.UTC(2024, 10, 4, 12),
  );
  expect(utc['a.csv'].times).toEqual([...selectCandles(series, rows).openTimeMs]);
  expect(utc['a.parquet'].times[0]).toBe(Date.UTC(2024, 2, 9));
  // the first Monday on or after the ninth
  expect(utc['b.parquet'].times[0]).toBe(Date.UTC(2024, 2, 11));
  for (const other of others) expect(other).toEqual(utc);
});
