import { describe, expect, test } from 'vitest';
import { openEnvelope } from './json-envelope.js';

const open = (text: string) => {
  const { rows, ...rest } = openEnvelope(Buffer.from(text), 'x.json');
  return { rows: rows.toString(), ...rest };
};

describe('the rows of an answer are found, with the symbol it names', () => {
  test.each([
    ['a list alone', ' [[1, "2"]] ', '[1, "2"]', undefined],
    ['records alone', '[ {"t": 1}]', ' {"t": 1}', undefined],
    [
      'Bybit',
      '{"retCode":0,"retMsg":"OK","result":{"symbol":"BTCUSDT","list":[["1"],["2"]]},"retExtInfo":{},"time":1}',
      '["1"],["2"]',
      'BTCUSDT',
    ],
    ['Kraken', '{"error":[],"result":{"XXBTZUSD":[[1,"2"]],"last":1}}', '[1,"2"]', 'XBTUSD'],
    ['Kraken, newer', '{"error":[],"result":{"SOLUSD":[[1,"2"]],"last":1}}', '[1,"2"]', 'SOLUSD'],
    ['KuCoin', '{"code":"200000","data":[["1"]]}', '["1"]', undefined],
    ['OKX', '{"code":"0","msg":"","data":[["1"]]}', '["1"]', undefined],
    ['Bitstamp', '{"data":{"ohlc":[{"close":"1"}],"pair":"BTC/USD"}}', '{"close":"1"}', 'BTC/USD'],
    ['Polygon', '{"ticker":"X:BTCUSD","resultsCount":1,"results":[{"v":1}]}', '{"v":1}', 'X:BTCUSD'],
    ['Alpaca', '{"bars":{"BTC/USD":[{"t":1}]},"next_page_token":null}', '{"t":1}', 'BTC/USD'],
    ['Twelve Data', '{"meta":{"symbol":"BTC/USD","interval":"1h"},"values":[{"open":"1"}]}', '{"open":"1"}', 'BTC/USD'],
    ['OKX, kept by hand', '{"instId":"BTC-USDT-SWAP","data":[["1"]]}', '["1"]', 'BTC-USDT-SWAP'],
    ['a vendor as market', '{"market":"binance","candles":[["1"]]}', '["1"]', undefined],
    ['brackets and quotes in texts', '{"note":"[[ \\"]]","symbol":"A]]B","data":[["]"]]}', '["]"]', 'A]]B'],
  ])('%s', (_, text, rows, symbol) => {
    expect(open(text)).toEqual({ rows, symbol, marketType: undefined });
  });
});

test("a category of Bybit's is a kind of market", () => {
  const answer = (category: string) => open(`{"result":{"category":"${category}","symbol":"BTCUSD","list":[["1"]]}}`);
  expect(['spot', 'linear', 'inverse', 'toString'].map((category) => answer(category).marketType)).toEqual([
    'spot',
    'perpetual',
    'perpetual',
    undefined,
  ]);
});

describe('is refused', () => {
  test.each([
    ["Binance's error", '{"code":-1121,"msg":"Invalid symbol."}', `"-1121 Invalid symbol."`],
    ["Kraken's error", '{"error":["EQuery:Unknown asset pair"]}', '"EQuery:Unknown asset pair"'],
    [
      "Bybit's error",
      '{"retCode":10001,"retMsg":"Not supported symbols","result":{}}',
      '"10001 Not supported symbols"',
    ],
    [
      "OKX's error",
      '{"code":"51001","msg":"Instrument ID does not exist","data":[]}',
      '"51001 Instrument ID does not exist"',
    ],
    ["Bitfinex's error", '["error",10020,"symbol: invalid"]', '"10020 symbol: invalid"'],
    ["Coinbase's error", '{"message":"NotFound"}', '"NotFound"'],
    [
      "HTX's error",
      '{"status":"error","err-code":"invalid-parameter","err-msg":"invalid symbol"}',
      '"invalid-parameter invalid symbol"',
    ],
    ['an empty answer', '{"code":"0","msg":"","data":[ ]}', 'holds no candles'],
    ['an answer of success', '{"retCode":0,"retMsg":"OK","result":{"list":[]}}', 'holds no candles'],
    ['numbers', '[1, 2]', 'is JSON, but no list of rows'],
    ['another answer', '{"symbol":"BTCUSDT","price":"1"}', 'is JSON, but no list of rows'],
    ['two pairs', '{"result":{"A":[[1]],"B":[[2]]}}', 'holds several lists of rows: "result.A", "result.B"'],
    ['a key that stands twice', '{"a":[[1]],"a":[[2]]}', 'holds several lists of rows: 2, under keys that repeat'],
    [
      'thousands of lists',
      `{"a":{${Array.from({ length: 9_000 }, (_, at) => `"${at}":[[1]]`)}}}`,
      'several lists of rows: more than 100',
    ],
    ['a cut list', '[[1, 2], [3', 'is cut off: its JSON list does not end'],
    ['a cut answer', '{"data":[[1, 2], [3', 'is cut off: its JSON object does not end'],
    ['an answer cut within a row', '{"data":[[1, 2], [3}', 'is cut off: its list of rows does not end'],
    ['damage', '{"data":[[1]],,}', 'is damaged JSON'],
    ['a large answer of something else', `{"a":"${'x'.repeat(70_000)}"}`, 'is JSON, but no list of rows'],
    [
      'a deep answer of something else',
      `{"a":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`,
      'is JSON, but no list of rows',
    ],
    ['deep brackets', `{"a":${'['.repeat(30_000)}`, 'is cut off'],
  ])('%s', (_, text, message) => {
    expect(() => open(text)).toThrow(
      expect.objectContaining({ code: 'CANDLE_FILE_UNREADABLE', message: expect.stringContaining(message) }),
    );
  });
});
