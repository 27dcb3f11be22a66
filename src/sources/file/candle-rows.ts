/** From the rows of a file to a series: units, order, repeats, grid. Pure; nothing is changed, filled or clamped. */

import { TradeAiError } from '../../core/errors.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { looksPartial } from '../../market/quality/compare-series.js';
import type { FaultLimits, ImportFaults } from '../../market/quality/import-faults.js';
import { findOffGridRows, rejectRow } from '../../market/quality/row-faults.js';
import { VALUE_COLUMNS } from './columns.js';
import { detectInterval } from './interval-detection.js';
import { checkSummerTime, checkUnclosed } from './local-clock.js';
import { describeOtherGrid } from './other-grid.js';
import type { RawCandles } from './source-table.js';

export interface RowOptions {
  readonly fileName: string;
  readonly symbol: string;
  readonly interval?: Interval;
  readonly suggestedInterval?: Interval;
  readonly nowMs: number;
  /** The zone that the user named for the times. */
  readonly timeZone?: string;
  /** The times tell no offset, and were taken for those of UTC. */
  readonly isZoneless: boolean;
  readonly limits: FaultLimits;
  /** Says where in the file a row stands, for messages: `line 17`. */
  readonly placeOf: (row: number) => string;
}

export interface ConflictSummary {
  /** Times that stand more than once with different prices or volumes. */
  readonly count: number;
  readonly firstTimesMs: readonly number[];
}

export interface BuiltSeries {
  readonly series: CandleSeries;
  readonly duplicateRows: number;
  readonly conflicts: ConflictSummary;
  readonly offGridRows: number;
  readonly unclosedRows: number;
  /** How the rows stood in the file. */
  readonly rowOrder: 'ascending' | 'descending' | 'mixed';
  readonly notices: readonly string[];
  readonly faults: ImportFaults;
}

const EXAMPLES = 5;

/**
 * Builds the series.
 *
 * Of a time that stands twice the copy written last is kept: an exchange's updater writes the open candle first and the
 * closed one after it. In a file that stands newest first, the copy written last is the upper one.
 *
 * @param timeMs open times in milliseconds, in the file's order
 * @throws TradeAiError `CANDLE_CONFLICT`, `CANDLES_INVALID`
 */
export function buildSeries(raw: RawCandles, timeMs: Float64Array, options: RowOptions): BuiltSeries {
  const { fileName, nowMs, symbol, limits } = options;
  const notices: string[] = [];
  const { rows: sorted, rowOrder } = sortRows(timeMs);
  if (rowOrder === 'descending') notices.push('the rows stood newest first and were turned round');
  if (rowOrder === 'mixed') notices.push('the rows were not in the order of time and were sorted');

  const unique = keepLastCopies(raw, timeMs, sorted);
  const times = gather(timeMs, unique.rows);
  const { conflictTimesMs } = unique;
  const clock = { ...options, openTimeMs: times, conflictTimesMs, isAccepted: limits.acceptsLocalTimes };
  const summerTime = checkSummerTime(clock);
  if (summerTime) notices.push(summerTime);
  const conflictShare = unique.conflictTimesMs.length / unique.rows.length;
  if (conflictShare > limits.conflictShare) throw conflictError(unique, timeMs, conflictShare, options);
  if (unique.duplicateRows > 0) notices.push(`repeated rows dropped: ${unique.duplicateRows}`);
  if (unique.conflictTimesMs.length > 0) {
    notices.push(
      `times that stood twice with different values, of which the copy written last was kept: ${unique.conflictTimesMs.length}, the first ` +
        unique.conflictTimesMs.slice(0, EXAMPLES).map(isoTime).join(', '),
    );
  }

  const { interval, isSparse } = detectInterval(times, {
    name: fileName,
    required: options.interval,
    suggested: options.suggestedInterval,
  });
  const closedCount = countClosed(times, nowMs - INTERVAL_MS[interval]);
  const unclosedRows = times.length - closedCount;
  if (unclosedRows > 0) notices.push(`candles left out because they have not closed yet: ${unclosedRows}`);
  if (closedCount === 0) {
    throw new TradeAiError('CANDLES_INVALID', `${fileName}: none of its candles has closed yet`, {
      hint: 'check the clock of this computer and the time column of the file',
    });
  }
  const localTime = checkUnclosed(times.subarray(closedCount), nowMs, clock) ?? summerTime;
  const onGrid = dropOffGrid(unique.rows.slice(0, closedCount), times.slice(0, closedCount), interval, options);
  if (onGrid.offGridRows > 0) {
    notices.push(
      `rows left out because they are off the ${interval} grid: ${onGrid.offGridRows}, the first ${isoTime(onGrid.firstOffGridMs)}`,
    );
  }
  if (onGrid.otherGrid !== undefined) notices.push(onGrid.otherGrid);
  if (isSparse) {
    notices.push(
      `the spacing is irregular, the rows were read as ${interval} candles with gaps; name another with --interval`,
    );
  }
  const columns = { openTimeMs: timeMs, ...raw.values };
  return {
    series: selectSeries(raw, timeMs, onGrid.rows, symbol, interval),
    duplicateRows: unique.duplicateRows,
    conflicts: { count: unique.conflictTimesMs.length, firstTimesMs: unique.conflictTimesMs.slice(0, EXAMPLES) },
    offGridRows: onGrid.offGridRows,
    unclosedRows,
    rowOrder,
    notices,
    faults: {
      duplicateRows: unique.duplicateRows,
      conflictingTimes: unique.conflictTimesMs.length,
      conflictTimesMs: unique.conflictTimesMs,
      partialTimesMs: unique.partialTimesMs,
      superseded: unique.supersededRows.map((row) => rejectRow(columns, row, 'conflict')),
      unclosedRows,
      localTime,
      rejected: onGrid.offGrid.map((row) => rejectRow(columns, row, 'off-grid')),
    },
  };
}

/** Row numbers in the order of time; rows of one time in the order they were written. */
function sortRows(timeMs: Float64Array): { rows: Int32Array; rowOrder: BuiltSeries['rowOrder'] } {
  const rows = new Int32Array(timeMs.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  let rises = 0;
  let falls = 0;
  for (let row = 1; row < timeMs.length; row++) {
    if (timeMs[row] > timeMs[row - 1]) rises += 1;
    if (timeMs[row] < timeMs[row - 1]) falls += 1;
  }
  if (falls === 0) return { rows, rowOrder: 'ascending' };
  if (rises < falls) rows.reverse();
  if (rises === 0) return { rows, rowOrder: 'descending' };
  // Sorting is stable in JavaScript, so rows of one time keep their order.
  return { rows: rows.sort((a, b) => timeMs[a] - timeMs[b]), rowOrder: 'mixed' };
}

interface UniqueRows {
  rows: Int32Array;
  duplicateRows: number;
  conflictTimesMs: number[];
  /** Of those, the ones whose copy written first looks like the candle while it was open. */
  partialTimesMs: number[];
  /** Copies of such times that were not kept. */
  supersededRows: number[];
  /** The first rows that disagree, in pairs. */
  conflictRows: [number, number][];
}

function keepLastCopies(raw: RawCandles, timeMs: Float64Array, sorted: Int32Array): UniqueRows {
  const rows = new Int32Array(sorted.length);
  let count = 0;
  const conflictTimesMs: number[] = [];
  const partialTimesMs: number[] = [];
  const supersededRows: number[] = [];
  const conflictRows: [number, number][] = [];
  let duplicateRows = 0;
  for (const row of sorted) {
    const previous = rows[count - 1];
    if (count === 0 || timeMs[previous] !== timeMs[row]) {
      rows[count++] = row;
      continue;
    }
    rows[count - 1] = row;
    if (VALUE_COLUMNS.every((name) => raw.values[name][previous] === raw.values[name][row])) {
      duplicateRows += 1;
    } else {
      if (conflictTimesMs.at(-1) !== timeMs[row]) conflictTimesMs.push(timeMs[row]);
      if (looksPartial(raw.values, previous, raw.values, row)) partialTimesMs.push(timeMs[row]);
      supersededRows.push(previous);
      if (conflictRows.length < EXAMPLES) conflictRows.push([previous, row]);
    }
  }
  return { rows: rows.slice(0, count), duplicateRows, conflictTimesMs, partialTimesMs, supersededRows, conflictRows };
}

function conflictError(unique: UniqueRows, timeMs: Float64Array, share: number, options: RowOptions): TradeAiError {
  const examples = unique.conflictRows.map(
    ([first, second]) => `${isoTime(timeMs[first])} (${options.placeOf(first)} and ${options.placeOf(second)})`,
  );
  return new TradeAiError(
    'CANDLE_CONFLICT',
    `${options.fileName}: ${unique.conflictTimesMs.length} of ${unique.rows.length} times stand twice with different values ` +
      `(${percent(share)}, at most ${percent(options.limits.conflictShare)} is accepted): ${examples.join('; ')}`,
    {
      commandHint:
        'find out which copies are right and keep those, or download the file again; `train --allow-conflicts` takes the copies written last',
    },
  );
}

function countClosed(openTimeMs: Float64Array, lastClosedOpenMs: number): number {
  let count = openTimeMs.length;
  while (count > 0 && openTimeMs[count - 1] > lastClosedOpenMs) count -= 1;
  return count;
}

interface OnGrid {
  readonly rows: Int32Array;
  readonly offGrid: number[];
  readonly offGridRows: number;
  readonly firstOffGridMs: number;
  /** Where nearly all rows open, if that is another grid. */
  readonly otherGrid?: string;
}

function dropOffGrid(
  rows: Int32Array,
  openTimeMs: Float64Array,
  interval: Interval,
  { fileName, placeOf, limits, isZoneless }: RowOptions,
): OnGrid {
  const offGrid = findOffGridRows(openTimeMs, interval);
  if (offGrid.length === 0) return { rows, offGrid, offGridRows: 0, firstOffGridMs: Number.NaN };
  const share = offGrid.length / rows.length;
  const other = describeOtherGrid(openTimeMs, interval);
  if (share > limits.offGridShare) {
    if (other !== undefined) {
      const { state, commandHint } = other;
      // Their shorter candles would be those of the same clock.
      const zone = isZoneless
        ? 'if that is because of a local clock, name its zone: --time-zone Europe/Berlin; else '
        : '';
      throw new TradeAiError('CANDLES_INVALID', `${fileName}: ${state}`, { commandHint: zone + commandHint });
    }
    const examples = offGrid.slice(0, EXAMPLES).map((at) => `${isoTime(openTimeMs[at])} (${placeOf(rows[at])})`);
    throw new TradeAiError(
      'CANDLES_INVALID',
      `${fileName}: ${offGrid.length} of ${rows.length} candles do not open on the ${interval} grid ` +
        `(${percent(share)}, at most ${percent(limits.offGridShare)} is accepted): ${examples.join(', ')}`,
      { hint: 'download the range again (exchanges correct such rows), or remove them' },
    );
  }
  const dropped = new Set(offGrid);
  return {
    rows: rows.filter((_, at) => !dropped.has(at)),
    offGrid: offGrid.map((at) => rows[at]),
    offGridRows: offGrid.length,
    firstOffGridMs: openTimeMs[offGrid[0]],
    otherGrid: other?.state,
  };
}

function selectSeries(
  raw: RawCandles,
  timeMs: Float64Array,
  rows: Int32Array,
  symbol: string,
  interval: Interval,
): CandleSeries {
  const { open, high, low, close, volume } = raw.values;
  return {
    symbol,
    interval,
    openTimeMs: gather(timeMs, rows),
    open: gather(open, rows),
    high: gather(high, rows),
    low: gather(low, rows),
    close: gather(close, rows),
    volume: gather(volume, rows),
    extras: Object.fromEntries(Object.entries(raw.extras).map(([name, values]) => [name, gather(values, rows)])),
  };
}

/** The values of these rows; the array itself where they are all of them in order, for a long file fills the memory. */
function gather(values: Float64Array, rows: Int32Array): Float64Array {
  if (rows.length === values.length && rows.every((row, at) => row === at)) return values;
  const out = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) out[at] = values[rows[at]];
  return out;
}

function percent(fraction: number): string {
  return `${Number((100 * fraction).toPrecision(3))} %`;
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
