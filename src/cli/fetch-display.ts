/** The progress of fetches: a live line a series where a person looks, a note now and then elsewhere. */

import { INTERVAL_MS } from '../market/interval.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import { formatCount } from '../text/numbers.js';
import { formatDuration, formatStamp } from '../text/times.js';
import type { Console } from './console.js';
import { cutLine } from './format.js';

const NOTE_EVERY_MS = 10_000;
const REDRAW_EVERY_MS = 100;

interface Progress {
  readonly startedMs: number;
  /** Open time of the first candle that came. */
  readonly firstMs: number;
  readonly endMs: number;
  rowsDone: number;
  lastMs: number;
}

export class FetchDisplay {
  readonly #console: Console;
  readonly #now: () => number;
  /** When the range asked for ends. */
  readonly #toMs: number | undefined;
  /** When they were begun, by name. */
  readonly #startedMs = new Map<string, number>();
  /** Those under way, by name. */
  readonly #progress = new Map<string, Progress>();
  #shownMs: number;

  constructor(console: Console, { toMs, now = Date.now }: { toMs?: number; now?: () => number }) {
    this.#console = console;
    this.#now = now;
    this.#toMs = toMs;
    this.#shownMs = now();
  }

  /** A series is begun. */
  begin({ symbol, interval }: StoredSeriesKey): void {
    this.#startedMs.set(`${symbol} ${interval}`, this.#now());
  }

  /** Takes the progress of a series: rows so far and the newest open time. */
  report(key: StoredSeriesKey, rowsDone: number, lastMs: number): void {
    const name = `${key.symbol} ${key.interval}`;
    const lengthMs = INTERVAL_MS[key.interval];
    const known = this.#progress.get(name) ?? {
      startedMs: this.#startedMs.get(name) ?? this.#now(),
      firstMs: lastMs - (rowsDone - 1) * lengthMs,
      endMs: Math.min(this.#toMs ?? Number.POSITIVE_INFINITY, this.#now()),
      rowsDone,
      lastMs,
    };
    this.#progress.set(name, Object.assign(known, { rowsDone, lastMs }));
    this.#show(this.#console.isLive ? REDRAW_EVERY_MS : NOTE_EVERY_MS);
  }

  /** A series is done with. */
  finish(key: StoredSeriesKey): void {
    this.#progress.delete(`${key.symbol} ${key.interval}`);
    if (this.#console.isLive) this.#show(0);
  }

  #show(everyMs: number): void {
    const nowMs = this.#now();
    if (nowMs - this.#shownMs < everyMs) return;
    this.#shownMs = nowMs;
    const lines = [...this.#progress].map(([name, progress]) => describeProgress(name, progress, nowMs));
    if (this.#console.isLive) this.#console.redraw(lines.map((line) => cutLine(line, this.#console.columns)));
    else for (const line of lines) this.#console.printNote(line);
  }
}

/** `BTCUSDT 1m: 1,234,000 candles, up to 2020-01-05 03:00, 210,000/s, 12 s left` */
function describeProgress(name: string, { startedMs, firstMs, endMs, rowsDone, lastMs }: Progress, nowMs: number) {
  const seconds = Math.max(0.001, (nowMs - startedMs) / 1000);
  const share = (lastMs - firstMs) / (endMs - firstMs);
  const left = share > 0 && share < 1 ? `, ${formatDuration((seconds * (1 - share)) / share)} left` : '';
  return `${name}: ${formatCount(rowsDone)} candles, up to ${formatStamp(lastMs)}, ${formatCount(rowsDone / seconds)}/s${left}`;
}
