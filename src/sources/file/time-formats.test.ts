import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { simulateMarket } from '../../market/simulated-market.js';
import { readCandleFile } from './read-candle-file.js';
import { chooseDayOrder } from './text-times.js';
import { formatsOf, isClockText, isTimeText, TIME_FORMATS, zoneWordOf } from './time-formats.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-times-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const two = (value: number) => String(value).padStart(2, '0');

type Write = (date: Date) => string;

const DATES: Readonly<Record<string, Write>> = {
  'y-m-d': (d) => `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`,
  'y.m.d': (d) => `${d.getUTCFullYear()}.${two(d.getUTCMonth() + 1)}.${two(d.getUTCDate())}`,
  'y/m/d': (d) => `${d.getUTCFullYear()}/${d.getUTCMonth() + 1}/${d.getUTCDate()}`,
  ymd: (d) => `${d.getUTCFullYear()}${two(d.getUTCMonth() + 1)}${two(d.getUTCDate())}`,
  'd.m.y': (d) => `${d.getUTCDate()}.${d.getUTCMonth() + 1}.${d.getUTCFullYear()}`,
  'd/m/y': (d) => `${two(d.getUTCDate())}/${two(d.getUTCMonth() + 1)}/${d.getUTCFullYear()}`,
  'm/d/y': (d) => `${d.getUTCMonth() + 1}/${d.getUTCDate()}/${d.getUTCFullYear()}`,
  'm-d-y': (d) => `${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}-${d.getUTCFullYear()}`,
  'd mon y': (d) => d.toUTCString().slice(5, 16),
};
const hour12 = (d: Date) => d.getUTCHours() % 12 || 12;
const half = (d: Date) => (d.getUTCHours() < 12 ? 'AM' : 'pm');
const CLOCKS: Readonly<Record<string, Write>> = {
  'h:mm': (d) => `${d.getUTCHours()}:${two(d.getUTCMinutes())}`,
  'hh:mm:ss': (d) => d.toISOString().slice(11, 19),
  'hh:mm:ss.mmm': (d) => d.toISOString().slice(11, 23),
  hhmmss: (d) => d.toISOString().slice(11, 19).replaceAll(':', ''),
  hhmm: (d) => d.toISOString().slice(11, 16).replaceAll(':', ''),
  'h:mm:ss am': (d) => `${hour12(d)}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${half(d)}`,
  'hh:mmAM': (d) => `${two(hour12(d))}:${two(d.getUTCMinutes())}${half(d)}`,
};
/** Offsets in minutes, as they are written behind a clock. */
const OFFSETS: Readonly<Record<string, number>> = {
  '': 0,
  Z: 0,
  ' UTC': 0,
  '+05:30': 330,
  ' GMT-0500': -300,
  ' +0200': 120,
  ' UTC+10': 600,
};

test('reads the candles back in whatever way their times were written, or refuses days that can be months', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.entries(DATES)),
      fc.constantFrom(...Object.entries(CLOCKS)),
      fc.constantFrom(' ', 'T', ', '),
      fc.constantFrom(...Object.entries(OFFSETS)),
      fc.constantFrom<Interval>('1m', '15m', '1h', '4h', '1d'),
      fc.integer({ min: 0, max: 5_000 }),
      async ([, date], [clockName, clock], separator, [offset, offsetMinutes], interval, startDays) => {
        // A letter that no program writes there.
        fc.pre(!(offset === 'Z' && /am/i.test(clockName)));
        const { series } = simulateMarket({
          symbol: 'BTCUSDT',
          interval,
          rowCount: 48,
          seed: 1,
          firstOpenTimeMs: Date.UTC(2010, 0, 1) + startDays * INTERVAL_MS['1d'],
          plantedR2: 0,
        });
        const { open, high, low, close, volume } = series;
        const lines = Array.from(series.openTimeMs, (timeMs, row) => {
          const shown = new Date(timeMs + offsetMinutes * 60_000);
          const time = `"${date(shown)}${separator}${clock(shown)}${offset}"`;
          return [time, open[row], high[row], low[row], close[row], volume[row]].join();
        });
        const path = join(folder, 'BTCUSDT.csv');
        await writeFile(path, ['date,open,high,low,close,volume', ...lines, ''].join('\n'));
        const result = await readCandleFile(path).catch((error) => error);
        if (result instanceof Error) expect(result.message).toContain('its dates have several readings');
        else expect(result.series).toEqual(series);
      },
    ),
    { numRuns: 60, seed: 2 },
  );
});

test('names the formats that a column can have', () => {
  const names = (...cells: string[]) => formatsOf(cells).map(({ name }) => name);
  expect(names('2024-01-02T03:04:05.000Z')).toEqual(['year-month-day']);
  expect(names('31.12.2024 13:00', '1.1.2025 9:00')).toEqual(['day.month.year']);
  expect(names('1/2/2024 0:00')).toEqual(['day/month/year', 'month/day/year']);
  expect(names('20240101 000000')).toEqual(['yearmonthday']);
  expect(names('soon')).toEqual(['year-month-day']);
});

test('knows a clock and a time from other text, and the name of a zone from that of UTC', () => {
  expect(['13:00', '1:00', '13:00:05.25', '130000', '1300', '01:00 PM', '07-AM'].every(isClockText)).toBe(true);
  expect(['', '1', '13', '2024-01-01', '1704067200'].some(isClockText)).toBe(false);
  expect(['2024.01.01', '01.01.2024 00:00:00.000 GMT+0200', 'Jan 5, 2024'].every(isTimeText)).toBe(true);
  expect(['', '1704067200', '2024-01-01 CET', '01.01.24'].some(isTimeText)).toBe(false);
  expect(zoneWordOf('2024-01-01 00:00:00 CEST')).toBe('CEST');
  expect(['2024-01-01 00:00 UTC', '2024-01-01 00:00 GMT', '2024-01-01 1:00 PM'].map(zoneWordOf)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('takes the order of day and month by the 13th, by regular times, and neither for twelve months that can be days', () => {
  const [dayFirst, monthFirst] = TIME_FORMATS.filter(({ pattern }) => pattern === '\\d{1,2}/\\d{1,2}/\\d{4}');
  const readings = (...cells: [month: number, day: number][]) => [
    {
      format: monthFirst,
      time: Float64Array.from(cells, ([m, d]) => (m > 12 ? Number.NaN : Date.UTC(2024, m - 1, d) * 1e3)),
    },
    {
      format: dayFirst,
      time: Float64Array.from(cells, ([m, d]) => (d > 12 ? Number.NaN : Date.UTC(2024, d - 1, m) * 1e3)),
    },
  ];
  expect(chooseDayOrder(readings([1, 12], [1, 13]), 'x').format).toBe(monthFirst);
  expect(chooseDayOrder(readings([1, 3], [1, 5], [1, 7], [1, 9]), 'x').format).toBe(monthFirst);
  expect(chooseDayOrder(readings([3, 1], [5, 1], [9, 1], [7, 1]), 'x').format).toBe(dayFirst);
  const monthly = [1, 2, 3, 4, 5].map((month): [number, number] => [month, 1]);
  expect(() => chooseDayOrder(readings(...monthly), 'x')).toThrow('its dates have several readings');
});

async function refusalOf(times: readonly (string | number)[]) {
  const path = join(folder, 'BTCUSDT.csv');
  const lines = times.map((time) => `"${time}",100,101,99,100,5`);
  await writeFile(path, ['time,open,high,low,close,volume', ...lines, ''].join('\n'));
  return readCandleFile(path).then(
    () => undefined,
    (error) => error,
  );
}

test('names a year of two digits, which can be any of the three numbers', async () => {
  for (const times of [
    ['01/08/24', '01/09/24'],
    ['13.01.24 00:00', '13.01.24 01:00'],
    ['24-01-08 00:00:00', '24-01-08 01:00:00'],
  ]) {
    const error = await refusalOf(times);
    expect(error).toMatchObject({ code: 'CANDLE_VALUE_INVALID' });
    expect(error.message).toContain(`a year of two digits, which may be any of the three numbers: "${times[0]}"`);
    expect(error.hint).toContain('2024-12-31');
  }
});

test('says which times are read where none was understood', async () => {
  const minutes = Date.UTC(2024, 0, 8) / 60_000;
  for (const times of [
    [202401080000, 202401080100],
    ['Mon, 08 Jan 2024 00:00:00 GMT', 'Mon, 08 Jan 2024 01:00:00 GMT'],
    [minutes, minutes + 60],
    ['638403264000000000', '638403300000000000'],
  ]) {
    const error = await refusalOf(times);
    expect(error.message).toContain('2 rows are not candles: line 2: expected a time from 2009 to now');
    expect(error.hint).toContain('write them as ISO text (2024-12-31T13:00:00Z)');
    expect(error.hint).not.toContain('remove');
  }
  expect((await refusalOf(['2024-01-08 00:00', 'x'])).hint).toContain('remove these rows');
});
