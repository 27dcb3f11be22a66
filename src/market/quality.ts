/** What is wrong, odd or missing in a series of candles. Nothing is repaired here: findings are for people to judge. */

import { type CandleSeries, findGaps, type Gap, rowCountOf } from './candle-series.js';
import { floorToInterval, INTERVAL_MS, type Interval } from './interval.js';

export type FindingSeverity = 'info' | 'warning' | 'error';

export type FindingCode =
  | 'GAPS'
  | 'DUPLICATES'
  | 'CONFLICTS'
  | 'OFF_GRID'
  | 'OHLC_ERRORS'
  | 'ZERO_VOLUME'
  | 'FLAT_CANDLES'
  | 'JUMPS'
  | 'RELISTING'
  | 'STALE';

export interface QualityFinding {
  readonly code: FindingCode;
  readonly severity: FindingSeverity;
  readonly message: string;
  /** Open times of the first candles concerned, at most 20. */
  readonly timesMs: readonly number[];
}

export interface PriceJump {
  readonly openTimeMs: number;
  /** ln(close / close of the row before). */
  readonly logReturn: number;
  /** Whether candles are missing between the two rows. */
  readonly isAcrossGap: boolean;
}

export interface QualityReport {
  readonly symbol: string;
  readonly interval: Interval;
  readonly rowCount: number;
  readonly firstOpenTimeMs: number | null;
  readonly lastOpenTimeMs: number | null;
  readonly gaps: {
    readonly count: number;
    readonly missingRows: number;
    /** Missing candles as a share of those there could be between the first and the last. */
    readonly missingShare: number;
    readonly longest: Gap | null;
    readonly list: readonly Gap[];
  };
  /** Known at import only, for a series cannot hold a time twice; `null` when not given. */
  readonly duplicateRows: number | null;
  readonly conflictingTimes: number | null;
  readonly offGridRows: number;
  readonly ohlcErrorRows: number;
  readonly zeroVolumeRows: number;
  readonly zeroVolumeShare: number;
  /** Candles whose four prices are equal. */
  readonly flatRows: number;
  readonly flatShare: number;
  /** The |log return| above which a move counts as a jump. */
  readonly jumpThreshold: number;
  readonly jumps: readonly PriceJump[];
  /** How many intervals ago the last candle closed. */
  readonly lastClosedAgeIntervals: number | null;
  readonly findings: readonly QualityFinding[];
}

export interface QualityOptions {
  readonly nowMs: number;
  /** What the import saw, to be reported with the rest. */
  readonly imported?: { readonly duplicateRows: number; readonly conflictingTimes: number };
}

const MISSING_SHARE_WARNING = 0.01;
const QUIET_SHARE_WARNING = 0.05;
const STALE_INTERVALS = 2;
const JUMP_SIGMAS = 8;
const JUMP_MINIMUM = 0.1;
/** A price that changed by more than this across a gap is another unit or another coin. */
const RELISTING_CHANGE = 0.5;
const TIMES_SHOWN = 20;
/** Turns the median absolute deviation of a normal sample into its standard deviation: 1 / Φ⁻¹(3/4). */
const MAD_TO_SIGMA = 1.4826;

/**
 * Examines a series. Pure; the list of findings is empty for a whole, current, unremarkable series.
 *
 * @example checkCandles(series, { nowMs: Date.now() }).findings.map((finding) => finding.message)
 */
export function checkCandles(series: CandleSeries, { nowMs, imported }: QualityOptions): QualityReport {
  const rowCount = rowCountOf(series);
  const lengthMs = INTERVAL_MS[series.interval];
  const gapList = findGaps(series);
  const missingRows = gapList.reduce((sum, gap) => sum + gap.missingRows, 0);
  const rowsAfterGap = new Set(gapList.map((gap) => gap.rowBefore + 1));
  const offGrid = findOffGridRows(series.openTimeMs, series.interval);
  const ohlcErrors = rowsWhere(series, (row) => hasOhlcError(series, row));
  const zeroVolume = rowsWhere(series, (row) => series.volume[row] === 0);
  const flat = rowsWhere(series, (row) => isFlat(series, row));
  const jumpThreshold = jumpThresholdOf(series, rowsAfterGap);
  const jumps = findJumps(series, rowsAfterGap, jumpThreshold);
  const relistings = [...rowsAfterGap].filter((row) => isRelisting(series, row));
  const lastCloseMs = rowCount === 0 ? null : series.openTimeMs[rowCount - 1] + lengthMs;
  const report = {
    symbol: series.symbol,
    interval: series.interval,
    rowCount,
    firstOpenTimeMs: rowCount === 0 ? null : series.openTimeMs[0],
    lastOpenTimeMs: rowCount === 0 ? null : series.openTimeMs[rowCount - 1],
    gaps: {
      count: gapList.length,
      missingRows,
      missingShare: shareOf(missingRows, rowCount + missingRows),
      longest: gapList.reduce<Gap | null>(
        (most, gap) => (gap.missingRows > (most?.missingRows ?? 0) ? gap : most),
        null,
      ),
      list: gapList,
    },
    duplicateRows: imported?.duplicateRows ?? null,
    conflictingTimes: imported?.conflictingTimes ?? null,
    offGridRows: offGrid.length,
    ohlcErrorRows: ohlcErrors.length,
    zeroVolumeRows: zeroVolume.length,
    zeroVolumeShare: shareOf(zeroVolume.length, rowCount),
    flatRows: flat.length,
    flatShare: shareOf(flat.length, rowCount),
    jumpThreshold,
    jumps,
    lastClosedAgeIntervals: lastCloseMs === null ? null : (nowMs - lastCloseMs) / lengthMs,
  };
  const timesOf = (rows: readonly number[]) => rows.slice(0, TIMES_SHOWN).map((row) => series.openTimeMs[row]);
  const findings = describeFindings(report, {
    offGrid: timesOf(offGrid),
    ohlcErrors: timesOf(ohlcErrors),
    zeroVolume: timesOf(zeroVolume),
    flat: timesOf(flat),
    relistings: timesOf(relistings),
    relistingCount: relistings.length,
  });
  return { ...report, findings };
}

/**
 * The rows whose open time is not on the interval's grid. Three-day candles have no agreed first day, so theirs is the
 * grid of the first row.
 */
export function findOffGridRows(openTimeMs: Float64Array, interval: Interval): number[] {
  const rows: number[] = [];
  const offsetMs = interval === '3d' && openTimeMs.length > 0 ? openTimeMs[0] % INTERVAL_MS['3d'] : 0;
  for (let row = 0; row < openTimeMs.length; row++) {
    const timeMs = openTimeMs[row] - offsetMs;
    if (floorToInterval(timeMs, interval) !== timeMs) rows.push(row);
  }
  return rows;
}

interface FindingRows {
  offGrid: number[];
  ohlcErrors: number[];
  zeroVolume: number[];
  flat: number[];
  relistings: number[];
  relistingCount: number;
}

function describeFindings(report: Omit<QualityReport, 'findings'>, times: FindingRows): QualityFinding[] {
  const findings: QualityFinding[] = [];
  const add = (code: FindingCode, severity: FindingSeverity, message: string, timesMs: readonly number[] = []) =>
    findings.push({ code, severity, message, timesMs });
  const { gaps, jumps, lastClosedAgeIntervals } = report;
  if (gaps.longest) {
    add(
      'GAPS',
      gaps.missingShare > MISSING_SHARE_WARNING ? 'warning' : 'info',
      `${counted(gaps.count, 'gap')}, ${counted(gaps.missingRows, 'candle')} missing (${percent(gaps.missingShare)}); the longest is ` +
        `${counted(gaps.longest.missingRows, 'candle')} from ${isoTime(gaps.longest.fromMs)}`,
      gaps.list.slice(0, TIMES_SHOWN).map((gap) => gap.fromMs),
    );
  }
  if (report.duplicateRows)
    add('DUPLICATES', 'info', `${counted(report.duplicateRows, 'repeated row')} dropped at import`);
  if (report.conflictingTimes) {
    add('CONFLICTS', 'warning', `${counted(report.conflictingTimes, 'time')} with two different candles at import`);
  }
  if (report.offGridRows > 0) {
    add('OFF_GRID', 'error', `${counted(report.offGridRows, 'candle')} off the ${report.interval} grid`, times.offGrid);
  }
  if (report.ohlcErrorRows > 0) {
    const message = `${counted(report.ohlcErrorRows, 'candle')} with prices that contradict each other, or a price or volume that cannot be`;
    add('OHLC_ERRORS', 'error', message, times.ohlcErrors);
  }
  if (report.zeroVolumeRows > 0) {
    const message = `${counted(report.zeroVolumeRows, 'candle')} without trades (${percent(report.zeroVolumeShare)})`;
    add('ZERO_VOLUME', report.zeroVolumeShare > QUIET_SHARE_WARNING ? 'warning' : 'info', message, times.zeroVolume);
  }
  if (report.flatRows > 0) {
    const message = `${counted(report.flatRows, 'candle')} with four equal prices (${percent(report.flatShare)})`;
    add('FLAT_CANDLES', report.flatShare > QUIET_SHARE_WARNING ? 'warning' : 'info', message, times.flat);
  }
  if (jumps.length > 0) {
    const largest = jumps.reduce((most, jump) => (Math.abs(jump.logReturn) > Math.abs(most.logReturn) ? jump : most));
    add(
      'JUMPS',
      'warning',
      `${counted(jumps.length, 'price jump')}; the largest is ${percent(Math.expm1(largest.logReturn))} at ${isoTime(largest.openTimeMs)}`,
      jumps.slice(0, TIMES_SHOWN).map((jump) => jump.openTimeMs),
    );
  }
  if (times.relistingCount > 0) {
    const message =
      `the price changed by more than ${percent(RELISTING_CHANGE)} across ${counted(times.relistingCount, 'gap')}: a relisting, a ` +
      'redenomination, another coin under the same name, or a long time; consider the candles of one side only';
    add('RELISTING', 'warning', message, times.relistings);
  }
  if (lastClosedAgeIntervals !== null && lastClosedAgeIntervals > STALE_INTERVALS) {
    const message = `the last candle closed ${counted(Math.floor(lastClosedAgeIntervals), 'interval')} ago`;
    add('STALE', 'warning', message, report.lastOpenTimeMs === null ? [] : [report.lastOpenTimeMs]);
  }
  return findings;
}

function rowsWhere(series: CandleSeries, isMatch: (row: number) => boolean): number[] {
  const rows: number[] = [];
  for (let row = 0; row < rowCountOf(series); row++) if (isMatch(row)) rows.push(row);
  return rows;
}

function hasOhlcError(series: CandleSeries, row: number): boolean {
  const { open, high, low, close, volume } = series;
  // Written so that NaN anywhere is an error too.
  const isSound =
    low[row] > 0 &&
    high[row] < Number.POSITIVE_INFINITY &&
    open[row] >= low[row] &&
    open[row] <= high[row] &&
    close[row] >= low[row] &&
    close[row] <= high[row] &&
    volume[row] >= 0 &&
    volume[row] < Number.POSITIVE_INFINITY;
  return !isSound;
}

function isFlat({ open, high, low, close }: CandleSeries, row: number): boolean {
  return open[row] === close[row] && high[row] === low[row] && open[row] === high[row];
}

function isRelisting(series: CandleSeries, row: number): boolean {
  const ratio = series.open[row] / series.close[row - 1];
  return ratio > 1 + RELISTING_CHANGE || ratio < 1 - RELISTING_CHANGE;
}

/** Eight robust standard deviations of the log return between neighbours, and 10 % at the least. */
function jumpThresholdOf(series: CandleSeries, rowsAfterGap: ReadonlySet<number>): number {
  const returns: number[] = [];
  for (let row = 1; row < rowCountOf(series); row++) {
    const logReturn = Math.log(series.close[row] / series.close[row - 1]);
    if (!rowsAfterGap.has(row) && Number.isFinite(logReturn)) returns.push(logReturn);
  }
  const sorted = Float64Array.from(returns).sort();
  const centre = medianOfSorted(sorted);
  const deviations = sorted.map((value) => Math.abs(value - centre)).sort();
  return Math.max(JUMP_SIGMAS * MAD_TO_SIGMA * medianOfSorted(deviations), JUMP_MINIMUM);
}

function findJumps(series: CandleSeries, rowsAfterGap: ReadonlySet<number>, threshold: number): PriceJump[] {
  const jumps: PriceJump[] = [];
  for (let row = 1; row < rowCountOf(series); row++) {
    const logReturn = Math.log(series.close[row] / series.close[row - 1]);
    if (Math.abs(logReturn) > threshold && Number.isFinite(logReturn)) {
      jumps.push({ openTimeMs: series.openTimeMs[row], logReturn, isAcrossGap: rowsAfterGap.has(row) });
    }
  }
  return jumps;
}

function medianOfSorted(values: Float64Array): number {
  if (values.length === 0) return 0;
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function percent(fraction: number): string {
  const value = 100 * fraction;
  return `${Math.abs(value) < 1000 ? Number(value.toPrecision(3)) : Math.round(value)} %`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
