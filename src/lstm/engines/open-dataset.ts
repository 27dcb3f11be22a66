import { TradeAiError } from '../../core/errors.js';

/**
 * What every engine keeps of a dataset beside its features: the targets, which features are not finite, and how many
 * networks are open on it.
 *
 * Legend: T rows, F features, W window rows.
 */
export class OpenDataset<Values extends Float32Array | Float64Array> {
  readonly featureCount: number;
  /** Shape `[T]`, in the precision of the engine. */
  readonly y: Values;
  /** Absent when every feature is finite. */
  readonly #badRows: BadRows | undefined;
  #openNetworks = 0;
  #isClosed = false;

  /**
   * @param x shape `[T, F]`, in the precision of the engine; read here and not kept
   * @throws TradeAiError `USAGE` when x and y do not fit each other
   */
  constructor(featureCount: number, x: Values, y: Values) {
    if (!Number.isInteger(featureCount) || featureCount < 1) {
      throw new TradeAiError('USAGE', `featureCount: expected a positive integer, was ${featureCount}`);
    }
    if (x.length !== y.length * featureCount) {
      throw new TradeAiError(
        'USAGE',
        `expected x of ${y.length} rows × ${featureCount} features, was ${x.length} numbers`,
      );
    }
    this.featureCount = featureCount;
    this.y = y;
    this.#badRows = findBadRows(x, featureCount);
  }

  /**
   * Counts a network in.
   *
   * @returns how to count it out, once
   * @throws TradeAiError `INTERNAL` when the dataset is closed
   */
  enter(): () => void {
    if (this.#isClosed) throw new TradeAiError('INTERNAL', 'expected an open dataset, was closed');
    this.#openNetworks += 1;
    return () => {
      this.#openNetworks -= 1;
    };
  }

  /**
   * @returns false when it was closed before
   * @throws TradeAiError `INTERNAL` while networks are open
   */
  close(): boolean {
    if (this.#openNetworks > 0) {
      throw new TradeAiError('INTERNAL', `a dataset closes after its networks: ${this.#openNetworks} are open`);
    }
    if (this.#isClosed) return false;
    this.#isClosed = true;
    return true;
  }

  /**
   * Checks the windows that end in `rows`, and the targets there if they are wanted.
   *
   * @throws TradeAiError `USAGE` for a row without a full window; `FEATURE_INVALID` naming row and column of a number
   *   that is not finite in that precision
   */
  checkRows(rows: Int32Array, { windowRows, targets }: { windowRows: number; targets: boolean }): void {
    if (rows.length === 0) throw new TradeAiError('USAGE', 'expected at least one window row, was none');
    const first = windowRows - 1;
    const bad = this.#badRows;
    for (const row of rows) {
      if (row < first || row >= this.y.length) {
        throw new TradeAiError('USAGE', `expected window rows in [${first}, ${this.y.length}), was ${row}`);
      }
      if (bad !== undefined && bad.last[row] > row - windowRows) throwBadFeature(bad, bad.last[row]);
      if (targets && !Number.isFinite(this.y[row])) {
        throw new TradeAiError('FEATURE_INVALID', `target at row ${row}: expected a finite number, was ${this.y[row]}`);
      }
    }
  }
}

/** Rows with a number that is not finite. Arrays have shape `[T]`. */
interface BadRows {
  /** The last one up to each row, or −1. */
  readonly last: Int32Array;
  /** Of a bad row: the first column that is bad, and its value. */
  readonly column: Int32Array;
  readonly value: Float32Array;
}

function findBadRows(x: Float32Array | Float64Array, featureCount: number): BadRows | undefined {
  if (x.every(Number.isFinite)) return undefined;
  const rowCount = x.length / featureCount;
  const bad = { last: new Int32Array(rowCount), column: new Int32Array(rowCount), value: new Float32Array(rowCount) };
  let last = -1;
  for (let row = 0; row < rowCount; row++) {
    const values = x.subarray(row * featureCount, (row + 1) * featureCount);
    const column = values.findIndex((value) => !Number.isFinite(value));
    if (column !== -1) {
      last = row;
      bad.column[row] = column;
      bad.value[row] = values[column];
    }
    bad.last[row] = last;
  }
  return bad;
}

function throwBadFeature({ column, value }: BadRows, row: number): never {
  throw new TradeAiError(
    'FEATURE_INVALID',
    `feature at row ${row}, column ${column[row]}: expected a finite number, was ${value[row]}`,
  );
}
