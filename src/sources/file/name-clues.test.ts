import { expect, test } from 'vitest';
import { readNameClues } from './name-clues.js';

test.each([
  ['/data/BINANCE_BTCUSDT_1h.csv.gz', 'BTCUSDT', '1h'],
  ['BTCUSDT-1h-2024-01.csv', 'BTCUSDT', '1h'],
  ['BTC_USDT-5m.parquet', 'BTCUSDT', '5m'],
  ['Binance_BTCUSDT_d.csv', 'BTCUSDT', undefined],
  ['XBTUSD_60.csv', 'XBTUSD', undefined],
  ['ethbtc_4h.csv', 'ETHBTC', '4h'],
  ['BTCUSDT.csv', 'BTCUSDT', undefined],
  ['1000SHIBUSDT-1d.csv', '1000SHIBUSDT', '1d'],
  ['candles_1h.csv', undefined, '1h'],
  ['1h.parquet', undefined, '1h'],
  ['export 2024-01-01.csv', undefined, undefined],
  ['BTCUSDT_ETHUSDT.csv', undefined, undefined],
])('%s names %s and %s', (path, symbol, interval) => {
  expect(readNameClues(path)).toEqual({ symbol, interval });
});
