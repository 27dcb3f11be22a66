import { expect, test } from 'vitest';
import { initialiseWeights } from '../lstm/initialise.js';
import { describeWeights } from '../lstm/weights.js';
import { surveyGates } from './lstm-gate-survey.js';

const architecture = { featureCount: 2, hiddenUnits: 4, layerCount: 2 };
const windowRows = 5;
const rows = Int32Array.from({ length: 20 }, (_, i) => windowRows - 1 + i);
const x = Float64Array.from({ length: 2 * 24 }, (_, i) => Math.sin(i * 1.7));

/** First weights with a bias of `layer` set; gate 0 to 3 stand for i, f, g, o. */
function withBias(layer: number, gate: number, unit: number, bias: number): Float64Array {
  const weights = initialiseWeights(architecture, 1);
  const view = describeWeights(architecture).find(({ name }) => name === `lstm.${layer}.b`)!;
  weights[view.offset + gate * architecture.hiddenUnits + unit] = bias;
  return weights;
}

const survey = (weights: Float64Array) => surveyGates(architecture, weights, x, rows, windowRows);

test('finds nothing dead in a network as it is drawn', () => {
  expect(survey(initialiseWeights(architecture, 1))).toMatchObject({
    units: 8,
    deadUnits: 0,
    saturated: { i: 0, f: 0, g: 0, o: 0 },
  });
});

test.each([
  ['i', 0, -20],
  ['g', 2, 20],
  ['o', 3, -20],
] as const)('counts a unit whose gate %s a bias holds at its end, in any layer', (name, gate, bias) => {
  for (const layer of [0, 1]) {
    const { deadUnits, saturated } = survey(withBias(layer, gate, 2, bias));
    expect(deadUnits).toBe(1);
    expect(saturated[name]).toBeCloseTo(1 / 8, 12);
  }
});

test('takes an open forget gate for memory, not for death', () => {
  const { deadUnits, saturated } = survey(withBias(0, 1, 0, 20));
  expect(deadUnits).toBe(0);
  expect(saturated.f).toBeCloseTo(1 / 8, 12);
});

test('sees that no hidden state answers to the window when all output gates are shut', () => {
  const weights = initialiseWeights(architecture, 1);
  const view = describeWeights(architecture).find(({ name }) => name === 'lstm.1.b')!;
  weights.fill(-40, view.offset + 3 * architecture.hiddenUnits, view.offset + view.length);
  expect(survey(weights).hiddenDeviation).toBeLessThan(1e-12);
  expect(survey(initialiseWeights(architecture, 1)).hiddenDeviation).toBeGreaterThan(0.01);
});
