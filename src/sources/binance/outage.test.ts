import { expect, onTestFinished, test } from 'vitest';
import { type Exchange, startExchange } from '../../../test/exchange/exchange.js';
import type { Fault } from '../../../test/exchange/faults.js';
import { simulateMarket } from '../../market/simulated-market.js';
import type { NoteFacts } from '../../ports/note.js';
import { createBinanceSource } from './source.js';

const START_MS = Date.UTC(2024, 0, 2);
const SYMBOLS = Array.from({ length: 10 }, (_, i) => `TEST${i}USDT`);
const MINUTE_MS = 60_000;
const NEVER_ENDING = 10_000;
const MOST_FAILURES = 100;

/** An exchange of ten pairs, and a source on it whose waits go by at once, side by side. */
async function start() {
  const series = SYMBOLS.map(
    (symbol) =>
      simulateMarket({
        symbol,
        interval: '1h',
        rowCount: 24,
        seed: 1,
        plantedR2: 0,
        firstOpenTimeMs: START_MS - 86_400_000,
      }).series,
  );
  const exchange: Exchange = await startExchange({ series, nowMs: START_MS });
  onTestFinished(() => exchange.close());
  let nowMs = START_MS;
  const sleep = async (ms: number) => {
    const endMs = nowMs + ms;
    await new Promise((resolve) => setImmediate(resolve));
    nowMs = Math.max(nowMs, endMs);
  };
  /** But those of the clock, which goes by faster here than there. */
  const notes: { text: string; facts?: NoteFacts }[] = [];
  const source = createBinanceSource({
    baseUrl: exchange.url,
    archiveUrl: exchange.url,
    now: () => nowMs,
    sleep: (ms) => sleep(ms),
    log: (text, facts) => text.startsWith('the clock') || notes.push({ text, facts }),
  });
  const fetchOnce = async (symbol: string) => {
    for await (const _page of source.fetchCandles({ symbol, interval: '1h', fromMs: START_MS - 7_200_000 }));
  };
  /** As the clock of a pair does: again and again, after growing waits. @returns how often it had no answer */
  const fetchUntil = async (symbol: string, isOver: () => boolean): Promise<number> => {
    for (let failures = 0; ; failures++) {
      try {
        await fetchOnce(symbol);
        return failures;
      } catch (error) {
        if (failures > MOST_FAILURES) throw error;
        if (isOver()) return failures + 1;
        await sleep(Math.min(MINUTE_MS, 1_000 * 2 ** failures));
      }
    }
  };
  return { exchange, notes, fetchOnce, fetchUntil, minutes: () => (nowMs - START_MS) / MINUTE_MS };
}

test.each<[string, Fault]>([
  ['cuts every connection', { kind: 'reset' }],
  ['answers 503', { kind: 'status', status: 503, body: '' }],
])(
  'an exchange that %s for ten minutes is told of three times for ten pairs, and asked ever less',
  async (_what, fault) => {
    const { exchange, notes, fetchOnce, fetchUntil, minutes } = await start();
    exchange.misbehave('/api/v3/time', Array(NEVER_ENDING).fill(fault));
    const failures = await Promise.all(SYMBOLS.map((symbol) => fetchUntil(symbol, () => minutes() > 10)));
    const requests = exchange.requests.length;
    exchange.behave();
    await Promise.all(SYMBOLS.map((symbol) => fetchUntil(symbol, () => false)));
    await Promise.all(SYMBOLS.map(fetchOnce));
    expect(notes.map(({ text }) => text)).toEqual([
      expect.stringMatching(/; trying again, after growing pauses$/),
      expect.stringMatching(/; asking about once a minute from now on$/),
      expect.stringMatching(/ answers again, after \d+ min \d+ s$/),
    ]);
    const { host } = new URL(exchange.url);
    expect(notes.map(({ facts }) => facts?.host)).toEqual([host, host, host]);
    expect(notes[0].facts?.series).toMatch(/^binance TEST\dUSDT 1h$/);
    // Five tries together at first, and then one each after every pause: 1, 2, 4 … 60 s of ten minutes are some twenty.
    expect(requests).toBeLessThan(25 * SYMBOLS.length);
    expect(Math.min(...failures)).toBeGreaterThan(0);
  },
);

test('of an exchange that is down, whoever comes later hears it at once', async () => {
  const { exchange, fetchOnce } = await start();
  exchange.misbehave('/api/v3/time', Array(NEVER_ENDING).fill({ kind: 'reset' }));
  await expect(fetchOnce(SYMBOLS[0])).rejects.toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
  expect(exchange.requests).toHaveLength(5);
  await expect(fetchOnce(SYMBOLS[1])).rejects.toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
  expect(exchange.requests).toHaveLength(5);
});
