import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { TradeAiError } from '../../core/errors.js';
import { openRequestBudget, type RequestBudget } from './request-budget.js';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2024, 0, 1);

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tradeai-budget-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Budgets on one clock that moves only while somebody waits. */
function createClock(startMs = START_MS) {
  let nowMs = startMs;
  const waitsMs: number[] = [];
  const messages: string[] = [];
  const open = (stateFolder?: string, weightPerMinute?: number): RequestBudget =>
    openRequestBudget({
      host: '127.0.0.1:80',
      weightPerMinute,
      stateFolder,
      now: () => nowMs,
      sleep: async (ms) => {
        waitsMs.push(ms);
        nowMs += ms;
      },
      log: (message) => messages.push(message),
    });
  return {
    open,
    waitsMs,
    messages,
    get nowMs() {
      return nowMs;
    },
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('processes on one folder share the weight of a minute, and rest until the next', async () => {
  const folder = makeFolder();
  const clock = createClock(START_MS + 20_000);
  const [a, b] = [clock.open(folder, 100), clock.open(folder, 100)];
  for (const budget of [a, b, a, b]) await (await budget.reserve(20)).settle({});
  expect(clock.waitsMs).toEqual([]);
  await b.reserve(20);
  expect(clock.waitsMs).toEqual([41_000]);
  expect(clock.messages).toEqual(['80 of 100 request weight used; resting 41 s']);
});

test("the host's own count holds, since others use the same address", async () => {
  const clock = createClock(START_MS + 20_000);
  const budget = clock.open(makeFolder(), 100);
  await (await budget.reserve(2)).settle({ usedWeight: 79 });
  await budget.reserve(2);
  expect(clock.waitsMs).toEqual([41_000]);
});

test('what others have under way is added to the count of the host', async () => {
  const folder = makeFolder();
  const clock = createClock(START_MS + 20_000);
  const [a, b] = [clock.open(folder, 100), clock.open(folder, 100)];
  await a.reserve(30);
  await (await b.reserve(2)).settle({ usedWeight: 40 });
  await b.reserve(20);
  expect(clock.waitsMs).toEqual([41_000]);
});

test('a reservation of a killed process is gone with its minute', async () => {
  const folder = makeFolder();
  const clock = createClock(START_MS + 20_000);
  await clock.open(folder, 100).reserve(80);
  clock.advance(2 * MINUTE_MS);
  await clock.open(folder, 100).reserve(80);
  expect(clock.waitsMs).toEqual([]);
});

test('a pause that the host asks for holds for all processes and after a restart', async () => {
  const folder = makeFolder();
  const clock = createClock();
  const pausedUntilMs = START_MS + 17_000;
  await (await clock.open(folder).reserve(0)).settle({ pausedUntilMs });
  await clock.open(folder).reserve(0);
  expect(clock.waitsMs).toEqual([17_000]);
  expect(clock.messages).toEqual(['127.0.0.1:80 asks for a pause; resting 17 s']);
});

test('a pause is told once, however many requests are refused and wait', async () => {
  const clock = createClock();
  const budget = clock.open();
  const pausedUntilMs = START_MS + 17_000;
  await (await budget.reserve(0)).settle({ pausedUntilMs });
  const refusal = new TradeAiError('EXCHANGE_REFUSED', 'slower');
  for (const series of ['a', 'b']) budget.notePause(refusal, pausedUntilMs, { route: 'candles', series });
  await Promise.all([budget.reserve(0), budget.reserve(0), budget.reserve(0)]);
  expect(clock.messages).toEqual(['slower; trying again', '127.0.0.1:80 asks for a pause; resting 17 s']);
});

test('a long pause is told instead of waited for', async () => {
  const folder = makeFolder();
  const clock = createClock();
  await (await clock.open(folder).reserve(0)).settle({ pausedUntilMs: START_MS + 7_200_000 });
  await expect(clock.open(folder).reserve(0)).rejects.toMatchObject({
    code: 'EXCHANGE_REFUSED',
    message: '127.0.0.1:80 refuses requests until 2024-01-01T02:00:00.000Z',
    hint: expect.stringContaining('wait 7200 s'),
  });
});

test('a ban is answered at once by every process until it ends', async () => {
  const folder = makeFolder();
  const clock = createClock();
  await (await clock.open(folder, 100).reserve(2)).settle({ bannedUntilMs: START_MS + 180_000 });
  await expect(clock.open(folder, 100).reserve(2)).rejects.toMatchObject({
    code: 'EXCHANGE_BANNED',
    message: '127.0.0.1:80 has banned this address until 2024-01-01T00:03:00.000Z',
  });
  expect(clock.waitsMs).toEqual([]);
  clock.advance(180_000);
  await clock.open(folder, 100).reserve(2);
});

test('a state file that cannot be read is a fresh budget', async () => {
  const folder = makeFolder();
  const clock = createClock();
  await clock.open(folder, 100).reserve(80);
  const path = join(folder, 'hosts', '127.0.0.1_80', 'budget.json');
  expect(JSON.parse(readFileSync(path, 'utf8')).usedWeight).toBe(80);
  for (const text of ['', '{"minute": 1', '{"minute": "1"}']) {
    writeFileSync(path, text);
    await clock.open(folder, 100).reserve(80);
  }
  expect(clock.waitsMs).toEqual([]);
});

test('where no file can be kept the budget is counted in memory, which is told', async () => {
  const folder = join(makeFolder(), 'a-file');
  writeFileSync(folder, '');
  const clock = createClock(START_MS + 20_000);
  const budget = clock.open(folder, 100);
  await budget.reserve(80);
  await budget.reserve(2);
  expect(clock.messages[0]).toContain('the request budget is not shared with other processes');
  expect(clock.waitsMs).toEqual([41_000]);
});

test("what ends in the last second of a minute may be counted in the host's next", async () => {
  const clock = createClock();
  const budget = clock.open(undefined, 100);
  clock.advance(MINUTE_MS - 1100);
  const reservation = await budget.reserve(30);
  clock.advance(500);
  await reservation.settle({});
  clock.advance(1700);
  await budget.reserve(50);
  await budget.reserve(1);
  expect(clock.waitsMs.length).toBeGreaterThan(0);
});

test('whatever the clocks and the order, no minute of the host sees more than four fifths', async () => {
  const request = fc.record({
    weight: fc.integer({ min: 1, max: 20 }),
    thinkMs: fc.integer({ min: 0, max: 9000 }),
    answerMs: fc.integer({ min: 0, max: 900 }),
  });
  const property = fc.asyncProperty(
    fc.array(request, { minLength: 20, maxLength: 80 }),
    fc.integer({ min: -900, max: 900 }),
    async (requests, offsetMs) => {
      const clock = createClock();
      const budget = clock.open(undefined, 100);
      const seen = new Map<number, number>();
      for (const { weight, thinkMs, answerMs } of requests) {
        clock.advance(thinkMs);
        const reservation = await budget.reserve(weight);
        clock.advance(answerMs);
        // The host counts by its own clock, and tells nothing.
        const minute = Math.floor((clock.nowMs + offsetMs) / MINUTE_MS);
        seen.set(minute, (seen.get(minute) ?? 0) + weight);
        await reservation.settle({});
      }
      expect(Math.max(...seen.values())).toBeLessThanOrEqual(80);
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
