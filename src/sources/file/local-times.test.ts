import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { resolveLocalTimes } from './local-times.js';

const HOUR_MS = 3_600_000;

afterEach(() => vi.unstubAllEnvs());

/** What a clock of the zone shows, as if it were UTC; by another way than the code under test. */
function wallOf(timeMs: number, zone: string): number {
  const text = new Date(timeMs).toLocaleString('sv-SE', { timeZone: zone });
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}

function candlesOf(firstMs: number, count: number, stepMs: number): Float64Array {
  return Float64Array.from({ length: count }, (_, row) => firstMs + row * stepMs);
}

const toWall = (timeMs: Float64Array, zone: string) => timeMs.map((time) => wallOf(time, zone));
const reversed = (values: Float64Array) => values.slice().reverse();

/** Known instants: https://www.timeanddate.com/time/zone/ */
test.each([
  ['Europe/Berlin', '2024-03-31T01:59', '2024-03-31T00:59Z'],
  ['Europe/Berlin', '2024-03-31T03:00', '2024-03-31T01:00Z'],
  ['Europe/Berlin', '2024-07-01T12:00', '2024-07-01T10:00Z'],
  ['America/New_York', '2024-03-10T03:00', '2024-03-10T07:00Z'],
  ['America/New_York', '2024-11-03T02:00', '2024-11-03T07:00Z'],
  ['Asia/Kolkata', '2024-05-01T05:30', '2024-05-01T00:00Z'],
  ['Australia/Lord_Howe', '2024-01-01T11:00', '2024-01-01T00:00Z'],
  ['Australia/Lord_Howe', '2024-07-01T10:30', '2024-07-01T00:00Z'],
  ['Australia/Lord_Howe', '2024-10-06T02:30', '2024-10-05T15:30Z'],
  ['Asia/Shanghai', '2024-05-01T08:00', '2024-05-01T00:00Z'],
])('in %s %s is %s, whatever zone the process is in', (zone, wall, utc) => {
  for (const processZone of ['UTC', 'America/Los_Angeles', 'Pacific/Chatham']) {
    vi.stubEnv('TZ', processZone);
    const found = resolveLocalTimes(Float64Array.of(Date.parse(`${wall}Z`)), zone);
    expect(found).toEqual({ timeMs: Float64Array.of(Date.parse(utc)), impossibleRows: [], openRows: [] });
  }
});

test.each([
  ['Europe/Berlin', '2024-03-31T02:30'],
  ['America/New_York', '2024-03-10T02:00'],
  ['Australia/Lord_Howe', '2024-10-06T02:15'],
])('in %s there was no %s', (zone, wall) => {
  const found = resolveLocalTimes(Float64Array.of(Number.NaN, Date.parse(`${wall}Z`)), zone);
  expect(found).toEqual({ timeMs: Float64Array.of(Number.NaN, Number.NaN), impossibleRows: [1], openRows: [] });
});

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Africa/Casablanca',
];

test('gives every candle its time back, whatever the zone, the length of the candles and their order', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.constantFrom(HOUR_MS / 60, HOUR_MS / 4, HOUR_MS / 2, HOUR_MS, 4 * HOUR_MS, 24 * HOUR_MS),
      fc.integer({ min: 0, max: 24 * 365 * 4 }),
      fc.boolean(),
      (zone, stepMs, startHours, isNewestFirst) => {
        const startMs = Date.UTC(2016, 0, 1) + startHours * HOUR_MS;
        const times = candlesOf(startMs - (startMs % stepMs), 400, stepMs);
        const inFile = isNewestFirst ? reversed(times) : times;
        const found = resolveLocalTimes(toWall(inFile, zone), zone);
        expect(found).toEqual({ timeMs: inFile, impossibleRows: [], openRows: [] });
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

test('tells the hour that stands twice by the order of the rows, and leaves it out where only one of the two is there', () => {
  const times = candlesOf(Date.UTC(2024, 9, 26, 12), 24, HOUR_MS);
  const missing = times.filter((time) => time !== Date.UTC(2024, 9, 27, 1));
  for (const inFile of [missing, reversed(missing)]) {
    const found = resolveLocalTimes(toWall(inFile, 'Europe/Berlin'), 'Europe/Berlin');
    const open = inFile.indexOf(Date.UTC(2024, 9, 27));
    expect(found.openRows).toEqual([open]);
    expect(found.timeMs).toEqual(inFile.map((time, row) => (row === open ? Number.NaN : time)));
  }
});

test('never gives a candle another time than its own, however the rows are mixed and thinned out', () => {
  const times = candlesOf(Date.UTC(2024, 9, 26, 12), 30, HOUR_MS);
  fc.assert(
    fc.property(fc.shuffledSubarray([...times], { minLength: 4 }), (some) => {
      const inFile = Float64Array.from(some);
      const { timeMs, openRows, impossibleRows } = resolveLocalTimes(toWall(inFile, 'Europe/Berlin'), 'Europe/Berlin');
      expect(impossibleRows).toEqual([]);
      const wrong = [...timeMs.keys()].filter((row) => !openRows.includes(row) && timeMs[row] !== inFile[row]);
      expect(wrong).toEqual([]);
    }),
    { numRuns: 300, seed: 1 },
  );
});
