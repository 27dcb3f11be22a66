/** `report.html`: one file that opens offline and needs nothing but a browser. */

import { renderBacktest } from './backtest-section.js';
import { renderConfidence } from './confidence-section.js';
import { renderConfig, renderData, renderWarnings } from './data-section.js';
import { isSimulated, renderHeadline } from './headline-section.js';
import { html, markupOf, trustMarkup } from './html.js';
import type { HtmlReportData } from './html-report-data.js';
import { readPageAssets } from './page-assets.js';
import { renderSkill } from './skill-section.js';
import { renderTraining } from './training-section.js';

/**
 * Writes the report of a training as a page: the same data gives the same bytes. All text is escaped; the page makes no
 * request and, by its Content-Security-Policy, runs its own script and style only.
 *
 * @example writeFileSync('report.html', renderHtmlReport({ ...report, createdAtMs, codeVersion }))
 */
export function renderHtmlReport(data: HtmlReportData): string {
  const { style, chartLibrary, chartScript } = readPageAssets();
  const policy = [
    "default-src 'none'",
    `script-src ${chartLibrary.source} ${chartScript.source}`,
    `style-src ${style.source}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const version = data.version === null ? '' : ` version ${data.version}`;
  const title = `${data.symbol}${version}${isSimulated(data) ? ' (simulated market)' : ''} · TradeAI report`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trustMarkup(style.content)}</style>
</head>
<body>
<main>
${renderHeadline(data)}
<nav aria-label="Contents">
<a href="#skill">Skill</a>
<a href="#confidence">Confidence</a>
<a href="#backtest">Backtest</a>
<a href="#training">Training</a>
<a href="#data">Data</a>
<a href="#warnings">Warnings${data.warnings.length > 0 && ` (${data.warnings.length})`}</a>
<a href="#config">Configuration</a>
</nav>
<noscript><p class="notice">The charts need JavaScript; their figures stand in words beneath them.</p></noscript>
${renderSkill(data)}
${renderConfidence(data)}
${renderBacktest(data)}
${renderTraining(data)}
${renderData(data)}
${renderWarnings(data)}
${renderConfig(data)}
<footer>Made by TradeAI ${data.codeVersion}. Times are UTC. Charts by uPlot. Past skill promises nothing.</footer>
</main>
<script>${trustMarkup(chartLibrary.content)}</script>
<script>${trustMarkup(chartScript.content)}</script>
</body>
</html>
`;
  return markupOf(page);
}
