/** The last `length` numbers of a stream. Sums run over the window anew each time, oldest first: no drift, and the same bits wherever the stream began. */
export class RollingWindow {
  readonly length: number;
  readonly #values: Float64Array;
  #next = 0;
  #count = 0;

  constructor(length: number) {
    this.length = length;
    this.#values = new Float64Array(length);
  }

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.length;
    if (this.#count < this.length) this.#count += 1;
  }

  get isFull(): boolean {
    return this.#count === this.length;
  }

  /** The oldest value held. */
  oldest(): number {
    return this.#values[this.isFull ? this.#next : 0];
  }

  sum(): number {
    let sum = 0;
    for (let i = 0; i < this.#count; i++) sum += this.#values[this.#position(i)];
    return sum;
  }

  mean(): number {
    return this.sum() / this.#count;
  }

  /** Sample standard deviation (divisor n − 1), 0 for equal values. */
  standardDeviation(): number {
    const mean = this.mean();
    let squares = 0;
    for (let i = 0; i < this.#count; i++) {
      const deviation = this.#values[this.#position(i)] - mean;
      squares += deviation * deviation;
    }
    return Math.sqrt(squares / (this.#count - 1));
  }

  /** Index of the i-th oldest value. */
  #position(i: number): number {
    const index = (this.isFull ? this.#next : 0) + i;
    return index < this.length ? index : index - this.length;
  }
}
