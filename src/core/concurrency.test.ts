import { expect, test } from 'vitest';
import { runLimited } from './concurrency.js';

test('keeps the order of results and the limit of tasks', async () => {
  let running = 0;
  let most = 0;
  const results = await runLimited(9, 3, async (index) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    return index * index;
  });
  expect(results).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64]);
  expect(most).toBe(3);
});

test('begins nothing after a failure, and throws it', async () => {
  const begun: number[] = [];
  const run = runLimited(10, 2, async (index) => {
    begun.push(index);
    await Promise.resolve();
    if (index === 1) throw new Error('the second failed');
  });
  await expect(run).rejects.toThrow('the second failed');
  expect(begun.length).toBeLessThanOrEqual(3);
});
