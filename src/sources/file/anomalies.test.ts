/** Real files that misbehave; each has its line in the table of docs/data.md. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MARKET_DATA, needsMarketData } from '../../../test/support/needs.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { compareSeries, describeDifference } from '../../market/quality/compare-series.js';
import { type FaultLimits, INSPECTION_LIMITS } from '../../market/quality/import-faults.js';
import { checkCandles } from '../../market/quality.js';
import { readCandleFile } from './read-candle-file.js';

const FOLDER = join(MARKET_DATA, 'anomalies');

async function findingsOf(path: string, limits?: FaultLimits): Promise<string[]> {
  const { series, faults } = await readCandleFile(path, { limits });
  return checkCandles(series, { nowMs: Date.now(), imported: faults }).findings.map(({ code }) => code);
}

/** The rows of an extract that shows two versions of a history side by side, as two series. */
async function readColumns(name: string, columns: Record<string, string>): Promise<CandleSeries> {
  const [header, ...lines] = (await readFile(join(FOLDER, name), 'utf8')).trim().split('\n');
  const names = header.split(',');
  const rows = lines.map((line) => line.split(',')).filter((cells) => cells[names.indexOf(columns.close)] !== '');
  const take = (column: string) => Float64Array.from(rows, (cells) => Number(cells[names.indexOf(columns[column])]));
  return {
    symbol: 'BTCUSDT',
    interval: '1h',
    openTimeMs: take('openTimeMs'),
    open: take('open'),
    high: take('high'),
    low: take('low'),
    close: take('close'),
    volume: take('volume'),
    extras: {},
  };
}

describe('real files that misbehave', needsMarketData, () => {
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
    ['no_trade_gaps_KRAKEN_XBTUSD_1h.csv', ['GAPS', 'NO_TRADE_GAPS', 'FLAT_CANDLES', 'STALE']],
    ['outage_BINANCE_BTCUSDT_1h_2023-03-24.csv', ['GAPS', 'OUTAGE', 'ZERO_VOLUME', 'FLAT_CANDLES', 'STALE']],
    ['suspension_BINANCE_FTTUSDT_1h.csv', ['GAPS', 'SUSPENSION', 'JUMPS', 'STALE']],
    ['relisting_BINANCE_LUNAUSDT_1h.csv', ['GAPS', 'SUSPENSION', 'JUMPS', 'WICKS', 'RELISTING', 'STALE']],
    ['redenomination_BINANCE_BNXUSDT_1h.csv', ['GAPS', 'SUSPENSION', 'JUMPS', 'REDENOMINATION', 'STALE']],
    [
      'revised_history_BINANCE_BTCUSDT_1h.csv',
      ['GAPS', 'SUSPENSION', 'ZERO_VOLUME', 'FLAT_CANDLES', 'JUMPS', 'RELISTING', 'STALE'],
    ],
    [
      'testnet_prices_BYBIT_BTCUSDT_1m.csv',
      ['GAPS', 'OUTAGE', 'ZERO_VOLUME', 'FLAT_CANDLES', 'JUMPS', 'RELISTING', 'IMPLAUSIBLE', 'STALE'],
    ],
  ])('%s is read, and the findings tell', async (name, codes) => {
    expect(await findingsOf(join(FOLDER, name))).toEqual(codes);
  });

  test.each([
    ['cdd_mixed_units_BINANCE_BTCUSDT_1h.csv', ['BAD_LINES', 'CONFLICTS', 'TIME_UNITS']],
    ['cdd_swapped_volume_BITSTAMP_BTCUSD_1h.csv', ['BAD_LINES', 'VOLUME_UNITS']],
    ['zero_price_first_candle_GEMINI_BTCUSD_1h.csv', ['BAD_LINES', 'OHLC_ERRORS', 'WICKS']],
    ['duplicates_partial_BINANCE_BTCUSDT_1m.csv', ['DUPLICATES', 'CONFLICTS', 'PARTIAL_CANDLES']],
    ['offgrid_BINANCE_BTCUSDT_1h_2018-02.csv', ['OFF_GRID']],
  ])('%s is looked at all the same by a check, and the findings tell', async (name, codes) => {
    expect(await findingsOf(join(FOLDER, name), INSPECTION_LIMITS)).toEqual(expect.arrayContaining(codes));
  });

  test('frozen_partial: the candles stored while open are told from a newer copy', async () => {
    const name = 'frozen_partial_BINANCEUM_BTCUSDT_1h.csv';
    // The extract has no opens; a candle opens as it opens, whoever stores it when.
    const times = { openTimeMs: 'open_time', open: 'open_time' };
    const stored = await readColumns(name, { ...times, high: 'high', low: 'low', close: 'close', volume: 'volume' });
    const newer = { high: 'high_30m', low: 'low_30m', close: 'close_30m', volume: 'volume_30m' };
    const difference = compareSeries(stored, await readColumns(name, { ...times, ...newer }));
    expect(difference.partialTimesMs).toEqual(Array.from(stored.openTimeMs));
    expect(describeDifference(difference).map(({ code }) => code)).toEqual(['REVISED', 'PARTIAL_CANDLES']);
  });

  test('revised_history: two downloads of one history are told apart', async () => {
    const name = 'revised_history_BINANCE_BTCUSDT_1h.csv';
    const columns = {
      openTimeMs: 'open_time',
      open: 'open',
      high: 'high',
      low: 'low',
      close: 'close',
      volume: 'volume',
    };
    const newer = { open: 'open_2025', high: 'high_2025', low: 'low_2025', close: 'close_2025', volume: 'volume_2025' };
    const older = await readColumns(name, columns);
    const difference = compareSeries(older, await readColumns(name, { ...columns, ...newer }));
    expect(difference.removedTimesMs).toEqual([Date.UTC(2020, 11, 21, 14)]);
    expect(difference.revisedTimesMs).toEqual([
      Date.UTC(2020, 11, 21, 13),
      Date.UTC(2021, 0, 11, 8),
      Date.UTC(2021, 3, 23, 1),
    ]);
    expect(describeDifference(difference)[0].code).toBe('REVISED');
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
