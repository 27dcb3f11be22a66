/**
 * The series that this process last read or wrote, so that the next append need not read them again. A series is known
 * by its file's identity: whoever replaces or changes the file, this process or another, changes that.
 */

import type { BigIntStats } from 'node:fs';
import { type CandleSeries, rowCountOf } from '../market/candle-series.js';

/** All series together; 48 MB without further columns. */
const ROW_LIMIT = 1_000_000;

interface Remembered {
  readonly identity: string;
  readonly series: CandleSeries;
}

export class SeriesMemory {
  /** By path, the one longest unused first. */
  readonly #series = new Map<string, Remembered>();

  /** The series of a file with these stats, if it is remembered. Its arrays must not be changed. */
  recall(path: string, stats: BigIntStats): CandleSeries | undefined {
    const found = this.#series.get(path);
    if (found?.identity !== identityOf(stats)) return undefined;
    this.#series.delete(path);
    this.#series.set(path, found);
    return found.series;
  }

  holds(series: CandleSeries): boolean {
    return [...this.#series.values()].some((remembered) => remembered.series === series);
  }

  /**
   * Keeps a series, unless it is too long by itself, and lets go those longest unused when there are too many rows.
   *
   * @param stats taken before the file was read, or of what was written: content older than its identity would be
   *   recalled for good
   * @param series nobody changes its arrays afterwards
   */
  remember(path: string, stats: BigIntStats, series: CandleSeries): void {
    this.#series.delete(path);
    if (rowCountOf(series) > ROW_LIMIT) return;
    this.#series.set(path, { identity: identityOf(stats), series });
    let rowCount = 0;
    for (const remembered of this.#series.values()) rowCount += rowCountOf(remembered.series);
    for (const [oldest, remembered] of this.#series) {
      if (rowCount <= ROW_LIMIT) break;
      this.#series.delete(oldest);
      rowCount -= rowCountOf(remembered.series);
    }
  }
}

/** What changes with every replacement or change of a file. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}
