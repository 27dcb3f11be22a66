import { expect, test } from 'vitest';
import type { ModelSummary } from '../../wire/wire.js';
import { countTotals, filterModels, keepRows, NO_FILTER, nextSort, scaleLimit, sortModels } from './overview-rows.js';

const NAMES = (models: readonly ModelSummary[]) => models.map(({ name }) => name);

function makeModel(name: string, change: number | null, parts: Partial<ModelSummary> = {}): ModelSummary {
  return {
    name,
    symbol: name,
    interval: '1h',
    source: 'demo',
    champion: {
      version: 1,
      generation: 1,
      promotedAtMs: 0,
      createdAtMs: 0,
      verdict: change === null ? 'no-demonstrated-skill' : 'skill',
      reasons: [],
    },
    shadowVersion: null,
    versionCount: 1,
    missedForecasts: 0,
    prediction:
      change === null
        ? null
        : {
            name,
            symbol: name,
            interval: '1h',
            version: 1,
            asOfMs: 0,
            targetTimeMs: 0,
            expiresAtMs: 0,
            lastClose: 100,
            predictedChange: change,
            predictedPrice: 100 * (1 + change),
            signal: change > 0 ? 'BUY' : 'SELL',
            confidence: 0.6,
            interval80: [change - 0.01, change + 0.01],
            reasons: [],
            warnings: [],
          },
    isFresh: true,
    isForecastExpected: true,
    lastCandle: null,
    recentCloses: [],
    record: null,
    health: 'ok',
    problem: null,
    nextRetrainMs: null,
    ...parts,
  };
}

const MODELS = [
  makeModel('SOL10', 0.02),
  makeModel('BTC', -0.01),
  makeModel('SOL9', null, { health: 'drifting', nextRetrainMs: 500 }),
  makeModel('ETH', 0.005, { nextRetrainMs: 300 }),
];

test('keeps rows in their places while somebody looks, with their newest figures, and puts new ones behind', () => {
  const all = [...MODELS.map((model) => ({ ...model, problem: 'new' })), makeModel('ADA', 0.1)];
  const sorted = sortModels(all, { column: 'forecast', isDescending: true });
  const kept = keepRows(['BTC', 'GONE', 'SOL9'], all, sorted);
  expect(NAMES(kept)).toEqual(['BTC', 'SOL9', 'ADA', 'SOL10', 'ETH']);
  expect(kept[0].problem).toBe('new');
});

test('sorts names as people count, and figures by size', () => {
  expect(NAMES(sortModels(MODELS, { column: 'name', isDescending: false }))).toEqual(['BTC', 'ETH', 'SOL9', 'SOL10']);
  expect(NAMES(sortModels(MODELS, { column: 'forecast', isDescending: true }))).toEqual([
    'SOL10',
    'ETH',
    'BTC',
    'SOL9',
  ]);
});

test('models without the figure stand last in both directions', () => {
  for (const isDescending of [true, false]) {
    expect(NAMES(sortModels(MODELS, { column: 'forecast', isDescending }))[3]).toBe('SOL9');
  }
});

test('a second click turns the order, another column begins with its own', () => {
  const first = nextSort({ column: 'name', isDescending: false }, 'confidence');
  expect(first).toEqual({ column: 'confidence', isDescending: true });
  expect(nextSort(first, 'confidence').isDescending).toBe(false);
});

test('finds by part of a name, by signal and by state', () => {
  expect(NAMES(filterModels(MODELS, { ...NO_FILTER, text: ' sol' }))).toEqual(['SOL10', 'SOL9']);
  expect(NAMES(filterModels(MODELS, { ...NO_FILTER, signal: 'SELL' }))).toEqual(['BTC']);
  expect(NAMES(filterModels(MODELS, { ...NO_FILTER, state: 'attention' }))).toEqual(['SOL9']);
});

test('counts what the overview says', () => {
  expect(countTotals(MODELS)).toEqual({
    models: 4,
    buys: 2,
    sells: 1,
    skilled: 3,
    champions: 4,
    attention: 1,
    nextRetrainMs: 300,
  });
});

test('one wild interval does not flatten the scale of all others', () => {
  const calm = Array.from({ length: 20 }, (_, i) => makeModel(`M${i}`, 0.001));
  expect(scaleLimit([...calm, makeModel('WILD', 0.9)])).toBeLessThan(0.02);
  expect(scaleLimit([])).toBe(0);
});
