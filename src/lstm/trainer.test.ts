import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import type { LstmEngine } from './engine.js';
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
  data: { scaleFeatures: () => x, targets: y },
  network: {
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

/** The mean output on the validation rows. */
function predict(members: readonly MemberProgress[]): Promise<Float64Array> {
  const { architecture } = options.trainer;
  const memberWeights = members.map((member) => member.bestWeights);
  return predictEnsemble(engine, { architecture, windowRows: 3, memberWeights, x, rows: rows.validation });
}

describe('an ensemble', () => {
  test('learns what can be learned', async () => {
    const trainer = { ...options.trainer, epochs: 30, patience: 30 };
    const members = await train({ ...options, trainer });
    const outputs = await predict(members);
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
    const outputs = await predict([member]);
    const loss = outputs.reduce((sum, output, i) => sum + (output - y[rows.validation[i]]) ** 2, 0) / outputs.length;
    expect(loss).toBeCloseTo(best, 12);
  });

  test('of a target that is not a number is refused with its row', async () => {
    const broken = y.slice();
    broken[50] = Number.NaN;
    const training = train({ ...options, data: { ...options.data, targets: broken } });
    await expect(training).rejects.toThrow(/target at row 50: expected a finite number, was NaN/);
  });
});

describe('the data of several ensembles', () => {
  /** An engine that counts datasets. */
  function countDatasets() {
    const counts = { opened: 0, open: 0, mostOpen: 0, networks: 0 };
    const counting: LstmEngine = {
      ...engine,
      openDataset: async (contents) => {
        const dataset = await engine.openDataset(contents);
        counts.opened += 1;
        counts.open += 1;
        counts.mostOpen = Math.max(counts.mostOpen, counts.open);
        return {
          openNetwork: (settings) => {
            counts.networks += 1;
            return dataset.openNetwork(settings);
          },
          close: async () => {
            await dataset.close();
            counts.open -= 1;
          },
        };
      },
    };
    return { counting, counts };
  }

  test('are opened once for all members, and in memory only while they train', async () => {
    const { counting, counts } = countDatasets();
    let scalings = 0;
    const scaleFeatures = () => {
      scalings += 1;
      return x;
    };
    const ensembles = [1, 2, 3].map(() => ({ ...options, data: { ...options.data, scaleFeatures } }));
    const trained = await trainEnsembles(counting, ensembles);
    expect(counts).toEqual({ opened: 3, open: 0, mostOpen: 1, networks: 6 });
    expect(scalings).toBe(3);
    expect(trained[2]).toEqual(await train(options));
    // What has finished already is not asked for again.
    expect(await trainEnsembles(counting, ensembles, {}, trained)).toEqual(trained);
    expect(scalings).toBe(3);
  });

  test('are let go when a training fails', async () => {
    const { counting, counts } = countDatasets();
    const hooks: EnsembleHooks = {
      onEpoch: () => {
        throw new Error('the disk is full');
      },
    };
    await expect(trainEnsembles(counting, [options, options], hooks)).rejects.toThrow('the disk is full');
    expect(counts).toEqual({ opened: 1, open: 0, mostOpen: 1, networks: 1 });
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
