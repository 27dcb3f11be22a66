/** What was it made of? The candles and what is odd about them, warnings, and every option in force. */

import { originOf } from '../market/candle-origin.js';
import type { FindingSeverity, QualityFinding } from '../market/quality/report.js';
import { describeEstimate, describeSpread, describeTickSize } from '../text/market-figures.js';
import { countOf, formatCount } from '../text/numbers.js';
import { formatLongTime, formatTime } from '../text/times.js';
import { type Html, type HtmlContent, html } from './html.js';
import type { HtmlReportData } from './html-report-data.js';

const SEVERITY_WORDS: Readonly<Record<FindingSeverity, string>> = { info: 'Note', warning: 'Warning', error: 'Error' };
/** Times named with a finding; the JSON has more. */
const TIMES_SHOWN = 3;

export function renderData({ data, findings }: HtmlReportData): Html {
  return html`<section id="data">
<h2>What was it made of?</h2>
<div class="pair">
<div class="card">
<h3>Candles</h3>
<dl class="lines">
<div><dt>Source</dt><dd>${data.source}${originOf(data.source).isSimulated && ' (simulated market)'}</dd></div>
<div><dt>Rows</dt><dd>${formatCount(data.rows)}</dd></div>
<div><dt>First candle</dt><dd>${formatTime(data.firstOpenTimeMs)}</dd></div>
<div><dt>Last candle</dt><dd>${formatTime(data.lastOpenTimeMs)}</dd></div>
<div><dt>Gaps</dt><dd>${data.gapCount === 0 ? 'none' : `${formatCount(data.gapCount)}, ${countOf(data.missingRows, 'candle')} missing`}</dd></div>
${data.tickSize !== undefined && html`<div><dt>Tick size</dt><dd>${describeTickSize(data.tickSize)}</dd></div>\n`}${renderSpread(data)}<div><dt>SHA-256</dt><dd><code>${data.sha256}</code></dd></div>
</dl>
</div>
<div class="card">
<h3>Findings in the data</h3>
${findings.length === 0 ? html`<p>Nothing odd was found.</p>` : html`<ul class="notes">${findings.map(renderFinding)}</ul>`}
</div>
</div>
</section>`;
}

function renderSpread({ effectiveSpread: spread }: HtmlReportData['data']): HtmlContent {
  if (spread === undefined) return false;
  const how = spread !== null && html` <span class="times">${describeEstimate(spread)}</span>`;
  return html`<div><dt>Effective spread</dt><dd>${describeSpread(spread)}${how}</dd></div>\n`;
}

function renderFinding({ severity, message, timesMs }: QualityFinding): Html {
  const times = timesMs
    .slice(0, TIMES_SHOWN)
    .map((timeMs) => formatLongTime(timeMs))
    .join(', ');
  const more = timesMs.length > TIMES_SHOWN ? ' and later' : '';
  return html`<li class="${severity}"><strong>${SEVERITY_WORDS[severity]}</strong> ${message}.${times !== '' && html` <span class="times">At ${times} UTC${more}.</span>`}</li>`;
}

export function renderWarnings({ warnings }: HtmlReportData): Html {
  return html`<section id="warnings">
<h2>Warnings</h2>
<div class="card">
${warnings.length === 0 ? html`<p>None.</p>` : html`<ul class="notes">${warnings.map((warning) => html`<li class="warning">${warning}</li>`)}</ul>`}
</div>
</section>`;
}

export function renderConfig({ config }: HtmlReportData): Html {
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  // Lists take the whole width, so they stand at the end.
  const options = [
    ...given.filter(([, value]) => !Array.isArray(value)),
    ...given.filter(([, value]) => Array.isArray(value)),
  ];
  return html`<section id="config">
<h2>Configuration</h2>
<div class="card">
<dl class="options">
${options.map(([name, value]) => html`<div${Array.isArray(value) && html` class="wide"`}><dt>${name}</dt><dd>${showValue(value)}</dd></div>\n`)}</dl>
</div>
</section>`;
}

function showValue(value: unknown): HtmlContent {
  if (Array.isArray(value))
    return html`<span class="list">${value.map((item) => html`<code>${showScalar(item)}</code> `)}</span>`;
  return html`<code>${showScalar(value)}</code>`;
}

function showScalar(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
