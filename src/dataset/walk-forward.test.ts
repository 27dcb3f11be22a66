import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planSplit } from './split.js';
import { planWalkForward, type WalkForwardOptions } from './walk-forward.js';

const options = { rowCount: 1000, horizonSteps: 2, testShare: 0.3, validationShare: 0.15 };

/** Plans of which every part has rows. */
const plans = fc
  .record({
    rowCount: fc.integer({ min: 400, max: 5_000 }),
    horizonSteps: fc.integer({ min: 1, max: 12 }),
    testShare: fc.double({ min: 0.15, max: 0.5, noNaN: true }),
    validationShare: fc.double({ min: 0.1, max: 0.2, noNaN: true }),
    folds: fc.integer({ min: 0, max: 8 }),
    rolling: fc.boolean(),
  })
  .filter(({ folds, rowCount, testShare, horizonSteps }) => {
    return folds * 2 * horizonSteps <= Math.round(rowCount * testShare);
  });

function forEveryPlan(check: (plan: WalkForwardOptions) => void): void {
  fc.assert(fc.property(plans, check), { seed: 20240131 });
}

describe('the plan', () => {
  test('cuts the test part into test ranges, each with all rows before it', () => {
    expect(planWalkForward({ ...options, folds: 3 })).toEqual([
      { train: { start: 0, end: 546 }, validation: { start: 550, end: 696 }, test: { start: 700, end: 800 } },
      { train: { start: 0, end: 646 }, validation: { start: 650, end: 796 }, test: { start: 800, end: 900 } },
      { train: { start: 0, end: 746 }, validation: { start: 750, end: 896 }, test: { start: 900, end: 1000 } },
    ]);
  });

  test('moves a window of equal length along when rolling', () => {
    const [, second] = planWalkForward({ ...options, folds: 3, rolling: true });
    expect(second.train).toEqual({ start: 100, end: 646 });
  });

  test.each([0, 1])('is the plain split with %i folds', (folds) => {
    expect(planWalkForward({ ...options, folds })).toEqual([planSplit(options)]);
  });

  test('says how many folds fit', () => {
    const plan = (folds: number) => () => planWalkForward({ ...options, rowCount: 200, horizonSteps: 6, folds });
    expect(plan(6)).toThrow('6 folds do not fit into 60 test rows at horizon 6: 5 at most');
    expect(plan(5)).not.toThrow();
    expect(() => planWalkForward({ ...options, rowCount: 100, horizonSteps: 60, folds: 4 })).toThrow(
      /the train part of 100 candles is empty/,
    );
  });
});

describe('every plan', () => {
  test('judges the rows of the plain split, once each, whatever the folds', () => {
    forEveryPlan((plan) => {
      const { test: whole } = planSplit(plan);
      let next = whole.start;
      for (const { test } of planWalkForward(plan)) {
        expect(test.start).toBe(next);
        expect(test.end).toBeGreaterThan(test.start);
        next = test.end;
      }
      expect(next).toBe(whole.end);
    });
  });

  test('keeps labels, and an embargo as long, out of the next part', () => {
    forEveryPlan((plan) => {
      const gapRows = 2 * plan.horizonSteps;
      for (const { train, validation, test } of planWalkForward(plan)) {
        expect(validation.start - train.end).toBe(gapRows);
        expect(test.start - validation.end).toBe(gapRows);
      }
    });
  });

  test('trains on everything before or on a window of one length, and has test ranges of one length to a row', () => {
    forEveryPlan((plan) => {
      const splits = planWalkForward(plan);
      const lengths = (part: 'train' | 'validation' | 'test') =>
        splits.map((split) => split[part].end - split[part].start);
      expect(new Set(lengths('validation')).size).toBe(1);
      expect(Math.max(...lengths('test')) - Math.min(...lengths('test'))).toBeLessThanOrEqual(1);
      if (plan.rolling) expect(new Set(lengths('train')).size).toBe(1);
      else expect(splits.every(({ train }) => train.start === 0)).toBe(true);
    });
  });
});
