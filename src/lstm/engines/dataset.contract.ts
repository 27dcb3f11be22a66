import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openLoneNetwork } from '../../../test/support/lone-network.js';
import { shuffledRows, smallOptions, startState } from '../../../test/support/small-problem.js';
import type { LstmEngine, LstmNetwork } from '../engine.js';

/** What every engine does with a dataset and the networks on it: a part of the suite of engines. */
export function testDatasetContract(name: string, createEngine: () => LstmEngine | Promise<LstmEngine>): void {
  describe(`a dataset of the ${name} engine`, () => {
    let engine: LstmEngine;
    const opened: LstmNetwork[] = [];

    beforeAll(async () => {
      engine = await createEngine();
    }, 180_000);
    afterEach(async () => {
      for (const network of opened.splice(0)) await network.close();
    });

    test('opens networks on one dataset that know nothing of each other', async () => {
      const { x, y, ...options } = smallOptions({ dropout: 0.2 });
      const others = { ...options, windowRows: 9, loss: 'huber', seed: 5, maximumBatchSize: 70 } as const;
      const dataset = await engine.openDataset({ featureCount: 3, x, y });
      const pair = [await dataset.openNetwork(options), await dataset.openNetwork(others)];
      opened.push(...pair);
      const rows = shuffledRows(70).filter((row) => row >= 8);
      const plan = { rows, batchSize: 16, learningRate: 0.01, epoch: 0 };
      await Promise.all(pair.map((network) => network.setState(startState(options))));
      await Promise.all(pair.map((network) => network.trainEpoch(plan)));
      for (const [i, settings] of [options, others].entries()) {
        const alone = await openLoneNetwork(engine, { ...settings, x, y });
        opened.push(alone);
        await alone.setState(startState(options));
        await alone.trainEpoch(plan);
        expect(await pair[i].getState()).toEqual(await alone.getState());
      }
    });

    test('keeps the bits of a network whose neighbours open and close', async () => {
      const { x, y, ...options } = smallOptions();
      const dataset = await engine.openDataset({ featureCount: 3, x, y });
      const steady = await dataset.openNetwork(options);
      opened.push(steady);
      await steady.setState(startState(options));
      const rows = shuffledRows(40);
      const expected = await steady.predict(rows);
      const state = await steady.getState();
      for (const windowRows of [3, 40, 6]) {
        const neighbour = await dataset.openNetwork({ ...options, windowRows });
        await neighbour.setState(startState(options));
        await neighbour.trainEpoch({ rows: Int32Array.of(50, 60, 70), batchSize: 2, learningRate: 0.1, epoch: 0 });
        await neighbour.close();
        expect(await steady.predict(rows)).toEqual(expected);
      }
      expect(await steady.getState()).toEqual(state);
      // What a neighbour has left behind is not seen by the next one.
      const fresh = await dataset.openNetwork(options);
      opened.push(fresh);
      await fresh.setWeights(state.weights);
      expect(await fresh.predict(rows)).toEqual(expected);
      expect(await fresh.getState()).toEqual({ ...state, step: 0 });
    });

    test('closes a dataset after its networks, and opens none afterwards', async () => {
      const { x, y, ...options } = smallOptions();
      const dataset = await engine.openDataset({ featureCount: 3, x, y });
      const [first, second] = [await dataset.openNetwork(options), await dataset.openNetwork(options)];
      await expect(dataset.close()).rejects.toThrow(/closes after its networks: 2 are open/);
      await second.close();
      await second.close();
      await expect(dataset.close()).rejects.toMatchObject({ code: 'INTERNAL' });
      await first.setState(startState(options));
      expect(await first.predict(Int32Array.of(20))).toHaveLength(1);
      await first.close();
      await dataset.close();
      await dataset.close();
      await expect(dataset.openNetwork(options)).rejects.toThrow(/expected an open dataset, was closed/);
    });

    test('refuses data of two lengths, and a network of other features than its dataset', async () => {
      const { x, y, ...options } = smallOptions();
      await expect(engine.openDataset({ featureCount: 4, x, y })).rejects.toMatchObject({ code: 'USAGE' });
      const dataset = await engine.openDataset({ featureCount: 3, x, y });
      const architecture = { ...options.architecture, featureCount: 4 };
      await expect(dataset.openNetwork({ ...options, architecture })).rejects.toThrow(/dataset's 3 features, was 4/);
      await dataset.close();
    });
  });
}
