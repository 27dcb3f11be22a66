// One step of the data benchmark, in a process of its own, so that its peak memory is its own: run.mjs starts it.
//
//     node bench/data/step.mjs STEP FOLDER ROWS
//
// Writes one line of JSON: what was measured, and the peak resident memory of this process.
import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { findMedian } from '../statistics.mjs';

const ROOT = '../../dist';
const [step, folder, rowText] = process.argv.slice(2);
const rowCount = Number(rowText);
const home = join(folder, 'home');
const csvPath = join(folder, 'BTCUSDT_1m.csv');
const MINUTES = { source: 'binance', symbol: 'BTCUSDT', interval: '1m' };
const FIRST_MS = Date.UTC(2019, 0, 1);
const MAXIMUM_GAP_ROWS = 3;

/** What each step measures; what it needs is loaded outside of its time, as a running program has it. */
const STEPS = {
  /** Not measured: the file that the others read. */
  async write() {
    const { simulateMarket } = await import(`${ROOT}/market/simulated-market.js`);
    const { series } = simulateMarket({ ...MINUTES, rowCount, seed: 1, firstOpenTimeMs: FIRST_MS, plantedR2: 0 });
    const file = createWriteStream(csvPath);
    const { openTimeMs, open, high, low, close, volume } = series;
    let text = 'open_time,open,high,low,close,volume\n';
    for (let row = 0; row < rowCount; row++) {
      text += `${openTimeMs[row]},${open[row]},${high[row]},${low[row]},${close[row]},${volume[row]}\n`;
      if (text.length < 1 << 20) continue;
      if (!file.write(text)) await once(file, 'drain');
      text = '';
    }
    file.end(text);
    await finished(file);
    return {};
  },

  async import() {
    const { readCandleFile } = await import(`${ROOT}/sources/file/read-candle-file.js`);
    const { openCandleStore } = await import(`${ROOT}/storage/candle-store.js`);
    return timed(async () => {
      const { series } = await readCandleFile(csvPath);
      await openCandleStore(home).append('binance', series);
    });
  },

  async features() {
    const { openCandleStore } = await import(`${ROOT}/storage/candle-store.js`);
    const { DEFAULT_FEATURE_NAMES, parseFeatures } = await import(`${ROOT}/features/catalogue.js`);
    const { buildFeatureMatrix } = await import(`${ROOT}/features/feature-matrix.js`);
    return timed(async () => {
      const series = await openCandleStore(home).read(MINUTES);
      buildFeatureMatrix(series, parseFeatures(DEFAULT_FEATURE_NAMES), MAXIMUM_GAP_ROWS);
    });
  },

  async resample() {
    const { openCandleStore } = await import(`${ROOT}/storage/candle-store.js`);
    const { resampleCandles } = await import(`${ROOT}/market/resample.js`);
    return timed(async () => {
      const series = await openCandleStore(home).read(MINUTES);
      resampleCandles(series, '1h');
    });
  },

  /** One candle a time onto a store of `rowCount` minutes; an update brings the newest stored one again with it. */
  async append() {
    const { openCandleStore } = await import(`${ROOT}/storage/candle-store.js`);
    const { sliceCandles } = await import(`${ROOT}/market/candle-series.js`);
    const appends = 300;
    const series = await repeatMarket(rowCount + appends);
    await openCandleStore(home).append('binance', sliceCandles(series, 0, rowCount));
    const store = openCandleStore(home);
    const found = [];
    for (let row = rowCount; row < rowCount + appends; row++) {
      const candles = sliceCandles(series, row - 1, row + 1);
      const bytesBefore = countWritten();
      const { seconds, cpuSeconds } = await timed(() => store.append('binance', candles));
      found.push({ ms: 1000 * seconds, cpuMs: 1000 * cpuSeconds, bytes: countWritten() - bytesBefore });
    }
    const sorted = (name) => found.map((append) => append[name]).sort((a, b) => a - b);
    return {
      medianMs: findMedian(sorted('ms')),
      medianCpuMs: findMedian(sorted('cpuMs')),
      medianBytes: findMedian(sorted('bytes')),
      // Of those that fold the tail into its month.
      mostCpuMs: sorted('cpuMs').at(-1),
      mostBytes: sorted('bytes').at(-1),
    };
  },

  /** Eight charts at once, of the newest candles or of eight months, on the store that `append` has left. */
  async ranges() {
    const isApart = process.argv[5] === 'apart';
    const { openCandleStore } = await import(`${ROOT}/storage/candle-store.js`);
    const { withDuckDb } = await import(`${ROOT}/duckdb/connection.js`);
    await withDuckDb((connection) => connection.run('SELECT 1'));
    const store = openCandleStore(home);
    let blockedMs = 0;
    let lastMs = performance.now();
    const timer = setInterval(() => {
      const nowMs = performance.now();
      blockedMs = Math.max(blockedMs, nowMs - lastMs - 5);
      lastMs = nowMs;
    }, 5);
    const rangeOf = (chart) => ({
      limit: 500,
      ...(isApart && { toMs: FIRST_MS + 60_000 * Math.floor((rowCount * (chart + 1)) / 9) }),
    });
    const { seconds, cpuSeconds } = await timed(() =>
      Promise.all(Array.from({ length: 8 }, (_, chart) => store.readRange(MINUTES, rangeOf(chart)))),
    );
    clearInterval(timer);
    return { ms: 1000 * seconds, cpuMs: 1000 * cpuSeconds, blockedMs };
  },
};

/** A short market again and again: years of simulated minutes take longer than everything that is measured. */
async function repeatMarket(rowCount) {
  const { simulateMarket } = await import(`${ROOT}/market/simulated-market.js`);
  const { series } = simulateMarket({
    ...MINUTES,
    rowCount: Math.min(rowCount, 100_000),
    seed: 1,
    firstOpenTimeMs: FIRST_MS,
    plantedR2: 0,
  });
  const repeat = ({ length }, take) => Float64Array.from({ length: rowCount }, (_, row) => take(row, row % length));
  const columns = ['open', 'high', 'low', 'close', 'volume'].map((name) => [
    name,
    repeat(series[name], (_, at) => series[name][at]),
  ]);
  const openTimeMs = repeat(series.openTimeMs, (row) => FIRST_MS + 60_000 * row);
  return { ...series, openTimeMs, ...Object.fromEntries(columns) };
}

/** Bytes that this process has written so far; not known but on Linux. */
function countWritten() {
  return existsSync('/proc/self/io')
    ? Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1])
    : Number.NaN;
}

async function timed(run) {
  const start = performance.now();
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

const result = await STEPS[step]();
console.log(JSON.stringify({ ...result, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 }));
