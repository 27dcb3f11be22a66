/** The native engine: kernel/lstm.cc behind Node-API, on AVX-512, AVX2 or Arm NEON. */

import { availableParallelism } from 'node:os';
import { TradeAiError } from '../../../core/errors.js';
import type { LstmEngine, LstmSession, SessionOptions } from '../../engine.js';
import { packSettings } from '../kernel-settings.js';
import { requireMemory, SessionInput } from '../session-input.js';
import { loadBinding, type NativeBinding } from './binding.js';
import { NativeSession } from './native-session.js';
import { ThreadShare } from './thread-share.js';

/** A batch is cut into no more shards than this (MAX_SHARDS in kernel/lstm.h), and every thread wants its own activations. */
const MAXIMUM_SESSION_THREADS = 16;

const TITLES: Readonly<Record<string, string>> = { avx512: 'AVX-512', avx2: 'AVX2', neon: 'Arm NEON' };

export interface NativeEngineOptions {
  /** Threads of all sessions together; the cores of this machine when absent. Results do not depend on it. */
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
    parallelSessions: threadCount,
    open: async (options) => openSession(binding, variant, share, options),
  };
}

function chooseVariant(supported: readonly string[], wanted: string | undefined): string {
  if (wanted === undefined || wanted === '') return supported[0];
  if (supported.includes(wanted)) return wanted;
  throw new TradeAiError('USAGE', `instruction set: expected one of ${supported.join(', ')}, was ${wanted}`, {
    hint: 'unset TRADEAI_ISA to use the best one',
  });
}

function openSession(
  binding: NativeBinding,
  variant: string,
  share: ThreadShare,
  options: SessionOptions,
): LstmSession {
  const input = new SessionInput(options, Float32Array);
  const { featureCount, hiddenUnits, layerCount } = options.architecture;
  const { windowRows, maximumBatchSize } = options;
  const threads = Math.min(share.threads, MAXIMUM_SESSION_THREADS);
  const shape = new Float64Array([featureCount, hiddenUnits, layerCount, windowRows, maximumBatchSize, threads]);
  requireMemory(binding.measureBytes(variant, shape), options);
  const handle = binding.open(variant, shape, packSettings(options), input.x, input.y);
  return new NativeSession(binding, handle, share, input, windowRows);
}
