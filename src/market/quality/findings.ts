/** Sentences for what was seen, with figures and times. */

import { shareOf } from '../../core/statistics.js';
import { formatStep } from '../../text/numbers.js';
import { counted, percent, utcTime } from '../../text/sentences.js';
import type { CandleSeries, Gap } from '../candle-series.js';
import { type DeadMarket, describeConstantClose, describeDeadMarket, findConstantClose } from '../dead-market.js';
import { INTERVAL_MS } from '../interval.js';
import type { Halts } from './halts.js';
import type { ImportFaults, RejectedRow } from './import-faults.js';
import { describeMixture, type Mixture, type MixtureKind } from './mixtures.js';
import type { PriceBreak } from './price-breaks.js';
import type { QuietCandles } from './quiet-candles.js';
import type { FindingCode, FindingSeverity, QualityFinding, QualityReport } from './report.js';
import type { VolumeUnits } from './volume-units.js';
import type { FlashWick } from './wicks.js';

/** What the sentences need beside the figures of the report. */
export interface Observations {
  readonly series: CandleSeries;
  readonly nowMs: number;
  readonly halts: Halts;
  /** Whether rows that cannot be candles are still in the series. */
  readonly isUnsound: boolean;
  /** In the series still, or set aside before. */
  readonly rejected: readonly RejectedRow[];
  readonly quiet: QuietCandles;
  readonly volumeUnits: VolumeUnits;
  readonly breaks: readonly PriceBreak[];
  readonly wicks: readonly FlashWick[];
  /** The silence that the series ends in. */
  readonly deadMarket: DeadMarket | undefined;
  readonly isImplausible: boolean;
  readonly mixtures: readonly Mixture[];
  readonly imported: ImportFaults;
}

const MISSING_SHARE_WARNING = 0.01;
const QUIET_SHARE_WARNING = 0.05;
/** Exchanges wrote a few after outages; more of them are another interval, or another clock. */
const OFF_GRID_SHARE_ERROR = 0.01;
const SWAPPED_SHARE_WARNING = 0.001;
/** Of the price. A return of one tick is then as large as what an hour of a calm market brings. */
const COARSE_TICK_SHARE = 0.001;
const STALE_INTERVALS = 2;
/** Exchanges refuse signed calls that are 1 to 5 s off; forecasts depend on which candle is closed. */
const CLOCK_WARNING_MS = 500;
const CLOCK_ERROR_MS = 5_000;
const TIMES_SHOWN = 20;
const CODE_OF_MIXTURE: Readonly<Record<MixtureKind, FindingCode>> = {
  lengths: 'MIXED_LENGTHS',
  markets: 'MIXED_MARKETS',
  clocks: 'MIXED_CLOCKS',
};

/** The findings of a series, worst kinds of data faults first, then what the market did, then its age. */
export function describeFindings(report: Omit<QualityReport, 'findings'>, seen: Observations): QualityFinding[] {
  return [
    ...describeGaps(report, seen.halts),
    ...describeImport(seen.imported),
    ...seen.mixtures.map((mixture) =>
      finding(CODE_OF_MIXTURE[mixture.kind], 'error', describeMixture(mixture), [mixture.firstMs, mixture.lastMs]),
    ),
    ...describeRejected(report, seen),
    ...describeVolumes(report, seen),
    ...describePrices(report, seen),
    ...describeMarket(report, seen),
    ...describeTimes(report, seen),
  ];
}

function describeGaps({ gaps }: Omit<QualityReport, 'findings'>, halts: Halts): QualityFinding[] {
  if (gaps.longest === null) return [];
  const findings = [
    finding(
      'GAPS',
      gaps.missingShare > MISSING_SHARE_WARNING ? 'warning' : 'info',
      `${counted(gaps.count, 'gap')}, ${counted(gaps.missingRows, 'candle')} missing (${percent(gaps.missingShare)}); the longest is ` +
        `${counted(gaps.longest.missingRows, 'candle')} from ${utcTime(gaps.longest.fromMs)}`,
      gaps.list.map((gap) => gap.fromMs),
    ),
  ];
  const span = ({ fromMs, toMs }: Gap) => `${utcTime(fromMs)} to ${utcTime(toMs)}`;
  if (halts.outages.length > 0) {
    const message = `${counted(halts.outages.length, 'gap')} behind a candle without trades: the exchange was down, the last time ${span(halts.outages.at(-1)!)}`;
    findings.push(finding('OUTAGE', 'info', message, startsOf(halts.outages)));
  }
  if (halts.suspensions.length > 0) {
    const message =
      `${counted(halts.suspensions.length, 'gap')} of more than three days, the first ${span(halts.suspensions[0])}: trading was suspended, or the ` +
      'download has a hole; no window crosses it';
    findings.push(finding('SUSPENSION', 'warning', message, startsOf(halts.suspensions)));
  }
  if (halts.hasNoTradeGaps) {
    const message =
      'many gaps and no candle without trades: the exchange seems to write no row when nobody trades; a longer interval has fewer gaps';
    findings.push(finding('NO_TRADE_GAPS', 'info', message, startsOf(gaps.list)));
  }
  return findings;
}

function describeImport(imported: ImportFaults): QualityFinding[] {
  const findings: QualityFinding[] = [];
  const { duplicateRows, conflictingTimes, conflictTimesMs = [], partialTimesMs = [], unclosedRows } = imported;
  const { timeUnits = [], badLines = [] } = imported;
  if (duplicateRows) findings.push(finding('DUPLICATES', 'info', `${counted(duplicateRows, 'repeated row')} dropped`));
  if (conflictingTimes) {
    const message = `${counted(conflictingTimes, 'time')} with two different candles, of which the one written last was kept${firstAt(conflictTimesMs)}`;
    findings.push(finding('CONFLICTS', 'warning', message, conflictTimesMs));
  }
  if (partialTimesMs.length > 0) {
    const message = `${counted(partialTimesMs.length, 'time')} whose older copy looks like the candle while it was still open${firstAt(partialTimesMs)}`;
    findings.push(finding('PARTIAL_CANDLES', 'warning', message, partialTimesMs));
  }
  if (unclosedRows) {
    findings.push(finding('UNCLOSED', 'info', `${counted(unclosedRows, 'candle')} left out that had not closed yet`));
  }
  if (imported.localTime !== undefined) findings.push(finding('LOCAL_TIME', 'error', imported.localTime));
  if (timeUnits.length > 1) {
    const message = `times in ${timeUnits.join(' and ')}, each read in its own unit`;
    findings.push(finding('TIME_UNITS', 'info', message));
  }
  if (badLines.length > 0) {
    const message = `${counted(badLines.length, 'line')} with too few or too many cells: ${badLines.slice(0, TIMES_SHOWN).join(', ')}`;
    findings.push(finding('BAD_LINES', 'error', message));
  }
  return findings;
}

function describeRejected(
  { interval, rowCount, offGridRows, ohlcErrorRows }: Omit<QualityReport, 'findings'>,
  { rejected, isUnsound }: Observations,
): QualityFinding[] {
  const findings: QualityFinding[] = [];
  const offGrid = rejected.filter(({ fault }) => fault === 'off-grid').map(({ openTimeMs }) => openTimeMs);
  if (offGridRows > 0) {
    const share = shareOf(offGridRows, rowCount + rejected.length);
    const message = `${counted(offGridRows, 'candle')} off the ${interval} grid (${percent(share)})${firstAt(offGrid)}`;
    const severity = isUnsound || share > OFF_GRID_SHARE_ERROR ? 'error' : 'warning';
    findings.push(finding('OFF_GRID', severity, message, offGrid));
  }
  if (ohlcErrorRows > 0) {
    const bad = rejected.filter(({ fault }) => fault !== 'off-grid');
    const kinds = [...new Set(bad.map(({ fault }) => fault))].map(
      (kind) => `${bad.filter(({ fault }) => fault === kind).length} ${kind}`,
    );
    const times = bad.map(({ openTimeMs }) => openTimeMs);
    const message = `${counted(ohlcErrorRows, 'row')} that cannot be a candle (${kinds.join(', ')})${firstAt(times)}`;
    findings.push(finding('OHLC_ERRORS', 'error', message, times));
  }
  return findings;
}

function describeVolumes(
  report: Omit<QualityReport, 'findings'>,
  { series, quiet, volumeUnits, imported }: Observations,
): QualityFinding[] {
  const findings: QualityFinding[] = [];
  const timesOf = (rows: readonly number[]) => rows.slice(0, TIMES_SHOWN).map((row) => series.openTimeMs[row]);
  const swappedTimes = imported.swappedVolumeTimesMs ?? timesOf(volumeUnits.swapped);
  const swappedCount = imported.swappedVolumeTimesMs?.length ?? volumeUnits.swapped.length;
  const wrong = swappedCount + volumeUnits.mixed.length;
  if (wrong > 0) {
    const share = shareOf(wrong, volumeUnits.comparedRows || report.rowCount);
    const message =
      `quote volume over volume is no price in ${counted(wrong, 'candle')} (${percent(share)}), of which ${swappedCount} look like base and quote ` +
      `volume in each other's place${firstAt([...swappedTimes, ...timesOf(volumeUnits.mixed)])}`;
    const severity = share > SWAPPED_SHARE_WARNING ? 'error' : 'info';
    findings.push(finding('VOLUME_UNITS', severity, message, [...swappedTimes, ...timesOf(volumeUnits.mixed)]));
  }
  if (volumeUnits.shifted.length > 0) {
    const times = timesOf(volumeUnits.shifted);
    const message = `the volume changes by about the price, as from units of the base asset to those of the quote asset or back${firstAt(times)}`;
    findings.push(finding('VOLUME_UNITS', 'error', message, times));
  }
  if (report.zeroVolumeRows > 0) {
    const message = `${counted(report.zeroVolumeRows, 'candle')} without trades (${percent(report.zeroVolumeShare)})`;
    findings.push(finding('ZERO_VOLUME', quietSeverity(report.zeroVolumeShare), message, timesOf(quiet.zeroVolume)));
  }
  if (report.flatRows > 0) {
    const message = `${counted(report.flatRows, 'candle')} with four equal prices (${percent(report.flatShare)})`;
    findings.push(finding('FLAT_CANDLES', quietSeverity(report.flatShare), message, timesOf(quiet.flat)));
  }
  return findings;
}

function describePrices(
  { jumps }: Omit<QualityReport, 'findings'>,
  { series, breaks, wicks, isImplausible }: Observations,
): QualityFinding[] {
  const findings: QualityFinding[] = [];
  const timeOf = ({ row }: { readonly row: number }) => series.openTimeMs[row];
  if (jumps.length > 0) {
    const largest = jumps.reduce((most, jump) => (Math.abs(jump.logReturn) > Math.abs(most.logReturn) ? jump : most));
    const message = `${counted(jumps.length, 'price jump')}; the largest is ${percent(Math.expm1(largest.logReturn))} at ${utcTime(largest.openTimeMs)}`;
    const times = jumps.slice(0, TIMES_SHOWN).map((jump) => jump.openTimeMs);
    findings.push(finding('JUMPS', 'warning', message, times));
  }
  if (wicks.length > 0) {
    const longest = wicks.reduce((most, wick) => (Math.abs(wick.logReach) > Math.abs(most.logReach) ? wick : most));
    const message =
      `${counted(wicks.length, 'flash wick')}; the longest reaches ${percent(Math.expm1(longest.logReach))} beyond the candle and its neighbour ` +
      `at ${utcTime(timeOf(longest))}; kept as they are, cut in features`;
    findings.push(finding('WICKS', 'warning', message, wicks.map(timeOf)));
  }
  for (const kind of ['relisting', 'redenomination'] as const) {
    const found = breaks.filter((candidate) => candidate.kind === kind);
    if (found.length === 0) continue;
    const meaning =
      kind === 'relisting'
        ? 'another coin under the same name, or a price after a long time'
        : 'the same coin in other units';
    const [first] = found;
    const place = first.missingRows === 0 ? '' : ` behind ${counted(first.missingRows, 'missing candle')}`;
    const message =
      `${counted(found.length, kind)}, the first at ${utcTime(timeOf(first))}${place}: the price is ${Number(first.ratio.toPrecision(3))} times what it ` +
      `was, which means ${meaning}; the series is split there`;
    findings.push(
      finding(kind === 'relisting' ? 'RELISTING' : 'REDENOMINATION', 'warning', message, found.map(timeOf)),
    );
  }
  if (isImplausible) {
    const message =
      'most candles are missing, most of the others are empty, and the price changes while nobody trades: not a market, perhaps a test network';
    findings.push(finding('IMPLAUSIBLE', 'error', message, breaks.map(timeOf)));
  }
  return findings;
}

function describeMarket(
  { tickSize, rowCount }: Omit<QualityReport, 'findings'>,
  { series, deadMarket }: Observations,
): QualityFinding[] {
  const findings: QualityFinding[] = [];
  if (tickSize !== null && tickSize.share > COARSE_TICK_SHARE) {
    const message =
      `prices move in steps of ${formatStep(tickSize.size)}, ${percent(tickSize.share)} of the price: no smaller change can happen, ` +
      'and a spread is a step at the least';
    findings.push(finding('COARSE_TICKS', 'warning', message));
  }
  const constantClose = findConstantClose(series);
  if (deadMarket !== undefined && constantClose !== undefined) {
    findings.push(finding('CONSTANT_PRICE', 'error', describeConstantClose(constantClose, rowCount)));
  } else if (deadMarket !== undefined) {
    findings.push(finding('DEAD_MARKET', 'warning', describeDeadMarket(deadMarket), [deadMarket.sinceMs]));
  }
  return findings;
}

function describeTimes(
  { lastClosedAgeIntervals, lastOpenTimeMs, clockOffsetMs }: Omit<QualityReport, 'findings'>,
  { series, nowMs }: Observations,
): QualityFinding[] {
  const findings: QualityFinding[] = [];
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > CLOCK_WARNING_MS) {
    const message = `this computer's clock is ${Math.round(Math.abs(clockOffsetMs))} ms ${clockOffsetMs > 0 ? 'ahead of' : 'behind'} the exchange's`;
    findings.push(finding('CLOCK_OFFSET', Math.abs(clockOffsetMs) > CLOCK_ERROR_MS ? 'error' : 'warning', message));
  }
  if (lastClosedAgeIntervals === null || lastOpenTimeMs === null) return findings;
  if (lastClosedAgeIntervals < 0) {
    const { openTimeMs, interval } = series;
    let firstOpenRow = openTimeMs.length - 1;
    while (firstOpenRow > 0 && openTimeMs[firstOpenRow - 1] + INTERVAL_MS[interval] > nowMs) firstOpenRow -= 1;
    const times = Array.from(openTimeMs.subarray(firstOpenRow, firstOpenRow + TIMES_SHOWN));
    const count = counted(openTimeMs.length - firstOpenRow, 'candle');
    const message = `${count} not closed yet by this clock${firstAt(times)}: stored too early, or the clock is slow`;
    findings.push(finding('UNCLOSED', 'error', message, times));
  }
  if (lastClosedAgeIntervals > STALE_INTERVALS) {
    const message = `the last candle, of ${utcTime(lastOpenTimeMs)}, closed ${counted(Math.floor(lastClosedAgeIntervals), 'interval')} ago`;
    findings.push(finding('STALE', 'warning', message, [lastOpenTimeMs]));
  }
  return findings;
}

function finding(
  code: FindingCode,
  severity: FindingSeverity,
  message: string,
  timesMs: readonly number[] = [],
): QualityFinding {
  return { code, severity, message, timesMs: timesMs.slice(0, TIMES_SHOWN) };
}

function quietSeverity(share: number): FindingSeverity {
  return share > QUIET_SHARE_WARNING ? 'warning' : 'info';
}

function startsOf(gaps: readonly Gap[]): number[] {
  return gaps.map((gap) => gap.fromMs);
}

function firstAt(timesMs: readonly number[]): string {
  return timesMs.length === 0 ? '' : `, the first at ${utcTime(timesMs[0])}`;
}
