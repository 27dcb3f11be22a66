/** Real files that misbehave; each has its line in the table of docs/data.md. */

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCandles } from '../../market/quality.js';
import { readCandleFile } from './read-candle-file.js';

const FOLDER = join(import.meta.dirname, '../../../../shared/market-data/anomalies');
const isThere = existsSync(FOLDER);
if (!isThere) console.log('skipped: ../shared/market-data is not beside this folder');

async function findingsOf(name: string): Promise<string[]> {
  const { series } = await readCandleFile(join(FOLDER, name));
  return checkCandles(series, { nowMs: Date.now() }).findings.map(({ code }) => code);
}

describe.skipIf(!isThere)('real files that misbehave', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradeai-anomalies-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The file without the lines by which the extract marks its omissions. */
  async function withoutMarks(name: string): Promise<string> {
    const lines = (await readFile(join(FOLDER, name), 'utf8')).split('\n');
    const path = join(folder, name);
    await writeFile(path, lines.filter((line) => !line.startsWith('...')).join('\n'));
    return path;
  }

  test.each([
    ['no_trade_gaps_KRAKEN_XBTUSD_1h.csv', ['GAPS', 'FLAT_CANDLES', 'STALE']],
    ['outage_BINANCE_BTCUSDT_1h_2023-03-24.csv', ['GAPS', 'ZERO_VOLUME', 'FLAT_CANDLES', 'STALE']],
    ['suspension_BINANCE_FTTUSDT_1h.csv', ['GAPS', 'JUMPS', 'STALE']],
    ['relisting_BINANCE_LUNAUSDT_1h.csv', ['GAPS', 'JUMPS', 'RELISTING', 'STALE']],
    ['redenomination_BINANCE_BNXUSDT_1h.csv', ['GAPS', 'JUMPS', 'RELISTING', 'STALE']],
    ['revised_history_BINANCE_BTCUSDT_1h.csv', ['GAPS', 'ZERO_VOLUME', 'FLAT_CANDLES', 'JUMPS', 'RELISTING', 'STALE']],
    ['testnet_prices_BYBIT_BTCUSDT_1m.csv', ['GAPS', 'ZERO_VOLUME', 'FLAT_CANDLES', 'JUMPS', 'RELISTING', 'STALE']],
  ])('%s is read, and the findings tell', async (name, codes) => {
    expect(await findingsOf(name)).toEqual(codes);
  });

  test.each([
    ['cdd_mixed_units_BINANCE_BTCUSDT_1h.csv', 'CANDLE_VALUE_INVALID', 'line 6: expected 10 columns, was 1'],
    ['cdd_swapped_volume_BITSTAMP_BTCUSD_1h.csv', 'CANDLE_VALUE_INVALID', 'line 6: expected 9 columns, was 1'],
    ['zero_price_first_candle_GEMINI_BTCUSD_1h.csv', 'CANDLE_VALUE_INVALID', 'line 5: expected 8 columns, was 1'],
    ['duplicates_partial_BINANCE_BTCUSDT_1m.csv', 'CANDLE_CONFLICT', '24 of 54 times stand twice'],
    ['frozen_partial_BINANCEUM_BTCUSDT_1h.csv', 'CANDLE_COLUMNS_MISSING', 'open missing'],
    ['offgrid_BINANCE_BTCUSDT_1h_2018-02.csv', 'CANDLES_INVALID', '43 of 55 candles do not open on the 1h grid'],
  ])('%s is refused as %s', async (name, code, message) => {
    const error = await readCandleFile(join(FOLDER, name)).catch((thrown) => thrown);
    expect(error).toMatchObject({ code, kind: 'data' });
    expect(error.message).toContain(message);
  });

  test('a wick of seven times the price is read, for it may be true', async () => {
    const path = await withoutMarks('zero_price_first_candle_GEMINI_BTCUSD_1h.csv');
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, lines.filter((line) => !line.includes(',0.0,')).join('\n'));
    const { series } = await readCandleFile(path);
    expect(Math.max(...series.high.slice(0, 6))).toBe(2200);
  });

  test.each([
    ['cdd_mixed_units_BINANCE_BTCUSDT_1h.csv', 'CANDLE_CONFLICT', 'times stand twice with different values'],
    ['cdd_swapped_volume_BITSTAMP_BTCUSD_1h.csv', 'CANDLES_INVALID', 'base and quote volume have changed places'],
    ['zero_price_first_candle_GEMINI_BTCUSD_1h.csv', 'CANDLE_VALUE_INVALID', 'expected open above 0, was 0'],
  ])('%s without its omission marks is still refused, as %s', async (name, code, message) => {
    const error = await readCandleFile(await withoutMarks(name)).catch((thrown) => thrown);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(message);
  });
});
