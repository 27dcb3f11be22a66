/**
 * The WebAssembly kernel comes twice. With relaxed SIMD a multiply-add is one instruction, a third faster, and where the
 * processor rounds it once the bits are those of the native kernel. Plain SIMD128 runs everywhere; its bits are its own.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { TradeAiError } from '../../../core/errors.js';

export const WASM_VARIANTS = ['relaxed-simd', 'simd128'] as const;
export type WasmVariant = (typeof WASM_VARIANTS)[number];

const FILE_OF_VARIANT = { 'relaxed-simd': 'lstm-relaxed.wasm', simd128: 'lstm.wasm' } as const;

/** What the host calls itself; the networks' calls are made by kernel/wasm-worker.mjs. */
export interface KernelExports {
  /** Bytes of a network; features, hidden, layers, window, maximum batch. */
  measureBytes(...shape: number[]): number;
  /** 1 where a multiply-add rounds once. */
  isFused(): number;
  /** Runs multiply-adds in registers; returns the floating-point operations done. */
  measurePeak(rounds: number): number;
}

export interface KernelModule {
  readonly variant: WasmVariant;
  readonly module: WebAssembly.Module;
  readonly exports: KernelExports;
}

/**
 * Loads the variant wanted, or the best this machine has.
 *
 * @throws TradeAiError `ENGINE_UNAVAILABLE` when none loads; `USAGE` for an unknown variant
 */
export async function loadKernelModule(kernelFolder: string, wanted?: string): Promise<KernelModule> {
  const variants = WASM_VARIANTS.filter((variant) => wanted === undefined || wanted === '' || variant === wanted);
  if (variants.length === 0) {
    throw new TradeAiError('USAGE', `instruction set: expected one of ${WASM_VARIANTS.join(', ')}, was ${wanted}`, {
      hint: 'unset TRADEAI_ISA to use the best one',
    });
  }
  let cause: unknown;
  for (const variant of variants) {
    try {
      if (variant === 'relaxed-simd') allowRelaxedSimd();
      const module = await WebAssembly.compile(await readFile(join(kernelFolder, FILE_OF_VARIANT[variant])));
      const exports = new WebAssembly.Instance(module).exports as unknown as KernelExports;
      // A processor without fused multiply-add runs the relaxed module too, with bits that no other machine has.
      if (variant === 'relaxed-simd' && exports.isFused() !== 1) continue;
      return { variant, module, exports };
    } catch (error) {
      cause = error;
    }
  }
  throw new TradeAiError('ENGINE_UNAVAILABLE', 'the WebAssembly kernel does not load', {
    commandHint: 'use `--engine reference`',
    cause,
  });
}

/** Node 20 knows relaxed SIMD but keeps it behind a flag, which may be set until the module is compiled. */
function allowRelaxedSimd(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
