/** How was it trained, and what does it look at? Loss curves of the members, and importance of the features. */

import type { FeatureImportance } from '../evaluation/report.js';
import { countOf, formatChange, formatCount, formatNumber, formatPercent } from '../text/numbers.js';
import { formatDuration } from '../text/times.js';
import { whyAbsent } from './absence.js';
import { type ChartColor, type ChartSeries, renderAbsence, renderFigure } from './chart.js';
import { type Html, html } from './html.js';
import type { HtmlReportData, MemberTraining } from './html-report-data.js';

const MEMBER_COLORS: readonly ChartColor[] = ['blue', 'orange', 'green', 'purple', 'text'];
/** Features that are shown at once; the rest is folded away. */
const FEATURES_SHOWN = 20;

export function renderTraining({ training, warnings, importance, test }: HtmlReportData): Html {
  const { engine, threads, members, seconds, sequencesPerSecond } = training;
  return html`<section id="training">
<h2>How was it trained, and what does it look at?</h2>
<p>${countOf(members.length, 'network')}, ${formatDuration(seconds)} on the engine “${engine}” with ${countOf(threads, 'thread')}, ${formatCount(sequencesPerSecond)} windows a second. The curves are those of the model that serves.</p>
<div class="pair">
${renderLosses(members, warnings)}
${renderImportance(importance, test.r2Scaled, warnings)}
</div>
</section>`;
}

function renderLosses(members: readonly MemberTraining[], warnings: readonly string[]): Html {
  const title = 'Loss by epoch';
  const epochs = Math.max(0, ...members.map(({ validationLoss }) => validationLoss.length));
  if (epochs === 0) {
    return renderAbsence(title, whyAbsent('members', warnings, 'No epoch was run.'));
  }
  return renderFigure({
    title,
    subtitle: 'Dashed on train rows, solid on validation rows; a dot marks the epoch that was kept',
    summary: html`<ul>${members.map((member, i) => html`<li>${describeMember(member, i)}</li>`)}</ul>`,
    chart: {
      x: { label: 'epoch', values: Array.from({ length: epochs }, (_, i) => i + 1), format: { kind: 'count' } },
      y: { label: 'loss', format: { kind: 'number', digits: 3 } },
      series: members.flatMap((member, i) => drawMember(member, i, epochs)),
    },
  });
}

function describeMember({ seed, bestEpoch, epochsRun, validationLoss }: MemberTraining, i: number): string {
  const kept = bestEpoch > 0 && bestEpoch <= validationLoss.length;
  return kept
    ? `Member ${i + 1} (seed ${seed}): epoch ${bestEpoch} of ${epochsRun} kept, validation loss ${formatNumber(validationLoss[bestEpoch - 1], 4)}.`
    : `Member ${i + 1} (seed ${seed}): ${countOf(epochsRun, 'epoch')}, none kept.`;
}

function drawMember(
  { trainLoss, validationLoss, bestEpoch }: MemberTraining,
  i: number,
  epochs: number,
): ChartSeries[] {
  const color = MEMBER_COLORS[i % MEMBER_COLORS.length];
  const fill = (values: readonly number[]) => Array.from({ length: epochs }, (_, epoch) => values[epoch] ?? null);
  const best = Array.from({ length: epochs }, (_, epoch) =>
    epoch + 1 === bestEpoch ? (validationLoss[epoch] ?? null) : null,
  );
  const format = { kind: 'number', digits: 4 } as const;
  return [
    { label: `train ${i + 1}`, color, style: 'dashed', values: fill(trainLoss), format },
    { label: `validation ${i + 1}`, color, style: 'line', values: fill(validationLoss), format },
    { label: '', color, style: 'points', values: best },
  ];
}

function renderImportance(
  importance: readonly FeatureImportance[] | null,
  r2: number | null,
  warnings: readonly string[],
): Html {
  const title = 'What the forecast loses without a feature';
  if (importance === null || importance.length === 0) {
    return renderAbsence(title, whyAbsent('importance', warnings, 'The importance of the features was not measured.'));
  }
  const ranked = importance.toSorted((a, b) => b.r2Loss - a.r2Loss);
  const shown = ranked.slice(0, FEATURES_SHOWN);
  const rest = ranked.slice(FEATURES_SHOWN);
  return html`<figure class="card" aria-label="${title}">
<h3>${title}</h3>
<p class="subtitle">R² lost when its values are shuffled over time; the forecast has ${formatPercent(r2, 3)} in volatility units</p>
${renderBars(shown, ranked)}
${rest.length > 0 && html`<details><summary>${countOf(rest.length, 'more feature')}</summary>${renderBars(rest, ranked)}</details>`}
<figcaption>${describeImportance(ranked)}</figcaption>
</figure>`;
}

function describeImportance(ranked: readonly FeatureImportance[]): Html {
  const useless = ranked.filter(({ r2Loss }) => r2Loss <= 0).length;
  const none = html`No feature matters: the forecast is no worse with any of them shuffled.`;
  if (useless === ranked.length) return none;
  return html`<code>${ranked[0].feature}</code> matters most: without it the forecast loses ${formatPercent(ranked[0].r2Loss, 3)}. ${useless > 0 && `${countOf(useless, 'feature')} could be shuffled without loss.`}`;
}

/** A table whose last column is a bar: losses to the right of zero, gains to the left. */
function renderBars(features: readonly FeatureImportance[], all: readonly FeatureImportance[]): Html {
  const low = Math.min(0, ...all.map(({ r2Loss }) => r2Loss));
  const span = Math.max(0, ...all.map(({ r2Loss }) => r2Loss)) - low || 1;
  const percentOf = (value: number) => `${((100 * value) / span).toFixed(2)}%`;
  const zero = percentOf(-low);
  return html`<table class="bars">
<thead><tr><th scope="col">Feature</th><th scope="col">R² lost</th><th scope="col"><span class="unseen">Bar</span></th></tr></thead>
<tbody>
${features.map(
  ({ feature, r2Loss }) =>
    html`<tr><th scope="row"><code>${feature}</code></th><td>${formatChange(r2Loss, 3)}</td><td><svg width="100%" height="12" aria-hidden="true"><rect class="${r2Loss < 0 ? 'gain' : 'loss'}" x="${percentOf(Math.min(0, r2Loss) - low)}" width="${percentOf(Math.abs(r2Loss))}" height="12"/><line x1="${zero}" x2="${zero}" y1="0" y2="12"/></svg></td></tr>\n`,
)}</tbody>
</table>`;
}
