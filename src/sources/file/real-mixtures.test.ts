/** Real pairs are of one kind, and what is mixed into them is found. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lengthen, makeFutures, mergeInto, pickRows } from '../../../test/support/mixed-candles.js';
import { MARKET_DATA, needsMarketData } from '../../../test/support/needs.js';
import { sliceCandles } from '../../market/candle-series.js';
import { findMixtures } from '../../market/quality/mixtures.js';
import { readCandleFile } from './read-candle-file.js';

describe('real candles', needsMarketData, () => {
  const pairs = ['BTC', 'ETH', 'BNB', 'XRP', 'LTC', 'ADA', 'LINK', 'DOGE'].map((base) => `${base}USDT_1h`);
  test.each([...pairs, 'BTCUSDT_1d'])('%s', async (name) => {
    const file = `BINANCE_${name}.csv.gz`;
    const { series } = await readCandleFile(join(MARKET_DATA, file));
    expect(findMixtures(series)).toEqual([]);
    const kindsOf = (part: typeof series) => findMixtures(mergeInto(series, part)).map(({ kind }) => kind);
    expect(kindsOf(lengthen(sliceCandles(series, 1_008, 2_016), 3))).toContain('lengths');
    expect(kindsOf(pickRows(makeFutures(series, 0.003), (row) => row % 8 < 4))).toContain('markets');
  });
});
