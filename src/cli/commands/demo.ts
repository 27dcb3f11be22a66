import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floorToInterval, INTERVAL_MS } from '../../market/interval.js';
import { DEMO_PLANTED_R2 } from '../../market/simulated-market.js';
import { type Prediction, predictNewest } from '../../pipeline/predict.js';
import { scheduleOptionsSchema, serveOptionsSchema } from '../../pipeline/serve-options.js';
import { trainModel } from '../../pipeline/train.js';
import { parseTrainOptions } from '../../pipeline/train-options.js';
import type { TrainReport } from '../../pipeline/train-report.js';
import { composePorts, DEMO_OPENED_VARIABLE } from '../compose.js';
import { type FlagValues, readWholeNumber } from '../flag-values.js';
import { formatPrediction } from '../prediction-summary.js';
import { printResult, type Shell } from '../shell.js';
import { formatTrainReport } from '../train-summary.js';
import { TrainingDisplay } from '../training-display.js';

/** The planted part takes a dozen epochs to learn. */
const NETWORK = { source: 'demo', window: 12, hidden: 16, batch: 64, lr: 1e-3, epochs: 40, patience: 8 };
/** The market ends in 2025, so that everyone sees the same figures. */
const ONCE = { ...NETWORK, symbol: 'DEMOUSDT' };
/** A market of seconds: something happens while one looks. No fee would leave anything of such small moves. */
const LIVE = { ...NETWORK, interval: '1s', folds: 2, members: 2, costBps: 0 } as const;
const LIVE_SYMBOLS = ['ACMEUSDT', 'BOLTUSDT', 'CORALUSDT'];
const LIVE_HISTORY_ROWS = 25_000;
const LIVE_RETRAIN_CANDLES = 900;
/** The simulated exchange has a candle at once. */
const LIVE_SETTLE_MS = 20;
const DEFAULT_PORT = 8_080;

/** `tradeai demo`: trains on a simulated market, predicts, and serves; in a folder of its own unless `--home` names one. */
export async function runDemo(shell: Shell, flags: FlagValues & { home?: string }): Promise<void> {
  const isTemporary = flags.home === undefined;
  const home = isTemporary ? await mkdtemp(join(tmpdir(), 'tradeai-demo-')) : shell.home;
  try {
    if (flags.once === true) await trainOnce({ ...shell, home });
    else await serveLive({ ...shell, home }, flags);
  } finally {
    if (isTemporary) await rm(home, { recursive: true, force: true });
  }
}

async function trainOnce(shell: Shell): Promise<void> {
  const ports = composePorts({ ...shell, onNote: shell.console.printNote });
  const { report, prediction } = await trainAndPredict({ ...shell, ports }, ONCE);
  printResult(shell, { train: report, predict: prediction }, () => describe(shell, report, prediction));
}

async function serveLive(shell: Shell, flags: FlagValues): Promise<void> {
  const { console } = shell;
  const openedMs = floorToInterval(Date.now(), LIVE.interval) - LIVE_HISTORY_ROWS * INTERVAL_MS[LIVE.interval];
  const environment = { ...shell.environment, [DEMO_OPENED_VARIABLE]: String(openedMs) };
  const ports = composePorts({ home: shell.home, environment, onNote: console.printNote });
  const live: Shell = { ...shell, environment, ports };
  for (const [index, symbol] of LIVE_SYMBOLS.entries()) {
    const { report, prediction } = await trainAndPredict(live, { ...LIVE, symbol, name: symbol });
    if (index === 0 && !shell.isJson) console.printNote(`${describe(shell, report, prediction)}\n`);
  }
  const port = readWholeNumber(flags.port, '--port') ?? (await findPort());
  const { serveWorkspace } = await import('./serve.js');
  await serveWorkspace(live, {
    serve: serveOptionsSchema.parse({ port }),
    schedule: scheduleOptionsSchema.parse({ retrain: { everyCandles: LIVE_RETRAIN_CANDLES } }),
    isDemo: true,
    logLevel: 'warn',
    settleMs: LIVE_SETTLE_MS,
    onReady(url) {
      printResult(shell, { url, symbols: LIVE_SYMBOLS }, () =>
        [
          `The dashboard is at ${console.colors.bold(url)}: ${LIVE_SYMBOLS.length} simulated pairs, a candle and a forecast every second,`,
          `a new training every ${LIVE_RETRAIN_CANDLES / 60} minutes. Ctrl-C ends it.`,
        ].join('\n'),
      );
    },
  });
}

async function trainAndPredict(
  { console, ports, signal }: Shell,
  options: Record<string, unknown>,
): Promise<{ report: TrainReport; prediction: Prediction }> {
  const display = new TrainingDisplay(console, Date.now);
  try {
    const report = await trainModel(parseTrainOptions(options), ports, { ...display.hooks, signal });
    return { report, prediction: await predictNewest({ name: report.name, offline: true }, ports, { signal }) };
  } finally {
    display.finish();
  }
}

function describe({ console }: Shell, report: TrainReport, prediction: Prediction): string {
  return [
    formatTrainReport(report, console.colors),
    '',
    formatPrediction(prediction, console.colors),
    '',
    `Simulated market: ${DEMO_PLANTED_R2 * 100} % of the next return's variance was planted to be predictable; a real market has about 0.2 %.`,
    'With real candles: tradeai train --symbol BTCUSDT --data FILE, or straight from the exchange without --data.',
  ].join('\n');
}

/** The usual port, or any free one when somebody has it. */
async function findPort(): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(DEFAULT_PORT, '127.0.0.1');
    await once(probe, 'listening');
    return DEFAULT_PORT;
  } catch {
    return 0;
  } finally {
    probe.close();
  }
}
