// A thousand models over twenty series whose candles close in the same second: from the close to the last forecast in the
// ledger, synced, with the outcome of the candle before. The models are one that was trained in a moment, under as many
// names; the exchange is a simulated one that answers at once; store, registry, ledger and forecast service are the real ones.
//
//     npm run build && node bench/serve/thousand-models.mjs [--models 1000] [--series 20] [--rounds 3] [--rows 2000] [--home FOLDER]
//
// A round is a minute. FOLDER says which disk is synced to; a folder of the system's temporary one when absent.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { composePorts } from '../../dist/app/compose.js';
import { openForecastService } from '../../dist/live/live-forecast-service.js';
import { sliceCandles, sliceTimes } from '../../dist/market/candle-series.js';
import { simulateMarket } from '../../dist/market/simulated-market.js';
import { parseTrainOptions } from '../../dist/options/train-options.js';
import { sealJson, sha256Of } from '../../dist/storage/sealed-json.js';
import { trainModel } from '../../dist/training/train.js';

const MINUTE_MS = 60_000;
const SOURCE = 'demo';
/** Candles the models have been trained on. */
const TRAINED_ROWS = 700;

const { values: flags } = parseArgs({
  options: {
    models: { type: 'string', default: '1000' },
    series: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '2000' },
    home: { type: 'string' },
  },
});
const modelCount = Number(flags.models);
const rowCount = Number(flags.rows);
const home = mkdtempSync(join(flags.home ?? tmpdir(), 'tradeai-bench-'));
const symbols = Array.from({ length: Number(flags.series) }, (_, i) => `S${i}USDT`);
const beginMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - rowCount * MINUTE_MS;
const markets = new Map(symbols.map((symbol, i) => [symbol, makeMarket(symbol, i + 1)]));
const ports = { ...composePorts({ home, environment: process.env, onNote: console.error }), openSource: openExchange };
const rounds = new Map();
watchLedger();

console.log(
  `${cpus().length} cores of ${cpus()[0].model.trim()}, Node ${process.versions.node}, load ${loadavg()[0].toFixed(1)}`,
);
await publishModels();
const service = await openForecastService({
  ports,
  runner: { start: () => ({ ended: Promise.resolve(), cancel: () => {}, stop: async () => {} }) },
  jobStore: { load: async () => [], save: async () => {} },
  serve: { shadow: true, demoteOnDrift: false, keepVersions: 20, updateCandles: true },
  schedule: { timeZone: 'UTC', onDrift: false },
  needsToken: false,
  isDemo: false,
  log: { info: () => {}, warn: (facts, text) => console.error(text, facts.err ?? facts) },
  settleMs: 0,
});
const startMs = performance.now();
await service.start();
console.log(
  `${modelCount} models over ${symbols.length} series warmed up on ${rowCount} candles in ${((performance.now() - startMs) / 1_000).toFixed(1)} s`,
);
const idle = cpuMs();
const idleFromMs = performance.now();
await delay(5_000);
console.log(`between candles: ${((100 * (cpuMs() - idle)) / (performance.now() - idleFromMs)).toFixed(1)} % of a core`);
for (let i = 0; i < Number(flags.rounds); i++) await measureRound();
await service.stop();
rmSync(home, { recursive: true });

/** The candles of a minute, from their close to the last forecast of them. */
async function measureRound() {
  const closeMs = Math.ceil((Date.now() + 1_000) / MINUTE_MS) * MINUTE_MS;
  const round = { count: 0, firstMs: 0, lastMs: 0 };
  rounds.set(closeMs, round);
  await delay(closeMs - Date.now());
  const before = cpuMs();
  let worstGapMs = 0;
  let lastTurnMs = performance.now();
  const turns = setInterval(() => {
    worstGapMs = Math.max(worstGapMs, performance.now() - lastTurnMs);
    lastTurnMs = performance.now();
  }, 1);
  while (round.count < modelCount) await delay(5);
  clearInterval(turns);
  const seconds = (ms) => `${(ms / 1_000).toFixed(2)} s`;
  console.log(
    `candle to forecasts in the ledger: the first after ${seconds(round.firstMs - closeMs)}, all ${round.count} after ${seconds(round.lastMs - closeMs)}, ${seconds(cpuMs() - before)} of processor time, event loop held for ${worstGapMs.toFixed(0)} ms at most, load ${loadavg()[0].toFixed(1)}`,
  );
}

function watchLedger() {
  const resolve = ports.ledger.resolve.bind(ports.ledger);
  ports.ledger.resolve = async (name, resolutions, forecasts) => {
    const entries = await resolve(name, resolutions, forecasts);
    for (const { asOfMs } of entries) {
      const round = rounds.get(asOfMs);
      if (round === undefined) continue;
      round.firstMs ||= Date.now();
      round.lastMs = Date.now();
      round.count += 1;
    }
    return entries;
  };
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function makeMarket(symbol, seed) {
  return simulateMarket({
    symbol,
    interval: '1m',
    rowCount: rowCount + 100,
    seed,
    firstOpenTimeMs: beginMs,
    plantedR2: 0.05,
  }).series;
}

function openExchange() {
  return {
    name: SOURCE,
    async *fetchCandles({ symbol, fromMs, toMs, onExchangeTime }) {
      onExchangeTime?.(Date.now());
      const closedRows = Math.floor((Date.now() - beginMs) / MINUTE_MS);
      const page = sliceTimes(sliceCandles(markets.get(symbol), 0, closedRows), fromMs, toMs);
      if (page.openTimeMs.length > 0) yield page;
    },
  };
}

/** One training, under a thousand names: published by hand, since a thousand promotions would sync for minutes. */
async function publishModels() {
  for (const symbol of symbols) await ports.store.append(SOURCE, sliceCandles(markets.get(symbol), 0, TRAINED_ROWS));
  const [symbol] = symbols;
  const small = { window: 12, hidden: 16, members: 2, epochs: 3, folds: 0, threads: 1 };
  await trainModel(
    parseTrainOptions({ ...small, symbol, name: 'TEMPLATE', interval: '1m', source: SOURCE, offline: true }),
    ports,
  );
  const { manifest, files } = await ports.registry.load('TEMPLATE', 1);
  rmSync(join(home, 'models/versions/TEMPLATE'), { recursive: true });
  const config = JSON.parse(Buffer.from(files.get('config.json')).toString());
  for (let i = 0; i < modelCount; i++) {
    const own = { name: `MODEL${i}`, symbol: symbols[i % symbols.length] };
    const bytes = new Map(files).set('config.json', Buffer.from(JSON.stringify({ ...config, ...own })));
    const entries = [...bytes].map(([file, content]) => [
      file,
      { sha256: sha256Of(content), sizeBytes: content.byteLength },
    ]);
    const folder = join(home, 'models/versions', own.name);
    mkdirSync(join(folder, '1'), { recursive: true });
    for (const [file, content] of bytes) writeFileSync(join(folder, '1', file), content);
    writeFileSync(
      join(folder, '1', 'manifest.json'),
      sealJson({ ...manifest, ...own, files: Object.fromEntries(entries) }),
    );
    const pointer = { version: 1, generation: 1, promotedAtMs: Date.now(), reasons: ['for the bench'] };
    writeFileSync(join(folder, 'champion.json'), sealJson(pointer));
  }
}
