/** Whether the volume column is in units of the base asset, where the file has the other volume to compare. Pure. */

import { TradeAiError } from '../../core/errors.js';
import type { RawCandles } from './source-table.js';

/** Quote volume / base volume is an average price, so it lies between low and high; vendors round, hence the slack. */
const SLACK = 1.5;
const SWAPPED_SHARE_LIMIT = 0.001;
/** Below this many quote units, rounding alone moves the ratio. */
const SMALLEST_QUOTE_VOLUME = 1;
const EXAMPLES = 5;

/**
 * Refuses a file in which base and quote volume have changed places, as they have in whole years of some vendors'
 * files. A few rows (0.1 %) that do not fit are let pass.
 *
 * @throws TradeAiError `CANDLES_INVALID`
 */
export function refuseSwappedVolumes(raw: RawCandles, fileName: string, placeOf: (row: number) => string): void {
  const { quoteVolume } = raw;
  if (!quoteVolume) return;
  const { volume, low, high } = raw.values;
  const swapped: number[] = [];
  let compared = 0;
  for (let row = 0; row < volume.length; row++) {
    if (!(volume[row] > 0 && quoteVolume[row] >= SMALLEST_QUOTE_VOLUME)) continue;
    compared += 1;
    const price = quoteVolume[row] / volume[row];
    const isPrice = price >= low[row] / SLACK && price <= high[row] * SLACK;
    const isInverse = 1 / price >= low[row] / SLACK && 1 / price <= high[row] * SLACK;
    if (!isPrice && isInverse) swapped.push(row);
  }
  if (swapped.length <= SWAPPED_SHARE_LIMIT * compared) return;
  throw new TradeAiError(
    'CANDLES_INVALID',
    `${fileName}: base and quote volume have changed places in ${swapped.length} of ${compared} rows, first in ` +
      swapped.slice(0, EXAMPLES).map(placeOf).join(', '),
    { hint: 'put the volume of the base asset (BTC of BTCUSDT) in one column throughout, or use another file' },
  );
}
