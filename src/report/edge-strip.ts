/** The detectable-edge line: the smallest correlation these rows can show, and where the model's lies. */

import type { TestReport } from '../evaluation/report.js';
import { countOf, formatNumber, formatRange, formatSigned } from '../text/numbers.js';
import { type Html, html } from './html.js';

/** Room left and right of the outermost mark, as a share of the strip. */
const MARGIN = 0.08;

export function renderEdge({ ic, icCi95, detectableEdge }: TestReport): Html {
  const { smallestIc, independentLabels } = detectableEdge;
  const shown = Number.isFinite(smallestIc);
  const sentence = html`${countOf(independentLabels, 'independent label')}: these rows can show an IC of <strong class="threshold">${formatNumber(shown ? smallestIc : null, 3)}</strong> or more; the model has <strong class="model">${formatNumber(ic, 3)}</strong>. ${judgeEdge(ic, smallestIc)}`;
  return html`<section class="edge card" aria-label="Detectable edge">
${shown && drawStrip(ic, icCi95, smallestIc)}
<p>${sentence}</p>
</section>`;
}

function judgeEdge(ic: number | null, smallestIc: number): string {
  if (ic === null) return 'Without an IC there is nothing to compare.';
  if (ic <= 0) return 'That is no edge: outcomes do not go with these forecasts.';
  return ic >= smallestIc
    ? 'An edge of this size would be found at least four times out of five.'
    : 'An edge of this size would mostly be missed: more rows would be needed to tell it from none.';
}

/** A line with zero, the threshold, and the model with its 95 % interval. Positions are percentages, so it fits every width. */
function drawStrip(ic: number | null, icCi95: readonly [number, number] | null, smallestIc: number): Html {
  const values = [0, smallestIc, ic ?? 0, ...(icCi95 ?? [])];
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const shareOf = (value: number) => MARGIN + (1 - 2 * MARGIN) * ((value - low) / span);
  const at = (value: number) => `${(100 * shareOf(value)).toFixed(2)}%`;
  const label = `The model's IC is ${formatSigned(ic, 3)}, 95 % interval ${formatRange(icCi95, (bound) => formatSigned(bound, 3))}; the smallest IC these rows can show is ${formatNumber(smallestIc, 3)}.`;
  return html`<svg width="100%" height="58" role="img" aria-label="${label}">
<line class="rail" x1="0" x2="100%" y1="28" y2="28"/>
<rect class="found" x="${at(smallestIc)}" y="22" width="${(100 * (1 - shareOf(smallestIc))).toFixed(2)}%" height="12"/>
<line class="zero" x1="${at(0)}" x2="${at(0)}" y1="18" y2="38"/>
<text x="${at(0)}" y="56">0</text>
<line class="threshold" x1="${at(smallestIc)}" x2="${at(smallestIc)}" y1="14" y2="42"/>
<text x="${at(smallestIc)}" y="56">${formatNumber(smallestIc, 3)}</text>
${icCi95 && html`<line class="interval" x1="${at(icCi95[0])}" x2="${at(icCi95[1])}" y1="28" y2="28"/>`}
${ic !== null && html`<circle class="model" cx="${at(ic)}" cy="28" r="7"/><text class="model" x="${at(ic)}" y="12">the model, ${formatNumber(ic, 3)}</text>`}
</svg>`;
}
