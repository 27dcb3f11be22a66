import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeDeterminismRun } from '../../../../test/support/determinism-run.js';
import { openLoneNetwork } from '../../../../test/support/lone-network.js';
import { findKernelFolder } from '../../kernel-files.js';
import { testEngineContract } from '../engine.contract.js';
import { loadKernelModule } from './kernel-module.js';
import { createWasmEngine } from './wasm-engine.js';

testEngineContract('wasm', () => createWasmEngine({ threads: 2 }), { tolerance: 1e-5 });
testEngineContract('wasm', () => createWasmEngine({ threads: 1, isa: 'simd128' }), { tolerance: 1e-5 });

describe('the WebAssembly modules', () => {
  const kernel = new URL('../../../../kernel/', import.meta.url);

  test('were built from the sources beside them', async () => {
    const script = new URL('../../../../scripts/build-kernel.mjs', import.meta.url).href;
    const { hashWasmSources, WASM_MODULES } = await import(script);
    const built = JSON.parse(await readFile(new URL('wasm-sources.json', kernel), 'utf8'));
    expect(built.sha256, 'run `npm run build:wasm` after a change of the kernel').toBe(hashWasmSources());
    for (const name of Object.keys(WASM_MODULES)) {
      const bytes = await readFile(new URL(name, kernel));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(built.modules[name]);
    }
  });

  test('give way to plain SIMD128 where the relaxed one does not load', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tradeai-kernel-'));
    try {
      const plain = await readFile(join(await findKernelFolder(), 'lstm.wasm'));
      await writeFile(join(folder, 'lstm.wasm'), plain);
      await writeFile(join(folder, 'lstm-relaxed.wasm'), plain.subarray(0, 100));
      expect((await loadKernelModule(folder)).variant).toBe('simd128');
      // A module that loads and does not fuse gives way too.
      await writeFile(join(folder, 'lstm-relaxed.wasm'), plain);
      expect((await loadKernelModule(folder)).variant).toBe('simd128');
      await rm(join(folder, 'lstm.wasm'));
      await expect(loadKernelModule(folder)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('are refused by an unknown name', async () => {
    await expect(createWasmEngine({ isa: 'avx512' })).rejects.toThrow(/relaxed-simd, simd128, was avx512/);
  });
});

describe('the WebAssembly engine', () => {
  test('refuses a model above four gigabytes, with the bytes it would need', async () => {
    const { options } = describeDeterminismRun();
    const engine = await createWasmEngine({ threads: 1 });
    const architecture = { featureCount: 5, hiddenUnits: 2 ** 14, layerCount: 2 };
    await expect(openLoneNetwork(engine, { ...options, architecture })).rejects.toThrow(
      /needs \d{11,} bytes of memory/,
    );
  });

  test('leaves the event loop free while it trains', async () => {
    const { options, start, plans } = describeDeterminismRun();
    const engine = await createWasmEngine({ threads: 1 });
    const network = await openLoneNetwork(engine, options);
    await network.setState(start);
    const rows = Int32Array.from({ length: 4000 }, (_, index) => plans[0].rows[index % plans[0].rows.length]);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await network.trainEpoch({ ...plans[0], rows });
    clearInterval(timer);
    await network.close();
    expect(ticks).toBeGreaterThan(5);
  });
});
