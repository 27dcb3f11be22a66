/** The times of a file's rows as UTC milliseconds: counts since 1970, days of a spreadsheet, dates, clocks of a zone. Pure. */

import { TradeAiError } from '../../core/errors.js';
import { formatStamp } from '../../text/times.js';
import { calendarTimes } from './calendar-numbers.js';
import { resolveLocalTimes } from './local-times.js';
import { type TimeUnit, toMilliseconds } from './row-checks.js';
import type { RawCandles } from './source-table.js';

export interface FileTimes {
  /** Shape [rows]; NaN where no time was read. */
  readonly timeMs: Float64Array;
  readonly units: readonly TimeUnit[];
  /** Rows that are left out because their time has two readings. */
  readonly openRows: readonly number[];
  readonly notices: readonly string[];
  /** They are of a clock whose zone nobody has told, and were taken for those of UTC. */
  readonly isZoneless: boolean;
}

export interface TimeOptions {
  readonly fileName: string;
  /** Zone of times that tell no offset; UTC when absent. */
  readonly timeZone?: string;
  readonly nowMs: number;
  readonly placeOf: (row: number) => string;
}

const EXAMPLES = 5;

/**
 * Reads the times.
 *
 * @throws TradeAiError `CANDLE_VALUE_INVALID` for times that the clock of the zone never showed
 */
export function readTimes(raw: Pick<RawCandles, 'time' | 'timesOf'>, options: TimeOptions): FileTimes {
  const { timeZone, nowMs } = options;
  const calendar = raw.timesOf === undefined ? calendarTimes(raw.time, { ...options, nowMs }) : undefined;
  const { timeMs, units } = calendar ? { timeMs: calendar.timeMs, units: [] } : toMilliseconds(raw.time);
  const notices = calendar ? [calendar.notice] : [];
  const isWallClock = calendar !== undefined || raw.timesOf === 'wall clock';
  if (timeZone === undefined) return { timeMs, units, openRows: [], notices, isZoneless: isWallClock };
  if (!isWallClock) {
    const state = `the times of the file are of UTC by themselves, so that the zone ${timeZone} changes nothing`;
    return { timeMs, units, openRows: [], notices: [...notices, state], isZoneless: false };
  }
  const local = resolveLocalTimes(timeMs, timeZone);
  if (local.impossibleRows.length > 0) throw impossibleTimes(local.impossibleRows, timeMs, timeZone, options);
  notices.push(`the times were read as those of ${timeZone}`);
  if (local.openRows.length > 0) {
    const [first] = local.openRows;
    notices.push(
      `rows left out because their hour stands twice in ${timeZone} and nothing tells which it is: ${local.openRows.length}, ` +
        `the first ${formatStamp(timeMs[first], 'second')} (${options.placeOf(first)})`,
    );
  }
  return { timeMs: local.timeMs, units, openRows: local.openRows, notices, isZoneless: false };
}

function impossibleTimes(
  rows: readonly number[],
  wallMs: Float64Array,
  timeZone: string,
  { fileName, placeOf }: TimeOptions,
): TradeAiError {
  const examples = rows.slice(0, EXAMPLES).map((row) => `${formatStamp(wallMs[row], 'second')} (${placeOf(row)})`);
  return new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: ${rows.length} of its times never were in ${timeZone}, where the clocks are set forward: ${examples.join(', ')}`,
    { hint: 'they are of another zone, or of UTC, which needs none' },
  );
}
