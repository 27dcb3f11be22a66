/**
 * From signals to what is held over time. N rows judged, K candle steps.
 *
 * A row decides at its close and trades at that close; its position lasts `horizonSteps` candles, the ones its forecast
 * speaks of. At a horizon of one candle that is the whole rule: a position lasts one candle, and a next one of the same
 * direction is the same position, not traded again. At h candles the capital lies in h equal sleeves, one started at
 * each close and held for h candles, so the exposure of a step is the mean of the last h signals; sleeves that end and
 * start at the same close are netted before anything is traded. A row that was not judged holds nothing.
 *
 * Exposure is a share of the equity at the start of a step and is kept by rebalancing within the position, which is
 * free here: only changes of exposure cost. A long position of the whole capital needs no rebalancing.
 */

/** The candle steps that judged rows speak of, in order of time. A step goes from the close of a candle to the next. */
export interface PricePath {
  /** Shape `[K]`: the candle a step starts at. */
  readonly candles: Int32Array;
  /** Shape `[K]`: change of the price over the step, as a fraction. */
  readonly moves: Float64Array;
}

/** What is held over a path. */
export interface Positions {
  /** Shape `[K]`: −1 the whole capital short, 1 the whole capital long. */
  readonly exposure: Float64Array;
  /** Shape `[K]`: exposure bought or sold at the start of the step, and at its end where the path breaks off. */
  readonly traded: Float64Array;
}

/**
 * Collects the steps within the horizon of any row judged.
 *
 * @param close shape `[T]`, of every candle
 * @param rows shape `[N]`, ascending, each with its whole horizon in the candles and without a gap
 */
export function collectPath(close: Float64Array, rows: Int32Array, horizonSteps: number): PricePath {
  const candles: number[] = [];
  let next = 0;
  for (const row of rows) {
    for (let candle = Math.max(row, next); candle < row + horizonSteps; candle++) candles.push(candle);
    next = row + horizonSteps;
  }
  return {
    candles: Int32Array.from(candles),
    moves: Float64Array.from(candles, (candle) => close[candle + 1] / close[candle] - 1),
  };
}

/**
 * Holds the signals.
 *
 * @param signals shape `[N]`: 1 long, −1 short, 0 nothing
 */
export function holdSignals(path: PricePath, rows: Int32Array, signals: Int8Array, horizonSteps: number): Positions {
  const first = path.candles.length > 0 ? path.candles[0] : 0;
  const end = path.candles.length > 0 ? path.candles[path.candles.length - 1] + 1 : 0;
  // Whole numbers of sleeves, so that rounding leaves no dust to trade.
  const started = new Int32Array(end - first + 1);
  for (const [i, row] of rows.entries()) {
    started[row - first] += signals[i];
    started[row - first + horizonSteps] -= signals[i];
  }
  const sleeves = new Int32Array(end - first);
  let held = 0;
  for (let i = 0; i < sleeves.length; i++) {
    held += started[i];
    sleeves[i] = held;
  }
  const exposure = Float64Array.from(path.candles, (candle) => sleeves[candle - first] / horizonSteps);
  return { exposure, traded: measureTrading(path, exposure) };
}

/** Holds the whole capital long from the first step to the last, through breaks of the path too. */
export function holdThroughout({ moves }: PricePath): Positions {
  const traded = new Float64Array(moves.length);
  if (moves.length > 0) {
    traded[0] += 1;
    traded[moves.length - 1] += 1;
  }
  return { exposure: new Float64Array(moves.length).fill(1), traded };
}

/** Positions [start, end) in the path of each run of rows held in one direction without interruption. */
export function findTrades(path: PricePath, { exposure }: Positions): { start: number; end: number }[] {
  const trades: { start: number; end: number }[] = [];
  for (let i = 0; i < exposure.length; i++) {
    if (exposure[i] === 0) continue;
    const last = trades.at(-1);
    const goesOn = last?.end === i && continues(path, i) && Math.sign(exposure[i]) === Math.sign(exposure[i - 1]);
    if (goesOn) last.end = i + 1;
    else trades.push({ start: i, end: i + 1 });
  }
  return trades;
}

/** Where the path breaks off, all is sold, and bought anew where it goes on. */
function measureTrading(path: PricePath, exposure: Float64Array): Float64Array {
  return exposure.map((held, i) => {
    const before = continues(path, i) ? exposure[i - 1] : 0;
    const closing = continues(path, i + 1) ? 0 : Math.abs(held);
    return Math.abs(held - before) + closing;
  });
}

/** Whether step `i` starts where the step before it ends. */
function continues({ candles }: PricePath, i: number): boolean {
  return i > 0 && i < candles.length && candles[i] === candles[i - 1] + 1;
}
