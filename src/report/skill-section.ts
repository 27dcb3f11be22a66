/** Does it know anything? The model beside the baselines, fold by fold, and over time. */

import type { ForecastMetrics } from '../evaluation/metrics.js';
import type { FoldReport, TestReport, TestStatistic } from '../evaluation/report.js';
import { formatCount, formatNumber, formatPercent, formatR2, formatSigned } from '../text/numbers.js';
import { formatPValue } from '../text/sentences.js';
import { formatDay } from '../text/times.js';
import { whyAbsent } from './absence.js';
import { renderAbsence, renderFigure, renderTable } from './chart.js';
import { type Html, type HtmlContent, html } from './html.js';
import type { HtmlReportData } from './html-report-data.js';

/** Plain names of the baselines; others go by the name they have. */
const PLAIN_NAMES: Readonly<Record<string, string>> = {
  zero: 'No change',
  mean: 'Historical mean',
  momentum: 'Momentum',
  reversal: 'Reversal',
  ridge: 'Ridge regression',
  champion: 'Champion in force',
};

export function renderSkill({ test, training, warnings }: HtmlReportData): Html {
  return html`<section id="skill">
<h2>Does it know anything?</h2>
<p>Every forecaster below was scored on the same rows, none of which any of them had seen. Each fold was judged by a model trained from scratch on older rows only${training.isLastFit ? '; the model that serves is a final refit on the newest rows, with the same settings' : ''}.</p>
<div class="card">
<h3>Against the baselines</h3>
<p class="subtitle">R² and error ratio are of returns; IC is of volatility units</p>
${renderBaselines(test)}
<dl class="tests">${renderTests(test, warnings)}</dl>
</div>
${renderFolds(test.folds, warnings)}
${renderRollingIc(test, warnings)}
</section>`;
}

function renderBaselines(test: TestReport): Html {
  const others = Object.entries(test.baselines).map(([name, metrics]) => [plainNameOf(name), metrics] as const);
  const entries = [['LSTM', test] as const, ...others];
  return renderTable({
    caption: 'All forecasters on the same rows',
    columns: ['Forecaster', 'R²', 'IC', 'Direction', '95 % interval', 'Top tenth', 'Error ratio'],
    rows: entries.map(([name, metrics]) => [name, ...describeMetrics(metrics)]),
    ownRow: 0,
  });
}

function plainNameOf(name: string): string {
  return Object.hasOwn(PLAIN_NAMES, name) ? PLAIN_NAMES[name] : name;
}

function describeMetrics(metrics: ForecastMetrics): string[] {
  const { r2, ic, directionalAccuracy, directionalAccuracyCi95, topDecileAccuracy, mse, zeroMse } = metrics;
  return [
    formatR2(r2),
    formatSigned(ic, 4),
    formatPercent(directionalAccuracy),
    directionalAccuracyCi95?.map((bound) => formatNumber(100 * bound, 1)).join('–') ?? '–',
    formatPercent(topDecileAccuracy),
    zeroMse > 0 ? formatNumber(mse / zeroMse, 5) : '–',
  ];
}

function renderTests({ dieboldMariano, clarkWest }: TestReport, warnings: readonly string[]): HtmlContent {
  const describe = (statistic: TestStatistic | null, field: string) =>
    statistic === null
      ? `not defined: ${whyAbsent(field, warnings, 'it could not be computed')}`
      : `${formatSigned(statistic.statistic, 2)}, ${formatPValue(statistic.pValue)}`;
  return [
    html`<div><dt>Diebold–Mariano against no change</dt><dd>${describe(dieboldMariano, 'dieboldMariano')}</dd></div>`,
    html`<div><dt>Clark–West against no change</dt><dd>${describe(clarkWest, 'clarkWest')}</dd></div>`,
    html`<div><dt>Top tenth</dt><dd>direction right among the tenth of rows with the largest forecasts</dd></div>`,
    html`<div><dt>Error ratio</dt><dd>mean squared error over that of no change; below 1 is better</dd></div>`,
  ];
}

function renderFolds(folds: readonly FoldReport[], warnings: readonly string[]): Html {
  const title = 'Fold by fold';
  if (folds.length === 0) {
    return renderAbsence(title, whyAbsent('folds', warnings, 'The rows were judged in one piece, without folds.'));
  }
  const better = folds.filter(({ metrics }) => metrics.mse < metrics.zeroMse).length;
  return html`<div class="card">
<h3>${title}</h3>
<p class="subtitle">Better than no change on ${better} of ${folds.length}</p>
${renderTable({
  caption: 'The folds of the walk-forward',
  columns: ['Fold', 'From', 'To', 'Rows', 'Trained on', 'Best epochs', 'R²', 'IC', 'Direction'],
  rows: folds.map(({ fold, fromMs, toMs, trainRows, bestEpochs, metrics }) => [
    fold,
    formatDay(fromMs),
    formatDay(toMs),
    formatCount(metrics.rows),
    formatCount(trainRows),
    bestEpochs.join(', '),
    formatR2(metrics.r2),
    formatSigned(metrics.ic, 4),
    formatPercent(metrics.directionalAccuracy),
  ]),
})}
</div>`;
}

function renderRollingIc({ rollingIc, ic: overall }: TestReport, warnings: readonly string[]): Html {
  const title = 'IC over time';
  const { windowRows, timeMs, ic } = rollingIc;
  const known = ic.filter((value) => value !== null);
  if (known.length < 2) {
    const otherwise = `Fewer than two windows of ${formatCount(windowRows)} rows have an IC: there are too few rows, or the forecasts do not vary.`;
    return renderAbsence(title, whyAbsent('rollingIc', warnings, otherwise));
  }
  const positive = known.filter((value) => value > 0).length / known.length;
  return renderFigure({
    title,
    subtitle: `Correlation of forecast and outcome over the ${formatCount(windowRows)} rows before each point`,
    summary: `Above zero in ${formatPercent(positive, 0)} of the windows; from ${formatSigned(Math.min(...known), 3)} to ${formatSigned(Math.max(...known), 3)}, ${formatSigned(overall, 3)} over all rows.`,
    chart: {
      x: { label: 'time', values: timeMs, format: { kind: 'time' } },
      y: { label: 'IC', format: { kind: 'number', digits: 3, isSigned: true } },
      series: [{ label: 'IC', color: 'blue', style: 'line', values: ic }],
      marks: [
        { axis: 'y', at: 0 },
        ...(overall === null ? [] : [{ axis: 'y', at: overall, label: 'all rows' } as const]),
      ],
    },
  });
}
