/** The WebAssembly engine: the kernel in worker threads, each network in one of them. */

import { availableParallelism } from 'node:os';
import type { DatasetContents, LstmDataset, LstmEngine, LstmNetwork, NetworkOptions } from '../../engine.js';
import { findKernelFolder } from '../../kernel-files.js';
import { packSettings } from '../kernel-settings.js';
import { NetworkInput, requireMemory } from '../network-input.js';
import { OpenDataset } from '../open-dataset.js';
import { type KernelExports, loadKernelModule, type WasmVariant } from './kernel-module.js';
import { WasmNetwork } from './wasm-network.js';
import { type PooledWorker, WorkerPool } from './worker-pool.js';

/** What a WebAssembly memory can hold, less the module's own part and the room for results. */
const MAXIMUM_MEMORY_BYTES = 2 ** 32 - 2 ** 26;

export interface WasmEngineOptions {
  /** Networks that run at the same time, one thread each; the cores of this machine when absent. */
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
  return {
    name: 'wasm',
    description: `wasm (${TITLES[variant]})`,
    parallelNetworks: pool.size,
    openDataset: async (contents) => new WasmDataset(pool, exports, contents),
  };
}

class WasmDataset implements LstmDataset {
  readonly #pool: WorkerPool;
  readonly #kernel: KernelExports;
  readonly #number: number;
  readonly #open: OpenDataset<Float32Array>;
  /** In shared memory: a worker that gets a network of this dataset copies it from there, once. */
  readonly #x: Float32Array;
  readonly #workers = new Map<PooledWorker, Promise<unknown>>();

  constructor(pool: WorkerPool, kernel: KernelExports, { featureCount, x, y }: DatasetContents) {
    this.#pool = pool;
    this.#kernel = kernel;
    this.#number = pool.nextNumber();
    this.#x = shareFloat32(x);
    this.#open = new OpenDataset(featureCount, this.#x, shareFloat32(y));
  }

  async openNetwork(options: NetworkOptions): Promise<LstmNetwork> {
    const input = new NetworkInput(this.#open, options);
    const { featureCount, hiddenUnits, layerCount } = options.architecture;
    const shape = [featureCount, hiddenUnits, layerCount, options.windowRows, options.maximumBatchSize];
    const sizeBytes = this.#kernel.measureBytes(...shape);
    requireMemory(sizeBytes);
    requireMemory(sizeBytes + this.#x.byteLength + this.#open.y.byteLength, MAXIMUM_MEMORY_BYTES);
    const leave = this.#open.enter();
    const worker = this.#pool.chooseWorker();
    worker.networkCount += 1;
    const onClosed = () => {
      worker.networkCount -= 1;
      leave();
    };
    const number = this.#pool.nextNumber();
    const control = new Int32Array(new SharedArrayBuffer(8));
    try {
      await this.#bringTo(worker);
      await worker.request({
        kind: 'openNetwork',
        dataset: this.#number,
        network: number,
        shape,
        settings: packSettings(options),
        weightCount: input.weightCount,
        control,
      });
    } catch (error) {
      onClosed();
      throw error;
    }
    return new WasmNetwork({ worker, number, control, input, onClosed });
  }

  async close(): Promise<void> {
    if (!this.#open.close()) return;
    const closing = Array.from(this.#workers.keys(), (worker) =>
      worker.request({ kind: 'closeDataset', dataset: this.#number }),
    );
    await Promise.all(closing);
  }

  /** Sees to it that a worker has the data. */
  async #bringTo(worker: PooledWorker): Promise<void> {
    let opening = this.#workers.get(worker);
    if (opening === undefined) {
      opening = worker.request({ kind: 'openDataset', dataset: this.#number, x: this.#x, y: this.#open.y });
      this.#workers.set(worker, opening);
    }
    await opening;
  }
}

function shareFloat32(values: Float64Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(values.length * Float32Array.BYTES_PER_ELEMENT));
  shared.set(values);
  return shared;
}
