/** The native module as JavaScript sees it (kernel/binding.cc), and its loader. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TradeAiError } from '../../../core/errors.js';
import { findKernelFolder } from '../../kernel-files.js';

/** An opaque dataset of the native module. */
export type DatasetHandle = { readonly nativeDataset: unique symbol };
/** An opaque network of the native module. */
export type NetworkHandle = { readonly nativeNetwork: unique symbol };

/** 0 done, 1 cancelled, 2 the loss is not finite. `data` is empty unless done. */
export type DoneCallback = (outcome: number, loss: number, data: Float64Array) => void;

export interface NativeBinding {
  /** Instruction sets this processor has, best first. */
  listVariants(): string[];
  measureBytes(variant: string, shape: Float64Array): number;
  /** Runs multiply-adds in registers; returns the floating-point operations done. */
  measurePeak(variant: string, rounds: number): number;
  /** Copies x `[T, F]` and y `[T]`; networks that are open on a closed dataset keep them alive. */
  openDataset(featureCount: number, x: Float32Array, y: Float32Array): DatasetHandle;
  closeDataset(dataset: DatasetHandle): void;
  /**
   * @param shape features, hidden, layers, window, maximumBatch, threads
   * @param settings huber, dropout, seed, clipNorm, beta1, beta2, epsilon, weightDecay
   */
  openNetwork(dataset: DatasetHandle, variant: string, shape: Float64Array, settings: Float64Array): NetworkHandle;
  setState(network: NetworkHandle, weights: Float64Array, m: Float64Array, v: Float64Array, step: number): void;
  getState(network: NetworkHandle, weights: Float64Array, m: Float64Array, v: Float64Array): number;
  setWeights(network: NetworkHandle, weights: Float64Array): void;
  trainEpoch(
    network: NetworkHandle,
    rows: Int32Array,
    batchSize: number,
    learningRate: number,
    epoch: number,
    done: DoneCallback,
  ): void;
  predict(network: NetworkHandle, rows: Int32Array, done: DoneCallback): void;
  predictNow(network: NetworkHandle, rows: Int32Array, predictions: Float64Array): void;
  computeGradients(network: NetworkHandle, rows: Int32Array, done: DoneCallback): void;
  cancel(network: NetworkHandle): void;
  progress(network: NetworkHandle): number;
  setThreads(network: NetworkHandle, threads: number): void;
  closeNetwork(network: NetworkHandle): void;
}

/**
 * Loads the native module.
 *
 * @param folder where it lies; the built kernel's folder when absent
 * @throws TradeAiError `ENGINE_UNAVAILABLE` when there is none for this machine
 */
export async function loadBinding(folder?: string): Promise<NativeBinding> {
  const path = join(folder ?? (await findKernelFolder()), 'lstm.node');
  let binding: NativeBinding;
  try {
    binding = createRequire(import.meta.url)(path);
  } catch (cause) {
    throw new TradeAiError('ENGINE_UNAVAILABLE', `the native kernel does not load: ${describeCause(cause)}`, {
      commandHint: 'use `--engine wasm`, or build from source with a C++ compiler',
      cause,
    });
  }
  if (binding.listVariants().length === 0) {
    throw new TradeAiError('ENGINE_UNAVAILABLE', 'the native kernel needs AVX2 with FMA, AVX-512 or Arm NEON', {
      commandHint: 'use `--engine wasm`',
    });
  }
  return binding;
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
}
