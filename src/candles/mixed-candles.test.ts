/** Whatever two series are mixed under one name, the import refuses it, or `data check` finds it; whatever one series is cut into, it stays itself. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toCsv, writeCsv } from '../../test/support/built-program.js';
import {
  lengthen,
  makeFutures,
  makeMarket,
  mergeInto,
  pickRows,
  scalePrices,
  shiftHours,
  thinOut,
} from '../../test/support/mixed-candles.js';
import { composePorts } from '../app/compose.js';
import { TradeAiError } from '../core/errors.js';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from '../market/candle-series.js';
import { findMixtures } from '../market/quality/mixtures.js';
import type { Ports } from '../ports/ports.js';
import { importCandles } from './import-candles.js';

const KEY = { source: 'file', symbol: 'BTCUSDT', interval: '1h' } as const;
const ROWS = 2_400;

let home: string;
let ports: Ports;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-mixed-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** A workspace of its own for each trial. */
async function openTrial(): Promise<void> {
  ports = composePorts({ home: await mkdtemp(join(home, 'trial-')), environment: {}, onNote: () => {} });
}

const fileOf = (name: string, series: CandleSeries) => writeCsv(home, toCsv(series), name);

/** Another series that takes the name of a market of hours. */
const other = fc.oneof(
  fc.constantFrom(2, 3, 4, 6, 8, 12, 24).map((count) => ({
    what: `${count}-hour candles`,
    make: (market: CandleSeries) => lengthen(market, count),
  })),
  fc.double({ min: 3e-4, max: 0.02, noNaN: true }).map((premium) => ({
    what: `futures at ${premium}`,
    make: (market: CandleSeries) => makeFutures(market, premium),
  })),
  fc.tuple(fc.constantFrom(0.001, 0.05, 0.4, 1.7, 10, 20, 1_000), fc.boolean()).map(([factor, isPair]) => ({
    what: `${isPair ? 'another pair' : 'other units'} at ${factor}`,
    make: (market: CandleSeries) => scalePrices(isPair ? makeMarket({ rowCount: ROWS, seed: 99 }) : market, factor),
  })),
  fc
    .integer({ min: -14, max: 14 })
    .filter((hours) => hours !== 0)
    .map((hours) => ({
      what: `a clock ${hours} hours off`,
      make: (market: CandleSeries) => shiftHours(market, hours),
    })),
);
const seed = fc.integer({ min: 1, max: 50 });

/** Parts of the other series, by turns with the market itself, at least two hundred times. */
const turns = fc.integer({ min: 1, max: 8 }).map((length) => ({
  length,
  isOther: (row: number) => Math.floor(row / length) % 2 === 1,
}));

test('a store in which a former program has mixed two series is found out: 150 mixtures', () => {
  let count = 0;
  fc.assert(
    fc.property(seed, other, turns, (marketSeed, { make, what }, { isOther }) => {
      const market = makeMarket({ rowCount: ROWS, seed: marketSeed });
      const isByRow = !what.includes('hour');
      const mixed = mergeInto(market, isByRow ? pickRows(make(market), isOther) : pickParts(make(market)));
      expect(findMixtures(mixed)).not.toEqual([]);
      count += 1;
    }),
    { numRuns: 150 },
  );
  expect(count).toBe(150);
});

/** Of each thousand hours the first half. */
function pickParts(series: CandleSeries): CandleSeries {
  const [firstMs] = series.openTimeMs;
  return pickRows(series, (row) => ((series.openTimeMs[row] - firstMs) / 3_600_000) % 1_000 < 500);
}

test('a file that mixes two lengths, and one that another series is imported over, are refused: 60 mixtures', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(seed, other, fc.integer({ min: 1, max: 7 }), async (marketSeed, { make, what }, tenths) => {
      await openTrial();
      const market = makeMarket({ rowCount: 800, seed: marketSeed });
      const strange = make(market);
      const at = tenths * 80;
      const refusals: string[] = [];
      const take = async (name: string, series: CandleSeries) => {
        try {
          await importCandles(await fileOf(name, series), { interval: '1h' }, ports);
        } catch (error) {
          if (!(error instanceof TradeAiError)) throw error;
          refusals.push(error.code);
        }
      };
      if (what.endsWith('candles')) {
        const long = pickRows(strange, (row) => strange.openTimeMs[row] >= market.openTimeMs[at]);
        await take('BTCUSDT_1h_both.csv', mergeInto(sliceCandles(market, 0, at), long));
      } else {
        await take('BTCUSDT_1h.csv', sliceCandles(market, 0, at));
        expect(refusals).toEqual([]);
        await take('BTCUSDT_1h_other.csv', strange);
      }
      expect({ what, refusals: refusals.length }).toEqual({ what, refusals: 1 });
      count += 1;
    }),
    { numRuns: 60 },
  );
  expect(count).toBe(60);
});

test('shuffled, cut into files in any order, overlapping and imported again, candles stay what they are: 40 histories', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      seed,
      fc.constantFrom(0.5, 2, 8, 60),
      fc.uniqueArray(fc.integer({ min: 30, max: 570 }), { maxLength: 4 }),
      fc.integer({ min: 0, max: 25 }),
      async (marketSeed, tradesPerCandle, cuts, overlap) => {
        await openTrial();
        const random = new Random(marketSeed, RANDOM_STREAM.simulation);
        const thin = { seed: marketSeed, tradesPerCandle, spread: 0.004, tick: 0 };
        const whole = thinOut(makeMarket({ rowCount: 600, seed: marketSeed }), thin);
        const starts = [0, ...cuts.sort((a, b) => a - b)];
        const parts = starts.map((start, at) => [start, Math.min(600, (starts[at + 1] ?? 600) + overlap)] as const);
        const order = shuffle([...parts.keys(), ...parts.keys()], random);
        for (const at of order) {
          const [start, end] = parts[at];
          const rows = shuffle(
            Array.from({ length: end - start }, (_, row) => start + row),
            random,
          );
          const path = await fileOf(`BTCUSDT_1h_${at}.csv`, selectCandles(whole, rows));
          await importCandles(path, { interval: '1h' }, ports);
        }
        const stored = (await ports.store.read(KEY))!;
        expect(rowCountOf(stored)).toBe(600);
        expect(stored).toEqual(whole);
        expect(await ports.quarantine.read(KEY)).toEqual([]);
        count += 1;
      },
    ),
    { numRuns: 40 },
  );
  expect(count).toBe(40);
});

function shuffle<T>(items: T[], random: Random): T[] {
  for (let at = items.length - 1; at > 0; at--) {
    const swapped = Math.floor(random.nextUniform() * (at + 1));
    [items[at], items[swapped]] = [items[swapped], items[at]];
  }
  return items;
}
