// Promotions and corrupt versions under load: is every answer whole, and of a version that is what was published?
//
//     npm run build && node bench/serve/storm.mjs [--seconds 120] [--rate 2000] [--promotions 200] [--corrupt 50] [--json]
//
// Three processes: `tradeai serve` on a workspace of its own, another that promotes (every other time through the
// registry, as the command line would, else through the API) and plants corrupt versions behind valid pointers, and this
// one, which asks and checks every answer. The exit status is 1 when anything was wrong. --json prints one document.
import { execFileSync, fork, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { createClient } from '../../dist/client/client.js';
import { rowCountOf } from '../../dist/market/candle-series.js';
import { simulateMarket } from '../../dist/market/simulated-market.js';
import { openFileRegistry } from '../../dist/storage/file-registry.js';
import { sealJson } from '../../dist/storage/sealed-json.js';

const NAME = 'BTCUSDT';
const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');
const WARM_UP_SHARE = 0.2;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    rate: { type: 'string', default: '2000' },
    promotions: { type: 'string', default: '200' },
    corrupt: { type: 'string', default: '50' },
    rows: { type: 'string', default: '4000' },
    json: { type: 'boolean', default: false },
    promote: { type: 'string' },
    home: { type: 'string' },
  },
});

if (flags.promote !== undefined) await promoteUntilDone(flags.home, flags.promote);
else process.exitCode = (await runStorm()) ? 0 : 1;

async function runStorm() {
  const home = mkdtempSync(join(tmpdir(), 'tradeai-storm-'));
  let server;
  try {
    makeWorkspace(home);
    server = await startServer(home);
    const client = createClient({ baseUrl: server.url });
    const known = await readEveryVersion(client);
    const stop = new AbortController();
    const memory = watchMemory(server.child.pid, stop.signal);
    const promotions = countPromotions(client, stop.signal);
    const [load, planted] = await Promise.all([loadAndCheck(server.url, known), startPromoter(home, server.url)]);
    const { refusedLoads } = await client.status();
    stop.abort();
    const [rss, followed] = [await memory, await promotions];
    server.child.kill('SIGTERM');
    const [exitStatus] = await once(server.child, 'exit');
    return report({ ...load, ...planted, followed, refusedLoads, rss, exitStatus });
  } finally {
    server?.child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
}

/** A workspace with two versions that forecast differently, on candles that do not go on. */
function makeWorkspace(home) {
  const { series } = simulateMarket({
    symbol: NAME,
    interval: '1h',
    rowCount: Number(flags.rows),
    seed: 1,
    firstOpenTimeMs: Math.floor(Date.now() / 3_600_000) * 3_600_000 - Number(flags.rows) * 3_600_000,
    plantedR2: 0.1,
  });
  const { openTimeMs, open, high, low, close, volume } = series;
  const lines = ['open_time,open,high,low,close,volume'];
  for (let row = 0; row < rowCountOf(series); row++) {
    lines.push([openTimeMs, open, high, low, close, volume].map((column) => column[row]).join(','));
  }
  const file = join(home, `${NAME}_1h.csv`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  tradeai('data', 'import', file, '--home', home);
  for (const seed of ['1', '2']) {
    const small = ['--epochs', '2', '--members', '1', '--folds', '0', '--seed', seed];
    tradeai('train', '--symbol', NAME, '--source', 'file', '--offline', '--home', home, ...small);
  }
}

function tradeai(...args) {
  execFileSync(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function startServer(home) {
  const args = [MAIN, 'serve', '--port', '0', '--json', '--home', home, '--log-level', 'error'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([status]) => Promise.reject(new Error(`the server ended with ${status}`)));
  const [line] = await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => undefined);
  return { child, url: JSON.parse(String(line)).url };
}

/** What each version says of the newest candle. */
async function readEveryVersion(client) {
  const known = new Map();
  for (const version of [2, 1]) {
    await client.promote(NAME, { version });
    const prediction = await client.prediction(NAME);
    if (prediction.version !== version)
      throw new Error(`version ${version} was promoted, ${prediction.version} served`);
    known.set(version, prediction);
  }
  if (known.get(1).predictedChange === known.get(2).predictedChange) throw new Error('the versions say the same');
  return known;
}

async function loadAndCheck(url, known) {
  const wrong = [];
  const verifyBody = (body) => {
    const problem = findProblem(JSON.parse(body), known);
    if (problem !== undefined && wrong.length < 10) wrong.push(problem);
    return problem === undefined;
  };
  const result = await autocannon({
    url: `${url}/v1/predictions/${NAME}`,
    connections: 16,
    overallRate: Number(flags.rate),
    duration: Number(flags.seconds),
    verifyBody,
  });
  const { latency, requests, errors, timeouts, non2xx, mismatches } = result;
  return {
    answers: requests.total,
    requestsPerSecond: Math.round(requests.average),
    failed: errors + timeouts + non2xx,
    mixed: mismatches,
    wrong,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    p999Ms: latency.p99_9,
    maxMs: latency.max,
  };
}

function findProblem(answer, known) {
  const { version, predictedChange, predictedPrice, lastClose, asOfMs } = answer;
  const truth = known.get(version);
  if (truth === undefined) return `version ${version} was served`;
  if (predictedChange !== truth.predictedChange || asOfMs !== truth.asOfMs) {
    return `version ${version} said ${predictedChange}, expected ${truth.predictedChange}`;
  }
  if (predictedPrice !== lastClose * (1 + predictedChange)) return `price ${predictedPrice} of version ${version}`;
  return undefined;
}

async function countPromotions(client, signal) {
  let count = 0;
  for await (const { kind } of client.events({ signal })) if (kind === 'promotion') count += 1;
  return count;
}

/** Resident memory a second, megabytes. */
async function watchMemory(processId, signal) {
  const samples = [];
  while (!signal.aborted) {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'));
    samples.push(Number(kilobytes) / 1_024);
    await wait(Math.min(1_000, Number(flags.seconds) * 50), undefined, { signal }).catch(() => undefined);
  }
  return samples;
}

async function startPromoter(home, url) {
  const child = fork(import.meta.filename, ['--promote', url, '--home', home, ...process.argv.slice(2)]);
  const ended = once(child, 'exit').then(([status]) => Promise.reject(new Error(`the promoter ended with ${status}`)));
  const [planted] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return planted;
}

/** The second process: alternates the versions and plants corrupt ones, evenly over the time there is. */
async function promoteUntilDone(home, url) {
  const client = createClient({ baseUrl: url });
  const registry = openFileRegistry(home);
  const promotions = Number(flags.promotions);
  const corrupt = Number(flags.corrupt);
  // Something is left for what waits for the server.
  const stepMs = (Number(flags.seconds) * 900) / (promotions + corrupt);
  const aside = mkdtempSync(join(tmpdir(), 'tradeai-storm-aside-'));
  cpSync(join(home, 'models'), join(aside, 'models'), { recursive: true });
  const planted = [];
  let dueMs = performance.now();
  let version = 1;
  for (let step = 0; step < promotions; step++) {
    version = 3 - version;
    const { generation } = await registry.champion(NAME);
    if (step % 2 === 0) {
      await registry.promote({ name: NAME, version, reasons: ['the storm'], expectedGeneration: generation });
      await until(async () => (await client.prediction(NAME)).version === version);
    } else await client.promote(NAME, { version, expectedGeneration: generation });
    dueMs += stepMs;
    await wait(Math.max(0, dueMs - performance.now()));
    if (Math.floor(((step + 1) * corrupt) / promotions) > planted.length) {
      planted.push(await plantCorrupt(home, aside, client, generation + 2, version));
      dueMs += stepMs;
    }
  }
  rmSync(aside, { recursive: true });
  process.send({ promotions, planted: planted.length, met: planted.filter(({ isMet }) => isMet).length });
  process.disconnect();
}

/** A version with one bit turned over, made elsewhere and moved in whole, behind a pointer that is valid in itself. */
async function plantCorrupt(home, aside, client, generation, previousVersion) {
  const { refusedLoads } = await client.status();
  const registry = openFileRegistry(aside);
  const { manifest, files } = await registry.load(NAME, 1);
  const { version } = await registry.publish({ manifest, files });
  const folder = join(aside, 'models/versions', NAME, String(version));
  const names = readdirSync(folder);
  const file = names[randomInt(names.length)];
  const bytes = readFileSync(join(folder, file));
  bytes[randomInt(bytes.length)] ^= 1 << randomInt(8);
  writeFileSync(join(folder, file), bytes);
  renameSync(folder, join(home, 'models/versions', NAME, String(version)));
  // Keeps the number from being given away again.
  mkdirSync(folder);
  const pointer = { version, generation, promotedAtMs: Date.now(), reasons: ['planted'], previousVersion };
  const path = join(home, 'models/versions', NAME, 'champion.json');
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(temporary, sealJson(pointer));
  renameSync(temporary, path);
  const isMet = await until(async () => (await client.status()).refusedLoads > refusedLoads);
  return { isMet, file };
}

/** Gives the server the time of a few looks. */
async function until(isSo) {
  for (let i = 0; i < 100; i++) {
    if (await isSo()) return true;
    await wait(30);
  }
  return false;
}

function report(result) {
  const { rss, wrong, failed, mixed, planted, met, exitStatus, ...rest } = result;
  const start = Math.floor(rss.length * WARM_UP_SHARE);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const tail = Math.max(1, Math.floor((rss.length - start) / 10));
  const memory = {
    afterWarmUpMb: Math.round(mean(rss.slice(start, start + tail))),
    atEndMb: Math.round(mean(rss.slice(-tail))),
    mostMb: Math.round(Math.max(...rss)),
  };
  const isGood = failed === 0 && mixed === 0 && wrong.length === 0 && planted === met && exitStatus === 0;
  const found = { isGood, failed, mixed, wrong, planted, met, exitStatus, memory, ...rest };
  if (flags.json) console.log(JSON.stringify(found));
  else console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}\n`, found);
  return isGood;
}
