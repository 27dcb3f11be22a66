import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepBudgetInFolder } from './budget-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradeai-budget-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('changes that come at once are written together, in their order, by one holder of the lock', async () => {
  const budget = await keepBudgetInFolder(folder);
  const steps: string[] = [];
  const use = async (weight: number) => {
    const used = await budget.update((state) => {
      steps.push(`change ${weight}`);
      const usedWeight = state.usedWeight + weight;
      return { state: { ...state, usedWeight }, result: usedWeight };
    });
    steps.push('written');
    return used;
  };
  expect(await Promise.all([1, 2, 3].map(use))).toEqual([1, 3, 6]);
  expect(steps).toEqual(['change 1', 'change 2', 'change 3', 'written', 'written', 'written']);
  const other = await keepBudgetInFolder(folder);
  expect(await other.update((state) => ({ state, result: state.usedWeight }))).toBe(6);
  expect(readdirSync(folder)).toEqual(['budget.json']);
});

test('a change that cannot be written fails, with those beside it, and later ones do not', async () => {
  const budget = await keepBudgetInFolder(folder);
  const count = () => budget.update((state) => ({ state: { ...state, usedWeight: state.usedWeight + 1 }, result: 1 }));
  rmSync(folder, { recursive: true });
  const outcomes = await Promise.allSettled([count(), count()]);
  expect(outcomes).toMatchObject([
    { status: 'rejected', reason: { code: 'STORAGE_UNWRITABLE' } },
    { status: 'rejected', reason: { code: 'STORAGE_UNWRITABLE' } },
  ]);
  await keepBudgetInFolder(folder);
  expect(await count()).toBe(1);
});
