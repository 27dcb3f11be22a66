// A soak: a real server with three models of candles of a second, trained again every five minutes, under streams of events
// and requests, and what that comes to by quarter. What has been found is written after every quarter, and printed.
//
//     npm run soak -- [--minutes 60] [--result soak.json] [--home FOLDER]
//
// Ends with 1 when a candle has no forecast, a request failed, the log complains of what is no fault of anybody's, or the
// server needs more memory, processor time or open files in the last quarter than in the second. The workspace, and the
// server's log in it, stay when it does.
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openForecastLedger } from '../../dist/storage/forecast-ledger.js';
import { startLoad } from './load.mjs';
import { MODELS, prepareWorkspace, RETRAIN_CANDLES, startMarket, startServer } from './market.mjs';
import { takeSample } from './measure.mjs';
import { describeQuarter, findFaults, formatTable } from './report.mjs';

const SAMPLE_MS = 5_000;
const PROGRESS_MS = 60_000;
/** Candles after the server is ready that are not counted, and time for the last ones to be forecast. */
const SETTLE_MS = 3_000;
const WARN_LEVEL = 40;

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    result: { type: 'string', default: join(tmpdir(), 'tradeai-soak.json') },
    home: { type: 'string' },
  },
});
const minutes = Number(flags.minutes);
if (!(minutes > 0)) throw new Error(`--minutes: expected a number above 0, was ${flags.minutes}`);
const resultPath = resolve(flags.result);
const home = flags.home ?? mkdtempSync(join(tmpdir(), 'tradeai-soak-'));
mkdirSync(home, { recursive: true });

const exchange = await startMarket(minutes);
const environment = { ...exchange.environment, TRADEAI_STATE_FOLDER: join(home, 'state') };
say(
  `${cpus().length} cores of ${cpus()[0].model.trim()}, Node ${process.versions.node}, load ${loadavg()[0].toFixed(1)}`,
);
say(`workspace ${home}, result in ${resultPath}`);
await prepareWorkspace(home, environment);
say(`${MODELS.length} models trained; ${minutes} minutes begin`);

const complaints = new Map();
const logFile = createWriteStream(join(home, 'server.log'));
const server = await startServer(home, environment, takeLogLine);
const load = startLoad(server.url, MODELS);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
server.ended.then(() => stop.abort());

await pause(SETTLE_MS);
load.take();
const quarters = [];
const quarterMs = (minutes * 60_000) / 4;
let fromMs = Date.now();
let nextProgressMs = fromMs + PROGRESS_MS;
while (quarters.length < 4 && !stop.signal.aborted) {
  const part = await watchQuarter(fromMs, fromMs + quarterMs);
  if (part === undefined) break;
  quarters.push(describeQuarter(part, await readLedgers()));
  say(`quarter ${quarters.length}\n${formatTable(quarters)}`);
  save({ faults: undefined });
  fromMs = part.toMs;
}
const jobs = await askServer('/v1/jobs', []);
const { refusedLoads = 0 } = await askServer('/v1/status', {});
await load.stop();
server.stop();
const status = await server.ended;
await exchange.close();
const isTrainingDue = minutes * 60 > 1.2 * RETRAIN_CANDLES;
const faults = findFaults({ quarters, jobs, isTrainingDue, complaints, status, refusedLoads });
if (quarters.length < 4) faults.push(`it ended in quarter ${quarters.length + 1}`);
save({ faults });
say(`${jobs.filter(({ state }) => state === 'done').length} trainings done`);
say(faults.length === 0 ? 'no fault was found' : `${faults.length} faults:\n  ${faults.join('\n  ')}`);
if (faults.length === 0 && flags.home === undefined) rmSync(home, { recursive: true, force: true });
else say(`the workspace and its server.log are left in ${home}`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Looks at the server until the end of a quarter, and then until its last candles have been forecast. */
async function watchQuarter(fromMs, toMs) {
  const samples = [];
  while (Date.now() < toMs + SETTLE_MS) {
    if (Date.now() < toMs) samples.push(takeSample(server.pid));
    if (Date.now() >= nextProgressMs) sayProgress(samples.at(-1));
    await pause(Math.min(SAMPLE_MS, toMs + SETTLE_MS - Date.now()));
    if (stop.signal.aborted) return undefined;
  }
  return { fromMs, toMs, samples, seen: load.take() };
}

function sayProgress({ residentBytes, openFiles, load: machineLoad }) {
  nextProgressMs += PROGRESS_MS;
  const done = ((Date.now() - fromMs + quarters.length * quarterMs) / 60_000).toFixed(0);
  say(
    `${done} of ${minutes} minutes: RSS ${(residentBytes / 2 ** 20).toFixed(0)} MiB, ${openFiles} files, load ${machineLoad.toFixed(1)}, ${[...complaints.values()].reduce((sum, count) => sum + count, 0)} complaints in the log`,
  );
}

async function readLedgers() {
  const ledger = openForecastLedger(home, say);
  return Promise.all(
    MODELS.map(async ({ name }) => {
      const entries = [];
      for (let beforeMs; ; ) {
        const page = await ledger.read({ name, limit: 10_000, beforeMs });
        entries.push(...page.entries);
        if (page.nextBeforeMs === null || page.entries.at(-1).asOfMs < fromMs) return { name, entries };
        beforeMs = page.nextBeforeMs;
      }
    }),
  );
}

function takeLogLine(line) {
  logFile.write(`${line}\n`);
  const { level = 0, msg = line, err } = parseLine(line);
  if (level < WARN_LEVEL) return;
  const text = err === undefined ? msg : `${msg}: ${err.message}`;
  complaints.set(text, (complaints.get(text) ?? 0) + 1);
}

/** A line that is not the log's is a complaint, but for the one that says that it stops as it was told. */
function parseLine(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { level: line.startsWith('stopping') ? 0 : WARN_LEVEL };
  }
}

async function askServer(path, otherwise) {
  return fetch(`${server.url}${path}`)
    .then((response) => response.json())
    .catch(() => otherwise);
}

function save({ faults }) {
  const machine = { processor: cpus()[0].model.trim(), cores: cpus().length, node: process.versions.node };
  const result = { date: new Date().toISOString(), machine, minutes, models: MODELS, quarters, faults };
  writeFileSync(resultPath, `${JSON.stringify({ ...result, complaints: Object.fromEntries(complaints) }, null, 2)}\n`);
}

function pause(milliseconds) {
  return wait(Math.max(0, milliseconds), undefined, { signal: stop.signal }).catch(() => undefined);
}

function say(text) {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
}
