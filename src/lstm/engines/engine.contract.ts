/** The behaviour every engine shares. Expected numbers come from PyTorch, from the documented mask, or from arithmetic. */

import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { compareWithGolden, type Golden, relativeDeviation } from '../../../test/support/golden.js';
import { type LoneNetworkOptions, openLoneNetwork } from '../../../test/support/lone-network.js';
import { randomWeights, shuffledRows, smallOptions, startState } from '../../../test/support/small-problem.js';
import { TradeAiError } from '../../core/errors.js';
import { philox4x32, RANDOM_STREAM, seedKey } from '../../core/random.js';
import type { LstmEngine, LstmNetwork } from '../engine.js';
import { countWeights, describeWeights } from '../weights.js';
import { testDatasetContract } from './dataset.contract.js';

const GOLDENS = new URL('../../../test/fixtures/goldens/', import.meta.url);

/** The mask of src/lstm/engine.ts for one row, scaled. */
function documentedMask(options: LoneNetworkOptions, row: number, epoch: number): number[] {
  const [key0, key1] = seedKey(options.seed);
  const block = new Uint32Array(4);
  return Array.from({ length: options.architecture.hiddenUnits }, (_, unit) => {
    philox4x32(key0, key1, Math.floor(unit / 4), row, epoch, RANDOM_STREAM.dropout, block);
    return block[unit % 4] < Math.floor(options.dropout * 2 ** 32) ? 0 : 1 / (1 - options.dropout);
  });
}

/**
 * Registers the suite for one engine.
 *
 * @param tolerance relative deviation allowed from PyTorch in float64
 */
export function testEngineContract(
  name: string,
  createEngine: () => LstmEngine | Promise<LstmEngine>,
  { tolerance }: { tolerance: number },
): void {
  testDatasetContract(name, createEngine);

  describe(`${name} engine`, () => {
    let engine: LstmEngine;
    const networks: LstmNetwork[] = [];

    const open = async (options: LoneNetworkOptions, weights = randomWeights(options)): Promise<LstmNetwork> => {
      const network = await openLoneNetwork(engine, options);
      networks.push(network);
      await network.setState(startState(options, weights));
      return network;
    };

    beforeAll(async () => {
      engine = await createEngine();
    });
    afterEach(async () => {
      for (const network of networks.splice(0)) await network.close();
    });

    test('names itself', () => {
      expect(engine.name).toBe(name);
      expect(engine.description).toContain(name);
      expect(engine.parallelNetworks).toBeGreaterThanOrEqual(1);
    });

    for (const file of readdirSync(GOLDENS).filter((entry) => entry.endsWith('.json'))) {
      test(`agrees with PyTorch on ${file}`, async () => {
        const golden: Golden = JSON.parse(readFileSync(new URL(file, GOLDENS), 'utf8'));
        const deviations = await compareWithGolden(engine, golden);
        for (const [what, deviation] of Object.entries(deviations)) {
          expect(deviation, what).toBeLessThan(tolerance);
        }
      });
    }

    test('predicts the same alone and in company', async () => {
      const network = await open(smallOptions());
      const rows = shuffledRows(70);
      const together = await network.predict(rows);
      const alone = [];
      for (const row of rows) alone.push((await network.predict(Int32Array.of(row)))[0]);
      expect([...together]).toEqual(alone);
    });

    test('returns no predictions for no rows', async () => {
      const network = await open(smallOptions());
      expect((await network.predict(new Int32Array(0))).length).toBe(0);
    });

    test('gives the gradient that finite differences give', async () => {
      const options = smallOptions({ architecture: { featureCount: 3, hiddenUnits: 5, layerCount: 2 } });
      const weights = randomWeights(options);
      const network = await open(options, weights);
      const rows = shuffledRows(9);
      const { gradients } = await network.computeGradients(rows);
      const step = 2 ** -7;
      for (const view of describeWeights(options.architecture)) {
        const index = view.offset + Math.floor(view.length / 2);
        const lossAt = async (offset: number) => {
          const moved = weights.slice();
          moved[index] += offset;
          await network.setWeights(moved);
          return (await network.computeGradients(rows)).loss;
        };
        const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
        expect(Math.abs(slope - gradients[index]), view.name).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
      }
    });

    test('computes gradients without a step', async () => {
      const network = await open(smallOptions());
      const before = await network.getState();
      await network.computeGradients(shuffledRows(12));
      expect(await network.getState()).toEqual(before);
    });

    for (const layerCount of [1, 3]) {
      test(`goes on from a saved state bit for bit, ${layerCount} layers`, async () => {
        const options = smallOptions({
          architecture: { featureCount: 3, hiddenUnits: 20, layerCount },
          dropout: 0.25,
          gradientClipNorm: 0.5,
          adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
        });
        const plan = (epoch: number) => ({ rows: shuffledRows(70), batchSize: 33, learningRate: 0.01, epoch });
        const through = await open(options);
        for (let epoch = 0; epoch < 4; epoch++) await through.trainEpoch(plan(epoch));

        const first = await open(options);
        for (let epoch = 0; epoch < 2; epoch++) await first.trainEpoch(plan(epoch));
        const saved = await first.getState();
        const second = await open(options, new Float64Array(saved.weights.length));
        await second.setState(saved);
        for (let epoch = 2; epoch < 4; epoch++) await second.trainEpoch(plan(epoch));

        const state = await second.getState();
        expect(state).toEqual(await through.getState());
        expect(state.step).toBe(12);
      });
    }

    test('replaces the weights and leaves the moments alone', async () => {
      const options = smallOptions();
      const network = await open(options);
      await network.trainEpoch({ rows: shuffledRows(40), batchSize: 40, learningRate: 0.01, epoch: 0 });
      const before = await network.getState();
      const weights = randomWeights(options, 0.1);
      await network.setWeights(weights);
      expect(await network.getState()).toEqual({ ...before, weights });
    });

    test('drops the units that the documented mask names', async () => {
      // With hidden state fixed by the weights, one SGD-like look: the head's gradient of a dropped unit is zero.
      const options = smallOptions({ dropout: 0.4, maximumBatchSize: 1 });
      const headStart = describeWeights(options.architecture).find((view) => view.name === 'head.w')!.offset;
      for (const [row, epoch] of [
        [5, 0],
        [5, 1],
        [61, 1],
      ]) {
        const network = await open(options);
        await network.trainEpoch({ rows: Int32Array.of(row), batchSize: 1, learningRate: 1e-3, epoch });
        const { firstMoment } = await network.getState();
        const isDropped = Array.from(firstMoment.subarray(headStart, headStart + 20), (moment) => moment === 0);
        expect(isDropped).toEqual(documentedMask(options, row, epoch).map((factor) => factor === 0));
      }
    });

    test('scales the units it keeps, so that the mean mask is 1', async () => {
      const options = smallOptions({ dropout: 0.4, maximumBatchSize: 1 });
      const row = 17;
      const weights = randomWeights(options);
      const network = await open(options, weights);
      const [plain] = await network.predict(Int32Array.of(row));
      const headStart = describeWeights(options.architecture).find((view) => view.name === 'head.w')!.offset;
      // h, by one prediction per unit with a head that reads that unit only.
      const hidden: number[] = [];
      for (let unit = 0; unit < 20; unit++) {
        const probe = weights.slice();
        probe.fill(0, headStart);
        probe[headStart + unit] = 1;
        await network.setWeights(probe);
        hidden.push((await network.predict(Int32Array.of(row)))[0]);
      }
      let sum = 0;
      const epochs = 400;
      for (let epoch = 0; epoch < epochs; epoch++) {
        const mask = documentedMask(options, row, epoch);
        for (const factor of mask) sum += factor;
        if (epoch >= 5) continue;
        await network.setWeights(weights);
        const loss = await network.trainEpoch({ rows: Int32Array.of(row), batchSize: 1, learningRate: 0, epoch });
        const masked = mask.reduce(
          (total, factor, unit) => total + factor * hidden[unit] * weights[headStart + unit],
          0,
        );
        const prediction = masked + weights[headStart + 20];
        expect(loss).toBeCloseTo((prediction - options.y[row]) ** 2, 4);
        expect(prediction).not.toBeCloseTo(plain, 6);
      }
      expect(sum / (20 * epochs)).toBeCloseTo(1, 1);
    });

    test("takes Huber's loss: quadratic below 1, linear above", async () => {
      const plain = smallOptions();
      const rows = shuffledRows(30);
      const predictions = await (await open(plain)).predict(rows);
      const huber = smallOptions({ loss: 'huber' });
      const { loss } = await (await open(huber)).computeGradients(rows);
      const errors = Array.from(rows, (row, index) => predictions[index] - plain.y[row]);
      expect(errors.some((error) => Math.abs(error) > 1)).toBe(true);
      const expected = errors.map((error) => (Math.abs(error) < 1 ? error ** 2 / 2 : Math.abs(error) - 0.5));
      expect(loss).toBeCloseTo(expected.reduce((sum, value) => sum + value, 0) / rows.length, 5);
    });

    test('gives half the gradient of the squared error below 1, and the sign above', async () => {
      const rows = shuffledRows(30);
      const squared = await (await open(smallOptions())).computeGradients(rows);
      const huber = await (await open(smallOptions({ loss: 'huber' }))).computeGradients(rows);
      const options = smallOptions();
      const bias = countWeights(options.architecture) - 1;
      const slopes = Array.from(rows, (row, index) => squared.predictions[index] - options.y[row]);
      const clipped = slopes.map((slope) => Math.max(-1, Math.min(1, slope)));
      expect(huber.gradients[bias]).toBeCloseTo(clipped.reduce((sum, slope) => sum + slope, 0) / rows.length, 5);
    });

    test('clips the gradient by its global norm as PyTorch does', async () => {
      const rows = shuffledRows(30);
      const free = await open(smallOptions());
      const { gradients } = await free.computeGradients(rows);
      const norm = Math.sqrt(gradients.reduce((sum, value) => sum + value * value, 0));
      for (const clip of [norm / 4, norm * 4]) {
        const network = await open(smallOptions({ gradientClipNorm: clip }));
        await network.trainEpoch({ rows, batchSize: 30, learningRate: 0.01, epoch: 0 });
        const { firstMoment } = await network.getState();
        const scale = Math.min(1, clip / (norm + 1e-6));
        const expected = gradients.map((value) => 0.1 * scale * value);
        expect(relativeDeviation(firstMoment, expected)).toBeLessThan(1e-5);
      }
    });

    test('decays the weights apart from the gradient, as AdamW', async () => {
      const rows = shuffledRows(30);
      const weights = randomWeights(smallOptions());
      const plan = { rows, batchSize: 30, learningRate: 0.01, epoch: 0 };
      const plain = await open(smallOptions(), weights);
      await plain.trainEpoch(plan);
      const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.5 };
      const decayed = await open(smallOptions({ adam }), weights);
      await decayed.trainEpoch(plan);
      const expected = (await plain.getState()).weights.map((weight, index) => weight - 0.01 * 0.5 * weights[index]);
      expect(relativeDeviation((await decayed.getState()).weights, expected)).toBeLessThan(1e-6);
    });

    test('returns the mean loss per sequence over unequal batches', async () => {
      const options = smallOptions();
      const network = await open(options);
      const rows = shuffledRows(50);
      const predictions = await network.predict(rows);
      const expected = predictions.reduce((sum, value, index) => sum + (value - options.y[rows[index]]) ** 2, 0) / 50;
      expect(await network.trainEpoch({ rows, batchSize: 40, learningRate: 0, epoch: 0 })).toBeCloseTo(expected, 5);
    });

    test('stops with INTERRUPTED when its signal is aborted, and works again with a new state', async () => {
      const options = smallOptions();
      const network = await open(options);
      const rows = Int32Array.from({ length: 200_000 }, (_, index) => 5 + (index % 75));
      const controller = new AbortController();
      const running = network.trainEpoch(
        { rows, batchSize: 8, learningRate: 1e-4, epoch: 0 },
        { signal: controller.signal },
      );
      setTimeout(() => controller.abort(), 20);
      await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
      await network.setState(startState(options));
      expect(
        await network.trainEpoch({ rows: shuffledRows(8), batchSize: 8, learningRate: 1e-4, epoch: 0 }),
      ).toBeGreaterThan(0);
      await expect(network.predict(rows, { signal: controller.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    });

    test('stops with TRAINING_DIVERGED when the loss is not finite', async () => {
      const options = smallOptions();
      const weights = randomWeights(options);
      weights[weights.length - 1] = 3e38;
      const network = await open(options, weights);
      // In float64 3e38 squares to a finite number; there the targets do it.
      const failing = network.trainEpoch({ rows: shuffledRows(8), batchSize: 8, learningRate: 1e38, epoch: 0 });
      const again = failing.then(() =>
        network.trainEpoch({ rows: shuffledRows(8), batchSize: 8, learningRate: 1e300, epoch: 1 }),
      );
      await expect(
        again.then(() => network.trainEpoch({ rows: shuffledRows(8), batchSize: 8, learningRate: 1, epoch: 2 })),
      ).rejects.toMatchObject({ code: 'TRAINING_DIVERGED' });
    });

    test('ignores what is not finite outside the windows and the targets used', async () => {
      const options = smallOptions();
      const clean = await (await open(options)).computeGradients(shuffledRows(20));
      const x = options.x.slice();
      const y = options.y.slice();
      x.fill(Number.NaN, 3 * 40);
      y.fill(Number.NaN, 30);
      y.fill(Number.NaN, 0, 5);
      const dirty = await (await open(smallOptions({ x, y }))).computeGradients(shuffledRows(20));
      expect(dirty).toEqual(clean);
    });

    test('names row and column of a feature that is not finite, and the row of a target', async () => {
      const options = smallOptions();
      const x = options.x.slice();
      const y = options.y.slice();
      x[3 * 30 + 2] = Number.POSITIVE_INFINITY;
      y[20] = Number.NaN;
      const network = await open(smallOptions({ x, y }));
      await expect(network.predict(Int32Array.of(29, 36))).resolves.toHaveLength(2);
      await expect(network.predict(Int32Array.of(35))).rejects.toThrow(/row 30, column 2/);
      await expect(network.predict(Int32Array.of(20))).resolves.toHaveLength(1);
      await expect(network.computeGradients(Int32Array.of(20))).rejects.toThrow(/target.*row 20\b/);
    });

    test('refuses rows without a full window', async () => {
      const network = await open(smallOptions());
      await expect(network.predict(Int32Array.of(4))).rejects.toThrow(TradeAiError);
      await expect(network.predict(Int32Array.of(80))).rejects.toThrow(TradeAiError);
    });

    test('runs several networks at the same time without mixing them', async () => {
      const plan = { rows: shuffledRows(70), batchSize: 16, learningRate: 0.01, epoch: 0 };
      const alone = await open(smallOptions({ dropout: 0.2 }));
      await alone.trainEpoch(plan);
      const several = await Promise.all([1, 2, 3].map(() => open(smallOptions({ dropout: 0.2 }))));
      await Promise.all(several.map((network) => network.trainEpoch(plan)));
      for (const network of several) expect(await network.getState()).toEqual(await alone.getState());
    });

    test('learns a sum over the window', async () => {
      const options = smallOptions();
      const y = options.y.map((_, row) =>
        row < 5 ? 0 : 0.4 * [0, 1, 2].reduce((sum, back) => sum + options.x[3 * (row - back)], 0),
      );
      const network = await open(smallOptions({ y }));
      const losses: number[] = [];
      for (let epoch = 0; epoch < 120; epoch++) {
        losses.push(await network.trainEpoch({ rows: shuffledRows(70), batchSize: 16, learningRate: 0.01, epoch }));
      }
      expect(losses[119]).toBeLessThan(0.05 * losses[0]);
    });
  });
}
