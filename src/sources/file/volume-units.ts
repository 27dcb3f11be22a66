/** Whether the volume column is in units of the base asset, where the file has the other volume to compare. Pure. */

import { TradeAiError } from '../../core/errors.js';
import { compareVolumes } from '../../market/quality/volume-units.js';
import type { RawCandles } from './source-table.js';

const EXAMPLES = 5;

/**
 * Finds the rows in which base and quote volume have changed places, as they have in whole years of some vendors' files.
 *
 * @param limitShare share of the rows with both volumes up to which such rows are let pass
 * @throws TradeAiError `CANDLES_INVALID` when there are more
 */
export function findSwappedVolumes(
  raw: RawCandles,
  fileName: string,
  placeOf: (row: number) => string,
  limitShare: number,
): number[] {
  const { quoteVolume } = raw;
  if (!quoteVolume) return [];
  const { swapped, comparedRows } = compareVolumes({ ...raw.values, quoteVolume });
  if (swapped.length <= limitShare * comparedRows) return swapped;
  throw new TradeAiError(
    'CANDLES_INVALID',
    `${fileName}: base and quote volume have changed places in ${swapped.length} of ${comparedRows} rows, first in ` +
      swapped.slice(0, EXAMPLES).map(placeOf).join(', '),
    { hint: 'put the volume of the base asset (BTC of BTCUSDT) in one column throughout, or use another file' },
  );
}
