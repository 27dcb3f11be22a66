/** Would it have paid? Equity, the strategies and their controls, and what is left at other costs. */

import type { BacktestReport, StrategyReport } from '../evaluation/report.js';
import {
  countOf,
  formatBps,
  formatChange,
  formatCount,
  formatNumber,
  formatPercent,
  formatRange,
  formatSigned,
} from '../text/numbers.js';
import { formatDay } from '../text/times.js';
import { whyAbsent } from './absence.js';
import { type ChartMark, renderAbsence, renderFigure, renderTable } from './chart.js';
import { type Html, type HtmlContent, html } from './html.js';
import type { HtmlReportData } from './html-report-data.js';

export function renderBacktest({ backtest, warnings }: HtmlReportData): Html {
  return html`<section id="backtest">
<h2>Would it have paid?</h2>
${
  backtest === null
    ? renderAbsence('No backtest', whyAbsent('backtest', warnings, 'trading on these forecasts was not simulated'))
    : html`<p>The signal rule on the rows judged, traded at the close after each decision, ${formatBps(backtest.costBpsPerSide)} a side for fees and slippage.</p>
${renderEquity(backtest, warnings)}
${renderStrategies(backtest, warnings)}
${renderTrades(backtest)}
${renderCosts(backtest, warnings)}`
}
</section>`;
}

function renderEquity(backtest: BacktestReport, warnings: readonly string[]): Html {
  const title = 'Equity out of sample';
  const { timeMs, net, gross, buyAndHold } = backtest.equity;
  if (timeMs.length < 2) {
    return renderAbsence(title, whyAbsent('equity', warnings, 'There are fewer than two rows to trade on.'));
  }
  const change = (equity: readonly number[]) => equity.map((value) => value - 1);
  return renderFigure({
    title,
    subtitle: 'Change since the first row; drag to look closer, double-click to go back',
    summary: `${formatDay(timeMs[0])} to ${formatDay(timeMs[timeMs.length - 1])}: ${formatChange(backtest.netReturn)} net, ${formatChange(backtest.grossReturn)} gross, ${formatChange(backtest.buyAndHold.netReturn)} for buy-and-hold. The deepest fall of net equity from its peak was ${formatPercent(Math.abs(backtest.maxDrawdown))}.`,
    chart: {
      x: { label: 'time', values: timeMs, format: { kind: 'time' } },
      y: { label: 'change', format: { kind: 'percent', digits: 1, isSigned: true } },
      series: [
        { label: 'buy-and-hold', color: 'muted', style: 'line', values: change(buyAndHold) },
        { label: 'gross', color: 'orange', style: 'dashed', values: change(gross) },
        { label: 'net', color: 'blue', style: 'line', values: change(net) },
      ],
      marks: [{ axis: 'y', at: 0 }],
    },
  });
}

function renderStrategies(backtest: BacktestReport, warnings: readonly string[]): Html {
  const { buyAndHold, randomEntry, longShort, deflatedSharpe, trials } = backtest;
  const control = (
    name: string,
    { netReturn, sharpe, maxDrawdown }: { netReturn: number; sharpe: number | null; maxDrawdown?: number },
  ): HtmlContent[] => [
    name,
    formatChange(netReturn),
    '',
    formatSigned(sharpe, 2),
    '',
    maxDrawdown === undefined ? '' : formatPercent(Math.abs(maxDrawdown)),
  ];
  return html`<div class="card">
<h3>Beside its controls</h3>
<p class="subtitle">All on the same rows; Sharpe ratios are annualised, net of costs</p>
${renderTable({
  caption: 'The signal rule and its controls on the same rows',
  columns: ['Strategy', 'Net', 'Gross', 'Sharpe', '95 % interval', 'Deepest fall'],
  rows: [
    describeStrategy('Long or flat', backtest),
    describeStrategy('Long or short', longShort),
    control('Buy-and-hold', buyAndHold),
    ...(randomEntry === null ? [] : [control('Random entries', randomEntry)]),
  ],
  ownRow: 0,
})}
<p>${
    deflatedSharpe === null
      ? `Chance that the Sharpe ratio is above zero: not defined, ${whyAbsent('deflatedSharpe', warnings, 'the returns do not vary')}.`
      : `Given ${countOf(trials, 'trial')} on these rows, the chance that the Sharpe ratio is above zero is ${formatPercent(deflatedSharpe, 0)}.`
  }${randomEntry === null && ` No random entries: ${whyAbsent('randomEntry', warnings, 'there were no trades to imitate')}.`}</p>
</div>`;
}

function describeStrategy(name: string, strategy: StrategyReport): HtmlContent[] {
  return [
    name,
    formatChange(strategy.netReturn),
    formatChange(strategy.grossReturn),
    formatSigned(strategy.sharpe, 2),
    formatRange(strategy.sharpeCi95, (bound) => formatSigned(bound, 2)),
    formatPercent(Math.abs(strategy.maxDrawdown)),
  ];
}

function renderTrades(backtest: BacktestReport): Html {
  return html`<div class="card">
<h3>Its trades</h3>
<p class="subtitle">Won and lost after costs; turnover is the sum of position changes</p>
${renderTable({
  caption: 'The trades of the signal rule',
  columns: ['Strategy', 'Trades', 'Won', 'Profit factor', 'Turnover', 'In the market', 'Break-even'],
  rows: [describeTrades('Long or flat', backtest), describeTrades('Long or short', backtest.longShort)],
  ownRow: 0,
})}
</div>`;
}

function describeTrades(name: string, strategy: StrategyReport): HtmlContent[] {
  return [
    name,
    formatCount(strategy.trades),
    formatPercent(strategy.winRate ?? null),
    formatNumber(strategy.profitFactor ?? null, 2),
    formatNumber(strategy.turnover, 1),
    formatPercent(strategy.exposure),
    formatBps(strategy.breakEvenCostBps),
  ];
}

function renderCosts(backtest: BacktestReport, warnings: readonly string[]): Html {
  const title = 'What costs leave';
  const { costBpsPerSide, breakEvenCostBps } = backtest;
  const steps = backtest.costSensitivity.toSorted((a, b) => a.costBps - b.costBps);
  if (steps.length === 0) {
    return renderAbsence(title, whyAbsent('costSensitivity', warnings, 'No other cost was tried.'));
  }
  const low = steps[0].costBps;
  const high = steps[steps.length - 1].costBps;
  const isShown = breakEvenCostBps !== null && breakEvenCostBps >= low && breakEvenCostBps <= high;
  const marks: ChartMark[] = [
    { axis: 'y', at: 0 },
    { axis: 'x', at: costBpsPerSide, label: 'as judged' },
  ];
  if (isShown) marks.push({ axis: 'x', at: breakEvenCostBps, label: `break-even, ${formatBps(breakEvenCostBps)}` });
  const breakEven =
    breakEvenCostBps === null
      ? `No break-even point: ${whyAbsent('breakEvenCostBps', warnings, backtest.trades === 0 ? 'there were no trades' : 'no cost brings the net return to zero')}.`
      : `The signals as they are break even at ${formatBps(breakEvenCostBps)} a side${isShown ? '' : ', outside the costs tried'}; they were judged at ${formatBps(costBpsPerSide)}.`;
  return renderFigure({
    title,
    subtitle: 'Net return by cost of one side, in hundredths of a percent',
    summary: breakEven,
    chart: {
      x: {
        label: 'bps a side',
        values: steps.map(({ costBps }) => costBps),
        format: { kind: 'number', digits: 0 },
      },
      y: { label: 'net return', format: { kind: 'percent', digits: 1, isSigned: true } },
      series: [{ label: 'net return', color: 'blue', style: 'line', values: steps.map(({ netReturn }) => netReturn) }],
      marks,
    },
    table: renderTable({
      caption: title,
      columns: ['Cost of a side', 'Net return', 'Sharpe'],
      rows: steps.map(({ costBps, netReturn, sharpe }) => [
        formatBps(costBps),
        formatChange(netReturn),
        formatSigned(sharpe, 2),
      ]),
    }),
  });
}
