/** The WebAssembly engine: the kernel in worker threads, one session to a thread at a time. */

import { availableParallelism } from 'node:os';
import type { LstmEngine, LstmSession, SessionOptions } from '../../engine.js';
import { findKernelFolder } from '../kernel-files.js';
import { packSettings } from '../kernel-settings.js';
import { requireMemory, SessionInput } from '../session-input.js';
import { type KernelExports, loadKernelModule, type WasmVariant } from './kernel-module.js';
import { WasmSession } from './wasm-session.js';
import { WorkerPool } from './worker-pool.js';

/** What a WebAssembly memory can hold, less the module's own part and the room for results. */
const MAXIMUM_ARENA_BYTES = 2 ** 32 - 2 ** 26;

export interface WasmEngineOptions {
  /** Sessions that run at the same time, one thread each; the cores of this machine when absent. */
  readonly threads?: number;
  /** `relaxed-simd` or `simd128`; the best this machine has when absent. */
  readonly isa?: string;
}

const TITLES: Readonly<Record<WasmVariant, string>> = { 'relaxed-simd': 'relaxed SIMD', simd128: 'SIMD128' };

/**
 * Loads the WebAssembly engine.
 *
 * @throws TradeAiError `ENGINE_UNAVAILABLE` when the modules are missing or this runtime has no WebAssembly SIMD; `USAGE`
 *   for an unknown instruction set
 */
export async function createWasmEngine({ threads, isa }: WasmEngineOptions = {}): Promise<LstmEngine> {
  const kernelFolder = await findKernelFolder();
  const { variant, module, exports } = await loadKernelModule(kernelFolder, isa);
  const pool = new WorkerPool(threads ?? availableParallelism(), kernelFolder, module);
  let lastSession = 0;
  return {
    name: 'wasm',
    description: `wasm (${TITLES[variant]})`,
    parallelSessions: pool.size,
    open: async (options) => openSession(pool, exports, ++lastSession, options),
  };
}

async function openSession(
  pool: WorkerPool,
  kernel: KernelExports,
  session: number,
  options: SessionOptions,
): Promise<LstmSession> {
  const input = new SessionInput(options, Float32Array);
  const { featureCount, hiddenUnits, layerCount } = options.architecture;
  const shape = [featureCount, hiddenUnits, layerCount, options.windowRows, options.maximumBatchSize];
  const arenaBytes = kernel.measureBytes(...shape);
  requireMemory(arenaBytes, options);
  requireMemory(arenaBytes, options, MAXIMUM_ARENA_BYTES);
  const worker = pool.chooseWorker();
  worker.sessionCount += 1;
  const control = new Int32Array(new SharedArrayBuffer(8));
  try {
    const { x, y, weightCount } = input;
    const settings = packSettings(options);
    await worker.request({ kind: 'open', session, shape, settings, x, y, weightCount, control });
  } catch (error) {
    worker.sessionCount -= 1;
    throw error;
  }
  return new WasmSession(worker, session, control, input);
}
