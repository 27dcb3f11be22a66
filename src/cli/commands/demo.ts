import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_PLANTED_R2 } from '../../market/simulated-market.js';
import { predictNewest } from '../../pipeline/predict.js';
import { trainModel } from '../../pipeline/train.js';
import { parseTrainOptions } from '../../pipeline/train-options.js';
import { composePorts } from '../compose.js';
import type { FlagValues } from '../flag-values.js';
import { formatPrediction } from '../prediction-summary.js';
import { printResult, type Shell } from '../shell.js';
import { formatTrainReport } from '../train-summary.js';
import { TrainingDisplay } from '../training-display.js';

/** The market ends in 2025, so that everyone sees the same figures. Its planted part takes a dozen epochs to learn. */
const DEMO_OPTIONS = {
  symbol: 'DEMOUSDT',
  source: 'demo',
  window: 12,
  hidden: 16,
  batch: 64,
  lr: 1e-3,
  epochs: 40,
  patience: 8,
};

/** `tradeai demo`: trains and predicts on a simulated market, in a folder of its own unless `--home` names one. */
export async function runDemo(shell: Shell, flags: FlagValues & { home?: string }): Promise<void> {
  const isTemporary = flags.home === undefined;
  const home = isTemporary ? await mkdtemp(join(tmpdir(), 'tradeai-demo-')) : shell.home;
  const { console } = shell;
  const ports = composePorts({ home, environment: shell.environment, onNote: console.printNote });
  const display = new TrainingDisplay(console, Date.now);
  try {
    const report = await trainModel(parseTrainOptions(DEMO_OPTIONS), ports, { ...display.hooks, signal: shell.signal });
    display.finish();
    const prediction = await predictNewest({ name: report.name, offline: true }, ports, { signal: shell.signal });
    printResult(shell, { train: report, predict: prediction }, () =>
      [
        formatTrainReport(report, console.colors),
        '',
        formatPrediction(prediction, console.colors),
        '',
        `Simulated market: ${DEMO_PLANTED_R2 * 100} % of the next return's variance was planted to be predictable; a real market has about 0.2 %.`,
        'With real candles: tradeai train --symbol BTCUSDT --data FILE, or straight from the exchange without --data.',
      ].join('\n'),
    );
  } finally {
    display.finish();
    if (isTemporary) await rm(home, { recursive: true, force: true });
  }
}
