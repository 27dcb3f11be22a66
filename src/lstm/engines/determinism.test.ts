import { beforeAll, describe, expect, test } from 'vitest';
import { describeDeterminismRun, hashWeights, runDeterminismRun } from './determinism-run.js';
import { relativeDeviation } from './golden.js';
import { loadBinding } from './native/binding.js';
import { createNativeEngine } from './native/native-engine.js';
import { createWasmEngine } from './wasm/wasm-engine.js';

// What every AVX-512, AVX2 and Arm NEON machine gives, with any number of threads. It changes when the kernel's
// arithmetic changes; `npm run check:arm` compares NEON.
const NATIVE_SHA256 = '9f918b83dbf61df77ad9002a5a132f95df149464c41ab915c1ce58ac8f3bc00d';
// What every machine gives in WebAssembly.
const WASM_SHA256 = 'e84cbb88674c33c18deb840a19b828cb50cac4181f47bcbdff144e707c3b6a0f';

const variants = (await loadBinding()).listVariants();

describe('the fixed training run', () => {
  beforeAll(async () => {
    await loadBinding();
  }, 180_000);

  for (const isa of variants) {
    for (const threads of [1, 2, 4]) {
      test(`gives the native bits on ${isa} with ${threads} threads`, async () => {
        const engine = await createNativeEngine({ isa, threads });
        expect(hashWeights(await runDeterminismRun(engine))).toBe(NATIVE_SHA256);
      });
    }
  }

  test('gives the WebAssembly bits', async () => {
    expect(hashWeights(await runDeterminismRun(await createWasmEngine({ threads: 1 })))).toBe(WASM_SHA256);
  });

  test('ends within 1e-4 on native and WebAssembly after 200 steps without dropout', async () => {
    const run = describeDeterminismRun({ dropout: 0 });
    const [plan] = run.plans;
    const plans = Array.from({ length: 100 }, (_, epoch) => ({ ...plan, learningRate: 1e-3, epoch }));
    const native = await runDeterminismRun(await createNativeEngine(), { ...run, plans });
    const wasm = await runDeterminismRun(await createWasmEngine({ threads: 1 }), { ...run, plans });
    expect(relativeDeviation(wasm, native)).toBeLessThan(1e-4);
    expect(wasm).not.toEqual(native);
  });
});
