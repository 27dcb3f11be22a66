/**
 * What it costs to cross the book, estimated from candles alone: the effective bid-ask spread, the distance of trades from
 * the middle, twice, as a root mean square over the candles.
 *
 * Estimator: EDGE of Ardia, Guidotti and Kroencke (2024), "Efficient Estimation of Bid-Ask Spreads from Open, High, Low,
 * and Close Prices", https://doi.org/10.1016/j.jfineco.2024.103916, after its pseudocode at
 * https://github.com/eguidotti/bidask/tree/main/pseudocode. Where opens are no trades of their own but repeat the close
 * before, as many vendors write them, EDGE would find no spread at all: there that of Abdi and Ranaldo (2017), "A Simple
 * Estimation of Bid-Ask Spreads from Daily Close, High, and Low Prices", https://doi.org/10.1093/rfs/hhx084, takes its place.
 */

import { mean, NORMAL_95 } from '../core/statistics.js';
import { type CandleSeries, rowCountOf } from './candle-series.js';
import { INTERVAL_MS } from './interval.js';

export interface EffectiveSpread {
  /** As a fraction of the price: 0.001 = 0.1 %. */
  readonly share: number;
  /** Within which it lies with probability 95 %, were candles independent of each other; from 0 where none was found. */
  readonly ci95: readonly [number, number];
  readonly estimator: 'edge' | 'abdi-ranaldo';
  /** The newest candles that it was estimated from. */
  readonly rows: number;
}

/** Four columns of equal length N; NaN where a candle is missing. */
export interface PriceColumns {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

/** A squared spread, which chance can make negative, and its standard error. */
export interface SquaredSpread {
  readonly value: number;
  readonly standardError: number;
}

/** A year of hours, and then some: enough for a tenth of a percent to show, and the spread of now rather than of once. */
const MEASURED_ROWS = 10_000;
/** Fewer candles show nothing. */
const FEWEST_ROWS = 100;
/** Above this share of opens that repeat the close before, opens are no trades. */
const REPEATED_SHARE = 0.99;

/**
 * Estimates the spread of the newest candles.
 *
 * @returns `undefined` where there are too few candles that moved
 * @example estimateEffectiveSpread(series) // { share: 0.0007, ci95: [0.0005, 0.0009], estimator: 'edge', rows: 10000 }
 */
export function estimateEffectiveSpread(series: CandleSeries): EffectiveSpread | undefined {
  const columns = newestColumns(series);
  const rows = Math.min(MEASURED_ROWS, rowCountOf(series));
  if (rows < FEWEST_ROWS) return undefined;
  const estimator = repeatsCloses(columns) ? 'abdi-ranaldo' : 'edge';
  const squared = estimator === 'edge' ? estimateEdge(columns) : estimateAbdiRanaldo(columns);
  if (squared === undefined || squared.standardError === 0) return undefined;
  const { value, standardError } = squared;
  const reach = NORMAL_95 * standardError;
  const square = Math.max(0, value);
  const ci95 = [Math.sqrt(Math.max(0, square - reach)), Math.sqrt(square + reach)] as const;
  return { share: Math.sqrt(square), ci95, estimator, rows };
}

/**
 * The squared spread by EDGE. Each mean leaves out the rows that something is missing of, as the reference does.
 *
 * @returns `undefined` for fewer than two candles that moved, or where every open or every close is at both extremes
 */
export function estimateEdge(columns: PriceColumns): SquaredSpread | undefined {
  const logs = logarithmsOf(columns);
  const [o, h, l, m] = [logs.open, logs.high, logs.low, logs.middle].map((values) => values.slice(1));
  const [h1, l1, c1, m1] = [logs.high, logs.low, logs.close, logs.middle].map((values) => values.slice(0, -1));

  const r1 = combine(m, o, subtract);
  const r2 = combine(o, m1, subtract);
  const r3 = combine(m, c1, subtract);
  const r4 = combine(c1, m1, subtract);
  const r5 = combine(o, c1, subtract);

  const tau = combine(combine(h, l, differ), combine(l, c1, differ), Math.max);
  const shareApart = (a: Float64Array, b: Float64Array) => meanKnown(combine(tau, combine(a, b, differ), multiply));
  const pt = meanKnown(tau);
  const po = shareApart(o, h) + shareApart(o, l);
  const pc = shareApart(c1, h1) + shareApart(c1, l1);
  if (tau.filter((moved) => moved === 1).length < 2 || !(po > 0 && pc > 0)) return undefined;

  const [d1, d3, d5] = [r1, r3, r5].map((r) => {
    const centre = meanKnown(r) / pt;
    return r.map((value, t) => value - centre * tau[t]);
  });
  const x1 = d1.map((_, t) => (-4 / po) * d1[t] * r2[t] - (4 / pc) * d3[t] * r4[t]);
  const x2 = d1.map((_, t) => (-4 / po) * d1[t] * r5[t] - (4 / pc) * d5[t] * r4[t]);
  const [v1, v2] = [varianceKnown(x1), varianceKnown(x2)];
  const [w1, w2] = v1 + v2 > 0 ? [v2 / (v1 + v2), v1 / (v1 + v2)] : [0.5, 0.5];
  return {
    value: w1 * meanKnown(x1) + w2 * meanKnown(x2),
    standardError: standardErrorOf(combine(x1, x2, (a, b) => w1 * a + w2 * b)),
  };
}

/**
 * The squared spread by Abdi and Ranaldo (their equation 11): four times the mean of (cₜ − mₜ)(cₜ − mₜ₊₁).
 *
 * @returns `undefined` without two neighbours
 */
export function estimateAbdiRanaldo(columns: PriceColumns): SquaredSpread | undefined {
  const { close: c, middle: m } = logarithmsOf(columns);
  const products = c.slice(1).map((_, t) => 4 * (c[t] - m[t]) * (c[t] - m[t + 1]));
  if (products.every(Number.isNaN)) return undefined;
  return { value: meanKnown(products), standardError: standardErrorOf(products) };
}

/** Prices of the newest candles, with one missing candle for every gap, so that no neighbours are taken for such across it. */
function newestColumns(series: CandleSeries): PriceColumns {
  const { openTimeMs, interval } = series;
  const start = Math.max(0, rowCountOf(series) - MEASURED_ROWS);
  const isBehindGap = (row: number) => row > start && openTimeMs[row] - openTimeMs[row - 1] > INTERVAL_MS[interval];
  const rows = Array.from({ length: rowCountOf(series) - start }, (_, i) => start + i).flatMap((row) =>
    isBehindGap(row) ? [undefined, row] : [row],
  );
  return mapColumns(series, (values) =>
    Float64Array.from(rows, (row) => (row === undefined ? Number.NaN : values[row])),
  );
}

/** Whether nearly every open repeats the close before. */
function repeatsCloses({ open, close }: PriceColumns): boolean {
  return meanKnown(combine(open.slice(1), close.slice(0, -1), differ)) <= 1 - REPEATED_SHARE;
}

function mapColumns(
  { open, high, low, close }: PriceColumns,
  map: (values: Float64Array) => Float64Array,
): PriceColumns {
  return { open: map(open), high: map(high), low: map(low), close: map(close) };
}

/** Log prices, and the middle of high and low. */
function logarithmsOf(columns: PriceColumns): PriceColumns & { readonly middle: Float64Array } {
  const logs = mapColumns(columns, (values) => values.map(Math.log));
  return { ...logs, middle: combine(logs.high, logs.low, (high, low) => (high + low) / 2) };
}

function combine(a: Float64Array, b: Float64Array, of: (a: number, b: number) => number): Float64Array {
  return a.map((value, t) => of(value, b[t]));
}

const subtract = (a: number, b: number) => a - b;
const multiply = (a: number, b: number) => a * b;
/** 1 or 0; NaN where either is missing. */
const differ = (a: number, b: number) => (Number.isNaN(a + b) ? Number.NaN : Number(a !== b));

function meanKnown(values: Float64Array): number {
  return mean(values.filter((value) => !Number.isNaN(value)));
}

function varianceKnown(values: Float64Array): number {
  return meanKnown(values.map((value) => value * value)) - meanKnown(values) ** 2;
}

function standardErrorOf(values: Float64Array): number {
  return Math.sqrt(varianceKnown(values) / values.filter((value) => !Number.isNaN(value)).length);
}
