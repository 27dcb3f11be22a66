import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import type { JoinedInput } from '../market/as-of-join.js';
import { examineColumns } from './column-records.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRST_MS = Date.UTC(2024, 0, 1);
const WINDOW_MS = 23 * HOUR_MS;

/** A column with records at these hours. */
function column(hours: readonly number[], { name = 'column_funding', delayMs = 0 } = {}): JoinedInput {
  const timeMs = Float64Array.from(hours, (hour) => FIRST_MS + hour * HOUR_MS);
  return { name, timeMs, value: timeMs.map((_, i) => Math.sin(i)), delayMs };
}

/** Hours 0, `step`, … before `end`. */
function every(step: number, end: number, start = 0): number[] {
  return Array.from({ length: Math.ceil((end - start) / step) }, (_, i) => start + i * step);
}

function examine(input: JoinedInput, closeHour: number) {
  return examineColumns([input], {
    fromMs: FIRST_MS,
    closeMs: FIRST_MS + closeHour * HOUR_MS,
    windowMs: WINDOW_MS,
  });
}

describe('a column of eight hours', () => {
  const records = every(8, 2_400); // the last one at 2392

  test('has stopped when its newest record is older than three spacings, and holds once a window sees nothing else', () => {
    expect(examine(column(records), 2_392 + 24)).toEqual({ warnings: [], holdReasons: [] });
    const { warnings, holdReasons } = examine(column(records), 2_392 + 25);
    expect(warnings).toEqual([
      'column funding ends at 2024-04-09 16:00 UTC, 25 h too early, though a value came every 8 h: the model sees nothing but its last value',
    ]);
    expect(holdReasons).toEqual(warnings);
    const wide = { fromMs: FIRST_MS, closeMs: FIRST_MS + 2_417 * HOUR_MS, windowMs: 100 * HOUR_MS };
    expect(examineColumns([column(records)], wide)).toEqual({
      warnings: [expect.stringContaining('its last value is used on')],
      holdReasons: [],
    });
  });

  test('is as old as its delay allows', () => {
    const late = column(records, { delayMs: 5 * HOUR_MS });
    expect(examine(late, 2_392 + 29).warnings).toEqual([]);
    expect(examine(late, 2_392 + 30).warnings).toHaveLength(1);
  });

  test('is not looked at beyond the candles: what comes later is not known yet, what was earlier nobody’s', () => {
    expect(examine(column(records), 1_000).warnings).toEqual([]);
    const older = every(24, 0, -24 * 40);
    expect(examine(column([...older, ...records]), 2_400).warnings).toEqual([]);
  });

  test('may miss a record now and then', () => {
    const holes = records.filter((_, i) => i % 30 !== 7);
    expect(examine(column(holes), 2_400).warnings).toEqual([]);
  });
});

test('a column that ended 61 days ago says so', () => {
  const { warnings, holdReasons } = examine(column(every(8, 2_400)), 2_392 + 61 * 24);
  expect(warnings[0]).toContain('ends at 2024-04-09 16:00 UTC, 61 d too early');
  expect(holdReasons).toEqual(warnings);
});

test('a column that comes when it comes has not stopped behind what is long for it', () => {
  const random = new Random(1, RANDOM_STREAM.test);
  const hours: number[] = [0];
  for (let i = 0; i < 500; i++) hours.push(hours[hours.length - 1] - 30 * Math.log(1 - random.nextUniform()));
  const last = hours[hours.length - 1];
  // Its spacings are 30 hours in the mean; one in twenty is longer than 90.
  expect(examine(column(hours), last + 150).warnings).toEqual([]);
  const { warnings, holdReasons } = examine(column(hours), last + 600);
  expect(warnings).toHaveLength(1);
  // A window of a day has seen one value only often enough.
  expect(holdReasons).toEqual([]);
});

test('days of a stock exchange know weekends', () => {
  const days = every(24, 24 * 200).filter((hour) => (hour / 24) % 7 < 5);
  const last = days[days.length - 1];
  expect(examine(column(days), last + 4 * 24).warnings).toEqual([]);
  expect(examine(column(days), last + 10 * 24).warnings).toHaveLength(1);
});

describe('a spacing that changes from eight hours to four', () => {
  const changed = (newHours: number) => column([...every(8, 2_400), ...every(4, 2_400 + newHours, 2_400)]);

  test('is told from six of the new ones on, with both and the moment', () => {
    expect(examine(changed(24), 2_420).warnings).toEqual([]);
    expect(examine(changed(28), 2_424).warnings).toEqual([
      'column funding: a value every 4 h since 2024-04-10 00:00 UTC, every 8 h before: what was learned of it then means something else now',
    ]);
    expect(examine(changed(28), 2_424).holdReasons).toEqual([]);
    expect(examine(changed(1_000), 3_396).warnings).toHaveLength(1);
  });

  test('is forgotten when less than a tenth of the time has the former one', () => {
    expect(examine(changed(24_000), 26_396).warnings).toEqual([]);
  });

  test('is told with a hole in it, the other way round, and of the day as of the hour', () => {
    const holes = [...every(4, 2_400), ...every(8, 3_000, 2_400)].filter((hour) => hour !== 80 && hour !== 2_600);
    expect(examine(column(holes), 3_000).warnings[0]).toContain(
      'a value every 8 h since 2024-04-10 00:00 UTC, every 4 h',
    );
    const days = [...every(24, 2_400), ...every(1, 2_500, 2_400)];
    expect(examine(column(days), 2_500).warnings[0]).toContain(
      'a value every 1 h since 2024-04-10 00:00 UTC, every 24 h',
    );
  });

  test('is none where nothing was regular before', () => {
    const random = new Random(2, RANDOM_STREAM.test);
    const hours = Array.from({ length: 300 }, () => 2_400 * random.nextUniform()).sort((a, b) => a - b);
    expect(examine(column([...hours, ...every(4, 2_500, 2_400)]), 2_500).warnings).toEqual([]);
  });
});

test('a column of a record or two has no habit, and candles of another symbol are no column', () => {
  expect(examine(column([0, 8, 16]), 10_000).warnings).toEqual([]);
  expect(examine(column(every(1, 500), { name: '@ETHUSDT.close' }), 10_000).warnings).toEqual([]);
  expect(examineColumns(undefined, { fromMs: 0, closeMs: DAY_MS, windowMs: 0 }).warnings).toEqual([]);
});
