/**
 * A market that has gone silent: no candle with trades, or no close that differs from the one before, for longer than it is
 * silent otherwise. A delisted pair, a halted one and a feed that repeats its last price all look like that, and none of
 * them can be traded.
 *
 * How long is long says the series itself. In front of each candle that was not silent stands a silence, of no candle as a
 * rule; one in a thousand is longer than the *usual longest*. A market is dead once it has been silent for more than twice
 * that, and for more than 24 candles: BTCUSDT in hours after 25 candles, a pair that trades in every tenth candle after
 * about 130.
 */

import { counted, utcTime } from '../text/sentences.js';
import type { Candle, CandleSeries } from './candle-series.js';

export interface DeadMarket {
  /** `no-trade`: candles without volume. `no-move`: closes equal to the one before. */
  readonly kind: 'no-trade' | 'no-move';
  /** Candles at the end that are silent. */
  readonly rows: number;
  /** Open time of the first of them. */
  readonly sinceMs: number;
  /** One silence in a thousand before it was longer, in candles. */
  readonly usualRows: number;
  /** Whether the price has moved all the same. */
  readonly isMoving: boolean;
}

const FEWEST_SILENT_ROWS = 24;
const USUAL_SHARE = 0.999;
const TIMES_USUAL = 2;

/** Whether the series ends in a dead market. */
export function findDeadMarket(series: CandleSeries): DeadMarket | undefined {
  const watch = new SilenceWatch();
  watch.takeSeries(series);
  return watch.deadMarket();
}

export function describeDeadMarket({ kind, rows, sinceMs, usualRows, isMoving }: DeadMarket): string {
  const what = kind === 'no-trade' ? 'no trade' : 'no move';
  const usual = usualRows === 0 ? 'one' : `more than ${usualRows}`;
  const meaning = isMoving
    ? 'its price moves without trades, or its volumes are told no more'
    : 'the market is dead or halted';
  return `${what} in the last ${counted(rows, 'candle')}, since ${utcTime(sinceMs)}, and hardly ever in ${usual} before: ${meaning}`;
}

/** The close that all candles of a series have; `undefined` where they differ, and for less than two candles. */
export function findConstantClose({ close }: CandleSeries): number | undefined {
  return close.length > 1 && close.every((price) => price === close[0]) ? close[0] : undefined;
}

export function describeConstantClose(price: number, rows: number): string {
  return `the price never moves: ${counted(rows, 'candle')}, all close at ${price}`;
}

/** Listens to the candles of one series, oldest first. */
export class SilenceWatch {
  readonly #trades = new Silences();
  readonly #moves = new Silences();
  #lastClose = Number.NaN;

  take({ openTimeMs, close, volume }: Pick<Candle, 'openTimeMs' | 'close' | 'volume'>): void {
    this.#trades.take(volume === 0, openTimeMs);
    this.#moves.take(close === this.#lastClose, openTimeMs);
    this.#lastClose = close;
  }

  takeSeries({ openTimeMs, close, volume }: CandleSeries): void {
    for (let row = 0; row < openTimeMs.length; row++) {
      this.take({ openTimeMs: openTimeMs[row], close: close[row], volume: volume[row] });
    }
  }

  /** What the market is after the newest candle: dead, or not. A volume that was never told says nothing. */
  deadMarket(): DeadMarket | undefined {
    const noTrade = this.#trades.tooLong();
    if (noTrade !== undefined) return { kind: 'no-trade', ...noTrade, isMoving: this.#moves.rows < noTrade.rows };
    const noMove = this.#moves.tooLong();
    return noMove && { kind: 'no-move', ...noMove, isMoving: false };
  }
}

/** Silences of one kind. */
class Silences {
  /** How often a silence of so many candles ended. */
  readonly #ended = new Map<number, number>();
  #rows = 0;
  #sinceMs = Number.NaN;

  /** Candles of the silence that goes on. */
  get rows(): number {
    return this.#rows;
  }

  take(isSilent: boolean, openTimeMs: number): void {
    if (isSilent) {
      if (this.#rows === 0) this.#sinceMs = openTimeMs;
      this.#rows += 1;
      return;
    }
    this.#ended.set(this.#rows, (this.#ended.get(this.#rows) ?? 0) + 1);
    this.#rows = 0;
  }

  /** The silence that goes on, where it is longer than usual. */
  tooLong(): Pick<DeadMarket, 'rows' | 'sinceMs' | 'usualRows'> | undefined {
    if (this.#rows <= FEWEST_SILENT_ROWS || this.#ended.size === 0) return undefined;
    const usualRows = this.#usualRows();
    if (this.#rows <= TIMES_USUAL * usualRows) return undefined;
    return { rows: this.#rows, sinceMs: this.#sinceMs, usualRows };
  }

  /** The length that 99.9 % of the silences keep. */
  #usualRows(): number {
    const lengths = [...this.#ended.keys()].sort((a, b) => a - b);
    const total = lengths.reduce((sum, length) => sum + this.#ended.get(length)!, 0);
    let seen = 0;
    return lengths.find((length) => {
      seen += this.#ended.get(length)!;
      return seen >= USUAL_SHARE * total;
    })!;
  }
}
