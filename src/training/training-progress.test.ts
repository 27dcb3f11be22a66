import { expect, test } from 'vitest';
import { TrainingWatch, watchBatches } from './training-progress.js';

test('batches are progress once a second at most, and only where some network got further', () => {
  let nowMs = 0;
  const told: number[] = [];
  const onBatch = watchBatches(
    () => nowMs,
    () => told.push(nowMs),
  );
  const [first, second] = [
    { ensemble: 0, member: 0 },
    { ensemble: 0, member: 1 },
  ];
  const steps = [
    [0, first, 0, 32],
    [400, first, 0, 64],
    [1_000, first, 0, 96],
    // It hangs, and is asked by the clock.
    [2_000, first, 0, 96],
    [3_000, first, 0, 96],
    [4_000, second, 0, 96],
    [5_000, first, 0, 96],
    [6_000, second, 1, 96],
  ] as const;
  for (const [atMs, network, epoch, sequencesDone] of steps) {
    nowMs = atMs;
    onBatch(network, epoch, sequencesDone);
  }
  expect(told).toEqual([0, 1_000, 4_000, 6_000]);
});

test('every page of candles is progress', () => {
  const told: string[] = [];
  const { hooks } = new TrainingWatch(
    () => 0,
    ({ stage }) => told.push(stage),
  );
  for (let page = 1; page <= 3; page++) hooks.onFetch!(page * 1_000, page * 3_600_000);
  expect(told).toEqual(['collecting', 'collecting', 'collecting']);
});
