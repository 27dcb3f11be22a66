import { describe, expect, test } from 'vitest';
import { describeDeterminismRun } from '../../../../test/support/determinism-run.js';
import { openLoneNetwork } from '../../../../test/support/lone-network.js';
import { processorMsUntil } from '../../../../test/support/processor-time.js';
import { RANDOM_STREAM, Random } from '../../../core/random.js';
import { countWeights } from '../../weights.js';
import { testEngineContract } from '../engine.contract.js';
import { createNativeEngine } from './native-engine.js';

testEngineContract('native', () => createNativeEngine(), { tolerance: 1e-5 });

describe('the native engine', () => {
  test('refuses an instruction set that this processor has not', async () => {
    await expect(createNativeEngine({ isa: 'sve9' })).rejects.toThrow(/expected one of .*, was sve9/);
  });

  test('refuses a model that does not fit memory, with the bytes it would need', async () => {
    const { options } = describeDeterminismRun();
    const engine = await createNativeEngine();
    const architecture = { featureCount: 5, hiddenUnits: 2 ** 17, layerCount: 16 };
    await expect(openLoneNetwork(engine, { ...options, architecture })).rejects.toThrow(
      /needs \d{13,} bytes of memory/,
    );
  });

  test('leaves the event loop free while it trains, and reports progress', async () => {
    const { options, start, plans } = describeDeterminismRun();
    const network = await openLoneNetwork(await createNativeEngine({ threads: 1 }), options);
    await network.setState(start);
    const rows = Int32Array.from({ length: 30_000 }, (_, index) => plans[0].rows[index % plans[0].rows.length]);
    const reported: number[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await network.trainEpoch({ ...plans[0], rows }, { onProgress: (count) => reported.push(count) });
    clearInterval(timer);
    await network.close();
    expect(ticks).toBeGreaterThan(20);
    expect(reported.length).toBeGreaterThan(0);
    expect(reported.every((count, index) => count >= (reported[index - 1] ?? 0))).toBe(true);
    expect(reported.at(-1)).toBeLessThanOrEqual(30_000);
  });

  test('runs one call of a network at a time and none after closing', async () => {
    const { options, start, plans } = describeDeterminismRun();
    const network = await openLoneNetwork(await createNativeEngine(), options);
    await network.setState(start);
    const running = network.trainEpoch(plans[0]);
    await expect(network.getState()).rejects.toMatchObject({ code: 'INTERNAL' });
    await running;
    const stopped = network.trainEpoch({ ...plans[0], rows: new Int32Array(2_000_000).fill(20) });
    await Promise.all([network.close(), expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' })]);
    await expect(network.predict(Int32Array.of(20))).rejects.toMatchObject({ code: 'INTERNAL' });
    await network.close();
  });

  test('is not slower per step where the gradient fades below what float32 holds', async () => {
    // With weights this small every gate is about half open, and the gradient halves with each of the steps back.
    const { options } = describeDeterminismRun();
    const architecture = { featureCount: 5, hiddenUnits: 64, layerCount: 1 };
    const engine = await createNativeEngine({ threads: 1 });
    const measureStep = async (windowRows: number): Promise<number> => {
      const network = await openLoneNetwork(engine, { ...options, architecture, windowRows });
      const random = new Random(1, RANDOM_STREAM.test);
      const weights = Float64Array.from(
        { length: countWeights(architecture) },
        () => 0.2 * (random.nextUniform() - 0.5),
      );
      const zeros = new Float64Array(weights.length);
      await network.setState({ weights, firstMoment: zeros, secondMoment: zeros, step: 0 });
      const rows = Int32Array.from({ length: 40 }, (_, index) => 250 + index);
      let best = Number.POSITIVE_INFINITY;
      for (let epoch = 0; epoch < 5; epoch++) {
        const plan = { rows, batchSize: 40, learningRate: 0, epoch };
        best = Math.min(best, await processorMsUntil(() => network.trainEpoch(plan)));
      }
      await network.close();
      return best / windowRows;
    };
    // Multiply-adds on subnormal numbers would make it some twenty times slower.
    expect(await measureStep(240)).toBeLessThan(6 * (await measureStep(60)));
  });
});
