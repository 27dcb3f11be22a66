import { expect, test } from 'vitest';
import type { ModelSummary } from '../../wire/wire.js';
import { ageModels, findStale } from './aged-models.js';

const EXPIRES_MS = 3_900_000;
const MODEL = {
  name: 'BTCUSDT',
  isFresh: true,
  isForecastExpected: true,
  health: 'ok',
  problem: null,
  prediction: { expiresAtMs: EXPIRES_MS, signal: 'BUY', reasons: ['it rises'], warnings: ['no skill'] },
} as unknown as ModelSummary;

test('models stay the same until a forecast expires', () => {
  const models = [MODEL];
  expect(ageModels(models, EXPIRES_MS - 1)).toBe(models);
  expect(findStale(models)).toEqual([]);
});

test('a forecast that expires while nobody tells holds, and its model is stale', () => {
  const [aged, other] = ageModels([MODEL, { ...MODEL, prediction: null, isFresh: false }], EXPIRES_MS);
  expect(aged).toMatchObject({ isFresh: false, health: 'stale-data', prediction: { signal: 'HOLD' } });
  expect(aged.prediction!.reasons).toEqual([aged.problem]);
  expect(aged.prediction!.warnings).toEqual([aged.problem, 'no skill']);
  expect(other.prediction).toBeNull();
  expect(findStale([aged, other])).toEqual([aged, other]);
});

test.each(['drifting', 'held', 'stale-model'] as const)('staleness goes before %s, as the server has it', (health) => {
  const [aged] = ageModels([{ ...MODEL, health, problem: 'below its report' }], EXPIRES_MS);
  expect(aged).toMatchObject({ health: 'stale-data', problem: aged.prediction!.reasons[0] });
});

test('an error stays what is wrong, and what the server has aged is left as it is', () => {
  const broken = { ...MODEL, health: 'error', problem: 'its file is gone' } as const;
  expect(ageModels([broken], EXPIRES_MS)[0]).toMatchObject({ health: 'error', problem: 'its file is gone' });
  const told = [{ ...MODEL, isFresh: false }];
  expect(ageModels(told, EXPIRES_MS)).toBe(told);
});

test('a model of which no forecast is to be expected is not waited for', () => {
  expect(findStale([{ ...MODEL, isFresh: false, isForecastExpected: false }])).toEqual([]);
});
