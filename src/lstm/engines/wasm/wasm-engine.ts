/** The WebAssembly engine: kernel/lstm.wasm (SIMD128) in worker threads. Its bits are its own, the same on every machine. */

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { TradeAiError } from '../../../core/errors.js';
import type { LstmEngine, LstmSession, SessionOptions } from '../../engine.js';
import { findKernelFolder } from '../kernel-files.js';
import { packSettings } from '../kernel-settings.js';
import { requireMemory, SessionInput } from '../session-input.js';
import { WasmSession } from './wasm-session.js';
import { WorkerPool } from './worker-pool.js';

/** What a WebAssembly memory can hold, less the module's own part and the room for results. */
const MAXIMUM_ARENA_BYTES = 2 ** 32 - 2 ** 26;

export interface WasmEngineOptions {
  /** Sessions that run at the same time, one thread each; the cores of this machine when absent. */
  readonly threads?: number;
}

/**
 * Loads the WebAssembly engine.
 *
 * @throws TradeAiError `ENGINE_UNAVAILABLE` when the module is missing or this runtime has no WebAssembly SIMD
 */
export async function createWasmEngine({ threads }: WasmEngineOptions = {}): Promise<LstmEngine> {
  const kernelFolder = await findKernelFolder();
  const module = await loadModule(join(kernelFolder, 'lstm.wasm'));
  const { measureBytes } = new WebAssembly.Instance(module).exports as {
    measureBytes: (...shape: number[]) => number;
  };
  const pool = new WorkerPool(threads ?? availableParallelism(), kernelFolder, module);
  let lastSession = 0;
  return {
    name: 'wasm',
    description: 'wasm (SIMD128)',
    parallelSessions: pool.size,
    open: async (options) => openSession(pool, measureBytes, ++lastSession, options),
  };
}

async function loadModule(path: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(path));
  } catch (cause) {
    throw new TradeAiError('ENGINE_UNAVAILABLE', 'the WebAssembly kernel does not load', {
      hint: 'use `--engine reference`',
      cause,
    });
  }
}

async function openSession(
  pool: WorkerPool,
  measureBytes: (...shape: number[]) => number,
  session: number,
  options: SessionOptions,
): Promise<LstmSession> {
  const input = new SessionInput(options, Float32Array);
  const { featureCount, hiddenUnits, layerCount } = options.architecture;
  const shape = [featureCount, hiddenUnits, layerCount, options.windowRows, options.maximumBatchSize];
  const arenaBytes = measureBytes(...shape);
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
