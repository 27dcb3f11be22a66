/**
 * What engines check before anything is allocated or computed: sizes, memory, rows, and that every number a
 * window touches is finite.
 *
 * Legend: T rows, F features, W window rows.
 */

import { freemem } from 'node:os';
import { TradeAiError } from '../../core/errors.js';
import type { SessionOptions } from '../engine.js';
import { countWeights } from '../weights.js';

/** Layers the kernel has room for. */
export const MAXIMUM_LAYERS = 16;

/** The data of a session in the precision of its engine, with what is needed to name a bad value quickly. */
export class SessionInput<Values extends Float32Array | Float64Array> {
  /** Shape `[T, F]`. */
  readonly x: Values;
  /** Shape `[T]`. */
  readonly y: Values;
  /** P. */
  readonly weightCount: number;
  readonly #maximumBatchSize: number;
  readonly #featureCount: number;
  readonly #windowRows: number;
  /** Per row the last row up to it that holds a number which is not finite, or −1; absent when there is none at all. */
  readonly #lastBadRow: Int32Array | undefined;

  /**
   * @param Precision the array the data are copied into
   * @throws TradeAiError `USAGE` when the options contradict each other or are out of range
   */
  constructor(options: SessionOptions, Precision: new (values: ArrayLike<number>) => Values) {
    checkOptions(options);
    this.#featureCount = options.architecture.featureCount;
    this.#windowRows = options.windowRows;
    this.weightCount = countWeights(options.architecture);
    this.#maximumBatchSize = options.maximumBatchSize;
    this.x = new Precision(options.x);
    this.y = new Precision(options.y);
    this.#lastBadRow = findBadRows(this.x, this.#featureCount);
  }

  /**
   * Checks the windows that end in `rows`, and the targets there if they are wanted.
   *
   * @throws TradeAiError `USAGE` for a row without a full window; `FEATURE_INVALID` naming row and column of a number
   *   that is not finite in that precision
   */
  checkRows(rows: Int32Array, { targets }: { targets: boolean }): void {
    if (rows.length === 0) throw new TradeAiError('USAGE', 'expected at least one window row, was none');
    const first = this.#windowRows - 1;
    const bad = this.#lastBadRow;
    for (const row of rows) {
      if (row < first || row >= this.y.length) {
        throw new TradeAiError('USAGE', `expected window rows in [${first}, ${this.y.length}), was ${row}`);
      }
      if (bad !== undefined && bad[row] > row - this.#windowRows) this.#throwBadFeature(bad[row]);
      if (targets && !Number.isFinite(this.y[row])) {
        throw new TradeAiError('FEATURE_INVALID', `target at row ${row}: expected a finite number, was ${this.y[row]}`);
      }
    }
  }

  /** @throws TradeAiError `USAGE` for a batch above the session's maximum */
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

  #throwBadFeature(row: number): never {
    const values = this.x.subarray(row * this.#featureCount, (row + 1) * this.#featureCount);
    const column = values.findIndex((value) => !Number.isFinite(value));
    throw new TradeAiError(
      'FEATURE_INVALID',
      `feature at row ${row}, column ${column}: expected a finite number, was ${values[column]}`,
    );
  }
}

/**
 * Refuses a session that does not fit, before anything is allocated.
 *
 * @param arenaBytes what the kernel says it needs; the data come on top
 * @throws TradeAiError `USAGE` with the bytes needed
 */
export function requireMemory(arenaBytes: number, options: SessionOptions, limitBytes = availableMemory()): void {
  const sizeBytes = arenaBytes + 4 * (options.x.length + options.y.length);
  if (sizeBytes <= limitBytes) return;
  throw new TradeAiError('USAGE', `the model needs ${sizeBytes} bytes of memory, ${limitBytes} are available`, {
    hint: 'use fewer hidden units, a shorter window or a smaller batch',
  });
}

function availableMemory(): number {
  return process.availableMemory?.() ?? freemem();
}

function checkOptions(options: SessionOptions): void {
  const { architecture, x, y, windowRows, maximumBatchSize, adam } = options;
  requireInteger('featureCount', architecture.featureCount, 2 ** 20);
  requireInteger('hiddenUnits', architecture.hiddenUnits, 2 ** 20);
  requireInteger('layerCount', architecture.layerCount, MAXIMUM_LAYERS);
  requireInteger('windowRows', windowRows, 2 ** 24);
  requireInteger('maximumBatchSize', maximumBatchSize, 2 ** 24);
  if (x.length !== y.length * architecture.featureCount) {
    throw new TradeAiError(
      'USAGE',
      `expected x of ${y.length} rows × ${architecture.featureCount} features, was ${x.length} numbers`,
    );
  }
  if (y.length < windowRows) {
    throw new TradeAiError('USAGE', `expected at least ${windowRows} rows for one window, was ${y.length}`);
  }
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

function findBadRows(x: Float32Array | Float64Array, featureCount: number): Int32Array | undefined {
  if (x.every(Number.isFinite)) return undefined;
  const lastBadRow = new Int32Array(x.length / featureCount);
  let last = -1;
  for (let row = 0; row < lastBadRow.length; row++) {
    if (!x.subarray(row * featureCount, (row + 1) * featureCount).every(Number.isFinite)) last = row;
    lastBadRow[row] = last;
  }
  return lastBadRow;
}
