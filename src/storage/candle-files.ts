/**
 * The files of candles that this process has read or written lately, known by their identity: whoever replaces or changes
 * a file, this process or another, changes that. What is asked for by several at once is read once.
 */

import { stat } from 'node:fs/promises';
import { identityOf } from '../files/file-identity.js';
import { type CandleSeries, rowCountOf } from '../market/candle-series.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { RowGroup } from './candle-layout.js';
import {
  type CandleFooter,
  footerOf,
  type Identified,
  readCandleFooter,
  readCandleGroups,
  readCandleParquet,
} from './candle-parquet.js';

type ChooseGroups = (groups: readonly RowGroup[]) => readonly [start: number, end: number];

/** All candles that are held together. */
const HELD_BYTES = 64e6;
/** Footers that are held, of some hundred bytes each. */
const HELD_FOOTERS = 20_000;

export class CandleFiles {
  /** By path, and groups of it if not all; the one longest unused first. */
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
    return (await this.#take(path, await this.identity(path), () => readCandleParquet(path, key))).content;
  }

  /**
   * The candles of some row groups of a file, or all of it where it has none; nobody may change them.
   *
   * @throws what `readCandleGroups` throws
   */
  async candlesOfGroups(path: string, key: StoredSeriesKey, choose: ChooseGroups): Promise<CandleSeries> {
    const { identity, content } = await this.#footer(path);
    const isHeldWhole = this.#candles.get(path)?.identity === identity;
    if (content.groups.length === 0 || isHeldWhole) return this.candles(path, key);
    const [start, end] = choose(content.groups);
    const read = await this.#take(`${path} ${start} ${end}`, identity, () => readCandleGroups(path, key, [start, end]));
    // Another file has other groups.
    return read.identity === identity ? read.content : this.candles(path, key);
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
    return (await this.#footer(path)).content;
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
    if (isOurs) this.#hold(path, { identity, content: series });
    this.#holdFooter(path, { identity, content: footerOf(series) });
  }

  /** What is held of that name and file, or else is read, once for all who ask at the same time. */
  async #take(
    name: string,
    identity: string,
    read: () => Promise<Identified<CandleSeries>>,
  ): Promise<Identified<CandleSeries>> {
    const held = this.#candles.get(name);
    if (held?.identity === identity) {
      this.#candles.delete(name);
      this.#candles.set(name, held);
      return held;
    }
    const text = `${name} ${identity}`;
    const reading = this.#reads.get(text) ?? read().finally(() => this.#reads.delete(text));
    this.#reads.set(text, reading);
    const found = await reading;
    if (found.identity === identity) this.#hold(name, found);
    return found;
  }

  async #footer(path: string): Promise<Identified<CandleFooter>> {
    const held = this.#footers.get(path);
    if (held?.identity === (await this.identity(path))) return held;
    const read = await readCandleFooter(path);
    this.#holdFooter(path, read);
    return read;
  }

  #hold(name: string, read: Identified<CandleSeries>): void {
    this.#drop(name);
    if (bytesOf(read.content) > HELD_BYTES) return;
    this.#candles.set(name, read);
    this.#heldBytes += bytesOf(read.content);
    for (const oldest of this.#candles.keys()) if (this.#heldBytes > HELD_BYTES) this.#drop(oldest);
  }

  #drop(name: string): void {
    const held = this.#candles.get(name);
    if (held === undefined) return;
    this.#candles.delete(name);
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
