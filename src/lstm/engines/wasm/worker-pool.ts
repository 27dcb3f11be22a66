/**
 * Worker threads that hold WebAssembly networks. A worker is started when a network needs one and all others are taken,
 * up to `size`; idle workers keep no process alive.
 */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TradeAiError } from '../../../core/errors.js';

/** A request as kernel/wasm-worker.mjs understands it. */
export interface WorkerRequest {
  readonly kind: string;
  readonly [argument: string]: unknown;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class PooledWorker {
  networkCount = 0;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #failure: TradeAiError | undefined;

  constructor(kernelFolder: string, module: WebAssembly.Module) {
    this.#worker = new Worker(join(kernelFolder, 'wasm-worker.mjs'), { workerData: { module }, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', ({ id, result, error }) => {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (this.#pending.size === 0) this.#worker.unref();
      if (error === undefined) pending?.resolve(result);
      else pending?.reject(new TradeAiError('INTERNAL', `the WebAssembly kernel failed: ${error}`));
    });
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', (code) => this.#fail(new Error(`the worker ended with status ${code}`)));
  }

  /** Sends a request; the answer, or `INTERNAL` when the worker fails. */
  request<Result>(request: WorkerRequest): Promise<Result> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise<Result>((resolve, reject) => {
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#worker.ref();
      this.#worker.postMessage({ ...request, id });
    });
  }

  #fail(cause: unknown): void {
    this.#failure ??= new TradeAiError('INTERNAL', 'the WebAssembly kernel failed', { cause });
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}

export class WorkerPool {
  readonly size: number;
  readonly #kernelFolder: string;
  readonly #module: WebAssembly.Module;
  readonly #workers: PooledWorker[] = [];
  #lastNumber = 0;

  constructor(size: number, kernelFolder: string, module: WebAssembly.Module) {
    this.size = size;
    this.#kernelFolder = kernelFolder;
    this.#module = module;
  }

  /** A number that no dataset and no network of this pool has yet. */
  nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }

  /** The worker with the fewest networks; the caller counts its network in and out. */
  chooseWorker(): PooledWorker {
    let best: PooledWorker | undefined;
    for (const worker of this.#workers) {
      if (best === undefined || worker.networkCount < best.networkCount) best = worker;
    }
    if (best !== undefined && (best.networkCount === 0 || this.#workers.length >= this.size)) return best;
    const worker = new PooledWorker(this.#kernelFolder, this.#module);
    this.#workers.push(worker);
    return worker;
  }
}
