// How many forecasts a second the server hands out, and how late they are, with the load from this process.
//
//     npm run build && node bench/serve/load.mjs [--seconds 8] [--rate 2000] [--name BTCUSDT] [--url URL] [--save]
//
// Without --url a server with a forecast service in memory is started, and the training beside it is a process of its own at
// the lowest priority, as the real one is. With --url a running `tradeai serve` is loaded (its token in TRADEAI_TOKEN), and
// the training is one it is asked for. --save writes bench/results/serve-<date>.json.
import { execFileSync, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, cpus, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { createClient } from '../../dist/client/client.js';
import { loadPaced } from './paced-load.mjs';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rate: { type: 'string', default: '2000' },
    name: { type: 'string', default: 'BTCUSDT' },
    url: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
});
const seconds = Number(flags.seconds);
const rate = Number(flags.rate);
const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

const token = process.env.TRADEAI_TOKEN ?? (flags.url === undefined ? randomBytes(24).toString('hex') : undefined);
const server = flags.url === undefined ? await startMemoryServer() : { url: flags.url, stop() {} };
const client = createClient({ baseUrl: server.url, token });
const results = [];
try {
  const path = `/v1/predictions/${flags.name}`;
  await load('warm-up', path, { duration: 2 }, false);
  await load('as many as it can, 32 connections', path, { connections: 32, duration: seconds });
  await load('as many as it can, one connection', path, { connections: 1, duration: seconds / 2 });
  await loadAtRate(`${rate} a second`, path);
  await load('all models, as many as it can', '/v1/models', { connections: 8, duration: seconds / 2 });
  const training = await startTraining();
  try {
    await loadAtRate(`${rate} a second, during a training`, path);
    await load('as many as it can, during a training', path, { connections: 32, duration: seconds });
    console.log(`  ${await training.describe()}`);
  } finally {
    await training.stop();
  }
  if (flags.save) save();
} finally {
  server.stop();
}

/** As many as the server can. */
async function load(title, path, options, isReported = true) {
  const result = await autocannon({ url: `${server.url}${path}`, headers: headersOf(), ...options });
  if (!isReported) return;
  const { latency, requests, errors, timeouts, non2xx } = result;
  report(title, requests.average, latency.p50, latency.p99, latency.max, errors + timeouts + non2xx);
}

async function loadAtRate(title, path) {
  const url = `${server.url}${path}`;
  const { latenciesMs, failed, perSecond } = await loadPaced(url, { headers: headersOf(), rate, seconds });
  const quantile = (share) => latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(share * latenciesMs.length))];
  report(title, perSecond, quantile(0.5), quantile(0.99), latenciesMs.at(-1), failed);
}

function headersOf() {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function report(title, perSecond, p50Ms, p99Ms, maxMs, failed) {
  const row = { title, requestsPerSecond: Math.round(perSecond), p50Ms, p99Ms, maxMs, failed };
  results.push(row);
  const [p50, p99, max] = [p50Ms, p99Ms, maxMs].map((ms) => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`);
  console.log(
    `${title.padEnd(40)} ${String(row.requestsPerSecond).padStart(7)}/s   p50 ${p50}   p99 ${p99}   max ${max}   failed ${failed}`,
  );
}

async function startMemoryServer() {
  const child = fork(join(import.meta.dirname, 'memory-server.mjs'), { env: { ...process.env, TRADEAI_TOKEN: token } });
  const { url } = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { url, stop: () => child.kill('SIGTERM') };
}

async function startTraining() {
  if (flags.url !== undefined) return startRealTraining();
  const home = mkdtempSync(join(tmpdir(), 'tradeai-load-'));
  const train = (epochs) => ['train', '--symbol', 'BTCUSDT', '--source', 'demo', '--epochs', epochs, '--home', home];
  const child = spawn(process.execPath, [MAIN, ...train('400'), '--patience', '400'], { stdio: 'ignore' });
  setPriority(child.pid, constants.priority.PRIORITY_LOW);
  // Until the candles are there and the epochs have begun.
  await wait(4_000);
  return {
    describe: async () => (child.exitCode === null ? 'the training went on all the time' : 'the training ended early'),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGKILL')) await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function startRealTraining() {
  const [job] = await client.retrain([flags.name]);
  for (let i = 0; i < 100 && (await client.job(job.id)).state === 'queued'; i++) await wait(100);
  return {
    async describe() {
      const { state, progress } = await client.job(job.id);
      return `the training is ${state}${progress === null ? '' : `, ${progress.stage}`}`;
    },
    async stop() {
      await client.cancelJob(job.id);
    },
  };
}

function save() {
  const date = new Date().toISOString().slice(0, 10);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const machine = { processor: cpus()[0].model, cores: cpus().length, node: process.version };
  const service = flags.url === undefined ? 'memory' : 'live';
  const path = join(import.meta.dirname, `../results/serve-${date}.json`);
  writeFileSync(path, `${JSON.stringify({ date, commit, machine, service, seconds, rate, results }, null, 2)}\n`);
  console.log(`written to ${path}`);
}
