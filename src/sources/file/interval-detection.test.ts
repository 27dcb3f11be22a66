import { expect, test } from 'vitest';
import { TradeAiError } from '../../core/errors.js';
import { RANDOM_STREAM, Random } from '../../core/random.js';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { detectInterval, type IntervalClues } from './interval-detection.js';

const FIRST_MS = Date.UTC(2024, 0, 1);
const MINUTE_MS = INTERVAL_MS['1m'];
const HOUR_MS = INTERVAL_MS['1h'];
const DAY_MS = INTERVAL_MS['1d'];
const name = 'x.csv';

function ascending(count: number): number[] {
  return [...Array(count).keys()];
}

function refusalOf(times: Float64Array, clues: IntervalClues): TradeAiError {
  try {
    detectInterval(times, clues);
  } catch (error) {
    if (error instanceof TradeAiError) return error;
  }
  throw new Error('it was not refused');
}

function timesAt(steps: readonly number[], lengthMs: number): Float64Array {
  return Float64Array.from(steps, (step) => FIRST_MS + step * lengthMs);
}

test.each(Object.keys(INTERVAL_MS) as Interval[])('sees %s candles through gaps', (interval) => {
  const times = timesAt([0, 1, 2, 3, 9, 10, 11, 40, 41], INTERVAL_MS[interval]);
  expect(detectInterval(times, { name })).toEqual({ interval, isSparse: false });
});

test('of a file with more holes than candles, takes the longest interval that fits', () => {
  const times = timesAt([0, 7, 9, 10, 31, 44, 45], INTERVAL_MS['1h']);
  expect(detectInterval(times, { name })).toEqual({ interval: '1h', isSparse: true });
});

test('where the spacing leaves a choice, the name of the file or the user decides, and nobody guesses', () => {
  const times = timesAt([0, 6, 15, 30], INTERVAL_MS['1m']);
  expect(detectInterval(times, { name, suggested: '1m' }).interval).toBe('1m');
  expect(detectInterval(times, { name, suggested: '3m', required: '1m' }).interval).toBe('1m');
  for (const clues of [{ name }, { name, suggested: '1h' as const }]) {
    expect(() => detectInterval(times, clues)).toThrow('as 3m candles would of which no two are neighbours');
  }
});

test.each<[number, string, string]>([
  [3 * HOUR_MS, '3-hour candles', 'import candles of 1h in their place'],
  [10 * MINUTE_MS, '10-minute candles', 'import candles of 5m'],
  [45 * MINUTE_MS, '45-minute candles', 'import candles of 15m'],
  [2 * DAY_MS, '2-day candles', 'import candles of 1d'],
  [14 * DAY_MS, '14-day candles', 'import candles of 1w'],
  [90_500, '90.5-second candles', 'candles must be of one of'],
])('candles of a length that is no interval are refused by its name: %d ms', (lengthMs, what, wayIn) => {
  for (const steps of [ascending(50), ascending(400).filter((step) => step % 7 !== 3 && step % 11 > 2)]) {
    const refusal = refusalOf(timesAt(steps, lengthMs), { name, suggested: '1h' });
    expect(refusal.message).toBe(`x.csv: these are ${what}, which are no interval known here`);
    expect(refusal.hint).toContain(wayIn);
  }
});

test('the most of them missing, they are still of that length, whatever the name says', () => {
  const random = new Random(7, RANDOM_STREAM.simulation);
  const steps = ascending(2_000).filter(() => random.nextUniform() < 0.3);
  expect(() => detectInterval(timesAt(steps, 3 * HOUR_MS), { name, suggested: '1h' })).toThrow('3-hour candles');
  expect(() => detectInterval(timesAt(steps, 4 * HOUR_MS), { name, required: '1h' })).toThrow(
    "expected 1h candles, the file's are 4h",
  );
  expect(detectInterval(timesAt(steps, 4 * HOUR_MS), { name, suggested: '1h' })).toEqual({
    interval: '4h',
    isSparse: true,
  });
});

test.each<[number, string]>([
  [1, 'calendar months'],
  [2, 'candles of 2 calendar months'],
  [3, 'calendar quarters'],
  [12, 'calendar years'],
  [24, 'candles of 2 calendar years'],
])('candles of %d months are refused by their name, by whatever clock the months begin', (months, what) => {
  for (const hours of [-14, 0, 5]) {
    const times = Float64Array.from(ascending(9), (step) => Date.UTC(2015, step * months, 1, hours));
    const holed = times.filter((_, at) => at !== 4);
    for (const given of [times, holed]) {
      const refusal = refusalOf(given, { name, suggested: '1d' });
      expect(refusal.message).toBe(`x.csv: these are ${what}, which are no interval known here`);
      expect(refusal.hint).toContain('import candles of 1d');
    }
  }
});

test('months that open with their first working day are no days with gaps', () => {
  const times = Float64Array.from(ascending(60), (step) => {
    const day = new Date(Date.UTC(2015, step, 1)).getUTCDay();
    return Date.UTC(2015, step, day === 6 ? 3 : day === 0 ? 2 : 1);
  });
  expect(() => detectInterval(times, { name, suggested: '1d' })).toThrow(
    'as 1d candles would of which no two are neighbours',
  );
});

test.each<[Interval, Interval]>([
  ['1d', '1h'],
  ['1h', '1d'],
  ['1h', '4h'],
  ['4h', '1h'],
  ['1m', '5m'],
  ['30m', '1m'],
  ['1w', '1d'],
])('a file whose candles are of %s first and of %s then is refused with the time', (before, after) => {
  for (const [beforeCount, afterCount] of [
    [60, 60],
    [100, 900],
    [900, 100],
  ]) {
    const firstMs = Date.UTC(2018, 0, 1);
    const changeMs = firstMs + beforeCount * INTERVAL_MS[before];
    const times = Float64Array.from([
      ...ascending(beforeCount).map((step) => firstMs + step * INTERVAL_MS[before]),
      ...ascending(afterCount).map((step) => changeMs + step * INTERVAL_MS[after]),
    ]);
    const { message, hint } = refusalOf(times, { name });
    expect(message).toContain(`from ${before} to ${after} candles`);
    const told = /changes at (\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/.exec(message)!;
    expect(Date.parse(`${told[1]}T${told[2]}Z`)).toBe(changeMs);
    expect(hint).toContain('split it there');
  }
});

test('a 3-hour part of hours is named too, with gaps in it', () => {
  const steps = [...ascending(300), ...ascending(200).map((step) => 300 + 3 * step)].filter((step) => step % 17 !== 5);
  expect(() => detectInterval(timesAt(steps, HOUR_MS), { name })).toThrow('from 1h to 3-hour candles');
});

test('an exchange that writes no row without trades has no change of length', () => {
  const random = new Random(5, RANDOM_STREAM.simulation);
  for (const traded of [0.05, 0.1, 0.3, 0.6, 0.95]) {
    const steps = ascending(40_000).filter(() => random.nextUniform() < traded);
    expect(detectInterval(timesAt(steps, HOUR_MS), { name })).toEqual({ interval: '1h', isSparse: traded < 0.5 });
  }
});

test('another interval than the required one is refused', () => {
  const times = timesAt([0, 1, 2, 3], INTERVAL_MS['1h']);
  expect(() => detectInterval(times, { name, required: '4h' })).toThrow("expected 4h candles, the file's are 1h");
});

test('times that no length divides are refused with the most frequent spacing', () => {
  const times = Float64Array.from(ascending(60), (step) => FIRST_MS + step * 60_000 + ((step * step * 7919) % 30_011));
  expect(() => detectInterval(times, { name })).toThrow('no known interval fits the open times');
});

test('a length without a name, and one of two rows only, is what the user says if it divides', () => {
  const times = timesAt([0, 5], HOUR_MS);
  expect(detectInterval(times, { name, required: '1h' }).interval).toBe('1h');
  expect(() => detectInterval(times, { name, required: '4h' })).toThrow('5-hour candles');
});

test('a single candle needs to be told its interval', () => {
  const times = timesAt([0], 1);
  expect(() => detectInterval(times, { name })).toThrow('single candle');
  expect(detectInterval(times, { name, suggested: '1d' }).interval).toBe('1d');
});
