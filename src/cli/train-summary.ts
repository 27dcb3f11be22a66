/** A training's report for people: one table, the verdict and the promotion in plain sentences, and what to do next. */

import type { ForecastMetrics } from '../evaluation/metrics.js';
import { formatPercent } from '../forecast/signal.js';
import { originOf } from '../market/candle-origin.js';
import type { TrainReport } from '../versions/train-report.js';
import type { Colors } from './console.js';
import {
  drawSparkline,
  formatCount,
  formatDuration,
  formatShare,
  formatSigned,
  formatTable,
  formatTime,
} from './format.js';

const SPARKLINE_WIDTH = 20;

export function formatTrainReport(report: TrainReport, colors: Colors): string {
  const { test, training, artifacts, backtest } = report;
  const [verdict, ...promotion] = report.reasons;
  const title = report.version === null ? `${report.name}, judged again` : `${report.name} version ${report.version}`;
  const lines = [
    '',
    colors.bold(title) +
      colors.dim(
        `  out of sample ${formatTime(test.fromMs)} to ${formatTime(test.toMs)} UTC, ${formatCount(test.rows)} rows in ${describeFolds(test.folds.length)}, trained in ${formatDuration(training.seconds)}`,
      ),
    '',
    formatMetricsTable([['lstm', test], ...Object.entries(test.baselines)], colors),
    '',
    ...describeMembers(report).map((line) => colors.dim(line)),
    describeConfidence(report),
    describeTrading(backtest),
    `These rows can show an IC of ${test.detectableEdge.smallestIc.toFixed(3)} or more (one-sided 5 %, power 80 %).`,
    '',
    `Verdict: ${verdict}.`,
    `Promotion: ${report.promoted ? 'this version is the champion now' : 'not promoted'}: ${promotion.join('; ')}.`,
  ];
  if (training.isLastFit) {
    lines.push(
      colors.dim(
        'The version that serves was fitted last, on the newest rows; the judgement is of its settings on older ones.',
      ),
    );
  }
  if (originOf(report.data.source).isSimulated) lines.push(colors.yellow('The market was simulated.'));
  if (report.promoted)
    lines.push(colors.dim(`saved ${artifacts.model}, ${artifacts.scaler}, ${artifacts.featureNames}`));
  for (const warning of report.warnings) lines.push(colors.dim(`! ${warning}`));
  const name = report.name === report.symbol ? `--symbol ${report.symbol}` : `--name ${report.name}`;
  lines.push('', `Next: tradeai predict ${name}`);
  return lines.join('\n');
}

function describeFolds(count: number): string {
  return count === 1 ? 'one stretch' : `${count} folds`;
}

function describeMembers({ training }: TrainReport): string[] {
  return training.members.map(
    ({ epochsRun, bestEpoch, validationLoss }, member) =>
      `member ${member + 1}: validation ${validationLoss[bestEpoch - 1].toFixed(4)} at epoch ${bestEpoch} of ${epochsRun}  ${drawSparkline(validationLoss, SPARKLINE_WIDTH)}`,
  );
}

function describeConfidence({ test }: TrainReport): string {
  const { ece, brier, intervalCoverage, intervalLevel } = test.calibration;
  if (ece === null || brier === null) return 'Confidence could not be measured.';
  return `Confidence is off by ${formatShare(ece)} on average (Brier ${brier.toFixed(4)}); the ${formatShare(intervalLevel)} interval held ${formatShare(intervalCoverage)}.`;
}

function describeTrading({
  trades,
  netReturn,
  costBpsPerSide,
  breakEvenCostBps,
  buyAndHold,
}: TrainReport['backtest']): string {
  const hold = `buy and hold ${formatPercent(buyAndHold.netReturn)}`;
  if (trades === 0) return `At ${costBpsPerSide} bps a side the signal rule never traded; ${hold}.`;
  const breakEven = breakEvenCostBps === null ? '' : `, break-even at ${breakEvenCostBps.toFixed(1)} bps`;
  return `At ${costBpsPerSide} bps a side ${formatCount(trades)} trades returned ${formatPercent(netReturn)}${breakEven}; ${hold}.`;
}

/** One line a forecaster. */
export function formatMetricsTable(entries: readonly (readonly [string, ForecastMetrics])[], colors: Colors): string {
  return formatTable(
    ['', 'R² %', 'IC', 'direction', '95 %', 'top tenth', 'MSE ratio'],
    entries.map(([name, metrics]) => [
      name,
      formatSigned(metrics.r2, 3, 100),
      formatSigned(metrics.ic, 4),
      formatShare(metrics.directionalAccuracy),
      metrics.directionalAccuracyCi95?.map((bound) => (bound * 100).toFixed(1)).join('–') ?? '–',
      formatShare(metrics.topDecileAccuracy),
      (metrics.mse / metrics.zeroMse).toFixed(5),
    ]),
    colors,
  );
}
