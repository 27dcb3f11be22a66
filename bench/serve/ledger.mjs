// What a candle and a page cost with 2.2 million forecasts in the ledger: minutes of four models, a year of each. A candle
// is what a server does of it: which forecasts are pending, what came of them, and the next forecast.
//
//     npm run build && node bench/serve/ledger.mjs [--forecasts 2200000] [--names 4] [--candles 400] [--dist FOLDER] [--home FOLDER]
//
// --dist measures another build on the same files, which are written before; --home says which disk they lie on.
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, utimesSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { formatLine } from '../../dist/storage/ledger-lines.js';

const MINUTE_MS = 60_000;
const HALF_MONTH_MS = 15 * 24 * 60 * MINUTE_MS;
/** Spreads the times of pages. */
const GOLDEN_RATIO = 0.618;
const PAGE_FORECASTS = 100;
const PAGES_A_MONTH = 2;
const LINES_AT_ONCE = 5_000;

const { values: flags } = parseArgs({
  options: {
    forecasts: { type: 'string', default: '2200000' },
    names: { type: 'string', default: '4' },
    candles: { type: 'string', default: '400' },
    dist: { type: 'string', default: join(import.meta.dirname, '../../dist') },
    home: { type: 'string', default: tmpdir() },
  },
});
const names = Array.from({ length: Number(flags.names) }, (_, i) => `COIN${i}USDT`);
const forecastCount = Math.floor(Number(flags.forecasts) / names.length);
const candleCount = Number(flags.candles);
// Forecasts end in the middle of a month, where its file is half as large as it will be.
const endMs = Date.UTC(2026, 10, 16);
const startMs = endMs - forecastCount * MINUTE_MS;
const { openForecastLedger } = await import(pathToFileURL(join(resolve(flags.dist), 'storage/forecast-ledger.js')));
const home = mkdtempSync(join(flags.home, 'tradeai-bench-ledger-'));

try {
  console.log(`${cpus().length} cores of ${cpus()[0].model.trim()}, Node ${process.versions.node}`);
  const sizeBytes = names.reduce((sum, name) => sum + writeForecasts(name), 0);
  const months = monthsBetween(startMs, endMs);
  console.log(
    `${(forecastCount * names.length).toLocaleString('en')} forecasts of ${names.length} names, ${names.length * months.length} months, ${megabytes(sizeBytes)} MB`,
  );
  console.log(`CPU and bytes are those of this process; the largest part of the time beside them is the disk's sync`);
  let ledger = open();
  show('first look of a program at months without index', [await measure(() => lookAtAll(ledger))]);
  ledger = open();
  show('first look of the next program', [await measure(() => lookAtAll(ledger))]);
  show('candle', await measureEach(candleCount, (i) => takeCandle(ledger, i)));
  const pages = months.flatMap((monthMs) => Array.from({ length: PAGES_A_MONTH }, () => monthMs));
  show(
    `page of ${PAGE_FORECASTS} of any month`,
    await measureEach(pages.length, (i) =>
      readPage(ledger, names[i % names.length], pages[i] + ((i * GOLDEN_RATIO) % 1) * HALF_MONTH_MS),
    ),
  );
  show('candle after those pages', await measureEach(candleCount, (i) => takeCandle(ledger, candleCount + i)));
  console.log(`largest memory of this process: ${megabytes(process.resourceUsage().maxRSS * 1024)} MB`);
} finally {
  rmSync(home, { recursive: true, force: true });
}

function open() {
  return openForecastLedger(home, console.error);
}

function lookAtAll(of) {
  return Promise.all(names.map((name) => of.pending(name)));
}

/** The so-manieth candle of the ledger, one name after the other. */
async function takeCandle(of, index) {
  const name = names[index % names.length];
  const asOfMs = endMs + Math.floor(index / names.length) * MINUTE_MS;
  const resolutions = (await of.pending(name)).map((entry) => resolutionOf(entry.asOfMs));
  if (resolutions.length !== 1) throw new Error(`${name}: 1 pending forecast expected, were ${resolutions.length}`);
  await of.resolve(name, resolutions, [forecastOf(name, asOfMs)]);
}

async function readPage(of, name, timeMs) {
  const beforeMs = Math.max(timeMs, startMs + PAGE_FORECASTS * MINUTE_MS);
  const { entries } = await of.read({ name, beforeMs, limit: PAGE_FORECASTS });
  if (entries.length !== PAGE_FORECASTS) throw new Error(`${PAGE_FORECASTS} entries expected, were ${entries.length}`);
}

/** Writes the months of a name as they would have been written minute by minute. @returns their bytes */
function writeForecasts(name) {
  const folder = join(home, 'data/ledger', name);
  mkdirSync(folder, { recursive: true });
  let sizeBytes = 0;
  for (const monthMs of monthsBetween(startMs, endMs)) {
    const path = join(folder, `${new Date(monthMs).toISOString().slice(0, 7)}.jsonl`);
    const file = openSync(path, 'w');
    let lines = [];
    const nextMs = Math.min(endMs, nextMonthOf(monthMs));
    for (let asOfMs = Math.max(startMs, monthMs); asOfMs < nextMs; asOfMs += MINUTE_MS) {
      lines.push(formatLine({ kind: 'forecast', ...forecastOf(name, asOfMs) }));
      if (asOfMs < endMs - MINUTE_MS) lines.push(formatLine({ kind: 'outcome', ...resolutionOf(asOfMs) }));
      if (lines.length < LINES_AT_ONCE && asOfMs + MINUTE_MS < nextMs) continue;
      sizeBytes += writeSync(file, lines.join(''));
      lines = [];
    }
    closeSync(file);
    utimesSync(path, nextMs / 1_000, nextMs / 1_000);
  }
  return sizeBytes;
}

function forecastOf(name, asOfMs) {
  return {
    name,
    version: 1,
    role: 'champion',
    asOfMs,
    targetTimeMs: asOfMs + MINUTE_MS,
    servedAtMs: asOfMs + 40,
    lastClose: 100.25,
    predictedChange: 0.000123456789,
    interval80: [-0.0123456789, 0.0123456789],
    confidence: 0.5123456789,
    signal: 'BUY',
    score: 0.123456789,
    volatility: 0.00123456789,
    weightsSha256: 'ab'.repeat(32),
    engine: 'native',
    inputs: { dtype: 'F32', shape: [2, 2], data: 'AAAAAAAAAAAAAAAAAAAAAA==' },
  };
}

function resolutionOf(asOfMs) {
  const settledAtMs = asOfMs + MINUTE_MS;
  const outcome = { close: 100.5, change: 0.0024937655860348684, isHit: true, isInside: true, scoredAtMs: settledAtMs };
  return { version: 1, asOfMs, settledAtMs, outcome };
}

function monthsBetween(fromMs, toMs) {
  const months = [];
  for (let ms = nextMonthOf(fromMs, 0); ms < toMs; ms = nextMonthOf(ms)) months.push(ms);
  return months;
}

function nextMonthOf(timeMs, count = 1) {
  const date = new Date(timeMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count);
}

async function measureEach(count, action) {
  const costs = [];
  for (let i = 0; i < count; i++) costs.push(await measure(() => action(i)));
  return costs;
}

async function measure(action) {
  const [readBefore, cpuBefore, startMs] = [bytesRead(), process.cpuUsage(), performance.now()];
  await action();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - startMs, bytes: bytesRead() - readBefore };
}

/** What this process has read, from files and everything else; Linux counts it. */
function bytesRead() {
  try {
    return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))[1]);
  } catch {
    return Number.NaN;
  }
}

function show(what, costs) {
  const at = (part, share) => {
    const sorted = costs.map((cost) => cost[part]).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  };
  const figures = [0.5, 0.95, 1].map(
    (share) =>
      `${at('cpuMs', share).toFixed(1)} ms CPU, ${at('wallMs', share).toFixed(1)} ms, ${(at('bytes', share) / 1024).toFixed(0)} kB read`,
  );
  if (costs.length === 1) console.log(`${what}: ${figures[0]}`);
  else console.log(`${what} (${costs.length}): median ${figures[0]} · p95 ${figures[1]} · worst ${figures[2]}`);
}

function megabytes(bytes) {
  return (bytes / 1024 ** 2).toFixed(0);
}
