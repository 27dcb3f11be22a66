import { expect, test } from 'vitest';
import { ThreadShare } from './thread-share.js';

test('gives whole models a thread first and shares out the rest', () => {
  const share = new ThreadShare(4);
  const counts: Record<string, number> = {};
  const join = (name: string) =>
    share.join((threads) => {
      counts[name] = threads;
    });
  const leaveA = join('a');
  expect(counts).toEqual({ a: 4 });
  const leaveB = join('b');
  expect(counts).toEqual({ a: 2, b: 2 });
  const leaveC = join('c');
  expect(counts).toEqual({ a: 1, b: 1, c: 1 });
  leaveA();
  expect(counts).toMatchObject({ b: 2, c: 2 });
  leaveB();
  expect(counts).toMatchObject({ c: 4 });
  leaveC();
});

test('never leaves a call without a thread', () => {
  const share = new ThreadShare(1);
  const counts: number[] = [];
  for (let index = 0; index < 3; index++) {
    share.join((threads) => {
      counts[index] = threads;
    });
  }
  expect(counts).toEqual([1, 1, 1]);
});
