/**
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11,
 * https://doi.org/10.1145/2063384.2063405). A value depends on its key and counter only, so a dropout mask is the same
 * whatever the batch order, the thread count or the engine.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Streams keep uses of one seed apart: the last word of the counter. */
export const RANDOM_STREAM = { shuffle: 0, dropout: 1, initialisation: 2, simulation: 3, test: 4 } as const;
export type RandomStream = (typeof RANDOM_STREAM)[keyof typeof RANDOM_STREAM];

/** High 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middleLow = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + (middleLow >>> 16)) >>> 0;
}

/**
 * Computes one Philox4x32-10 block: four unsigned 32-bit words into `out`.
 *
 * @param key0 low word of the 64-bit key; `key1` its high word
 * @param out shape `[4]`
 */
export function philox4x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  out: Uint32Array,
): Uint32Array {
  let k0 = key0 >>> 0;
  let k1 = key1 >>> 0;
  let c0 = counter0 >>> 0;
  let c1 = counter1 >>> 0;
  let c2 = counter2 >>> 0;
  let c3 = counter3 >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

/** Splits a seed (a safe non-negative integer) into the two key words of Philox. */
export function seedKey(seed: number): [number, number] {
  return [seed >>> 0, Math.floor(seed / 0x1_0000_0000) >>> 0];
}

/** A sequential generator over one Philox stream; `substream` (for instance an epoch) starts it anew. */
export class Random {
  readonly #key: [number, number];
  readonly #stream: RandomStream;
  readonly #substream: number;
  readonly #block = new Uint32Array(4);
  #position = 0;
  #used = 4;
  #spareNormal: number | undefined;

  constructor(seed: number, stream: RandomStream, substream = 0) {
    this.#key = seedKey(seed);
    this.#stream = stream;
    this.#substream = substream;
  }

  /** An unsigned 32-bit integer. */
  nextUint32(): number {
    if (this.#used === 4) {
      const [key0, key1] = this.#key;
      philox4x32(
        key0,
        key1,
        this.#position,
        Math.floor(this.#position / 2 ** 32),
        this.#substream,
        this.#stream,
        this.#block,
      );
      this.#position += 1;
      this.#used = 0;
    }
    return this.#block[this.#used++];
  }

  /** Uniform on [0, 1), 53 bits. */
  nextUniform(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /** An unbiased integer in [0, bound). */
  nextInteger(bound: number): number {
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    for (;;) {
      const value = this.nextUint32();
      if (value < limit) return value % bound;
    }
  }

  /** Standard normal, by Marsaglia's polar method. */
  nextNormal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.nextUniform() - 1;
      const v = 2 * this.nextUniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spareNormal = v * scale;
        return u * scale;
      }
    }
  }

  /** Shuffles in place (Fisher–Yates). */
  shuffle(values: Int32Array): Int32Array {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.nextInteger(i + 1);
      const swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
    return values;
  }
}
