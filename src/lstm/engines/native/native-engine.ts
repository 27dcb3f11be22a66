/** The native engine: kernel/lstm.cc behind Node-API, on AVX-512, AVX2 or Arm NEON. */

import { availableParallelism } from 'node:os';
import { TradeAiError } from '../../../core/errors.js';
import type { DatasetContents, LstmDataset, LstmEngine, LstmNetwork, NetworkOptions } from '../../engine.js';
import { packSettings } from '../kernel-settings.js';
import { NetworkInput, requireMemory } from '../network-input.js';
import { OpenDataset } from '../open-dataset.js';
import { type DatasetHandle, loadBinding, type NativeBinding } from './binding.js';
import { NativeNetwork } from './native-network.js';
import { ThreadShare } from './thread-share.js';

/** A batch is cut into no more shards than this (MAX_SHARDS in kernel/lstm.h), and every thread wants its own activations. */
const MAXIMUM_NETWORK_THREADS = 16;

const TITLES: Readonly<Record<string, string>> = { avx512: 'AVX-512', avx2: 'AVX2', neon: 'Arm NEON' };

export interface NativeEngineOptions {
  /** Threads of all networks together; the cores of this machine when absent. Results do not depend on it. */
  readonly threads?: number;
  /** `avx512`, `avx2` or `neon`; the best this processor has when absent. All give the same bits. */
  readonly isa?: string;
}

/**
 * Loads the native engine.
 *
 * @throws TradeAiError `ENGINE_UNAVAILABLE` when the module does not load here; `USAGE` for an unknown instruction set
 * @example const engine = await createNativeEngine({ threads: 2 })
 */
export async function createNativeEngine({ threads, isa }: NativeEngineOptions = {}): Promise<LstmEngine> {
  const binding = await loadBinding();
  const variant = chooseVariant(binding.listVariants(), isa);
  const threadCount = threads ?? availableParallelism();
  if (!Number.isInteger(threadCount) || threadCount < 1) {
    throw new TradeAiError('USAGE', `threads: expected a positive integer, was ${threads}`);
  }
  const share = new ThreadShare(threadCount);
  return {
    name: 'native',
    description: `native (${TITLES[variant]})`,
    parallelNetworks: threadCount,
    openDataset: async (contents) => openDataset({ binding, variant, share }, contents),
  };
}

/** What all datasets of an engine have in common. */
interface NativeKernel {
  readonly binding: NativeBinding;
  readonly variant: string;
  readonly share: ThreadShare;
}

function chooseVariant(supported: readonly string[], wanted: string | undefined): string {
  if (wanted === undefined || wanted === '') return supported[0];
  if (supported.includes(wanted)) return wanted;
  throw new TradeAiError('USAGE', `instruction set: expected one of ${supported.join(', ')}, was ${wanted}`, {
    hint: 'unset TRADEAI_ISA to use the best one',
  });
}

function openDataset(kernel: NativeKernel, { featureCount, x, y }: DatasetContents): LstmDataset {
  const values = new Float32Array(x);
  const dataset = new OpenDataset(featureCount, values, new Float32Array(y));
  const handle = kernel.binding.openDataset(featureCount, values, dataset.y);
  return {
    openNetwork: async (options) => openNetwork(kernel, dataset, handle, options),
    close: async () => {
      if (dataset.close()) kernel.binding.closeDataset(handle);
    },
  };
}

function openNetwork(
  { binding, variant, share }: NativeKernel,
  dataset: OpenDataset<Float32Array>,
  datasetHandle: DatasetHandle,
  options: NetworkOptions,
): LstmNetwork {
  const input = new NetworkInput(dataset, options);
  const { featureCount, hiddenUnits, layerCount } = options.architecture;
  const { windowRows, maximumBatchSize } = options;
  const threads = Math.min(share.threads, MAXIMUM_NETWORK_THREADS);
  const shape = new Float64Array([featureCount, hiddenUnits, layerCount, windowRows, maximumBatchSize, threads]);
  requireMemory(binding.measureBytes(variant, shape));
  const onClosed = dataset.enter();
  try {
    const handle = binding.openNetwork(datasetHandle, variant, shape, packSettings(options));
    return new NativeNetwork({ binding, handle, share, input, windowRows, onClosed });
  } catch (error) {
    onClosed();
    throw error;
  }
}
