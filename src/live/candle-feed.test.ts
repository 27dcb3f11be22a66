import { afterEach, expect, test, vi } from 'vitest';
import { MARKET } from '../../test/support/live-workspace.js';
import { TradeAiError } from '../core/errors.js';
import { sliceCandles } from '../market/candle-series.js';
import type { CandleSource } from '../ports/candle-source.js';
import type { Ports } from '../ports/ports.js';
import type { ServerEvent } from '../wire/wire.js';
import { CandleFeed } from './candle-feed.js';
import { StoredCandles } from './candle-ranges.js';
import type { ServedModel } from './served-model.js';

afterEach(() => vi.useRealTimers());

const SYMBOLS = Array.from({ length: 10 }, (_, i) => `TEST${i}USDT`);
const STORED = sliceCandles(MARKET, 0, 10);

test('an outage of ten series is told ten times, and leaves one line when it begins and one when it ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isDown = true;
  let fetchCount = 0;
  const source: CandleSource = {
    name: 'binance',
    async *fetchCandles() {
      fetchCount += 1;
      if (isDown) throw new TradeAiError('EXCHANGE_UNREACHABLE', 'cannot reach it');
      yield STORED;
    },
  };
  const store: Partial<Ports['store']> = {
    readRange: async () => STORED,
    append: async () => ({ addedRows: 0, revisedRows: 0, revisions: [] }),
    stamp: async () => undefined,
  };
  const ports = { store: store as Ports['store'], openSource: () => source, now: () => MARKET.openTimeMs[10] + 1 };
  const lines: string[] = [];
  const events: ServerEvent[] = [];
  const note = (level: string) => (_facts: object, text: string) => lines.push(`${level}: ${text}`);
  const feed = new CandleFeed({
    ports,
    log: { info: note('info'), warn: note('warn') },
    candles: new StoredCandles(ports),
    updateCandles: true,
    settleMs: 0,
    signal: new AbortController().signal,
    tell: (event) => events.push(event),
    onTaken: () => undefined,
  });
  const models = SYMBOLS.map((symbol) => {
    const seriesKey = { source: 'binance', symbol, interval: '1h' } as const;
    return { seriesKey, otherSymbols: [] as string[] } as unknown as ServedModel;
  });
  await feed.follow(models);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(fetchCount).toBeGreaterThan(5 * SYMBOLS.length);
  expect(events.filter(({ kind }) => kind === 'data-gap')).toHaveLength(SYMBOLS.length);
  expect(lines).toEqual(['warn: the candles could not be brought up to date']);
  isDown = false;
  await vi.advanceTimersByTimeAsync(60_000);
  await feed.stop();
  expect(lines.slice(1)).toEqual(['info: the candles are brought up to date again']);
});

test('of an imported series every outage of the disk is told, with its end, and leaves no problem behind', async () => {
  const key = { source: 'file', symbol: 'TESTUSDT', interval: '1h' } as const;
  let problem: string | undefined;
  const store: Partial<Ports['store']> = {
    stamp: async () => {
      if (problem !== undefined) throw new TradeAiError('STORAGE_UNREADABLE', problem);
      return undefined;
    },
  };
  const ports = {
    store: store as Ports['store'],
    openSource: () => {
      throw new Error('an imported series has no source');
    },
    now: () => MARKET.openTimeMs[10],
  };
  const lines: string[] = [];
  const gaps: string[] = [];
  const problems: (string | null)[] = [];
  const candles = new StoredCandles(ports);
  candles.noteUpdate = (_key, update) => problems.push(update.problem);
  const feed = new CandleFeed({
    ports,
    log: { info: (_facts, text) => lines.push(text), warn: (_facts, text) => lines.push(text) },
    candles,
    updateCandles: true,
    settleMs: 0,
    signal: new AbortController().signal,
    tell: (event) => event.kind === 'data-gap' && gaps.push(event.message),
    onTaken: () => undefined,
  });
  const model = { seriesKey: key, otherSymbols: [] as string[] } as unknown as ServedModel;
  for (problem of ['no disk', 'no disk', undefined, undefined, 'no disk again', undefined]) await feed.follow([model]);
  expect(gaps).toEqual(['no disk', 'no disk again']);
  const once = ['the stored candles could not be read', 'the stored candles can be read again'];
  expect(lines).toEqual([...once, ...once]);
  expect(problems).toEqual(['no disk', 'no disk', null, 'no disk again', null]);
  expect(feed.outageOf(key)).toBeUndefined();
});
