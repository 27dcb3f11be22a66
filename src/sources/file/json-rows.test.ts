import { describe, expect, test } from 'vitest';
import { simulateMarket } from '../../market/simulated-market.js';
import { readJsonRows } from './json-rows.js';
import { jsonRows } from './json-text.js';

const read = (text: string) => readJsonRows(Buffer.from(text), 'BTCUSDT', 'BTC_USDT-1h.json');

test('rows of numbers, of texts and with nothing are read', () => {
  // the first is Binance's example: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#klinecandlestick-data
  const { raw } = read(
    `[[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499644799999,"2434.19055334",308,"1756.87402397","28.46694368","0"]]`,
  );
  expect([...raw.time]).toEqual([1499040000000]);
  expect(raw.values.close[0]).toBe(0.015771);
  expect(raw.quoteVolume?.[0]).toBe(2434.19055334);
  expect(Object.keys(raw.extras)).toEqual(['quote_volume', 'count', 'taker_buy_volume', 'taker_buy_quote_volume']);
  const rows = read('\ufeff [ [1, 2, 3, 1, 2, null] ,\n [2, 2, 3, 1, 2, 1.5e1] ]\n').raw;
  expect([...rows.values.volume]).toEqual([Number.NaN, 15]);
});

test('many batches are one list', () => {
  const { series } = simulateMarket({
    symbol: 'BTCUSDT',
    interval: '1m',
    rowCount: 60_000,
    seed: 2,
    firstOpenTimeMs: 0,
    plantedR2: 0,
  });
  const text = [...jsonRows(series)].join('');
  expect(text.length).toBeGreaterThan(3 * 2 ** 20);
  for (const spaced of [text, text.replaceAll('],[', ' ]\n, [')]) {
    const { raw } = read(spaced);
    expect(raw.time).toEqual(series.openTimeMs);
    expect(raw.values.volume).toEqual(series.volume);
  }
});

test('objects are read by their names, like the columns of a header', () => {
  const rows = [
    {
      pair: 'BTC/USDT',
      date: '2024-01-01T00:00Z',
      o: '1',
      high: 3,
      low: 1,
      Close: 2,
      volume: null,
      funding: 0.1,
      note: 'a',
    },
    {
      pair: 'BTC/USDT',
      date: '2024-01-01T01:00:00Z',
      o: '2',
      high: 3,
      low: 1,
      Close: 2,
      volume: 4,
      funding: null,
      note: 7,
    },
    {
      pair: 'BTC/USDT',
      date: '2024-01-01 03:30+01:30',
      o: '2',
      high: 3,
      low: 1,
      Close: 2,
      volume: 4,
      funding: 1,
      note: 'c',
    },
  ];
  const { raw } = read(JSON.stringify(rows));
  expect([...raw.time]).toEqual([0, 1, 2].map((hour) => Date.UTC(2024, 0, 1, hour)));
  expect([...raw.values.open]).toEqual([1, 2, 2]);
  expect([...raw.values.volume]).toEqual([Number.NaN, 4, 4]);
  expect(raw.extras).toEqual({ funding: Float64Array.of(0.1, Number.NaN, 1) });
  expect(raw.textColumns).toEqual(['note']);
  expect(raw.symbols).toEqual(['BTC/USDT']);
  expect(raw.timesOf).toBe('UTC');
  const local = read(JSON.stringify(rows.slice(0, 1).map((row) => ({ ...row, date: '2024-01-01 00:00' }))));
  expect(local.raw).toMatchObject({ time: Float64Array.of(Date.UTC(2024, 0, 1)), timesOf: 'wall clock' });
});

test('many batches of objects are one list', () => {
  const rows = Array.from({ length: 30_000 }, (_, t) => ({ t, o: 2, h: 3, l: 1, c: 2, v: t }));
  const { raw } = read(JSON.stringify(rows, null, 1));
  expect([...raw.values.volume]).toEqual(rows.map(({ v }) => v));
});

describe('is refused', () => {
  test.each([
    ['other JSON', '{"data": {"price": 2}}', 'CANDLE_FILE_UNREADABLE', 'no list of rows'],
    [
      'objects that lack something',
      '[{"date": 1, "open": 2}]',
      'CANDLE_COLUMNS_MISSING',
      'high, low, close, volume missing',
    ],
    [
      'a list among objects',
      '[{"date": 1, "open": 2, "high": 3, "low": 1, "close": 2, "volume": 1}, [1]]',
      'CANDLE_FILE_UNREADABLE',
      'its row 2 is no object: [1]',
    ],
    [
      'other objects',
      '[{"t": 1, "o": 2, "h": 3, "l": 1, "c": 2, "v": 1}, {"t": 1}]',
      'CANDLE_FILE_UNREADABLE',
      'its row 2 is not of t, o, h, l, c, v, as the first is',
    ],
    [
      'objects with text',
      '[{"t": 1, "o": 2, "h": 3, "l": 1, "c": "two", "v": 1}]',
      'CANDLE_VALUE_INVALID',
      'row 1 is not of numbers: "two"',
    ],
    [
      'times of which some tell an offset',
      '[{"t": "2024-01-01", "o": 2, "h": 3, "l": 1, "c": 2, "v": 1}, {"t": "2024-01-01T00:00Z", "o": 2, "h": 3, "l": 1, "c": 2, "v": 1}]',
      'CANDLE_FILE_UNREADABLE',
      'its row 2 is of a time with an offset among times without',
    ],
    ['a row without end', `[[1, 2, 3, 1, 2, ${'1'.repeat(2 ** 21)}]]`, 'CANDLE_FILE_UNREADABLE', 'which no candle has'],
    ['a cut list', '[[1, 2, 3, 1, 2, 1], [2, 2', 'CANDLE_FILE_UNREADABLE', 'cut off'],
    ['damage', '[[1, 2, 3, 1, 2, 1], [2, 2,, 3, 1, 2]]', 'CANDLE_FILE_UNREADABLE', 'damaged JSON after row 0'],
    ['rows of another length', '[[1, 2, 3, 1]]', 'CANDLE_COLUMNS_MISSING', 'were 4'],
    ['no rows', '[]', 'CANDLE_FILE_UNREADABLE', 'holds no candles'],
    [
      'a short row',
      '[[1, 2, 3, 1, 2, 1], [2, 2]]',
      'CANDLE_VALUE_INVALID',
      'row 2 is not of numbers: expected 6 values, was 2',
    ],
    ['text', '[[1, 2, 3, 1, 2, "abc"]]', 'CANDLE_VALUE_INVALID', 'row 1 is not of numbers: "abc"'],
    ['a truth value', '[[1, 2, 3, 1, true, 1]]', 'CANDLE_VALUE_INVALID', 'row 1 is not of numbers: true'],
    ['a hex number', '[[1, 2, 3, 1, "0x10", 1]]', 'CANDLE_VALUE_INVALID', '"0x10"'],
    ['a key', '[[1, 2, 3, 1, 2, {"__proto__": {"polluted": 1}}]]', 'CANDLE_VALUE_INVALID', 'row 1'],
  ])('%s', (_, text, code, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('what exchanges and vendors answer is read as the candles it was made of', () => {
  const { series } = simulateMarket({
    symbol: 'BTCUSDT',
    interval: '1h',
    rowCount: 200,
    seed: 5,
    firstOpenTimeMs: Date.UTC(2024, 0, 1),
    plantedR2: 0,
  });
  const rows = Array.from(series.openTimeMs, (t, row) => {
    const [o, h, l, c, v] = [series.open, series.high, series.low, series.close, series.volume].map((of) => of[row]);
    return { t, seconds: t / 1000, o, h, l, c, v, vw: (h + l + c) / 3, quote: (v * (h + l + c)) / 3 };
  });
  type Row = (typeof rows)[number];

  test.each<[string, string, (row: Row) => unknown, (list: unknown[]) => unknown, number]>([
    [
      'Gate',
      'quote volume',
      ({ seconds, o, h, l, c, v, quote }) => [...[seconds, quote, c, h, l, o, v].map(String), 'true'],
      (list) => list,
      1e3,
    ],
    [
      'HTX',
      'quote volume',
      ({ seconds: id, o, h, l, c, v, quote }) => ({
        ...{ id, open: o, close: c, low: l, high: h, amount: v, vol: quote, count: 5 },
      }),
      (data) => ({ ch: 'market.btcusdt.kline.60min', status: 'ok', ts: 1, data }),
      1e3,
    ],
    [
      'Coinbase Advanced',
      'no other volume',
      ({ seconds, o, h, l, c, v }) => ({
        ...{ start: `${seconds}`, low: `${l}`, high: `${h}`, open: `${o}`, close: `${c}`, volume: `${v}` },
      }),
      (candles) => ({ candles }),
      1e3,
    ],
    [
      'Polygon',
      'no other volume',
      ({ t, o, h, l, c, v, vw }) => ({ v, vw, o, c, h, l, t, n: 5 }),
      (results) => ({ ticker: 'X:BTCUSD', resultsCount: 200, results, status: 'OK' }),
      1,
    ],
    [
      'Alpaca',
      'no other volume',
      ({ t, o, h, l, c, v, vw }) => ({ c, h, l, n: 5, o, t: new Date(t).toISOString(), v, vw }),
      (list) => ({ bars: { 'BTC/USDT': list }, next_page_token: null }),
      1,
    ],
    [
      'CryptoCompare',
      'quote volume',
      ({ seconds: time, o, h, l, c, v, quote }) => ({
        ...{ time, high: h, low: l, open: o, volumefrom: v, volumeto: quote, close: c },
        ...{ conversionType: 'direct', conversionSymbol: '' },
      }),
      (list) => ({ Response: 'Success', Message: '', Data: { Aggregated: false, Data: list } }),
      1e3,
    ],
  ])('%s, with %s', (_, volumes, toRow, toAnswer, unitMs) => {
    const { raw } = read(JSON.stringify(toAnswer(rows.map(toRow))));
    expect(raw.time.map((time) => time * unitMs)).toEqual(series.openTimeMs);
    const { open, high, low, close, volume } = series;
    expect(raw.values).toEqual({ open, high, low, close, volume });
    const quotes = Float64Array.from(rows, ({ quote }) => quote);
    expect(raw.quoteVolume).toEqual(volumes === 'quote volume' ? quotes : undefined);
  });
});

test('a flag where a price or a volume belongs is refused', () => {
  for (const row of ['[1, 2, 3, 1, 2, "true"]', '["1", "9", "2", "3", "1", "2", "true", "true"]']) {
    expect(() => read(`[${row}]`)).toThrow('row 1 is not of numbers');
  }
});
