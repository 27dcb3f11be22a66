// How long a history takes from an exchange on this machine, how many requests, and where the time goes.
// usage: node bench/data/fetch.mjs [YEARS]   (default 8; after `npm run build`)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { arch, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { updateStore } from '../../dist/candles/update.js';
import { openArchiveFiles } from '../../dist/sources/binance/archive-files.js';
import { createArchiveParser } from '../../dist/sources/binance/archive-rows.js';
import { countRequests, planFetch } from '../../dist/sources/binance/plan.js';
import { createBinanceSource } from '../../dist/sources/binance/source.js';
import { readZippedCsv } from '../../dist/sources/binance/zip-csv.js';
import { openCandleStore } from '../../dist/storage/candle-store.js';

const years = Number(process.argv[2] ?? 8);
const startMs = Date.UTC(2017, 7, 1);
const endMs = Date.UTC(2017 + years, 7, 1);
const lengthsMs = { '1m': 60_000, '1h': 3_600_000 };
// The files take a minute to make, so that they are kept for the next run.
const filesFolder = join(tmpdir(), `tradeai-bench-archive-${years}`);
const workFolder = mkdtempSync(join(tmpdir(), 'tradeai-bench-fetch-'));
const server = spawn(process.execPath, [join(import.meta.dirname, 'archive-server.mjs'), filesFolder, String(years)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [url] = await once(createInterface({ input: server.stdout }), 'line');

try {
  const results = [];
  for (const interval of ['1m', '1h']) results.push(await measureFetch(interval));
  const parts = await measureParts();
  report(results, parts);
} finally {
  server.kill();
  rmSync(workFolder, { recursive: true, force: true });
}

async function measureFetch(interval) {
  const home = join(workFolder, interval);
  const store = openCandleStore(home);
  let appendMs = 0;
  let appends = 0;
  const timedStore = {
    ...store,
    async append(source, series) {
      const before = performance.now();
      const result = await store.append(source, series);
      appendMs += performance.now() - before;
      appends += 1;
      return result;
    },
  };
  const stateFolder = join(home, 'state');
  const downloadFolder = join(home, 'downloads');
  const ports = {
    store: timedStore,
    openSource: () => createBinanceSource({ baseUrl: url, archiveUrl: url, stateFolder, downloadFolder }),
  };
  const before = await readCounts();
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const { addedRows } = await updateStore({ source: 'binance', symbol: 'BTCUSDT', interval }, undefined, endMs, ports);
  const wallMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);
  const after = await readCounts();
  const requests = after.rest - before.rest + after.archive - before.archive;
  const pages = Math.ceil((endMs - startMs) / lengthsMs[interval] / 1000);
  const planned = countRequests(planFetch({ interval, startMs, endMs, nowMs: endMs + 10 * 86_400_000 }), interval);
  return {
    interval,
    rows: addedRows,
    wallSeconds: wallMs / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    appendSeconds: appendMs / 1000,
    appends,
    requests,
    restRequests: after.rest - before.rest,
    plannedRequests: Math.ceil(planned),
    pagesOfRest: pages,
    fewerTimes: pages / requests,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}

/** The steps of the archive's way one after the other, without the others. */
async function measureParts() {
  const series = { symbol: 'BTCUSDT', interval: '1m' };
  const archive = openArchiveFiles({ baseUrl: url, folder: join(workFolder, 'parts') });
  const files = planFetch({ interval: '1m', startMs, endMs, nowMs: endMs + 10 * 86_400_000 });
  const paths = [];
  const downloadSeconds = await timed(async () => {
    for (const file of files) paths.push(await archive.download(series, file));
  });
  let inflateSeconds = 0;
  let parseSeconds = 0;
  let csvBytes = 0;
  for (const [index, path] of paths.entries()) {
    const csv = [];
    inflateSeconds += await timed(async () => {
      for await (const part of readZippedCsv(path, { maxBytes: 1e9 })) csv.push(part);
    });
    parseSeconds += await timed(async () => {
      const parser = createArchiveParser({ ...series, ...files[index] });
      for (const part of csv) parser.push(part);
      parser.finish();
    });
    csvBytes += csv.reduce((sum, part) => sum + part.length, 0);
  }
  const zipBytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  return { downloadSeconds, inflateSeconds, parseSeconds, zipMiB: zipBytes / 2 ** 20, csvMiB: csvBytes / 2 ** 20 };
}

async function timed(run) {
  const startedMs = performance.now();
  await run();
  return (performance.now() - startedMs) / 1000;
}

async function readCounts() {
  return (await fetch(`${url}/counts`)).json();
}

function report(results, parts) {
  const machine = { cpu: cpus()[0].model, cores: cpus().length, arch: arch(), node: process.version };
  for (const result of results) {
    const { interval, rows, wallSeconds, requests, pagesOfRest, fewerTimes, appendSeconds, appends } = result;
    console.log(
      `${interval}: ${rows.toLocaleString('en-US')} candles in ${wallSeconds.toFixed(1)} s, ${requests} requests where pages alone take ${pagesOfRest} (${fewerTimes.toFixed(1)} times fewer); ` +
        `storing ${appendSeconds.toFixed(1)} s in ${appends} appends; peak memory ${result.peakMiB.toFixed(0)} MiB`,
    );
  }
  console.log(
    `1m, the steps alone: download and verify ${parts.downloadSeconds.toFixed(1)} s (${parts.zipMiB.toFixed(0)} MiB), inflate ${parts.inflateSeconds.toFixed(1)} s (${parts.csvMiB.toFixed(0)} MiB), parse ${parts.parseSeconds.toFixed(1)} s`,
  );
  const path = join(import.meta.dirname, '..', 'results', 'data-fetch.json');
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(
    path,
    `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), machine, years, results, parts }, null, 2)}\n`,
  );
}
