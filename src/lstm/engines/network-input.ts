/** What engines check before a network is allocated or computes: sizes, memory, rows and weights. */

import { freemem } from 'node:os';
import { TradeAiError } from '../../core/errors.js';
import type { NetworkOptions } from '../engine.js';
import { countWeights } from '../weights.js';
import type { OpenDataset } from './open-dataset.js';

/** Layers the kernel has room for. */
export const MAXIMUM_LAYERS = 16;
/** A network of so few bytes fits wherever this program runs: asking the system takes longer than a small forecast. */
const UNASKED_BYTES = 2 ** 20;

/** What a network may be asked: rows of its dataset, batches and weights of its size. */
export class NetworkInput {
  /** P. */
  readonly weightCount: number;
  readonly #dataset: OpenDataset<Float32Array | Float64Array>;
  readonly #windowRows: number;
  readonly #maximumBatchSize: number;

  /** @throws TradeAiError `USAGE` when the options are out of range or do not fit the dataset */
  constructor(dataset: OpenDataset<Float32Array | Float64Array>, options: NetworkOptions) {
    checkOptions(options);
    const { architecture, windowRows } = options;
    if (architecture.featureCount !== dataset.featureCount) {
      throw new TradeAiError(
        'USAGE',
        `expected a network of the dataset's ${dataset.featureCount} features, was ${architecture.featureCount}`,
      );
    }
    if (dataset.y.length < windowRows) {
      throw new TradeAiError('USAGE', `expected at least ${windowRows} rows for one window, was ${dataset.y.length}`);
    }
    this.weightCount = countWeights(architecture);
    this.#dataset = dataset;
    this.#windowRows = windowRows;
    this.#maximumBatchSize = options.maximumBatchSize;
  }

  /** Checks rows as `OpenDataset.checkRows` does. */
  checkRows(rows: Int32Array, { targets }: { targets: boolean }): void {
    this.#dataset.checkRows(rows, { windowRows: this.#windowRows, targets });
  }

  /** @throws TradeAiError `USAGE` for a batch above the network's maximum */
  checkBatch(batchSize: number): void {
    if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= this.#maximumBatchSize) return;
    throw new TradeAiError('USAGE', `batch size: expected 1 to ${this.#maximumBatchSize}, was ${batchSize}`);
  }

  /** @throws TradeAiError `USAGE` when an array is not of shape `[P]` */
  checkWeights(...arrays: Float64Array[]): void {
    for (const { length } of arrays) {
      if (length === this.weightCount) continue;
      throw new TradeAiError('USAGE', `expected ${this.weightCount} weights, was ${length}`);
    }
  }
}

/**
 * Refuses a network that does not fit, before anything is allocated.
 *
 * @param sizeBytes what the kernel says it needs
 * @throws TradeAiError `USAGE` with the bytes needed
 */
export function requireMemory(
  sizeBytes: number,
  limitBytes = sizeBytes <= UNASKED_BYTES ? UNASKED_BYTES : availableMemory(),
): void {
  if (sizeBytes <= limitBytes) return;
  throw new TradeAiError('USAGE', `the model needs ${sizeBytes} bytes of memory, ${limitBytes} are available`, {
    hint: 'use fewer hidden units, a shorter window or a smaller batch',
  });
}

function availableMemory(): number {
  return process.availableMemory?.() ?? freemem();
}

function checkOptions(options: NetworkOptions): void {
  const { architecture, windowRows, maximumBatchSize, adam } = options;
  requireInteger('featureCount', architecture.featureCount, 2 ** 20);
  requireInteger('hiddenUnits', architecture.hiddenUnits, 2 ** 20);
  requireInteger('layerCount', architecture.layerCount, MAXIMUM_LAYERS);
  requireInteger('windowRows', windowRows, 2 ** 24);
  requireInteger('maximumBatchSize', maximumBatchSize, 2 ** 24);
  requireRange('dropout', options.dropout, options.dropout >= 0 && options.dropout < 1, '[0, 1)');
  requireRange('seed', options.seed, Number.isSafeInteger(options.seed) && options.seed >= 0, 'a safe integer ≥ 0');
  requireRange('gradientClipNorm', options.gradientClipNorm, options.gradientClipNorm >= 0, '[0, ∞)');
  requireRange('beta1', adam.beta1, adam.beta1 >= 0 && adam.beta1 < 1, '[0, 1)');
  requireRange('beta2', adam.beta2, adam.beta2 >= 0 && adam.beta2 < 1, '[0, 1)');
  requireRange('epsilon', adam.epsilon, adam.epsilon > 0, '(0, ∞)');
  requireRange('weightDecay', adam.weightDecay, adam.weightDecay >= 0, '[0, ∞)');
}

function requireInteger(name: string, value: number, most: number): void {
  requireRange(name, value, Number.isInteger(value) && value >= 1 && value <= most, `an integer in [1, ${most}]`);
}

function requireRange(name: string, value: number, isFine: boolean, expected: string): void {
  if (isFine && Number.isFinite(value)) return;
  throw new TradeAiError('USAGE', `${name}: expected ${expected}, was ${value}`);
}
