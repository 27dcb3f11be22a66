/**
 * Whether new candles go on with the history that is stored. Vendors round, exchanges correct a few candles; what changes
 * more is another market, another pair, other units, another length or another clock under the same name.
 */

import { counted, figure, percent, utcTime } from '../../text/sentences.js';
import { type CandleSeries, firstRowAt, rowCountOf, sliceCandles } from '../candle-series.js';
import { INTERVAL_MS } from '../interval.js';
import { looksPartial } from './compare-series.js';
import { type Difference, explainDifference, isRounding } from './difference-causes.js';

/** The longest gap of missing candles over which prices are compared; within longer ones anything may have happened. */
export const JOINED_GAP_ROWS = 100;

/** More of the candles that both have may not change; one may, however few they are. */
const REVISED_SHARE_LIMIT = 0.01;
/** No market opens so far from its last close: ETHUSDT once opened at nearly twice it, and that was one trade. */
const FACTOR_BETWEEN_NEIGHBOURS = 3;
const FACTOR_ACROSS_GAP = 10;
/** Or beyond this, and five times as far as any other open of the two histories. */
const SMALLEST_SEAM = Math.log(1.03);
const SEAM_FACTOR = 5;
const FEWEST_SEAMS = 100;

const VALUES = ['open', 'high', 'low', 'close', 'volume'] as const;

/**
 * Says how new candles contradict what is stored: more than one, and than one in a hundred, of those that both have differ by
 * more than rounding, or their prices do not go on where the stored ones are.
 *
 * @param stored over the time of the new ones, and up to `JOINED_GAP_ROWS` candles around it
 * @returns `undefined` where they are one history
 */
export function describeContradiction(stored: CandleSeries, incoming: CandleSeries): string | undefined {
  const { commonRows, revised } = findRevised(stored, incoming);
  if (revised.length <= Math.max(1, REVISED_SHARE_LIMIT * commonRows)) return describeSeam(stored, incoming);
  const [row, incomingRow] = revised[0];
  const [first, last] = [row, revised[revised.length - 1][0]].map((at) => utcTime(stored.openTimeMs[at]));
  return (
    `${counted(revised.length, 'candle')} of ${figure(commonRows)} that are stored already would become other ones ` +
    `(${percent(revised.length / commonRows)}, at most ${commonRows < 1 / REVISED_SHARE_LIMIT ? 'one' : percent(REVISED_SHARE_LIMIT)} may), from ${first} to ${last}` +
    `${explainDifference({ stored, incoming, revised })}; the first was ${textOf(stored, row)} and would become ${textOf(incoming, incomingRow)}`
  );
}

/**
 * Without the last new candle where the stored one of its time goes on from it: a file that ends in a candle while it was
 * open takes nothing from one that has it whole, whichever comes first.
 */
export function dropPartialEnd(stored: CandleSeries, incoming: CandleSeries): CandleSeries {
  const last = rowCountOf(incoming) - 1;
  const row = firstRowAt(stored.openTimeMs, incoming.openTimeMs[last]);
  const isPartial = stored.openTimeMs[row] === incoming.openTimeMs[last] && looksPartial(incoming, last, stored, row);
  return isPartial ? sliceCandles(incoming, 0, last) : incoming;
}

function findRevised(
  stored: CandleSeries,
  incoming: CandleSeries,
): { commonRows: number; revised: Difference['revised'] } {
  const revised: [number, number][] = [];
  let commonRows = 0;
  let row = 0;
  for (let incomingRow = 0; incomingRow < rowCountOf(incoming); incomingRow++) {
    while (row < rowCountOf(stored) && stored.openTimeMs[row] < incoming.openTimeMs[incomingRow]) row += 1;
    if (stored.openTimeMs[row] !== incoming.openTimeMs[incomingRow]) continue;
    commonRows += 1;
    if (VALUES.every((name) => isRounding(stored[name][row], incoming[name][incomingRow]))) continue;
    // The last candle of a file may have been written while it was open.
    const isLast = row === rowCountOf(stored) - 1;
    if (!(isLast && looksPartial(stored, row, incoming, incomingRow))) revised.push([row, incomingRow]);
  }
  return { commonRows, revised };
}

/** An open that does not go on from the close before it, where one of the two is stored and the other one is new. */
function describeSeam(stored: CandleSeries, incoming: CandleSeries): string | undefined {
  const lengthMs = INTERVAL_MS[stored.interval];
  const farthest = Math.max(farthestSeam(stored), farthestSeam(incoming));
  const seamCount = rowCountOf(stored) + rowCountOf(incoming);
  const usual = seamCount < FEWEST_SEAMS ? Number.POSITIVE_INFINITY : SEAM_FACTOR * farthest;
  const limit = Math.min(Math.log(FACTOR_BETWEEN_NEIGHBOURS), Math.max(SMALLEST_SEAM, usual));
  for (const { before, after } of seamsBetween(stored, incoming)) {
    const openMs = after.series.openTimeMs[after.row];
    const missingRows = Math.round((openMs - before.series.openTimeMs[before.row]) / lengthMs) - 1;
    if (missingRows > JOINED_GAP_ROWS) continue;
    const [close, open] = [before.series.close[before.row], after.series.open[after.row]];
    if (Math.abs(Math.log(open / close)) <= (missingRows > 0 ? Math.log(FACTOR_ACROSS_GAP) : limit)) continue;
    const isNewBefore = before.series === incoming;
    return (
      `at ${utcTime(openMs)} ${isNewBefore ? 'the stored candles open' : 'the new candles open'} at ${open}, ${figure(open / close)} times the close of ` +
      `${close} ${isNewBefore ? 'of the new ones' : 'that is stored'} before: another pair, another quote asset or other units`
    );
  }
  return undefined;
}

interface Place {
  readonly series: CandleSeries;
  readonly row: number;
}

/** Neighbours of which one is stored and the other one new; of a time that both have the new candle counts. */
function* seamsBetween(stored: CandleSeries, incoming: CandleSeries): Generator<{ before: Place; after: Place }> {
  const storedCount = rowCountOf(stored);
  let row = 0;
  let hasIncoming = false;
  for (let incomingRow = 0; incomingRow <= rowCountOf(incoming); incomingRow++) {
    const timeMs = incoming.openTimeMs[incomingRow] ?? Number.POSITIVE_INFINITY;
    const firstRow = row;
    while (row < storedCount && stored.openTimeMs[row] < timeMs) row += 1;
    if (row > firstRow) {
      const after = { series: stored, row: firstRow };
      if (hasIncoming) yield { before: { series: incoming, row: incomingRow - 1 }, after };
      const next = { series: incoming, row: incomingRow };
      if (timeMs < Number.POSITIVE_INFINITY) yield { before: { series: stored, row: row - 1 }, after: next };
    }
    hasIncoming = true;
    if (stored.openTimeMs[row] === timeMs) row += 1;
  }
}

/** The largest |ln| of an open over the close right before it. */
function farthestSeam({ openTimeMs, open, close, interval }: CandleSeries): number {
  const lengthMs = INTERVAL_MS[interval];
  let farthest = 0;
  for (let row = 1; row < openTimeMs.length; row++) {
    if (openTimeMs[row] - openTimeMs[row - 1] !== lengthMs) continue;
    farthest = Math.max(farthest, Math.abs(Math.log(open[row] / close[row - 1])));
  }
  return farthest;
}

function textOf(series: CandleSeries, row: number): string {
  return VALUES.map((name) => `${name} ${series[name][row]}`).join(', ');
}
