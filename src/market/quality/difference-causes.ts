/** Why two histories under one name differ, as far as the candles themselves tell. */

import { counted, figure } from '../../text/sentences.js';
import type { CandleSeries } from '../candle-series.js';

/** Vendors keep two digits of prices, and single precision of volumes. */
const ROUNDING = 1e-6;
const COARSEST_ROUNDING = 0.01;
const HOUR_MS = 3_600_000;
/** The farthest that clocks of the world are apart from UTC. */
export const LONGEST_SHIFT_HOURS = 14;
/** So many of the candles have to speak for a cause. */
const EXPLAINED_SHARE = 0.9;
const FEWEST_ROWS = 10;
/** Corrections of two candles may be alike. */
const FEWEST_ALIKE = 3;
/** Prices a fifth apart are others, and a factor of prices is the same within a tenth. */
const OTHER_PRICE = Math.log(1.2);
const SAME_FACTOR = Math.log(1.1);

/** Two histories, and the rows of one time that are other candles. */
export interface Difference {
  readonly stored: CandleSeries;
  readonly incoming: CandleSeries;
  /** Pairs of a row of the stored and one of the incoming series. */
  readonly revised: readonly (readonly [row: number, incomingRow: number])[];
}

/** A part of a sentence, empty where nothing explains the difference, or so few candles that chance may. */
export function explainDifference(difference: Difference): string {
  if (difference.revised.length < FEWEST_ALIKE) return '';
  const explanations = [explainFactor, explainVolumes, explainLength, explainShift];
  return explanations.map((explain) => explain(difference)).find((text) => text !== undefined) ?? '';
}

/** Whether one is the other with fewer digits, rounded or cut. */
export function isRounding(a: number, b: number): boolean {
  const distance = Math.abs(a - b);
  if (distance === 0) return true;
  const size = Math.max(Math.abs(a), Math.abs(b));
  if (distance <= ROUNDING * size) return true;
  return distance <= COARSEST_ROUNDING * size && distance <= 10 ** -Math.min(decimalsOf(a), decimalsOf(b));
}

function decimalsOf(value: number): number {
  const [digits, exponent = '0'] = value.toString().split('e');
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
}

function explainFactor({ stored, incoming, revised }: Difference): string | undefined {
  const logs = revised.map(([row, incomingRow]) => Math.log(incoming.close[incomingRow] / stored.close[row]));
  const median = [...logs].sort((a, b) => a - b)[logs.length >> 1];
  if (Math.abs(median) < OTHER_PRICE || !isMost(logs, (log) => Math.abs(log - median) < SAME_FACTOR)) return undefined;
  return `, at ${figure(Math.exp(median))} times the prices: another pair, another quote asset or other units`;
}

function explainVolumes({ stored, incoming, revised }: Difference): string | undefined {
  const hasSamePrices = ([row, incomingRow]: readonly [number, number]) =>
    (['open', 'high', 'low', 'close'] as const).every((name) =>
      isRounding(stored[name][row], incoming[name][incomingRow]),
    );
  if (!isMost(revised, hasSamePrices)) return undefined;
  return ', with the same prices and other volumes: another market of the pair, or other units';
}

function explainShift({ stored, incoming, revised }: Difference): string | undefined {
  const rowAt = new Map(Array.from(stored.openTimeMs, (timeMs, row) => [timeMs, row]));
  for (let hours = 1; hours <= LONGEST_SHIFT_HOURS; hours++) {
    for (const [sign, direction] of [
      [1, 'later'],
      [-1, 'earlier'],
    ] as const) {
      const compared = revised.flatMap(([, incomingRow]) => {
        const row = rowAt.get(incoming.openTimeMs[incomingRow] + sign * hours * HOUR_MS);
        return row === undefined ? [] : [isRounding(stored.close[row], incoming.close[incomingRow])];
      });
      if (compared.length < FEWEST_ROWS || !isMost(compared, (isSame) => isSame)) continue;
      return `, which stand ${counted(hours, 'hour')} ${direction} in the store: the clock of another time zone`;
    }
  }
  return undefined;
}

function explainLength({ stored, incoming, revised }: Difference): string | undefined {
  const contains = (a: CandleSeries, rowA: number, b: CandleSeries, rowB: number) =>
    isRounding(a.open[rowA], b.open[rowB]) && a.high[rowA] >= b.high[rowB] && a.low[rowA] <= b.low[rowB];
  if (revised.length < FEWEST_ROWS) return undefined;
  if (isMost(revised, ([row, incomingRow]) => contains(incoming, incomingRow, stored, row))) {
    return ', which open the same and go farther: candles of a longer interval';
  }
  if (isMost(revised, ([row, incomingRow]) => contains(stored, row, incoming, incomingRow))) {
    return ', which open the same and go less far: candles of a shorter interval';
  }
  return undefined;
}

function isMost<T>(items: readonly T[], test: (item: T) => boolean): boolean {
  let count = 0;
  for (const item of items) if (test(item)) count += 1;
  return count >= EXPLAINED_SHARE * items.length;
}
