import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { INSPECTION_LIMITS } from '../../market/quality/import-faults.js';
import { readCandleFile } from './read-candle-file.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday. */
const MONDAY_MS = Date.UTC(2024, 0, 1);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-grid-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function refusalOf(times: readonly number[], name: string) {
  const path = join(folder, name);
  await writeFile(path, ['open_time,open,high,low,close,volume', ...times.map((ms) => `${ms},2,3,1,2,9`)].join('\n'));
  return readCandleFile(path).then(
    () => undefined,
    ({ code, message, hint }) => ({ code, message, hint }),
  );
}

const every = (lengthMs: number, firstMs: number, count = 60) =>
  Array.from({ length: count }, (_, at) => firstMs + at * lengthMs);

/** Midnights of a zone. */
function midnights(zone: string, count: number): number[] {
  const hourThere = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' });
  return every(HOUR_MS, MONDAY_MS, count * 24).filter((ms) => hourThere.format(ms) === '00');
}

const DAYS_HINT = 'import the days (1d) instead; `train --interval 1w` makes 1w candles of them';
const HOURS_HINT = 'import the hours (1h) instead; `train --interval 1d` makes 1d candles of them';

test.each([
  [
    'weeks from Thursday',
    every(7 * DAY_MS, MONDAY_MS + 3 * DAY_MS),
    'its weeks open on Thursday 00:00 UTC, and not on Monday 00:00 UTC',
    DAYS_HINT,
  ],
  [
    'weeks from Sunday',
    every(7 * DAY_MS, MONDAY_MS - DAY_MS),
    'its weeks open on Sunday 00:00 UTC, and not on Monday 00:00 UTC',
    DAYS_HINT,
  ],
  [
    'weeks of Asia',
    every(7 * DAY_MS, MONDAY_MS - 8 * HOUR_MS),
    'its weeks open on Sunday 16:00 UTC, midnight at UTC+8, and not on Monday 00:00 UTC',
    DAYS_HINT,
  ],
  [
    'days of Asia',
    every(DAY_MS, MONDAY_MS - 8 * HOUR_MS),
    'its days open at 16:00 UTC, midnight at UTC+8, and not at 00:00 UTC',
    HOURS_HINT,
  ],
  [
    'days of India',
    every(DAY_MS, MONDAY_MS - 5.5 * HOUR_MS),
    'its days open at 18:30 UTC, midnight at UTC+5:30, and not at 00:00 UTC',
    HOURS_HINT,
  ],
  [
    'days of New York in winter',
    every(DAY_MS, MONDAY_MS + 5 * HOUR_MS),
    'its days open at 05:00 UTC, midnight at UTC−5, and not at 00:00 UTC',
    HOURS_HINT,
  ],
  [
    'days of Berlin, the year round',
    midnights('Europe/Berlin', 366),
    'its days open at 23:00 UTC in winter and 22:00 UTC in summer, midnight of a zone with summer time (UTC+1 and UTC+2), and not at 00:00 UTC',
    HOURS_HINT,
  ],
  [
    'hours of half an hour later',
    every(HOUR_MS, MONDAY_MS + HOUR_MS / 2),
    'its 1h candles open 30 min after those of the UTC day, which are counted from 00:00 UTC',
    'import the shorter candles instead; `train --interval 1h` makes 1h candles of them',
  ],
  [
    'closing times',
    every(DAY_MS, MONDAY_MS + DAY_MS - 1),
    'its times are those at which candles close, not those at which they open',
    'take the column of open times, or set each time back by one candle',
  ],
])('%s are refused by what they are', async (name, times, state, hint) => {
  const file = `${name.replaceAll(/[ ,]/g, '-')}_BTCUSDT.csv`;
  expect(await refusalOf(times, file)).toEqual({ code: 'CANDLES_INVALID', message: `${file}: ${state}`, hint });
});

test('a look at such a file says the same', async () => {
  const name = 'looked_BTCUSDT_1w.csv';
  await refusalOf(every(7 * DAY_MS, MONDAY_MS - DAY_MS), name);
  const { notices, offGridRows } = await readCandleFile(join(folder, name), { limits: INSPECTION_LIMITS });
  expect(offGridRows).toBe(60);
  expect(notices).toContain('its weeks open on Sunday 00:00 UTC, and not on Monday 00:00 UTC');
});

test('4h candles of a local clock name the zone first, for their hours would be those of the same clock', async () => {
  const berlin = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Berlin',
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const path = join(folder, 'BTCUSDT_4h.csv');
  const rows = every(4 * HOUR_MS, MONDAY_MS, 2_000).map((ms) => `${berlin.format(ms)},2,3,1,2,9`);
  await writeFile(path, ['date,open,high,low,close,volume', ...rows].join('\n'));
  const error = await readCandleFile(path).catch((thrown) => thrown);
  expect(error).toMatchObject({
    code: 'CANDLES_INVALID',
    hint: expect.stringContaining('--time-zone Europe/Berlin; else'),
  });
  expect(error.message).toContain('its 4h candles open 1 h and 2 h after those of the UTC day, as by a clock');
  expect((await readCandleFile(path, { timeZone: 'Europe/Berlin' })).series.openTimeMs[1_999]).toBe(
    MONDAY_MS + 1_999 * 4 * HOUR_MS,
  );
});
