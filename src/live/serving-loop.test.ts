import { afterEach, expect, test, vi } from 'vitest';
import type { CandleFeed } from './candle-feed.js';
import type { ServedModels } from './served-models.js';
import { ServingLoop } from './serving-loop.js';

afterEach(() => vi.useRealTimers());

test('the expiry of forecasts is told while a look at the registry hangs, until the halt', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let looks = 0;
  const told = new Map([
    ['broken', 0],
    ['sound', 0],
  ]);
  const list = () =>
    [...told.keys()].map((name) => ({
      tellAge() {
        told.set(name, told.get(name)! + 1);
        if (name === 'broken') throw new Error('no figure');
      },
    }));
  const follow = () => {
    looks += 1;
    return looks === 1 ? Promise.resolve() : new Promise<void>(() => undefined);
  };
  const warnings: string[] = [];
  const loop = new ServingLoop({
    models: { list, follow } as unknown as ServedModels,
    feed: { follow: async () => undefined } as unknown as CandleFeed,
    log: { info: () => undefined, warn: (_facts, text) => warnings.push(text) },
    stopping: new AbortController(),
  });
  await loop.start();
  await vi.advanceTimersByTimeAsync(5_500);
  expect(looks).toBe(2);
  expect([...told.values()]).toEqual([6, 6]);
  expect(new Set(warnings)).toEqual(new Set(['the age of forecasts cannot be told']));
  loop.halt();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told.get('sound')).toBe(6);
});
