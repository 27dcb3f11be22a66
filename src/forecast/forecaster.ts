/**
 * What evaluation sees of a model, of a baseline and of the champion alike: a score for a row, known at its close.
 *
 * A score is the predicted log return over the horizon in volatility units (see dataset/target.ts).
 */
export interface Forecaster {
  readonly name: string;
  /** @returns shape `[rows.length]`, finite */
  forecast(rows: Int32Array, signal?: AbortSignal): Promise<Float64Array>;
}
