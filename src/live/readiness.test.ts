import { expect, test } from 'vitest';
import { examineReadiness } from './readiness.js';

const model = (name: string, problem: string | undefined, isForecastExpected: boolean) => ({
  name,
  unready: () => (problem === undefined ? undefined : { name, problem }),
  isForecastExpected,
});
const CHAMPIONLESS = model('NEW', 'no version has been promoted yet', false);
const STALE = model('OLD', 'this forecast is about the past', true);
const FRESH = model('BTCUSDT', undefined, true);

test('a model of which no forecast is to be expected is named, and keeps nothing from being ready', () => {
  expect(examineReadiness([])).toEqual({ isReady: true, unready: [] });
  expect(examineReadiness([CHAMPIONLESS])).toEqual({ isReady: true, unready: [CHAMPIONLESS.unready()] });
  expect(examineReadiness([CHAMPIONLESS, STALE])).toMatchObject({ isReady: false, unready: [{}, {}] });
  expect(examineReadiness([STALE, FRESH])).toEqual({ isReady: true, unready: [STALE.unready()] });
});

test('a model that cannot be told of is one row', () => {
  const broken = {
    ...FRESH,
    name: 'BROKEN',
    unready: () => {
      throw new Error('no figure');
    },
  };
  const row = { name: 'BROKEN', problem: 'it cannot be told of: no figure' };
  expect(examineReadiness([broken])).toEqual({ isReady: false, unready: [row] });
  expect(examineReadiness([broken, FRESH])).toEqual({ isReady: true, unready: [row] });
});
