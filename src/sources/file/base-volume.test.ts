import { expect, test } from 'vitest';
import { simulateMarket } from '../../market/simulated-market.js';
import { withBaseVolume } from './base-volume.js';
import type { RawCandles } from './source-table.js';

const MARKET = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 100,
  seed: 5,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0,
}).series;
const base = MARKET.volume;
const quote = base.map((volume, row) => (volume * (MARKET.high[row] + MARKET.low[row])) / 2);
const contracts = base.map((volume) => Math.round(volume * 100));

/** A file with amounts of these names, and what is made of it. */
function read([volumeName, volume]: [string, Float64Array], extras: Record<string, Float64Array>, quoteName?: string) {
  const { open, high, low, close } = MARKET;
  const raw: RawCandles = {
    time: MARKET.openTimeMs,
    values: { open, high, low, close, volume },
    quoteVolume: quoteName === undefined ? undefined : extras[quoteName],
    extras,
    textColumns: [],
    symbols: [],
  };
  return withBaseVolume(raw, { volumeName, quoteName, fileName: 'x.csv' });
}

test.each<[string, [string, Float64Array], Record<string, Float64Array>, string]>([
  ['quote volume', ['volume', quote], { volume_base: base }, 'volume over volume_base'],
  [
    'contracts',
    ['vol', contracts],
    { volCcy: base, volCcyQuote: quote, confirm: base.map(() => 1) },
    'volCcyQuote over volCcy',
  ],
])('%s under the name of the volume gives way to the column that the prices fit', (_, named, extras, ratio) => {
  const { raw, notices } = read(named, extras);
  expect(raw.values.volume).toBe(base);
  expect(raw.quoteVolume).toBe(quote);
  expect(Object.values(raw.extras)).not.toContain(base);
  expect(notices).toEqual([expect.stringContaining(`${ratio} is the average price`)]);
});

test('contracts beside a quote volume are refused where no column fits, or two do', () => {
  const volume: [string, Float64Array] = ['volume', contracts];
  expect(() => read(volume, { quote_volume: quote }, 'quote_volume')).toThrow(
    'x.csv: quote_volume over volume is no price, so volume is no volume of the base asset',
  );
  const extras = { quote_volume: quote, amount: base, amount_2: base.slice() };
  expect(() => read(volume, extras, 'quote_volume')).toThrow('amount and amount_2 both fit');
});

test.each<[string, Float64Array, Record<string, Float64Array>, string?]>([
  ['with its quote volume', base, { quote_volume: quote }, 'quote_volume'],
  ['with a quote volume of another name', base, { turnover: quote }],
  ['beside the amounts of one side', contracts, { taker_buy_volume: base, taker_buy_quote_volume: quote }],
  ['alone', contracts, {}],
  ['that changes places with its quote volume, of which others tell', quote, { quote_volume: base }, 'quote_volume'],
])('a volume %s stays', (_, volume, extras, quoteName) => {
  const { raw, notices } = read(['volume', volume], extras, quoteName);
  expect([raw.values.volume, notices]).toEqual([volume, []]);
});
