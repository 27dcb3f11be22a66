import { expect, test } from 'vitest';
import { planColumns, type SourceColumn } from './columns.js';

function textColumns(names: readonly string[], sample: Record<string, string> = {}): SourceColumn[] {
  return names.map((name) => ({ name, type: 'text', sample: [sample[name] ?? '1'] }));
}

test('finds columns in any order and case, and keeps the rest apart', () => {
  const plan = planColumns(
    textColumns(['Volume', 'CLOSE', 'Low', 'high', 'Open', 'Open time', 'trades']),
    undefined,
    'x.csv',
  );
  expect(plan).toMatchObject({
    timeIndex: 5,
    timeKind: 'number',
    valueIndexes: { open: 4, high: 3, low: 2, close: 1, volume: 0 },
    extraIndexes: [6],
  });
});

test('prefers a number over a date as the time', () => {
  const names = ['date', 'unix', 'open', 'high', 'low', 'close', 'volume'];
  const plan = planColumns(textColumns(names, { date: '2024-01-01 00:00:00' }), undefined, 'x.csv');
  expect(plan).toMatchObject({ timeIndex: 1, timeKind: 'number', unusedTimeNames: ['date'] });
});

test('takes a date where there is no number', () => {
  const names = ['date', 'open', 'high', 'low', 'close', 'volume'];
  const plan = planColumns(textColumns(names, { date: '2024-01-01' }), undefined, 'x.csv');
  expect(plan).toMatchObject({ timeIndex: 0, timeKind: 'text' });
});

test('tells base from quote volume by the symbol', () => {
  const names = ['unix', 'open', 'high', 'low', 'close', 'Volume USDT', 'Volume BTC'];
  const plan = planColumns(textColumns(names), 'BTCUSDT', 'x.csv');
  expect(plan.valueIndexes.volume).toBe(6);
  expect(plan.quoteVolumeIndex).toBe(5);
  expect(() => planColumns(textColumns(names.slice(0, 6)), 'BTCUSDT', 'x.csv')).toThrow('volume missing');
});

test("leaves out Binance's close time and unused column, and pandas' row numbers", () => {
  const names = [
    'Unnamed: 0',
    'open_time',
    'open',
    'high',
    'low',
    'close',
    'volume',
    'close_time',
    'quote_volume',
    'ignore',
  ];
  const plan = planColumns(textColumns(names), 'BTCUSDT', 'x.csv');
  expect(plan.extraIndexes.map((index) => names[index])).toEqual(['quote_volume']);
});

test('names what is missing and what there is', () => {
  expect(() => planColumns(textColumns(['time', 'open', 'high', 'low', 'price']), undefined, 'x.csv')).toThrow(
    'close, volume missing, there are time, open, high, low, price',
  );
});

test('a name that stands twice is refused', () => {
  const names = ['time', 'open', 'high', 'low', 'close', 'volume', 'OPEN'];
  expect(() => planColumns(textColumns(names), undefined, 'x.csv')).toThrow('"OPEN" stands twice');
});

test.each([
  ['instId', 'BTC-USDT-SWAP', 'symbol'],
  ['instrument_name', 'BTC-PERPETUAL', 'symbol'],
  ['product_id', 'BTC-USD', 'symbol'],
  ['instrument', 'XBTUSD', 'symbol'],
  ['contract', 'BTC-PERPETUAL', 'symbol'],
  ['contract', '7', undefined],
  ['market', 'KRW-BTC', 'symbol'],
  ['market', 'binance', undefined],
  ['market', 'futures', 'marketType'],
])('a column %s of %s is looked at for its %s', (name, cell, expected) => {
  const plan = planColumns(
    textColumns([name, 'time', 'open', 'high', 'low', 'close', 'volume'], { [name]: cell }),
    undefined,
    'x.csv',
  );
  expect(plan.symbolIndex).toBe(expected === 'symbol' ? 0 : undefined);
  expect(plan.marketTypeIndex).toBe(expected === 'marketType' ? 0 : undefined);
});

test("BitMEX's bins, which are named by their end and count contracts, are refused with what to change", () => {
  const names = ['timestamp', 'symbol', 'open', 'high', 'low', 'close', 'trades', 'volume', 'vwap'];
  const bins = textColumns([...names, 'lastSize', 'turnover', 'homeNotional', 'foreignNotional']);
  expect(() => planColumns(bins, undefined, 'x.csv')).toThrow(
    expect.objectContaining({
      code: 'CANDLE_FILE_UNREADABLE',
      message: expect.stringMatching(/timestamp is the end of a candle and whose volume counts contracts/),
      hint: expect.stringContaining('call homeNotional volume'),
    }),
  );
  expect(() => planColumns(bins.slice(0, -2), undefined, 'x.csv')).not.toThrow();
});
