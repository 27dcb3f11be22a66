import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needsRecordedBinance, RECORDED_BINANCE } from '../../../test/support/needs.js';
import { parseErrorBody, parseKlines, parseServerTime, parseTradingSymbols } from './parse.js';

const sampleOf = (name: string) => JSON.parse(readFileSync(join(RECORDED_BINANCE, name), 'utf8'));

/** Example of the documentation (https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints). */
const KLINE = [
  1499040000000,
  '0.01634790',
  '0.80000000',
  '0.01575800',
  '0.01577100',
  '148976.11427815',
  1499644799999,
  '2434.19055334',
  308,
  '1756.87402397',
  '28.46694368',
  '0',
];

function klineWith(field: number, value: unknown): unknown[] {
  return KLINE.map((cell, index) => (index === field ? value : cell));
}

test("parses the documentation's example", () => {
  const { series, lastMs } = parseKlines([KLINE], 'BTCUSDT', '1w');
  expect(series).toEqual({
    symbol: 'BTCUSDT',
    interval: '1w',
    openTimeMs: Float64Array.of(1499040000000),
    open: Float64Array.of(0.0163479),
    high: Float64Array.of(0.8),
    low: Float64Array.of(0.015758),
    close: Float64Array.of(0.015771),
    volume: Float64Array.of(148976.11427815),
    extras: {
      quote_volume: Float64Array.of(2434.19055334),
      count: Float64Array.of(308),
      taker_buy_volume: Float64Array.of(1756.87402397),
      taker_buy_quote_volume: Float64Array.of(28.46694368),
    },
  });
  expect([...lastMs]).toEqual([1499644799999]);
});

test('prices that contradict each other are left for the store to set aside', () => {
  expect(parseKlines([klineWith(2, '0.01')], 'BTCUSDT', '1w').series.high).toEqual(Float64Array.of(0.01));
});

test('an empty page has no rows', () => {
  expect(parseKlines([], 'BTCUSDT', '1h').series.openTimeMs).toHaveLength(0);
});

test.each([
  ['no array', { code: -1, msg: 'x' }, 'expected an array of klines'],
  ['a row that is none', [{}], 'row 0: expected a kline of 12 fields'],
  ['a short row', [KLINE.slice(0, 6)], 'row 0: expected a kline of 12 fields'],
  ['a price as a number', [klineWith(1, 0.0163)], 'row 0: expected the open as a decimal string, was 0.0163'],
  ['a price that is no number', [klineWith(2, '0x10')], 'row 0: expected the high as a decimal string'],
  ['a negative price', [klineWith(3, '-1')], 'row 0: expected the low as a decimal string'],
  ['a null', [klineWith(5, null)], 'row 0: expected the volume as a decimal string, was null'],
  ['a time as text', [klineWith(0, '1499040000000')], 'row 0: expected the open time in milliseconds'],
  ['a time in microseconds', [klineWith(0, 1499040000000000)], 'row 0: expected the open time in milliseconds'],
  ['half a trade', [klineWith(8, 1.5)], 'row 0: expected a number of trades'],
  ['the same time twice', [KLINE, KLINE], 'row 1: open times do not ascend'],
  ['a candle of another length', [klineWith(6, 1499644800000)], 'row 0: expected a 1w candle'],
])('%s is refused', (_, body, message) => {
  const parse = () => parseKlines(body, 'BTCUSDT', '1w');
  expect(parse).toThrow(message);
  expect(parse).toThrow(expect.objectContaining({ code: 'EXCHANGE_RESPONSE_INVALID', kind: 'exchange' }));
});

test('reads the clock, and refuses one that is none', () => {
  expect(parseServerTime({ serverTime: 1499827319559 })).toBe(1499827319559);
  for (const body of [null, [], {}, { serverTime: '1499827319559' }, { serverTime: 1499827319 }]) {
    expect(() => parseServerTime(body)).toThrow('expected {"serverTime": milliseconds}');
  }
});

test('reads error bodies and the symbols that trade', () => {
  expect(parseErrorBody({ code: -1121, msg: 'Invalid symbol.' })).toEqual({ code: -1121, message: 'Invalid symbol.' });
  expect(parseErrorBody('<html>')).toBeUndefined();
  expect(parseErrorBody(null)).toBeUndefined();
  const symbols = [{ symbol: 'BTCUSDT', status: 'TRADING' }, { symbol: 'OLDUSDT', status: 'BREAK' }, null];
  expect(parseTradingSymbols({ symbols })).toEqual(['BTCUSDT']);
  expect(parseTradingSymbols(undefined)).toEqual([]);
});

describe('recorded answers', needsRecordedBinance, () => {
  test.each([
    ['klines_ADAUSDT_1m_limit500_recorded_2024-11-16.json', 500, 1731777960000],
    ['klines_ADAEUR_1m_recorded_2021-03-23.json', 1440, 1616623740000],
  ])('%s is parsed whole', (name, rowCount, lastOpenTimeMs) => {
    const body = sampleOf(name);
    const { series, lastMs } = parseKlines(body, 'ADAUSDT', '1m');
    expect(series.openTimeMs).toHaveLength(rowCount);
    expect(series.openTimeMs[rowCount - 1]).toBe(lastOpenTimeMs);
    expect(lastMs[rowCount - 1]).toBe(lastOpenTimeMs + 59_999);
    expect(series.close[17]).toBe(Number(body[17][4]));
    expect(series.extras.count[17]).toBe(body[17][8]);
  });

  test.each([
    ['400_-1121_invalid_symbol.json', -1121],
    ['418_-1003_ip_banned.json', -1003],
    ['451_restricted_location.json', 0],
  ])('%s is an error body', (name, code) => {
    expect(parseErrorBody(sampleOf(`errors/${name}`))?.code).toBe(code);
  });
});
