import type { Dataset } from '../dataset/dataset.js';

/** What happened at some rows. N rows. */
export interface Outcomes {
  /** Shape `[N]`: log return over the horizon. */
  readonly logReturn: Float64Array;
  /** Shape `[N]`: volatility of a return over the horizon. */
  readonly volatility: Float64Array;
  /** Shape `[N]`: clipped logReturn / volatility. */
  readonly scaled: Float64Array;
}

/** What happened at the given rows, one value a row. */
export function outcomesAt({ target }: Dataset, rows: Int32Array): Outcomes {
  const pick = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]);
  return { logReturn: pick(target.logReturn), volatility: pick(target.volatility), scaled: pick(target.scaled) };
}
