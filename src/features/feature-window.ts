import type { Candle } from '../market/candle-series.js';
import { columnKey } from './column-feature.js';

/** The newest candles as columns, oldest first; the last entry of each is the candle whose value is asked for. W rows. */
export interface FeatureWindow {
  /** W, which is `warmUp`. */
  readonly length: number;
  /** Shape `[W]`, UTC milliseconds. */
  readonly openTimeMs: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** The declared columns by name, each of shape `[W]`. */
  readonly columns: Readonly<Record<string, Float64Array>>;
}

const CANDLE_PARTS = ['openTimeMs', 'open', 'high', 'low', 'close', 'volume'] as const;
/** Rows kept beyond the window, so that the columns are moved only now and then. */
const SPARE_ROWS = 1_024;

/** The last `rows` candles of a stream in arrays of their own: nothing in them is later than the newest candle. */
export class CandleWindow {
  readonly #rows: number;
  readonly #columns: readonly string[];
  readonly #parts: Record<(typeof CANDLE_PARTS)[number], Float64Array>;
  readonly #values: readonly Float64Array[];
  #end = 0;

  constructor(rows: number, columns: readonly string[]) {
    const create = () => new Float64Array(rows + SPARE_ROWS);
    this.#rows = rows;
    this.#columns = columns;
    this.#parts = {
      openTimeMs: create(),
      open: create(),
      high: create(),
      low: create(),
      close: create(),
      volume: create(),
    };
    this.#values = columns.map(create);
  }

  push(candle: Candle): void {
    if (this.#end === this.#rows + SPARE_ROWS) this.#moveToStart();
    for (const name of CANDLE_PARTS) this.#parts[name][this.#end] = candle[name];
    for (const [index, column] of this.#columns.entries()) {
      this.#values[index][this.#end] = candle.extras?.[columnKey(column)] ?? Number.NaN;
    }
    this.#end += 1;
  }

  get isFull(): boolean {
    return this.#end >= this.#rows;
  }

  /** The window as it is now; valid until the next candle. */
  view(): FeatureWindow {
    const start = this.#end - this.#rows;
    const cut = (values: Float64Array) => values.subarray(start, this.#end);
    const { openTimeMs, open, high, low, close, volume } = this.#parts;
    return {
      length: this.#rows,
      openTimeMs: cut(openTimeMs),
      open: cut(open),
      high: cut(high),
      low: cut(low),
      close: cut(close),
      volume: cut(volume),
      columns: Object.fromEntries(this.#columns.map((column, index) => [column, cut(this.#values[index])])),
    };
  }

  #moveToStart(): void {
    const keptRows = this.#rows - 1;
    for (const values of [...Object.values(this.#parts), ...this.#values]) {
      values.copyWithin(0, this.#end - keptRows, this.#end);
    }
    this.#end = keptRows;
  }
}
