import { expect, test } from 'vitest';
import { readNameClues } from './name-clues.js';

test.each([
  ['/data/BINANCE_BTCUSDT_1h.csv.gz', 'BTCUSDT', '1h'],
  ['BTCUSDT-1h-2024-01.csv', 'BTCUSDT', '1h'],
  ['BTC_USDT-5m.parquet', 'BTCUSDT', '5m'],
  // freqtrade's: https://github.com/freqtrade/freqtrade/blob/develop/tests/data/test_datahandler.py
  ['user_data/data/binance/XRP_ETH-5m.json.gz', 'XRPETH', '5m'],
  ['futures/XRP_USDT_USDT-1h-mark.feather', 'XRPUSDT', '1h'],
  ['BTC_USD_BTC-4h-futures.parquet', 'BTCUSD', '4h'],
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
