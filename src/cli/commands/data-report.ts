/** The data report for people. */

import type { DataReport, UnreadableReport } from '../../candles/check-quality.js';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { describeEstimate, describeSpread, describeTickSize } from '../../text/market-figures.js';
import { formatCount } from '../../text/numbers.js';
import { percent, plain, utcTime } from '../../text/sentences.js';
import { formatDuration } from '../../text/times.js';
import type { Colors } from '../console.js';

export function formatUnreadable({ symbol, interval, source, problem }: UnreadableReport, colors: Colors): string {
  return `${colors.bold(`${symbol} ${interval}`)} from ${source}: ${colors.red(problem)}`;
}

/** Times named with a finding; the JSON has more. */
const TIMES_SHOWN = 3;

/** Figures, findings with their times, and what a training would say. */
export function formatDataReport(report: DataReport, colors: Colors): string {
  const { bold, dim, red, yellow, green } = colors;
  const paint = { error: red, warning: yellow, info: dim };
  const { symbol, interval, source, rowCount, firstOpenTimeMs, lastOpenTimeMs } = report;
  const span = firstOpenTimeMs === null ? '' : `, ${utcTime(firstOpenTimeMs)} to ${utcTime(lastOpenTimeMs!)}`;
  const findings = report.findings.flatMap(({ severity, code, message, timesMs }) => [
    `  ${paint[severity](`${severity} ${code}`)}: ${message}`,
    ...(timesMs.length > 1 ? [dim(`      at ${describeTimes(timesMs)}`)] : []),
  ]);
  const limits = report.trainingLimits.map(({ flag, finding }) => `  ${yellow(`refused without ${flag}`)}: ${finding}`);
  return [
    `${bold(`${symbol} ${interval}`)} from ${source}: ${formatCount(rowCount)} candles${span}`,
    ...figureLines(report).map((line) => dim(`  ${line}`)),
    ...(findings.length === 0 ? [green('nothing found')] : ['findings', ...findings]),
    ...(limits.length === 0 ? [] : ['training', ...limits]),
  ].join('\n');
}

function figureLines(report: DataReport): string[] {
  const { gaps, lastClosedAgeIntervals: age, duplicateRows, conflictingTimes, clockOffsetMs } = report;
  const { tickSize, effectiveSpread } = report;
  const longest =
    gaps.longest === null
      ? ''
      : `, the longest ${formatCount(gaps.longest.missingRows)} from ${utcTime(gaps.longest.fromMs)}`;
  const known = (value: number | null, unit = '') => (value === null ? 'not known' : `${formatCount(value)}${unit}`);
  return [
    `missing ${formatCount(gaps.missingRows)} (${percent(gaps.missingShare)}) in ${formatCount(gaps.count)} ${gaps.count === 1 ? 'gap' : 'gaps'}${longest}`,
    `filled ${formatCount(report.filledRows)} (${percent(report.filledShare)}), without trades ${formatCount(report.zeroVolumeRows)} (${percent(report.zeroVolumeShare)}), flat ${formatCount(report.flatRows)} (${percent(report.flatShare)})`,
    `duplicates ${known(duplicateRows)}, conflicts ${known(conflictingTimes)}, off the grid ${formatCount(report.offGridRows)}, not candles ${formatCount(report.ohlcErrorRows)}, outliers ${formatCount(report.outlierRows)}`,
    plain(
      `tick size ${describeTickSize(tickSize)}, effective spread ${describeSpread(effectiveSpread)}${effectiveSpread === null ? '' : `: ${describeEstimate(effectiveSpread)}`}`,
    ),
    `last candle closed ${age === null ? 'never' : describeAge(age, report.interval)}, clock offset ${known(clockOffsetMs, ' ms')}, rows by source: ${report.sources.map(({ source, rowCount }) => `${source} ${formatCount(rowCount)}`).join(', ')}`,
    `SHA-256 ${report.sha256}`,
  ];
}

function describeAge(ageIntervals: number, interval: Interval): string {
  const ageMs = ageIntervals * INTERVAL_MS[interval];
  const [distance, side] = [formatAge(Math.abs(ageMs) / 1000), ageMs < 0 ? 'from now' : 'ago'];
  return `${distance} ${side}`;
}

/** Beyond two days in days. */
function formatAge(seconds: number): string {
  const days = seconds / 86_400;
  return days < 2 ? formatDuration(seconds) : `${formatCount(days)} days`;
}

function describeTimes(timesMs: readonly number[]): string {
  const shown = timesMs.slice(0, TIMES_SHOWN).map(utcTime).join(', ');
  return timesMs.length > TIMES_SHOWN ? `${shown} and later` : shown;
}
