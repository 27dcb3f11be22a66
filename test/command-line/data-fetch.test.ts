import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sliceCandles } from '../../src/market/candle-series.js';
import { openCandleStore } from '../../src/storage/candle-store.js';
import { type Exchange, type ExchangeOptions, startExchange } from '../exchange/exchange.js';
import { banned } from '../exchange/usual-faults.js';
import { makeFolder, runTradeAi, simulateSeries } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';

const HOUR_MS = 3_600_000;
const series = simulateSeries(3_000);
const other = { ...sliceCandles(series, 0, 3_000), symbol: 'OTHERUSDT' };
const endMs = series.openTimeMs[2_999] + HOUR_MS;

async function open(options: Partial<ExchangeOptions> = {}): Promise<Exchange> {
  const exchange = await startExchange({ series: [series, other], ...options });
  onTestFinished(() => exchange.close());
  return exchange;
}

const fetchInto = (home: string, exchange: Exchange, ...flags: string[]) =>
  runTradeAi(['data', 'fetch', '--home', home, '--json', ...flags], { environment: exchange.environment });

test('several symbols are fetched, and one that fails does not stop the others', async () => {
  const [exchange, home] = [await open(), makeFolder()];
  const { status, stdout } = await fetchInto(home, exchange, '--symbol', 'TESTUSDT,NOSUCH,OTHERUSDT');
  expect(status).toBe(3);
  const results = JSON.parse(stdout);
  expect(results).toMatchObject([
    { symbol: 'TESTUSDT', addedRows: 3_000 },
    { symbol: 'NOSUCH', error: { code: 'SYMBOL_UNKNOWN' } },
    { symbol: 'OTHERUSDT', addedRows: 3_000 },
  ]);
});

test('one symbol is one document', async () => {
  const [exchange, home] = [await open(), makeFolder()];
  const { status, stdout } = await fetchInto(home, exchange, '--symbol', 'TESTUSDT', '--from', '2024-02-01');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    source: 'binance',
    symbol: 'TESTUSDT',
    interval: '1h',
    addedRows: 3_000 - 31 * 24,
    revisedRows: 0,
  });
});

test('Ctrl-C keeps what came, exits with 130, and the next fetch goes on from there', async () => {
  const [exchange, home] = [await open(), makeFolder()];
  let pages = 0;
  exchange.misbehave(({ path }) => path.endsWith('/klines') && ++pages > 1, {
    kind: 'drip',
    chunkBytes: 1000,
    everyMs: 50,
  });
  const stopped = await runTradeAi(['data', 'fetch', '--home', home, '--json', '--symbol', 'TESTUSDT'], {
    environment: exchange.environment,
    onStart: (child) => {
      const timer = setInterval(() => {
        if (pages < 2) return;
        clearInterval(timer);
        child.kill('SIGINT');
      }, 20);
    },
  });
  expect(stopped.status).toBe(130);
  const key = { source: 'binance', symbol: 'TESTUSDT', interval: '1h' } as const;
  expect((await openCandleStore(home).read(key))?.openTimeMs).toEqual(series.openTimeMs.slice(0, 1000));
  exchange.behave();
  const resumed = await fetchInto(home, exchange, '--symbol', 'TESTUSDT');
  expect(JSON.parse(resumed.stdout)).toMatchObject({ addedRows: 2000 });
});

test('a ban is kept: the next process asks for nothing and says until when', async () => {
  const [exchange, home] = [await open(), makeFolder()];
  const untilMs = Math.ceil(Date.now() / 1000) * 1000 + 120_000;
  exchange.misbehave('/api/v3/klines', [banned(untilMs, 120)]);
  const first = await fetchInto(home, exchange, '--symbol', 'TESTUSDT');
  expect(first.status).toBe(6);
  const requestCount = exchange.requests.length;
  const second = await fetchInto(makeFolder(), exchange, '--symbol', 'OTHERUSDT');
  expect(second.status).toBe(6);
  expect(JSON.parse(second.stdout).error).toMatchObject({
    code: 'EXCHANGE_BANNED',
    message: expect.stringContaining(`until ${new Date(untilMs).toISOString()}`),
  });
  expect(exchange.requests).toHaveLength(requestCount);
});

test('an update brings the new candles and names what was revised in silence', async () => {
  const now = Date.now();
  const closedMs = Math.floor(now / HOUR_MS) * HOUR_MS;
  const shift = closedMs - endMs;
  const current = { ...series, openTimeMs: series.openTimeMs.map((timeMs) => timeMs + shift) };
  const exchange = await open({ series: [current], nowMs: closedMs - 5 * HOUR_MS + 1000 });
  const home = makeFolder();
  await fetchInto(home, exchange, '--symbol', 'TESTUSDT', '--from', '2024-01-01');
  const revisedMs = current.openTimeMs[2_994];
  exchange.revise('TESTUSDT', '1h', (kline) =>
    kline[0] === revisedMs ? [...kline.slice(0, 5), '77.00000000', ...kline.slice(6)] : kline,
  );
  exchange.setNow(Date.now);
  const { status, stdout, stderr } = await runTradeAi(['data', 'update', '--home', home, '--json'], {
    environment: exchange.environment,
  });
  expect(stderr).toContain('binance has revised 1 closed candles');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    {
      symbol: 'TESTUSDT',
      addedRows: 5,
      revisedRows: 1,
      lastOpenTimeMs: closedMs - HOUR_MS,
      revisions: [{ was: { openTimeMs: revisedMs }, now: { openTimeMs: revisedMs, volume: 77 } }],
    },
  ]);
});

test('a clock that is far off ends an update with 6', async () => {
  const [exchange, home] = [await open(), makeFolder()];
  await fetchInto(home, exchange, '--symbol', 'TESTUSDT');
  const { status, stderr } = await runTradeAi(['data', 'update', '--home', home], {
    environment: exchange.environment,
  });
  expect(status).toBe(6);
  expect(stderr).toContain('set the clock');
});

test.each([
  ['a symbol with blanks', ['--symbol', 'BTC USDT'], 'is not a valid symbol'],
  ['a symbol that climbs', ['--symbol', '../../etc'], 'is not a valid symbol'],
  ['an empty symbol', ['--symbol', 'TESTUSDT,,OTHERUSDT'], 'expected symbols with commas between'],
  [
    'too many symbols',
    ['--symbol', Array.from({ length: 201 }, (_, index) => `S${index}`).join(',')],
    'expected at most 200 symbols',
  ],
  ['an unknown interval', ['--symbol', 'TESTUSDT', '--interval', '1M'], 'unknown interval "1M"'],
  ['no date', ['--symbol', 'TESTUSDT', '--from', 'yesterday'], '--from: expected a UTC date'],
  [
    'a range that ends before it begins',
    ['--symbol', 'TESTUSDT', '--from', '2024-03-01', '--to', '2024-02-01'],
    '--from must lie before --to',
  ],
  [
    'a beginning in the future',
    ['--symbol', 'TESTUSDT', '--from', '2999-01-01'],
    '--from: expected a time in the past',
  ],
])('%s exits with 2 and asks nobody', async (_, flags, message) => {
  const home = makeFolder();
  const nowhere = { TRADEAI_BINANCE_URL: 'http://127.0.0.1:9', TRADEAI_BINANCE_ARCHIVE_URL: 'http://127.0.0.1:9' };
  const { status, stderr } = await runHere(['data', 'fetch', '--home', home, ...flags], { environment: nowhere });
  expect(stderr).toContain(message);
  expect(status).toBe(2);
  expect(existsSync(join(home, 'data'))).toBe(false);
  expect(readdirSync(home)).toEqual([]);
});
