import type { Candle } from '../market/candle-series.js';

/**
 * A feature is a stream: it sees closed candles one after another and can know nothing of later ones. The batch of
 * training, the backtest and the live forecast all run this one stream, so a value is the same bits in all three.
 */
export interface Feature {
  /** Its name in `feature_names.json` and in `--features`. */
  readonly name: string;
  readonly description: string;
  /** Candles needed before the first value; the value at row `warmUpRows − 1` is the first one. */
  readonly warmUpRows: number;
  /**
   * Columns beside those of the candle that it looks at, by their names in `CandleSeries.extras`. Such a feature may be
   * NaN behind its warm-up, where a column has no value: the row is not ready then.
   */
  readonly extraNames?: readonly string[];
  /** A new stream, which has seen nothing yet. */
  createStream(): FeatureStream;
}

/** Takes the next closed candle; the value at it. Values within the warm-up are not used and may be NaN. */
export type FeatureStream = (candle: Candle) => number;
