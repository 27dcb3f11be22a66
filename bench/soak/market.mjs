// The soak's market: an exchange of this process whose candles close every second, and a workspace with a model a symbol.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createJiti } from 'jiti';
import { simulateMarket } from '../../dist/market/simulated-market.js';

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');
const PAST_ROWS = 5_000;
/** Until the models are trained and the last candle has been looked at. */
const SPARE_ROWS = 1_200;
export const RETRAIN_CANDLES = 300;
const KEPT_VERSIONS = 3;

/** Each looks ahead another number of candles: the first has a second for its forecast and no more. */
export const MODELS = [
  { name: 'ALPHAUSDT_1s', symbol: 'ALPHAUSDT', horizon: 1 },
  { name: 'BRAVOUSDT_1s', symbol: 'BRAVOUSDT', horizon: 3 },
  { name: 'DELTAUSDT_1s', symbol: 'DELTAUSDT', horizon: 5 },
];
// A retraining takes some seconds of a core, as the history grows.
const TRAINING = '--interval 1s --window 12 --hidden 16 --members 2 --batch 64 --epochs 8 --patience 8 --folds 1'.split(
  ' ',
);

/** Starts the exchange, which goes by this computer's clock. */
export async function startMarket(minutes) {
  const { startExchange } = await createJiti(import.meta.url).import('../../test/exchange/exchange.ts');
  const firstOpenTimeMs = Math.floor(Date.now() / 1_000) * 1_000 - PAST_ROWS * 1_000;
  const rowCount = PAST_ROWS + Math.ceil(60 * minutes) + SPARE_ROWS;
  const series = MODELS.map(({ symbol }, seed) => {
    return simulateMarket({ symbol, interval: '1s', rowCount, seed, firstOpenTimeMs, plantedR2: 0.1 }).series;
  });
  const exchange = await startExchange({ series, nowMs: Date.now() });
  exchange.setNow(() => Date.now());
  return exchange;
}

/** Writes the config, and trains every model. */
export async function prepareWorkspace(home, environment) {
  const config = { schedule: { retrain: { everyCandles: RETRAIN_CANDLES } }, serve: { keepVersions: KEPT_VERSIONS } };
  writeFileSync(join(home, 'tradeai.config.json'), JSON.stringify(config, null, 2));
  for (const { symbol, horizon } of MODELS) {
    const args = ['train', '--symbol', symbol, '--horizon', String(horizon), ...TRAINING];
    const child = startProgram(args, home, environment);
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    child.stdout.resume();
    const [status] = await new Promise((resolve) => child.once('close', (...end) => resolve(end)));
    if (status !== 0) throw new Error(`the training of ${symbol} ended with ${status}: ${text}`);
  }
}

/** `tradeai serve` in a process of its own, once every champion has a forecast. @returns it with its log, line by line */
export async function startServer(home, environment, onLogLine) {
  const child = startProgram(['serve', '--port', '0', '--json'], home, environment);
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (part) => {
    const lines = (rest + part).split('\n');
    rest = lines.pop();
    for (const line of lines) onLogLine(line);
  });
  const ended = new Promise((resolve) => child.once('close', (status, signal) => resolve(signal ?? status)));
  const answer = await Promise.race([
    new Promise((resolve) => child.stdout.once('data', (data) => resolve(JSON.parse(String(data))))),
    ended.then((status) => Promise.reject(new Error(`the server ended with ${status} before it was ready`))),
  ]);
  const { url, error } = answer;
  if (url === undefined) throw new Error(`the server did not start: ${error?.message}`);
  return { url, pid: child.pid, ended, stop: () => child.kill('SIGTERM') };
}

function startProgram(args, home, environment) {
  const { TRADEAI_TOKEN: _, ...own } = process.env;
  return spawn(process.execPath, [PROGRAM, ...args, '--home', home], {
    env: { ...own, NO_COLOR: '1', TRADEAI_HOME: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
