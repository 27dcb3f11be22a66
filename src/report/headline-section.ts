/** The top of the report: what was judged, the verdict and the promotion in plain words, and the headline figures. */

import { originOf } from '../market/candle-origin.js';
import {
  countOf,
  formatBps,
  formatChange,
  formatPercent,
  formatR2,
  formatRange,
  formatSigned,
} from '../text/numbers.js';
import { formatPValue, makeSentence } from '../text/sentences.js';
import { formatDay, formatTime } from '../text/times.js';
import { whyAbsent } from './absence.js';
import { renderEdge } from './edge-strip.js';
import { type Html, type HtmlContent, html } from './html.js';
import type { HtmlReportData } from './html-report-data.js';

export function renderHeadline(data: HtmlReportData): Html {
  const { name, symbol, interval, horizonSteps, version, test, verdict, promoted } = data;
  return html`<header>
<p class="kicker">TradeAI report</p>
<h1><bdi>${symbol}</bdi>${isSimulated(data) && html` <span class="simulated">simulated market</span>`}</h1>
<p class="what">${version === null ? 'Not published' : `Version ${version}`}${name !== symbol && html`, model <bdi>${name}</bdi>`}, ${interval} candles, ${countOf(horizonSteps, 'candle')} ahead. Judged on ${countOf(test.rows, 'row')} it had not seen, ${formatDay(test.fromMs)} to ${formatDay(test.toMs)}. Made ${formatTime(data.createdAtMs)}.</p>
${isSimulated(data) && html`<p class="notice">These candles were made by a program: nothing here says anything about a real market.</p>`}
<div class="verdict ${verdict}">
<p><strong>${verdict === 'skill' ? 'Skill' : 'No demonstrated skill'}</strong> ${explainVerdict(data)}</p>
<p><strong>${promoted ? 'Promoted' : 'Not promoted'}</strong> ${explainPromotion(data)}</p>
</div>
<dl class="tiles">
${listTiles(data).map(
  ({ label, value, note }) =>
    html`<div${value === null && html` class="empty"`}><dt>${label}</dt><dd class="figure">${value ?? 'not defined'}</dd><dd>${note}</dd></div>\n`,
)}</dl>
${renderEdge(test)}
</header>`;
}

/** Whether the candles were made by a program. */
export function isSimulated({ data }: HtmlReportData): boolean {
  return originOf(data.source).isSimulated === true;
}

const VERDICT_REASON = /^(?:no demonstrated )?skill: /;

function explainVerdict({ verdict, reasons }: HtmlReportData): string {
  const reason = reasons.find((text) => VERDICT_REASON.test(text))?.replace(VERDICT_REASON, '');
  if (reason !== undefined) return makeSentence(reason);
  return verdict === 'skill'
    ? 'Better than predicting no change by more than chance explains.'
    : 'It was not shown to be better than predicting no change.';
}

function explainPromotion({ promoted, reasons }: HtmlReportData): string {
  const because = reasons.filter((text) => !VERDICT_REASON.test(text)).join('; ');
  if (because === '') return promoted ? 'This version is the champion now.' : 'It does not take charge.';
  return makeSentence(promoted ? `this version is the champion now: ${because}` : because);
}

interface Tile {
  readonly label: string;
  readonly value: string | null;
  readonly note: HtmlContent;
}

function listTiles({ test, backtest, warnings }: HtmlReportData): Tile[] {
  const why = (field: string, otherwise: string) => whyAbsent(field, warnings, otherwise);
  const noBacktest = why('backtest', 'trading was not simulated');
  const { dieboldMariano } = test;
  return [
    {
      label: 'R²',
      value: test.r2 === null ? null : formatR2(test.r2),
      note:
        test.r2 === null
          ? why('r2', 'the price did not move on these rows')
          : 'of the squared return explained; predicting no change has 0',
    },
    {
      label: 'IC',
      value: test.ic === null ? null : formatSigned(test.ic, 4),
      note:
        test.ic === null
          ? why('ic', 'the forecast or the outcome does not vary')
          : test.icCi95 === null
            ? `interval not defined: ${why('icCi95', 'it could not be computed')}`
            : `correlation with the outcome; 95 % interval ${formatRange(test.icCi95, (bound) => formatSigned(bound, 3))}`,
    },
    {
      label: 'Direction right',
      value: test.directionalAccuracy === null ? null : formatPercent(test.directionalAccuracy),
      note:
        test.directionalAccuracy === null
          ? why('directionalAccuracy', 'on no row did both the forecast and the price move')
          : `95 % interval ${formatRange(test.directionalAccuracyCi95, (bound) => formatPercent(bound))}`,
    },
    {
      label: 'Diebold–Mariano test',
      value: dieboldMariano === null ? null : formatPValue(dieboldMariano.pValue),
      note:
        dieboldMariano === null
          ? why('dieboldMariano', 'the test could not be computed')
          : 'chance of such a lead over no change where nothing is known',
    },
    {
      label: 'Net return',
      value: backtest === null ? null : formatChange(backtest.netReturn),
      note:
        backtest === null
          ? noBacktest
          : `after ${formatBps(backtest.costBpsPerSide)} a side, ${countOf(backtest.trades, 'trade')}; buy-and-hold ${formatChange(backtest.buyAndHold.netReturn)}`,
    },
    {
      label: 'Break-even cost',
      value: backtest === null || backtest.breakEvenCostBps === null ? null : formatBps(backtest.breakEvenCostBps),
      note:
        backtest === null
          ? noBacktest
          : backtest.breakEvenCostBps === null
            ? why(
                'breakEvenCostBps',
                backtest.trades === 0 ? 'there were no trades' : 'no cost brings the net return to zero',
              )
            : 'a side, at which these trades earn nothing',
    },
  ];
}
