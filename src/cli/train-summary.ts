/** A training's report for people: one table, the verdict and the promotion in plain sentences, and what to do next. */

import type { ForecastMetrics } from '../evaluation/metrics.js';
import { originOf } from '../market/candle-origin.js';
import {
  countOf,
  formatBps,
  formatChange,
  formatCount,
  formatNumber,
  formatPercent,
  formatR2,
  formatSigned,
  MISSING,
} from '../text/numbers.js';
import { formatDuration, formatStamp } from '../text/times.js';
import type { TrainReport } from '../versions/train-report.js';
import type { Colors } from './console.js';
import { drawSparkline, formatTable } from './format.js';

const SPARKLINE_WIDTH = 20;

export function formatTrainReport(report: TrainReport, colors: Colors): string {
  const { test, training, artifacts, backtest } = report;
  const [verdict, ...promotion] = report.reasons;
  const title = report.version === null ? `${report.name}, judged again` : `${report.name} version ${report.version}`;
  const lines = [
    '',
    colors.bold(title) +
      colors.dim(
        `  out of sample ${formatStamp(test.fromMs)} to ${formatStamp(test.toMs)} UTC, ${formatCount(test.rows)} rows in ${describeFolds(test.folds.length)}, trained in ${formatDuration(training.seconds)}`,
      ),
    '',
    formatMetricsTable([['lstm', test], ...Object.entries(test.baselines)], colors),
    '',
    ...describeMembers(report).map((line) => colors.dim(line)),
    describeConfidence(report),
    describeTrading(backtest),
    `These rows can show an IC of ${formatNumber(test.detectableEdge.smallestIc, 3)} or more (one-sided 5 %, power 80 %).`,
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
  return count === 1 ? 'one piece' : `${count} folds`;
}

function describeMembers({ training }: TrainReport): string[] {
  return training.members.map(
    ({ epochsRun, bestEpoch, validationLoss }, member) =>
      `member ${member + 1}: validation ${formatNumber(validationLoss[bestEpoch - 1], 4)} at epoch ${bestEpoch} of ${epochsRun}  ${drawSparkline(validationLoss, SPARKLINE_WIDTH)}`,
  );
}

function describeConfidence({ test }: TrainReport): string {
  const { ece, brier, intervalCoverage, intervalLevel } = test.calibration;
  if (ece === null || brier === null) return 'Confidence could not be measured.';
  return `Confidence is off by ${formatPercent(ece)} on average (Brier ${formatNumber(brier, 4)}); the ${formatPercent(intervalLevel, 0)} prediction interval held ${formatPercent(intervalCoverage)}.`;
}

function describeTrading({
  trades,
  netReturn,
  costBpsPerSide,
  winRate,
  breakEvenCostBps,
  buyAndHold,
}: TrainReport['backtest']): string {
  const hold = `buy and hold ${formatChange(buyAndHold.netReturn)}`;
  if (trades === 0) return `At ${formatBps(costBpsPerSide)} a side the signal rule never traded; ${hold}.`;
  const won = typeof winRate === 'number' ? ` (${formatPercent(winRate)} won)` : '';
  const breakEven = breakEvenCostBps === null ? '' : `, break-even at ${formatBps(breakEvenCostBps)}`;
  return `At ${formatBps(costBpsPerSide)} a side ${countOf(trades, 'trade')}${won} returned ${formatChange(netReturn)}${breakEven}; ${hold}.`;
}

/** One line a forecaster. */
export function formatMetricsTable(entries: readonly (readonly [string, ForecastMetrics])[], colors: Colors): string {
  return formatTable(
    ['', 'R²', 'IC', 'direction', '95 %', 'top tenth', 'MSE ratio'],
    entries.map(([name, metrics]) => [
      name,
      formatR2(metrics.r2),
      formatSigned(metrics.ic, 4),
      formatPercent(metrics.directionalAccuracy),
      metrics.directionalAccuracyCi95?.map((bound) => formatNumber(100 * bound, 1)).join('–') ?? MISSING,
      formatPercent(metrics.topDecileAccuracy),
      formatNumber(metrics.mse / metrics.zeroMse, 5),
    ]),
    colors,
  );
}
