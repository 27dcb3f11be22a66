/** Does its confidence mean what it says? Reliability, interval coverage, and what followed forecasts of each size. */

import { wilsonInterval } from '../core/statistics.js';
import type { DecileReport } from '../evaluation/report.js';
import { formatCount, formatNumber, formatPercent, formatSigned } from '../text/numbers.js';
import { whyAbsent } from './absence.js';
import { renderAbsence, renderFigure, renderTable } from './chart.js';
import { type Html, html } from './html.js';
import type { HtmlReportData } from './html-report-data.js';

export function renderConfidence(data: HtmlReportData): Html {
  return html`<section id="confidence">
<h2>Does its confidence mean what it says?</h2>
<dl class="facts">
${listFacts(data).map(({ label, value, note }) => html`<div><dt>${label}</dt><dd class="figure">${value}</dd><dd>${note}</dd></div>\n`)}</dl>
<div class="pair">
${renderReliability(data)}
${renderDeciles(data.test.deciles, data.warnings)}
</div>
</section>`;
}

function listFacts({ test, warnings }: HtmlReportData) {
  const { brier, ece, intervalLevel, intervalCoverage, intervalWidth } = test.calibration;
  const explain = (field: string, value: number | null, note: string) =>
    value === null ? whyAbsent(field, warnings, 'it could not be computed') : note;
  return [
    {
      label: 'Expected calibration error',
      value: formatNumber(ece, 4),
      note: explain('ece', ece, 'mean gap between claimed and kept; 0 is perfect'),
    },
    {
      label: 'Brier score',
      value: formatNumber(brier, 4),
      note: explain('brier', brier, 'always claiming 50 % has 0.25; less is better'),
    },
    {
      label: `In the ${formatPercent(intervalLevel, 0)} interval`,
      value: formatPercent(intervalCoverage),
      note: explain('intervalCoverage', intervalCoverage, 'of the outcomes; the nearer to its name, the better'),
    },
    {
      label: 'Width of the interval',
      value: formatPercent(intervalWidth, 2),
      note: explain('intervalWidth', intervalWidth, 'of the price, on average'),
    },
  ];
}

function renderReliability({ test, warnings }: HtmlReportData): Html {
  const title = 'Confidence claimed and kept';
  const bins = test.calibration.bins.filter(({ count }) => count > 0).toSorted((a, b) => a.confidence - b.confidence);
  if (bins.length === 0) {
    return renderAbsence(title, whyAbsent('bins', warnings, 'No row has both a confidence and a direction to check.'));
  }
  const intervals = bins.map(({ accuracy, count }) => wilsonInterval(accuracy * count, count));
  const held = bins.filter(({ confidence }, i) => confidence >= intervals[i][0] && confidence <= intervals[i][1]);
  const low = Math.min(...bins.map(({ confidence }) => confidence), ...intervals.map(([lower]) => lower));
  const high = Math.max(...bins.map(({ confidence }) => confidence), ...intervals.map(([, upper]) => upper));
  const room = 0.08 * (high - low);
  const xs = bins.map(({ confidence }) => confidence);
  const reach = Math.max(0.01, 0.08 * (xs[xs.length - 1] - xs[0]));
  return renderFigure({
    title,
    subtitle: 'Share of directions right by the confidence claimed, with 95 % intervals; the number of rows below',
    summary: `In ${held.length} of ${bins.length} bins the confidence claimed lies within the 95 % interval of what was kept. On the dashed line both are equal.`,
    chart: {
      x: {
        label: 'claimed',
        values: xs,
        format: { kind: 'percent', digits: 1 },
        range: [xs[0] - reach, xs[xs.length - 1] + reach],
      },
      // A third of the height belongs to the counts.
      y: {
        label: 'direction right',
        format: { kind: 'percent', digits: 1 },
        range: [low - 0.45 * (high - low), high + room],
      },
      series: [
        {
          label: 'rows',
          color: 'muted',
          style: 'bars',
          values: bins.map(({ count }) => count),
          isCount: true,
          format: { kind: 'count' },
        },
        { label: 'as claimed', color: 'text', style: 'dashed', values: xs },
        {
          label: 'direction right',
          color: 'blue',
          style: 'points',
          values: bins.map(({ accuracy }) => accuracy),
          whiskers: intervals,
        },
      ],
    },
    table: renderTable({
      caption: title,
      columns: ['Confidence claimed', 'Direction right', '95 % interval', 'Rows'],
      rows: bins.map(({ confidence, accuracy, count }, i) => [
        formatPercent(confidence),
        formatPercent(accuracy),
        intervals[i].map((bound) => formatNumber(100 * bound, 1)).join('–'),
        formatCount(count),
      ]),
    }),
  });
}

function renderDeciles(deciles: readonly DecileReport[], warnings: readonly string[]): Html {
  const title = 'What followed, by forecast';
  if (deciles.length === 0) {
    return renderAbsence(title, whyAbsent('deciles', warnings, 'There are too few rows to cut them into tenths.'));
  }
  const first = deciles[0];
  const last = deciles[deciles.length - 1];
  return renderFigure({
    title,
    subtitle: 'Mean forecast and outcome in each tenth of the rows, lowest forecasts first, in volatility units',
    summary: `The lowest forecasts, ${formatSigned(first.meanScore, 3)} on average, were followed by ${formatSigned(first.meanOutcome, 3)}; the highest, ${formatSigned(last.meanScore, 3)}, by ${formatSigned(last.meanOutcome, 3)}.`,
    chart: {
      x: {
        label: 'tenth',
        values: deciles.map((_, i) => i + 1),
        format: { kind: 'count' },
        range: [0.4, deciles.length + 0.6],
      },
      y: { label: 'volatility units', format: { kind: 'number', digits: 3, isSigned: true } },
      series: [
        { label: 'outcome', color: 'blue', style: 'bars', values: deciles.map(({ meanOutcome }) => meanOutcome) },
        { label: 'forecast', color: 'orange', style: 'points', values: deciles.map(({ meanScore }) => meanScore) },
      ],
      marks: [{ axis: 'y', at: 0 }],
    },
    table: renderTable({
      caption: title,
      columns: ['Tenth', 'Mean forecast', 'Mean outcome', 'Rows'],
      rows: deciles.map(({ meanScore, meanOutcome, count }, i) => [
        i + 1,
        formatSigned(meanScore, 4),
        formatSigned(meanOutcome, 4),
        formatCount(count),
      ]),
    }),
  });
}
