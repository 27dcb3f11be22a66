import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_OPENED_VARIABLE } from '../../app/compose.js';
import { composeWorkspace, type Workspace } from '../../app/workspace.js';
import { TradeAiError } from '../../core/errors.js';
import { SIMULATION } from '../../market/candle-origin.js';
import { floorToInterval, INTERVAL_MS } from '../../market/interval.js';
import { DEMO_PLANTED_R2 } from '../../market/simulated-market.js';
import { scheduleOptionsSchema, serveOptionsSchema } from '../../options/serve-options.js';
import { formatCount, formatPercent } from '../../text/numbers.js';
import { formatDuration } from '../../text/times.js';
import type { TrainReport } from '../../versions/train-report.js';
import type { PredictionAnswer } from '../../wire/prediction.js';
import { type FlagValues, readText } from '../flag-values.js';
import { logFormatOf } from '../log-lines.js';
import { formatPrediction } from '../prediction-summary.js';
import { printResult, type Shell } from '../shell.js';
import { formatTrainReport } from '../train-summary.js';
import { TrainingDisplay } from '../training-display.js';

/** The planted part takes a dozen epochs to learn. */
const NETWORK = { source: SIMULATION.name, window: 12, hidden: 16, batch: 64, lr: 1e-3, epochs: 40, patience: 8 };
/** The market ends in 2025, so that everyone sees the same figures. */
const ONCE = { ...NETWORK, symbol: 'DEMOUSDT' };
/** A market of seconds: something happens while one looks. No fee would leave anything of such small moves. */
const LIVE = { ...NETWORK, interval: '1s', folds: 2, members: 2, epochs: 24, patience: 4, costBps: 0 } as const;
const LIVE_SYMBOLS = ['ACMEUSDT', 'BOLTUSDT', 'CORALUSDT'];
/** Enough to show skill beyond doubt, and few enough not to wait for. */
const LIVE_HISTORY_ROWS = 15_000;
const LIVE_RETRAIN_CANDLES = 900;
/** The simulated exchange has a candle at once. */
const LIVE_SETTLE_MS = 20;
const DEFAULT_PORT = 8_080;
const PLANTED = `Simulated: ${DEMO_PLANTED_R2 * 100} % of the next return's variance was planted to be predictable; a real market has about 0.2 %.`;

/** `tradeai demo`: trains on a simulated market, predicts, and serves; in a folder of its own unless `--home` names one. */
export async function runDemo(shell: Shell, flags: FlagValues & { home?: string }): Promise<void> {
  const isTemporary = flags.home === undefined;
  const home = isTemporary ? await mkdtemp(join(tmpdir(), 'tradeai-demo-')) : shell.workspace.home;
  // A second Ctrl-C ends the process without waiting for anything.
  const removeAtOnce = () => rmSync(home, { recursive: true, force: true });
  if (isTemporary) process.once('exit', removeAtOnce);
  try {
    if (flags.once === true) await trainOnce(shell, home);
    else await serveLive(shell, home, flags);
  } catch (error) {
    if (!isTemporary || !(error instanceof TradeAiError) || error.code !== 'INTERRUPTED') throw error;
    throw new TradeAiError('INTERRUPTED', 'stopped; nothing of the demo is kept', { cause: error });
  } finally {
    if (isTemporary) {
      await rm(home, { recursive: true, force: true });
      process.off('exit', removeAtOnce);
    }
  }
}

/** A workspace without the config and the variables of a real one. */
function openDemo(home: string, environment: NodeJS.ProcessEnv, { console }: Shell): Workspace {
  return composeWorkspace({ home, config: {}, environment, onNote: console.printNote });
}

async function trainOnce(shell: Shell, home: string): Promise<void> {
  const workspace = openDemo(home, shell.environment, shell);
  const display = new TrainingDisplay(shell.console, Date.now);
  const { signal } = shell;
  try {
    const report = await workspace.train(ONCE, { ...display.hooks, signal });
    const prediction = await workspace.predict({ name: report.name, offline: true, signal });
    display.finish();
    printResult(shell, { train: report, predict: prediction }, () => describe(shell, report, prediction));
  } finally {
    display.finish();
  }
}

async function serveLive(shell: Shell, home: string, flags: FlagValues): Promise<void> {
  const { console } = shell;
  const [{ readPort }, { serveWorkspace }] = await Promise.all([
    import('./serve.js'),
    import('../../server/serve-workspace.js'),
  ]);
  // Before anything is trained: a port that cannot be had is said at once.
  const port = await findPort(readPort(readText(flags.port)));
  const openedMs = floorToInterval(Date.now(), LIVE.interval) - LIVE_HISTORY_ROWS * INTERVAL_MS[LIVE.interval];
  const environment = { ...shell.environment, [DEMO_OPENED_VARIABLE]: String(openedMs) };
  const workspace = openDemo(home, environment, shell);
  console.printNote(
    `Three simulated markets, ${formatCount(LIVE_HISTORY_ROWS)} candles of a second each; a model for each:`,
  );
  for (const symbol of LIVE_SYMBOLS) await trainLive(workspace, symbol, shell);
  await serveWorkspace({
    home,
    environment,
    signal: shell.signal,
    serve: serveOptionsSchema.parse({ port }),
    schedule: scheduleOptionsSchema.parse({ retrain: { everyCandles: LIVE_RETRAIN_CANDLES } }),
    isDemo: true,
    logLevel: 'warn',
    formatLog: logFormatOf(console),
    settleMs: LIVE_SETTLE_MS,
    onReady(url) {
      printResult(shell, { url, symbols: LIVE_SYMBOLS }, () =>
        [
          '',
          `The dashboard is at ${console.colors.bold(url)}`,
          `A candle and a forecast every second, new trainings every ${LIVE_RETRAIN_CANDLES / 60} minutes. Ctrl-C ends it.`,
          '',
          PLANTED,
          'With real candles: tradeai train --symbol BTCUSDT, then tradeai serve.',
        ].join('\n'),
      );
    },
  });
}

/** One line while it trains, one line of what came of it: the dashboard has the rest. */
async function trainLive(workspace: Workspace, symbol: string, { console, signal }: Shell): Promise<void> {
  const name = symbol.padEnd(Math.max(...LIVE_SYMBOLS.map(({ length }) => length)));
  if (console.isLive) console.redraw([`  ${name}  training …`]);
  try {
    const { test, verdict, training } = await workspace.train({ ...LIVE, symbol, name: symbol }, { signal });
    const right = `${formatPercent(test.directionalAccuracy)} of ${formatCount(test.rows)} directions right out of sample`;
    if (console.isLive) console.redraw([]);
    console.printNote(
      `  ${console.noteColors.bold(name)}  ${verdict === 'skill' ? 'skill' : 'no demonstrated skill'}: ${right} (trained in ${formatDuration(training.seconds)})`,
    );
  } finally {
    console.settle();
  }
}

function describe({ console }: Shell, report: TrainReport, prediction: PredictionAnswer): string {
  return [
    formatTrainReport(report, console.colors),
    '',
    formatPrediction(prediction, console.colors),
    '',
    PLANTED,
    'With real candles: tradeai train --symbol BTCUSDT --data FILE, or straight from the exchange without --data.',
  ].join('\n');
}

/**
 * The port asked for; without one the usual port, or any free one when somebody has it.
 *
 * @throws TradeAiError `USAGE` when the port asked for is taken
 */
async function findPort(asked: number | undefined): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(asked ?? DEFAULT_PORT, '127.0.0.1');
    await once(probe, 'listening');
    return asked ?? DEFAULT_PORT;
  } catch (cause) {
    if (asked === undefined) return 0;
    throw new TradeAiError('USAGE', `--port: expected a free port, but ${asked} cannot be listened on`, {
      commandHint: 'leave --port out: the demo then finds one',
      cause,
    });
  } finally {
    probe.close();
  }
}
