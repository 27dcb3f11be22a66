import { describe, expect, test } from 'vitest';
import { describeDeterminismRun, hashWeights, runDeterminismRun } from '../../../test/support/determinism-run.js';
import { relativeDeviation } from '../../../test/support/golden.js';
import { needs } from '../../../test/support/needs.js';
import { loadBinding } from './native/binding.js';
import { createNativeEngine } from './native/native-engine.js';
import { createWasmEngine } from './wasm/wasm-engine.js';

// What AVX-512, AVX2, Arm NEON and WebAssembly with fused relaxed SIMD give, with any number of threads. It changes when the
// kernel's arithmetic changes; `npm run check:arm` compares NEON.
const FUSED_SHA256 = 'fdf9ded37a23a903244700578c3e3717ff0df9b7530f5ff9b7864b74c995c4a5';
// What plain WebAssembly SIMD gives on every machine.
const SIMD128_SHA256 = '7a43d50fc9c320f810b2aa3406f497111c7954fd664485c72b234bf2bb1304f8';

const isa = {
  native: await loadBinding().then(
    (binding) => binding.listVariants(),
    () => [],
  ),
  wasm: await createWasmEngine({ isa: 'relaxed-simd' }).then(
    () => ['relaxed-simd', 'simd128'],
    () => ['simd128'],
  ),
};

describe('the fixed training run', () => {
  for (const variant of isa.native) {
    for (const threads of [1, 2, 4]) {
      test(`gives the fused bits on ${variant} with ${threads} threads`, async () => {
        const engine = await createNativeEngine({ isa: variant, threads });
        expect(hashWeights(await runDeterminismRun(engine))).toBe(FUSED_SHA256);
      });
    }
  }

  test(
    'gives the fused bits in WebAssembly with relaxed SIMD',
    needs(isa.wasm.includes('relaxed-simd'), 'no relaxed SIMD'),
    async () => {
      const engine = await createWasmEngine({ threads: 1, isa: 'relaxed-simd' });
      expect(hashWeights(await runDeterminismRun(engine))).toBe(FUSED_SHA256);
    },
  );

  test('gives the SIMD128 bits in plain WebAssembly', async () => {
    const engine = await createWasmEngine({ threads: 1, isa: 'simd128' });
    expect(hashWeights(await runDeterminismRun(engine))).toBe(SIMD128_SHA256);
  });

  test('ends within 1e-4 on fused and plain arithmetic after 200 steps without dropout', async () => {
    const run = describeDeterminismRun({ dropout: 0 });
    const [plan] = run.plans;
    const rows = plan.rows.slice(0, 40);
    const plans = Array.from({ length: 100 }, (_, epoch) => ({ rows, batchSize: 20, learningRate: 1e-3, epoch }));
    const native = await runDeterminismRun(await createNativeEngine(), { ...run, plans });
    const wasm = await runDeterminismRun(await createWasmEngine({ threads: 1, isa: 'simd128' }), { ...run, plans });
    expect(relativeDeviation(wasm, native)).toBeLessThan(1e-4);
    expect(wasm).not.toEqual(native);
  });
});
