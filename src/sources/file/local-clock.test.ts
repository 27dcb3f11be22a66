import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeMarket, pickRows } from '../../../test/support/mixed-candles.js';
import { MARKET_DATA, needsMarketData } from '../../../test/support/needs.js';
import { zoneSpans } from '../../core/time-zone.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { INSPECTION_LIMITS } from '../../market/quality/import-faults.js';
import { checkCandles } from '../../market/quality.js';
import { readCandleFile } from './read-candle-file.js';
import { findSummerTime } from './summer-time.js';

const HOUR_MS = 3_600_000;
const NEW_YEAR_MS = Date.UTC(2024, 0, 1);
const year = makeMarket({ rowCount: 366 * 24, firstOpenTimeMs: NEW_YEAR_MS });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-clock-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a clock of the zone shows at these times. */
function wallTimes(openTimeMs: Float64Array, zone: string): Float64Array {
  const spans = zoneSpans(zone, openTimeMs[0], openTimeMs[openTimeMs.length - 1]);
  return openTimeMs.map((timeMs) => timeMs + spans.findLast(({ startMs }) => startMs <= timeMs)!.offsetMs);
}

/** Ascending and unique, and the times that stood twice. */
function settled(wallMs: Float64Array): [Float64Array, number[]] {
  const sorted = wallMs.slice().sort();
  const isTwice = (at: number) => at > 0 && sorted[at] === sorted[at - 1];
  return [sorted.filter((_, at) => !isTwice(at)), [...sorted.filter((_, at) => isTwice(at))]];
}

async function fileOf(series: CandleSeries, timeText: (timeMs: number) => string | number): Promise<string> {
  const path = join(folder, 'BTCUSDT_1h.csv');
  const { openTimeMs, open, high, low, close, volume } = series;
  const lines = Array.from(openTimeMs, (timeMs, row) =>
    [timeText(timeMs), open[row], high[row], low[row], close[row], volume[row]].join(','),
  );
  await writeFile(path, `open_time,open,high,low,close,volume\n${lines.join('\n')}\n`);
  return path;
}

const clockText = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');

describe('summer time', () => {
  test.each([
    ['Europe/Paris', ['Europe/Berlin']],
    ['Europe/London', ['Europe/London']],
    ['Europe/Kyiv', ['Europe/Athens']],
    ['America/Toronto', ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles']],
    ['Australia/Melbourne', ['Australia/Sydney']],
    ['Pacific/Auckland', ['Pacific/Auckland']],
    ['America/Santiago', ['America/Santiago']],
    ['America/Havana', ['America/Havana']],
    ['Africa/Cairo', ['Africa/Cairo']],
    ['Asia/Beirut', ['Asia/Beirut']],
    ['Asia/Jerusalem', ['Asia/Jerusalem']],
  ])('of %s is seen by candles of any length up to an hour, with the zones that fit', (zone, zones) => {
    for (const interval of ['1h', '15m'] as const) {
      const rowCount = (366 * 24 * HOUR_MS) / (interval === '1h' ? HOUR_MS : HOUR_MS / 4);
      const { openTimeMs } = makeMarket({ rowCount, interval, firstOpenTimeMs: NEW_YEAR_MS });
      const wallMs = wallTimes(openTimeMs, zone);
      expect(findSummerTime(...settled(wallMs))).toMatchObject({
        zones,
        missingMs: { length: 1 },
        doubledMs: { length: 1 },
      });
      // Half a year has one of the two.
      for (const half of [wallMs.slice(0, rowCount / 2), wallMs.slice(rowCount / 2)]) {
        expect(findSummerTime(...settled(half))?.zones).toEqual(expect.arrayContaining(zones));
      }
    }
  });

  test('is not seen in UTC, in zones without it, and in the outages of an exchange', () => {
    expect(findSummerTime(year.openTimeMs, [])).toBeUndefined();
    for (const zone of ['Asia/Tokyo', 'Asia/Kolkata', 'UTC']) {
      expect(findSummerTime(...settled(wallTimes(year.openTimeMs, zone)))).toBeUndefined();
    }
    const spring = Date.UTC(2024, 2, 31, 2);
    const without = (...times: number[]) => year.openTimeMs.filter((timeMs) => !times.includes(timeMs));
    // Hours of other Sundays, two hours, and the very hour where the hour of autumn stands once.
    expect(findSummerTime(without(Date.UTC(2024, 2, 24, 2), Date.UTC(2024, 6, 7, 1)), [])).toBeUndefined();
    expect(findSummerTime(without(spring, spring + HOUR_MS), [])).toBeUndefined();
    expect(findSummerTime(without(spring), [])).toBeUndefined();
    expect(findSummerTime(year.openTimeMs, [Date.UTC(2024, 5, 2, 2)])).toBeUndefined();
  });

  test('refuses a file of clock times with the zone, which reads it', async () => {
    const wall = { ...year, openTimeMs: wallTimes(year.openTimeMs, 'Europe/Berlin') };
    const path = await fileOf(wall, clockText);
    await expect(readCandleFile(path)).rejects.toMatchObject({
      code: 'CANDLES_INVALID',
      message:
        'BTCUSDT_1h.csv: the times are those of a clock that is set to summer time (no hour at 2024-03-31 02:00, two at 2024-10-27 02:00), ' +
        'as in Europe/Berlin, and not of UTC',
      hint: 'name their zone: --time-zone Europe/Berlin',
    });
    expect((await readCandleFile(path, { timeZone: 'Europe/Berlin' })).series.openTimeMs).toEqual(year.openTimeMs);
    const { series, faults } = await readCandleFile(path, { limits: INSPECTION_LIMITS });
    const { findings } = checkCandles(series, { nowMs: Date.now(), imported: faults });
    expect(findings).toContainEqual(expect.objectContaining({ code: 'LOCAL_TIME', severity: 'error' }));
  });

  test('in numbers is told, for nobody can read them otherwise', async () => {
    const wall = { ...year, openTimeMs: wallTimes(year.openTimeMs, 'America/New_York') };
    const { notices, faults } = await readCandleFile(await fileOf(wall, (timeMs) => timeMs));
    expect(notices.join()).toContain('no hour at 2024-03-10 02:00, two at 2024-11-03 01:00), as in America/New_York');
    expect(faults.localTime).toBeDefined();
  });
});

describe('candles that have not closed', () => {
  const short = pickRows(year, (row) => row < 100);
  const lastMs = short.openTimeMs[99];

  test('are one at the most, and open before now: more are of a clock ahead', async () => {
    const path = await fileOf(short, clockText);
    const { unclosedRows, faults } = await readCandleFile(path, { nowMs: lastMs + 60_000 });
    expect([unclosedRows, faults.localTime]).toEqual([1, undefined]);
    for (const [nowMs, count] of [
      [lastMs - 1.5 * HOUR_MS, '3 candles'],
      [lastMs - 61_000, '2 candles'],
    ] as const) {
      await expect(readCandleFile(path, { nowMs })).rejects.toMatchObject({
        code: 'CANDLES_INVALID',
        message: expect.stringContaining(
          `${count} had not closed by this computer's clock, the last opens at 2024-01-05 03:00 UTC`,
        ),
        hint: 'name their zone with --time-zone Europe/Berlin',
      });
      await expect(readCandleFile(path, { nowMs, timeZone: 'UTC' })).rejects.toMatchObject({
        hint: expect.stringContaining('another zone than UTC'),
      });
      const { faults: told } = await readCandleFile(path, { nowMs, limits: INSPECTION_LIMITS });
      expect(told.localTime).toContain(count);
    }
    const numbers = await fileOf(short, (timeMs) => timeMs);
    await expect(readCandleFile(numbers, { nowMs: lastMs - 2 * HOUR_MS })).rejects.toMatchObject({
      hint: expect.stringContaining('where the file comes from'),
    });
  });

  test('a candle that opens later than now is of a clock ahead by itself', async () => {
    const path = await fileOf({ ...short, openTimeMs: short.openTimeMs.map((timeMs) => timeMs) }, clockText);
    await expect(readCandleFile(path, { nowMs: lastMs - 0.4 * HOUR_MS })).rejects.toThrow('of a clock ahead of UTC');
  });
});

test('real pairs are of UTC, outages and all', needsMarketData, async () => {
  for (const base of ['BTC', 'ETH', 'BNB', 'XRP', 'LTC', 'ADA', 'LINK', 'DOGE']) {
    const { faults } = await readCandleFile(join(MARKET_DATA, `BINANCE_${base}USDT_1h.csv.gz`));
    expect(faults.localTime).toBeUndefined();
  }
});
