import { expect, test } from 'vitest';
import { TradeAiError } from '../../core/errors.js';
import { attempt, type Taken } from './attempts.js';
import { openRequestBudget } from './request-budget.js';

const DAY_MS = 86_400_000;
const OK: Taken<string> = { value: 'candles' };
const SILENCE: Taken<string> = {
  error: new TradeAiError('EXCHANGE_UNREACHABLE', 'no answer to TESTUSDT', { hint: 'check the network' }),
  mayRetry: true,
};

/** A host that is asked on a clock which moves only while somebody waits. */
function startHost() {
  let nowMs = 0;
  const notes: string[] = [];
  const sleep = async (ms: number) => {
    nowMs += ms;
  };
  const log = (text: string) => notes.push(text);
  const budget = openRequestBudget({ host: 'h', now: () => nowMs, sleep, log });
  /** @returns how often it was asked */
  const ask = async (route: string, ...answers: Taken<string>[]): Promise<number> => {
    let tries = 0;
    const tryOnce = async () => answers[Math.min(tries++, answers.length - 1)];
    await attempt({ budget, weight: 0, subject: { route }, sleep, tryOnce });
    return tries;
  };
  /** Asks once, and is broken off in the pause. */
  const breakOff = (route: string) =>
    attempt({
      budget,
      weight: 0,
      subject: { route },
      sleep: () => Promise.reject(new Error('broken off')),
      tryOnce: async () => SILENCE,
    });
  return { notes, ask, breakOff, advance: sleep };
}

test('a route that failed once and is never asked for again keeps no outage alive', async () => {
  const { notes, ask, breakOff, advance } = startHost();
  await expect(breakOff('exchangeInfo')).rejects.toThrow('broken off');
  for (let day = 0; day < 8; day++) {
    await advance(DAY_MS);
    expect(await ask('klines', SILENCE, OK)).toBe(2);
  }
  expect(notes.filter((text) => text.includes('answers again'))).toHaveLength(8);
  expect(notes.filter((text) => text.includes('trying again'))).toHaveLength(8);
});

test('a route that is broken on a host that answers others is told once, and holds up nobody else', async () => {
  const { notes, ask, advance } = startHost();
  for (let round = 0; round < 20; round++) {
    await expect(ask('klines', SILENCE)).rejects.toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
    expect(await ask('time', OK)).toBe(1);
    await advance(60_000);
  }
  expect(notes).toEqual([expect.stringContaining('trying again'), expect.stringContaining('once a minute')]);
  await advance(60_000);
  await ask('klines', OK);
  expect(notes[2]).toMatch(/^h answers again, after /);
});

test('whoever is refused while a route is down has an error of its own, and the last try as its cause', async () => {
  const { ask } = startHost();
  await expect(ask('klines', SILENCE)).rejects.toBe((SILENCE as { error: unknown }).error);
  const refusals = await Promise.all([1, 2].map(() => ask('klines', OK).catch((error: unknown) => error)));
  expect(refusals[0]).not.toBe(refusals[1]);
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({
      code: 'EXCHANGE_UNREACHABLE',
      message: 'h does not answer, and is left alone for a while',
      hint: 'check the network',
      cause: (SILENCE as { error: unknown }).error,
    });
  }
});
