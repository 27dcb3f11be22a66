/** A training's report for people: one table, the verdict and the promotion in plain sentences, and what to do next. */

import type { ForecastMetrics } from '../evaluation/metrics.js';
import type { TrainReport } from '../pipeline/train-report.js';
import type { Colors } from './console.js';
import { formatCount, formatDuration, formatShare, formatSigned, formatTable, formatTime } from './format.js';

export function formatTrainReport(report: TrainReport, colors: Colors): string {
  const { test, training, artifacts } = report;
  const lines = [
    '',
    colors.bold(`${report.name} version ${report.version}`) +
      colors.dim(
        `  test ${formatTime(test.fromMs)} to ${formatTime(test.toMs)} UTC, ${formatCount(test.rows)} rows, trained in ${formatDuration(training.seconds)}`,
      ),
    '',
    formatMetricsTable([['lstm', test], ...Object.entries(test.baselines)], colors),
    '',
    `Verdict: ${describeVerdict(report)}`,
    `Promotion: ${report.promoted ? 'this version is the champion now' : 'the champion stays'}: ${report.reasons.join('; ')}.`,
  ];
  if (report.data.source === 'demo') lines.push(colors.yellow('The market was simulated.'));
  if (report.promoted)
    lines.push(colors.dim(`saved ${artifacts.model}, ${artifacts.scaler}, ${artifacts.featureNames}`));
  lines.push(
    '',
    `Next: tradeai predict${report.name === report.symbol ? ` --symbol ${report.symbol}` : ` --name ${report.name}`}`,
  );
  return lines.join('\n');
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

function describeVerdict(report: TrainReport): string {
  if (report.verdict === 'skill') return 'skill: the edge over no change is larger than chance explains.';
  const edge = report.test.r2 ?? 0;
  return edge > 0
    ? 'no demonstrated skill: better than no change on these rows, by an edge whose significance is not tested yet.'
    : 'no demonstrated skill: not better than predicting no change.';
}
