import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { createReferenceEngine } from './engines/reference/reference-engine.js';
import {
  type EnsembleHooks,
  type EnsembleOptions,
  predictEnsemble,
  startEnsemble,
  trainEnsembles,
} from './ensemble.js';
import { type MemberProgress, rateOfEpoch } from './trainer.js';

const ROWS = 260;
const range = (start: number, end: number) => Int32Array.from({ length: end - start }, (_, i) => start + i);
const random = new Random(21, RANDOM_STREAM.test);
const x = Float64Array.from({ length: ROWS * 2 }, () => random.nextNormal());
// The sign of the first feature one row ago, with noise: learnable within a window of 3.
const y = Float64Array.from(
  { length: ROWS },
  (_, row) => (row > 0 ? Math.sign(x[(row - 1) * 2]) : 0) + 0.3 * random.nextNormal(),
);

const options: EnsembleOptions = {
  trainer: {
    architecture: { featureCount: 2, hiddenUnits: 6, layerCount: 1 },
    epochs: 6,
    batchSize: 16,
    learningRate: 0.02,
    schedule: 'cosine',
    patience: 6,
  },
  session: {
    x,
    y,
    windowRows: 3,
    loss: 'mse',
    dropout: 0.1,
    gradientClipNorm: 1,
    adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  },
  seeds: [1, 2],
  rows: { train: range(2, 180), validation: range(182, 258) },
};
const { rows } = options;
const engine = createReferenceEngine();

async function train(ensemble: EnsembleOptions, hooks?: EnsembleHooks, start?: readonly MemberProgress[]) {
  const [members] = await trainEnsembles(engine, [ensemble], hooks, start && [start]);
  return members;
}

describe('an ensemble', () => {
  test('learns what can be learned', async () => {
    const trainer = { ...options.trainer, epochs: 30, patience: 30 };
    const members = await train({ ...options, trainer });
    const outputs = await predictEnsemble(
      engine,
      options.trainer.architecture,
      options.session,
      members.map((member) => member.bestWeights),
      rows.validation,
    );
    let right = 0;
    for (const [i, row] of rows.validation.entries()) if (Math.sign(outputs[i]) === Math.sign(y[row])) right += 1;
    expect(right / outputs.length).toBeGreaterThan(0.9);
  });

  test('resumed from a checkpoint has the weights of one that never stopped', async () => {
    const whole = await train(options);
    const controller = new AbortController();
    const seen: MemberProgress[] = startEnsemble(options);
    const stopped = train(options, {
      signal: controller.signal,
      onEpoch: ({ member }, progress) => {
        seen[member] = progress;
        if (member === 1 && progress.epochsRun === 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(seen.map((member) => member.epochsRun)).toEqual([6, 2]);
    const { ensembles: members, context } = decodeCheckpoint<{ note: string }>(
      encodeCheckpoint({ context: { note: 'kept' }, ensembles: [seen] }),
    );
    expect(context).toEqual({ note: 'kept' });
    expect(await train(options, {}, members[0])).toEqual(whole);
  });

  test('keeps the weights of the epoch with the lowest validation loss and stops when patience runs out', async () => {
    const trainer = { ...options.trainer, epochs: 60, learningRate: 0.1, schedule: 'constant' as const, patience: 3 };
    const [member] = await train({ ...options, trainer, seeds: [1] });
    const best = Math.min(...member.validationLoss);
    expect(member.validationLoss[member.bestEpoch - 1]).toBe(best);
    expect(member.epochsRun).toBe(member.bestEpoch + 3);
    const outputs = await predictEnsemble(
      engine,
      trainer.architecture,
      options.session,
      [member.bestWeights],
      rows.validation,
    );
    const loss = outputs.reduce((sum, output, i) => sum + (output - y[rows.validation[i]]) ** 2, 0) / outputs.length;
    expect(loss).toBeCloseTo(best, 12);
  });

  test('of a target that is not a number is refused with its row', async () => {
    const broken = y.slice();
    broken[50] = Number.NaN;
    const training = train({ ...options, session: { ...options.session, y: broken } });
    await expect(training).rejects.toThrow(/target at row 50: expected a finite number, was NaN/);
  });
});

describe('the learning rate', () => {
  test('falls to a tenth along a cosine', () => {
    const rate = (epoch: number) =>
      rateOfEpoch({ learningRate: 1, schedule: 'cosine', epochs: 10 }, new Array(epoch).fill(1));
    expect(rate(0)).toBeCloseTo(1, 12);
    expect(rate(5)).toBeCloseTo(0.55, 12);
    expect(rate(10)).toBeCloseTo(0.1, 12);
  });

  test('halves on a plateau after every epoch that is not better', () => {
    const losses = [1, 0.9, 0.95, 0.8, 0.8];
    expect(rateOfEpoch({ learningRate: 1, schedule: 'plateau', epochs: 10 }, losses)).toBe(0.25);
  });
});
