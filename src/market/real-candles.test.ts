/** What real pairs are said to be, and that nothing is said of them which is not so. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MARKET_DATA, needsMarketData } from '../../test/support/needs.js';
import { readCandleFile } from '../sources/file/read-candle-file.js';
import { candleAt, rowCountOf } from './candle-series.js';
import { SilenceWatch } from './dead-market.js';
import { checkCandles } from './quality.js';

/** As the exchange quoted them in February 2026. */
const TICK_SIZES: Readonly<Record<string, number>> = {
  BTCUSDT: 0.01,
  ETHUSDT: 0.01,
  BNBUSDT: 0.01,
  LTCUSDT: 0.01,
  LINKUSDT: 0.01,
  XRPUSDT: 0.0001,
  ADAUSDT: 0.0001,
  DOGEUSDT: 0.00001,
};

const series = [
  ...Object.keys(TICK_SIZES).map((symbol) => `${symbol}_1h`),
  ...['1d', '15m', '5m'].map((interval) => `BTCUSDT_${interval}`),
];

describe('of real pairs', needsMarketData, () => {
  test.each(series)('%s was never dead, and its ticks are those of its exchange', async (name) => {
    const { series } = await readCandleFile(join(MARKET_DATA, `BINANCE_${name}.csv.gz`));
    const watch = new SilenceWatch();
    let deadRows = 0;
    for (let row = 0; row < rowCountOf(series); row++) {
      watch.take(candleAt(series, row));
      if (watch.deadMarket() !== undefined) deadRows += 1;
    }
    expect(deadRows).toBe(0);
    const { findings, tickSize, effectiveSpread } = checkCandles(series, { nowMs: 0 });
    expect(tickSize?.size).toBe(TICK_SIZES[series.symbol]);
    const told = findings.map(({ code }) => code).filter((code) => /TICKS|DEAD|CONSTANT/.test(code));
    expect(told).toEqual(series.symbol === 'LINKUSDT' ? ['COARSE_TICKS'] : []);
    expect(effectiveSpread?.share).toBeLessThan(0.001);
  });
});
