/**
 * The files of candles that this process has read or written lately, known by their identity: whoever replaces or changes
 * a file, this process or another, changes that. What is asked for by several at once is read once.
 */

import { stat } from 'node:fs/promises';
import { identityOf } from '../files/file-identity.js';
import { type CandleSeries, rowCountOf } from '../market/candle-series.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import { type CandleFooter, type Identified, readCandleFooter, readCandleParquet } from './candle-parquet.js';

/** All candles that are held together. */
const HELD_BYTES = 64e6;
/** Footers that are held, of some hundred bytes each. */
const HELD_FOOTERS = 20_000;

export class CandleFiles {
  /** By path, the one longest unused first. */
  readonly #candles = new Map<string, Identified<CandleSeries>>();
  readonly #footers = new Map<string, Identified<CandleFooter>>();
  readonly #reads = new Map<string, Promise<Identified<CandleSeries>>>();
  #heldBytes = 0;

  /**
   * The candles of a file, which nobody may change.
   *
   * @throws what `readCandleParquet` throws
   */
  async candles(path: string, key: StoredSeriesKey): Promise<CandleSeries> {
    const identity = await this.identity(path);
    const held = this.#candles.get(path);
    if (held?.identity === identity) {
      this.#candles.delete(path);
      this.#candles.set(path, held);
      return held.content;
    }
    const text = `${path} ${identity}`;
    const reading = this.#reads.get(text) ?? readCandleParquet(path, key).finally(() => this.#reads.delete(text));
    this.#reads.set(text, reading);
    const read = await reading;
    this.#hold(path, read);
    return read.content;
  }

  /**
   * The candles of a file that is read once, such as those of a long history: they are not held.
   *
   * @param former what was read of that name before, returned where it is still the same file
   * @param out filled and returned where it has the rows and columns of the file
   * @throws what `readCandleParquet` throws
   */
  async candlesOnce(
    path: string,
    key: StoredSeriesKey,
    former: Identified<CandleSeries> | undefined,
    out: CandleSeries,
  ): Promise<Identified<CandleSeries>> {
    return former?.identity === (await this.identity(path)) ? former : readCandleParquet(path, key, out);
  }

  /** @throws what `readCandleFooter` throws */
  async footer(path: string): Promise<CandleFooter> {
    const held = this.#footers.get(path);
    if (held?.identity === (await this.identity(path))) return held.content;
    const read = await readCandleFooter(path);
    this.#holdFooter(path, read);
    return read.content;
  }

  /** The system's own error where there is no such file. */
  async identity(path: string): Promise<string> {
    return identityOf(await stat(path, { bigint: true }));
  }

  /**
   * Takes what was written.
   *
   * @param isOurs nobody changes its arrays afterwards; else only its footer is held
   */
  remember(path: string, { identity, content: series }: Identified<CandleSeries>, isOurs: boolean): void {
    const { openTimeMs, extras } = series;
    const footer: CandleFooter = {
      rowCount: openTimeMs.length,
      firstOpenTimeMs: openTimeMs[0],
      lastOpenTimeMs: openTimeMs[openTimeMs.length - 1],
      extraNames: Object.keys(extras),
    };
    if (isOurs) this.#hold(path, { identity, content: series });
    this.#holdFooter(path, { identity, content: footer });
  }

  #hold(path: string, read: Identified<CandleSeries>): void {
    this.#drop(path);
    if (bytesOf(read.content) > HELD_BYTES) return;
    this.#candles.set(path, read);
    this.#heldBytes += bytesOf(read.content);
    for (const oldest of this.#candles.keys()) if (this.#heldBytes > HELD_BYTES) this.#drop(oldest);
  }

  #drop(path: string): void {
    const held = this.#candles.get(path);
    if (held === undefined) return;
    this.#candles.delete(path);
    this.#heldBytes -= bytesOf(held.content);
  }

  #holdFooter(path: string, read: Identified<CandleFooter>): void {
    this.#footers.delete(path);
    this.#footers.set(path, read);
    for (const oldest of this.#footers.keys()) if (this.#footers.size > HELD_FOOTERS) this.#footers.delete(oldest);
  }
}

function bytesOf(series: CandleSeries): number {
  return rowCountOf(series) * (6 + Object.keys(series.extras).length) * Float64Array.BYTES_PER_ELEMENT;
}
