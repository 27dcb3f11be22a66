/** Entries of one version in columns: 56 bytes each, where an entry of the ledger takes some 700. A record may hold years. */

import type { LedgerOutcome } from '../wire/ledger.js';
import { LEDGER_ROLES, SIGNALS } from '../wire/vocabulary.js';
import { hasOutcome, type LedgerEntry } from './ledger.js';

/** What a record is made from, of an entry. */
export interface RecordEntry
  extends Pick<
    LedgerEntry,
    'role' | 'asOfMs' | 'targetTimeMs' | 'confidence' | 'signal' | 'score' | 'volatility' | 'isUnscorable'
  > {
  readonly outcome: Pick<LedgerOutcome, 'change' | 'isHit' | 'isInside'> | null;
}

/** An entry whose outcome is known. */
export interface ResolvedRecordEntry extends RecordEntry {
  readonly outcome: NonNullable<RecordEntry['outcome']>;
}

/** asOfMs, targetTimeMs, confidence, score, volatility, change, and what is one of a few as digits of a number. */
const COLUMNS = 7;
const FIRST_ROWS = 64;
const HITS = [null, false, true] as const;
const STATES = ['pending', 'unscorable', 'outside', 'inside'] as const;

/** One entry a candle, oldest first. */
export class RecordEntries implements Iterable<RecordEntry> {
  #numbers = new Float64Array(FIRST_ROWS * COLUMNS);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  asOfMsAt(row: number): number {
    return this.#numbers[row * COLUMNS];
  }

  at(row: number): RecordEntry {
    const [asOfMs, targetTimeMs, confidence, score, volatility, change, digits] = this.#numbers.subarray(
      row * COLUMNS,
      (row + 1) * COLUMNS,
    );
    const state = STATES[Math.floor(digits / 1_000)];
    const isHit = HITS[Math.floor(digits / 100) % 10];
    const isPending = state === 'pending';
    const isUnscorable = state === 'unscorable';
    return {
      role: LEDGER_ROLES[digits % 10],
      asOfMs,
      targetTimeMs,
      confidence,
      signal: SIGNALS[Math.floor(digits / 10) % 10],
      score,
      volatility,
      isUnscorable,
      outcome: isPending || isUnscorable ? null : { change, isHit, isInside: state === 'inside' },
    };
  }

  /** Puts an entry in its place, where it takes that of one of the same candle. @returns its row; whether it is news */
  put(entry: RecordEntry): { readonly row: number; readonly isChanged: boolean } {
    const row = this.rowFrom(entry.asOfMs);
    const isNew = row === this.#length || this.asOfMsAt(row) !== entry.asOfMs;
    if (isNew) this.#insert(row);
    const { outcome } = entry;
    const state = outcome === null ? (entry.isUnscorable ? 1 : 0) : outcome.isInside ? 3 : 2;
    const digits =
      state * 1_000 +
      HITS.indexOf(outcome?.isHit ?? null) * 100 +
      SIGNALS.indexOf(entry.signal) * 10 +
      LEDGER_ROLES.indexOf(entry.role);
    const { asOfMs, targetTimeMs, confidence, score, volatility } = entry;
    const numbers = [asOfMs, targetTimeMs, confidence, score, volatility, outcome?.change ?? 0, digits];
    const isChanged = isNew || numbers.some((number, i) => number !== this.#numbers[row * COLUMNS + i]);
    this.#numbers.set(numbers, row * COLUMNS);
    return { row, isChanged };
  }

  /** The first row at a candle or behind it. */
  rowFrom(asOfMs: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.asOfMsAt(middle) < asOfMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  *[Symbol.iterator](): Generator<RecordEntry> {
    for (let row = 0; row < this.#length; row++) yield this.at(row);
  }

  /** Those whose outcome is known. */
  *resolved(): Generator<ResolvedRecordEntry> {
    for (const entry of this) if (hasOutcome(entry)) yield entry;
  }

  #insert(row: number): void {
    const end = this.#length * COLUMNS;
    if (end + COLUMNS > this.#numbers.length) {
      const grown = new Float64Array(2 * this.#numbers.length);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers.copyWithin((row + 1) * COLUMNS, row * COLUMNS, end);
    this.#length += 1;
  }
}
