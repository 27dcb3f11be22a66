import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { floorToInterval, INTERVAL_MS, type Interval } from '../market/interval.js';
import { CandleClock } from './candle-clock.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2024, 0, 1, 12, 30);

beforeEach(() => void vi.useFakeTimers({ now: START_MS }));
afterEach(() => void vi.useRealTimers());

/** A source that has each candle so long after its close, by a clock that may differ from ours. */
function startClock({ lateMs = 0, clockOffsetMs = 0, failures = 0 } = {}) {
  const updatesMs: number[] = [];
  const problems: unknown[] = [];
  let failuresLeft = failures;
  const clock = new CandleClock({
    interval: '1h',
    now: Date.now,
    settleMs: 1_000,
    async update() {
      const exchangeMs = Date.now() - clockOffsetMs;
      updatesMs.push(exchangeMs);
      if (failuresLeft-- > 0) throw new Error('down');
      return { closedMs: Math.floor((exchangeMs - lateMs) / HOUR_MS) * HOUR_MS, clockOffsetMs };
    },
    onProblem: (error) => problems.push(error),
  });
  return { clock, updatesMs, problems };
}

const minutesOf = (timesMs: readonly number[]) => timesMs.map((timeMs) => new Date(timeMs).toISOString().slice(11, 19));

test('updates at once and then a moment after every close', async () => {
  const { clock, updatesMs } = startClock();
  await clock.start();
  await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
  expect(minutesOf(updatesMs)).toEqual(['12:30:00', '13:00:01', '14:00:01']);
  await clock.stop();
});

test('goes by the clock of the exchange', async () => {
  const { clock, updatesMs } = startClock({ clockOffsetMs: 4_000 });
  await clock.start();
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(minutesOf(updatesMs)).toEqual(['12:29:56', '13:00:01']);
  await clock.stop();
});

test('asks again, less and less often, until a late candle has come', async () => {
  const { clock, updatesMs } = startClock({ lateMs: 20_000 });
  await clock.start();
  await vi.advanceTimersByTimeAsync(40 * 60_000);
  expect(minutesOf(updatesMs)).toEqual([
    '12:30:00',
    '13:00:01',
    '13:00:02',
    '13:00:04',
    '13:00:08',
    '13:00:16',
    '13:00:32',
  ]);
  await clock.stop();
});

test('a source that is down is told of and asked again, at longest once a minute', async () => {
  const { clock, updatesMs, problems } = startClock({ failures: 9 });
  await clock.start();
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(problems).toHaveLength(9);
  expect(updatesMs).toHaveLength(10);
  expect(updatesMs[9] - updatesMs[8]).toBe(60_000);
  await clock.stop();
});

test('nothing is asked after the stop', async () => {
  const { clock, updatesMs } = startClock();
  await clock.start();
  await clock.stop();
  await vi.advanceTimersByTimeAsync(5 * HOUR_MS);
  expect(updatesMs).toHaveLength(1);
});

/** Closes of the newest candles that updates of a source without delay find: each begins when it is asked for. */
async function closesSeen(interval: Interval, updateMs: number, lengthMs: number) {
  const closes: number[] = [];
  let overlapping = 0;
  const clock = new CandleClock({
    interval,
    now: Date.now,
    settleMs: 1_000,
    async update() {
      overlapping += 1;
      expect(overlapping).toBe(1);
      const closedMs = floorToInterval(Date.now(), interval);
      closes.push(closedMs / INTERVAL_MS[interval]);
      await new Promise((resolve) => setTimeout(resolve, updateMs));
      overlapping -= 1;
      return { closedMs, clockOffsetMs: 0 };
    },
    onProblem: (error) => expect.unreachable(String(error)),
  });
  void clock.start();
  await vi.advanceTimersByTimeAsync(lengthMs);
  await Promise.all([clock.stop(), vi.advanceTimersByTimeAsync(updateMs)]);
  return closes;
}

test('every candle has an update of its own, however short it is', async () => {
  for (const interval of ['1s', '1m', '1h'] as const) {
    const startMs = floorToInterval(START_MS, interval);
    vi.setSystemTime(startMs);
    const closes = await closesSeen(interval, 300, 20 * INTERVAL_MS[interval]);
    expect(closes).toEqual(Array.from({ length: 20 }, (_, i) => startMs / INTERVAL_MS[interval] + i));
  }
});

test('an update that takes longer than a candle is followed by the next at once, and no candle is taken for late', async () => {
  const closes = await closesSeen('1s', 1_400, 14_000);
  expect(closes.map((close) => close - START_MS / 1_000)).toEqual([0, 1, 2, 4, 5, 7, 8, 9, 11, 12]);
});

test('a computer that slept through a close looks at its clock when it wakes', async () => {
  const { clock, updatesMs } = startClock();
  await clock.start();
  // Timers stand still while it sleeps; the time of day does not.
  vi.setSystemTime(START_MS + 5 * HOUR_MS);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(updatesMs.length).toBeGreaterThanOrEqual(2);
  await clock.stop();
});

test('a clock that is set back makes no wait longer than it was', async () => {
  const { clock, updatesMs } = startClock();
  await clock.start();
  vi.setSystemTime(START_MS - 3 * HOUR_MS);
  await vi.advanceTimersByTimeAsync(31 * 60_000);
  expect(updatesMs.length).toBeGreaterThanOrEqual(2);
  await clock.stop();
});
