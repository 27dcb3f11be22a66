/**
 * Series of which one part is not of the same kind as the other: candles of two lengths, two markets, two symbols or two
 * clocks that were stored under one name. Such a mixture foretells itself (a candle of four hours knows the close of three
 * that follow it), and a model of it looks better than any honest one.
 *
 * A market goes on where it was: each candle opens near the close before it. Everything here rests on what a mixture does
 * to that, compared with the same series elsewhere, so that neither a thin market nor coarse prices are taken for one.
 */

import { counted, figure, utcTime } from '../../text/sentences.js';
import type { CandleSeries } from '../candle-series.js';
import { INTERVAL_MS } from '../interval.js';
import { LONGEST_SHIFT_HOURS } from './difference-causes.js';
import { findSpacingChange, nameLength } from './spacing.js';

export type MixtureKind = 'lengths' | 'markets' | 'clocks';

/** A part of a series that is a mixture. */
export interface Mixture {
  readonly kind: MixtureKind;
  /** Candles that are not of the kind of the others, or do not go on from the one before. */
  readonly rowCount: number;
  /** Open times of the first and the last of them. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The length of the others, where that is told. */
  readonly lengthMs?: number;
  /** How far the clocks are apart, where that is told. */
  readonly shiftMs?: number;
}

/**
 * The mixtures of a series, at most one a kind; none of a series of one kind.
 *
 * @example findMixtures(series).map(({ kind }) => kind) // ['lengths']
 */
export function findMixtures(series: CandleSeries): Mixture[] {
  const found = [findLengths(series), findClocks(series), findMarkets(series)];
  return found.filter((mixture) => mixture !== undefined);
}

/** A mixture in words, for a finding. */
export function describeMixture({ kind, rowCount, firstMs, lastMs, lengthMs, shiftMs }: Mixture): string {
  const span = `from ${utcTime(firstMs)} to ${utcTime(lastMs)}`;
  if (kind === 'lengths') {
    return `${counted(rowCount, 'candle')} of another length (${nameLength(lengthMs!)}) among the others, ${span}: each knows the closes behind it`;
  }
  if (kind === 'clocks') {
    const hours = shiftMs! / HOUR_MS;
    const apart = `${figure(hours)} ${hours === 1 ? 'hour' : 'hours'}`;
    return `${counted(rowCount, 'candle')} stand there twice, ${apart} apart, ${span}: by the clock of another time zone, or where a hole was filled`;
  }
  return `${counted(rowCount, 'open')} leave the close before them up and down by turns, ${span}: candles of two markets or symbols in one series`;
}

/** Lengths that vendors have and that are no interval. */
const MINUTE_MS = INTERVAL_MS['1m'];
const OTHER_LENGTHS_MS = [2, 10, 20, 45, 90, 180, 2_880].map((minutes) => minutes * MINUTE_MS);
/** A part that is examined by itself: so many rows, and so many candles of the longer length. */
const BLOCK_ROWS = 500;
const BLOCK_CANDLES = 40;
/** How near the two closes have to be, as a share of the longer candle. */
const SAME_CLOSE = 0.02;
/** So many candles hold those behind them, and so many times as many as at other places of the grid. */
const FEWEST_HOLDERS = 15;
const HOLDERS_FACTOR = 8;

function findLengths(series: CandleSeries): Mixture | undefined {
  const { openTimeMs, interval } = series;
  const lengthMs = INTERVAL_MS[interval];
  const change = openTimeMs.length > 1 ? findSpacingChange(openTimeMs, lengthMs) : undefined;
  if (change) {
    const { rowStart, rowEnd } = change;
    return mixtureOf('lengths', openTimeMs, [rowStart, rowEnd - 1], {
      rowCount: rowEnd - rowStart,
      lengthMs: change.lengthMs,
    });
  }
  for (const otherMs of [...Object.values(INTERVAL_MS), ...OTHER_LENGTHS_MS]) {
    if (otherMs <= lengthMs || otherMs % lengthMs !== 0) continue;
    const rows = findHolders(series, otherMs / lengthMs);
    if (rows.length > 0) return mixtureOf('lengths', openTimeMs, rows, { lengthMs: otherMs });
  }
  return undefined;
}

/**
 * Rows whose candle holds those of the rows behind it: the same close, no higher high, no lower low, no greater volume, as
 * a candle of `multiple` times the length has. By chance some do, at any place of the grid; of a mixture those at one.
 */
function findHolders(series: CandleSeries, multiple: number): number[] {
  const { openTimeMs, high, low, close } = series;
  const lengthMs = INTERVAL_MS[series.interval];
  const blockRows = Math.max(BLOCK_ROWS, BLOCK_CANDLES * multiple);
  const found: number[] = [];
  let holders: number[] = [];
  const endBlock = () => {
    if (holders.length >= FEWEST_HOLDERS) found.push(...onOnePlace(holders, openTimeMs, lengthMs, multiple));
    holders = [];
  };
  for (let row = 0; row + multiple <= openTimeMs.length; row++) {
    if (row % blockRows === 0) endBlock();
    const distance = close[row] - close[row + multiple - 1];
    // Settles nearly every row at once.
    if (Math.abs(distance) > SAME_CLOSE * (high[row] - low[row])) continue;
    if (
      openTimeMs[row + multiple - 1] - openTimeMs[row] === (multiple - 1) * lengthMs &&
      isHolder(series, row, multiple)
    ) {
      holders.push(row);
    }
  }
  endBlock();
  return found;
}

function isHolder({ high, low, volume }: CandleSeries, row: number, multiple: number): boolean {
  let volumeSum = 0;
  let hasMoved = false;
  for (let at = row + 1; at < row + multiple; at++) {
    if (high[at] > high[row] || low[at] < low[row]) return false;
    if (high[at] > low[at]) hasMoved = true;
    volumeSum += volume[at];
  }
  return hasMoved && volumeSum > 0 && volume[row] > volumeSum;
}

/** Those at the place of the grid where most of them are, where they are many and the others few. */
function onOnePlace(rows: readonly number[], openTimeMs: Float64Array, lengthMs: number, multiple: number): number[] {
  const counts = new Array<number>(multiple).fill(0);
  const placeOf = (row: number) => Math.round(openTimeMs[row] / lengthMs) % multiple;
  for (const row of rows) counts[placeOf(row)] += 1;
  const most = Math.max(...counts);
  const others = (rows.length - most) / (multiple - 1);
  if (most < FEWEST_HOLDERS || most < HOLDERS_FACTOR * (others + 1)) return [];
  const place = counts.indexOf(most);
  return rows.filter((row) => placeOf(row) === place);
}

const HOUR_MS = INTERVAL_MS['1h'];
/** Alike in five numbers a thin market has candles by chance, at any distance; only another clock repeats them in a row. */
const FEWEST_IN_A_ROW = 3;
/** So many times as many as at the other distances in the mean; so many more where none are in a row. */
const REPEATS_FACTOR = 8;
const MORE_REPEATS = 3;

/** Candles that are there twice, always as many hours apart: part of the series is by another clock. */
function findClocks(series: CandleSeries): Mixture | undefined {
  const lengthMs = INTERVAL_MS[series.interval];
  const halfHours = Array.from({ length: 2 * LONGEST_SHIFT_HOURS }, (_, at) => ((at + 1) * HOUR_MS) / 2);
  const shiftsMs = halfHours.filter((shiftMs) => shiftMs % lengthMs === 0);
  const repeats = shiftsMs.map((shiftMs) => findRepeats(series, shiftMs));
  const repeatCount = repeats.flat().length;
  const at = repeats.findIndex((rows) => {
    const usual = (repeatCount - rows.length) / Math.max(1, repeats.length - 1);
    return rows.length > 0 && rows.length >= REPEATS_FACTOR * usual + (hasRow(rows) ? 0 : MORE_REPEATS);
  });
  return at < 0 ? undefined : mixtureOf('clocks', series.openTimeMs, repeats[at], { shiftMs: shiftsMs[at] });
}

/** Rows of candles that stand as far before them once more. */
function findRepeats(
  { openTimeMs, open, high, low, close, volume, interval }: CandleSeries,
  shiftMs: number,
): number[] {
  const shift = shiftMs / INTERVAL_MS[interval];
  const rows: number[] = [];
  for (let row = shift; row < openTimeMs.length; row++) {
    const at = row - shift;
    if (volume[row] !== volume[at] || close[row] !== close[at]) continue;
    const isSame = open[row] === open[at] && high[row] === high[at] && low[row] === low[at];
    if (isSame && high[row] > low[row] && volume[row] > 0 && openTimeMs[row] - openTimeMs[at] === shiftMs)
      rows.push(row);
  }
  return rows;
}

function hasRow(rows: readonly number[]): boolean {
  return rows.some((row, at) => rows[at + FEWEST_IN_A_ROW - 1] === row + FEWEST_IN_A_ROW - 1);
}

function mixtureOf(
  kind: MixtureKind,
  openTimeMs: Float64Array,
  rows: readonly number[],
  more: Partial<Pick<Mixture, 'rowCount' | 'lengthMs' | 'shiftMs'>>,
): Mixture {
  const [first, last] = [rows[0], rows[rows.length - 1]];
  return { kind, rowCount: rows.length, firstMs: openTimeMs[first], lastMs: openTimeMs[last], ...more };
}

/** Where in the order of all seams a limit is laid, so that the seams of a mixture are above it and the usual ones below. */
const LIMIT_QUANTILES = [0.5, 0.9, 0.99, 0.999];
const QUANTILE_ROWS = 20_000;
/** Prices so far apart are those of two symbols, or of two units. */
const OTHER_SYMBOL = Math.log(1.5);

/** Seams in a row that go up and down by turns: chance has it at half of them. */
interface TurnRule {
  readonly seamCount: number;
  readonly fewestTurns: number;
  /** How far the largest may be from the smallest. */
  readonly largestRatio: number;
  /** How many different sizes there are: coarse prices have few, and go to and fro by one tick. */
  readonly fewestSizes: number;
}

const MARKETS_RULE: TurnRule = {
  seamCount: 150,
  fewestTurns: 140,
  largestRatio: Number.POSITIVE_INFINITY,
  fewestSizes: 75,
};
const SYMBOLS_RULE: TurnRule = { seamCount: 8, fewestTurns: 7, largestRatio: 1.5, fewestSizes: 1 };
/** A candle of a single trade is at the bid or at the ask, and goes to and fro between them. */
const FLAT_SHARE_LIMIT = 0.2;

/** Opens that leave the close before them up and down by turns: to another market and back again. */
function findMarkets(series: CandleSeries): Mixture | undefined {
  const { openTimeMs, open, close, interval } = series;
  const lengthMs = INTERVAL_MS[interval];
  const seams = new Float64Array(openTimeMs.length);
  for (let row = 1; row < seams.length; row++) {
    if (openTimeMs[row] - openTimeMs[row - 1] === lengthMs) seams[row] = Math.log(open[row] / close[row - 1]);
  }
  const step = Math.ceil(seams.length / QUANTILE_ROWS);
  const sizes = Float64Array.from({ length: Math.floor(seams.length / step) }, (_, at) =>
    Math.abs(seams[at * step]),
  ).sort();
  const limits = LIMIT_QUANTILES.map((quantile) => sizes[Math.floor(quantile * sizes.length)] / 2);
  const candidates = [
    findTurns(series, seams, OTHER_SYMBOL, SYMBOLS_RULE),
    ...limits.map((limit) => findTurns(series, seams, limit, MARKETS_RULE)),
  ];
  const rows = candidates.reduce((most, found) => (found.length > most.length ? found : most));
  return rows.length === 0 ? undefined : mixtureOf('markets', openTimeMs, rows, {});
}

/** Rows whose seams are above the limit, where they go up and down by turns as the rule has it. */
function findTurns(series: CandleSeries, seams: Float64Array, limit: number, rule: TurnRule): number[] {
  const rows: number[] = [];
  for (let row = 1; row < seams.length; row++) if (Math.abs(seams[row]) > limit) rows.push(row);
  const isTurn = (at: number) => seams[rows[at]] > 0 !== seams[rows[at - 1]] > 0;
  const found: number[] = [];
  let turns = 0;
  let nextAt = 0;
  for (let at = 1; at < rows.length; at++) {
    if (isTurn(at)) turns += 1;
    const start = at - rule.seamCount + 1;
    if (start < 0) continue;
    if (turns >= rule.fewestTurns && at >= nextAt) {
      // Parts that are nearly this one are no other evidence.
      nextAt = at + Math.ceil(rule.seamCount / 10);
      const part = rows.slice(start, at + 1);
      if (isMixture(series, seams, part, rule)) for (const row of part) if (row > (found.at(-1) ?? 0)) found.push(row);
    }
    if (isTurn(start + 1)) turns -= 1;
  }
  return found;
}

function isMixture(
  { open, high, low, close }: CandleSeries,
  seams: Float64Array,
  rows: readonly number[],
  rule: TurnRule,
): boolean {
  const flatCount = rows.filter((row) => high[row] === low[row] || high[row - 1] === low[row - 1]).length;
  if (flatCount > FLAT_SHARE_LIMIT * rows.length) return false;
  const sizes = rows.map((row) => Math.abs(seams[row]));
  // Prices have eight digits or fewer; what is behind them comes of subtracting.
  const differences = new Set(rows.map((row) => Math.abs(open[row] - close[row - 1]).toPrecision(4)));
  return Math.max(...sizes) <= rule.largestRatio * Math.min(...sizes) && differences.size >= rule.fewestSizes;
}
