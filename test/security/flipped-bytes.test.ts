import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashCandles } from '../../src/candles/collect.js';
import { openCandleStore } from '../../src/storage/candle-store.js';
import { openForecastLedger } from '../../src/storage/forecast-ledger.js';
import type { LedgerForecast } from '../../src/wire/ledger.js';
import { makeForecast } from '../support/ledger-forecasts.js';
import { CANDLES, NAME } from './trained-version.js';

/** One byte in so many is turned over; a long run takes every one. */
const STEP = Number(process.env.TRADEAI_FLIP_STEP ?? 149);

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-flip-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function* flipped(bytes: Buffer): Iterable<{ at: number; changed: Buffer }> {
  for (let at = 0; at < bytes.length; at += STEP) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1 << (at % 8);
    yield { at, changed };
  }
}

test.each(['2024.parquet', 'tail.parquet'])(
  'a flipped byte of %s is refused as damaged data, or changes no value',
  async (file) => {
    const key = { source: 'file', symbol: NAME, interval: '1h' } as const;
    await openCandleStore(home).append('file', CANDLES);
    const path = join(home, 'data/candles/file', NAME, '1h', file);
    const bytes = readFileSync(path);
    const sound = hashCandles(CANDLES);
    let refused = 0;
    let count = 0;
    for (const { at, changed } of flipped(bytes)) {
      count += 1;
      writeFileSync(path, changed);
      // A store of its own each time: what it has read before it believes as long as the file is untouched.
      const outcome = await openCandleStore(home)
        .read(key)
        .catch((error) => error);
      if (outcome instanceof Error) {
        expect(outcome, `byte ${at}`).toMatchObject({ code: 'CANDLE_FILE_UNREADABLE', kind: 'data' });
        refused += 1;
      } else expect(hashCandles(outcome), `byte ${at}`).toBe(sound);
    }
    expect(refused).toBeGreaterThan(0.9 * count);
    writeFileSync(path, bytes);
    expect(hashCandles((await openCandleStore(home).read(key))!)).toBe(sound);
  },
);

test('a flipped byte of the ledger loses its line at most, and is told of', async () => {
  const forecasts = Array.from({ length: 12 }, (_, index) => makeForecast(index));
  const { name } = forecasts[0];
  const sound = await openForecastLedger(home, () => undefined).append(forecasts);
  const folder = join(home, 'data/ledger', name);
  const path = join(folder, readdirSync(folder).find((file) => file.endsWith('.jsonl'))!);
  const bytes = readFileSync(path);
  const textOf = (entry: Partial<LedgerForecast>) => JSON.stringify(entry);
  const known = new Set(sound.map(textOf));
  for (const { at, changed } of flipped(bytes)) {
    writeFileSync(path, changed);
    const notes: string[] = [];
    const { entries } = await openForecastLedger(home, (note) => notes.push(note)).read({ name, limit: 100 });
    expect(
      entries.every((entry) => known.has(textOf(entry))),
      `byte ${at}`,
    ).toBe(true);
    // A line end that is gone takes the line behind it along.
    expect(entries.length, `byte ${at}`).toBeGreaterThanOrEqual(sound.length - 2);
    expect(entries.length === sound.length || notes.length > 0 || isLastLine(bytes, at), `byte ${at}`).toBe(true);
  }
});

/** A last line that is not whole may be another process writing: it is left alone without a word. */
function isLastLine(bytes: Buffer, at: number): boolean {
  return !bytes.subarray(at, -1).includes(0x0a);
}
