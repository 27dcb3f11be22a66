import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Exchange, type ExchangeOptions, startExchange } from '../../../test/exchange/exchange.js';
import { collectPages } from '../../../test/support/collect-pages.js';
import { joinCandles } from '../../candles/store-writer.js';
import { type CandleSeries, rowCountOf, selectCandles } from '../../market/candle-series.js';
import { simulateMarket } from '../../market/simulated-market.js';
import { type BinanceSourceOptions, createBinanceSource } from './source.js';

const FIRST_MS = Date.UTC(2024, 10, 1, 7);
/** Quarter hours to the tenth of February: files of three months, the last of them in microseconds, and ten days. */
const ROWS = 4 * 24 * 101;

const market = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '15m',
  rowCount: ROWS,
  seed: 9,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
}).series;

async function start(options: Partial<ExchangeOptions> = {}): Promise<Exchange> {
  const exchange = await startExchange({ series: [market], ...options });
  onTestFinished(() => exchange.close());
  return exchange;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tradeai-archive-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function openSource(exchange: Exchange, options: BinanceSourceOptions = {}) {
  const messages: string[] = [];
  const downloadFolder = makeFolder();
  const source = createBinanceSource({
    baseUrl: exchange.url,
    archiveUrl: exchange.archiveUrl,
    downloadFolder,
    now: () => exchange.nowMs,
    sleep: async () => {},
    log: (message) => messages.push(message),
    ...options,
  });
  const fetchAll = async (fromMs?: number) =>
    joinCandles(await collectPages(source.fetchCandles({ symbol: 'BTCUSDT', interval: '15m', fromMs })));
  return { source, fetchAll, messages, downloadFolder };
}

function expectSame(fetched: CandleSeries, expected = market): void {
  expect(rowCountOf(fetched)).toBe(rowCountOf(expected));
  expect(fetched.openTimeMs).toEqual(expected.openTimeMs);
  // The exchange writes eight digits behind the point.
  expect(Array.from(fetched.close, (value) => value.toFixed(8))).toEqual(
    Array.from(expected.close, (value) => value.toFixed(8)),
  );
}

const filesOf = ({ requests }: Exchange) =>
  requests.filter(({ host }) => host === 'archive').map(({ path }) => path.replace(/.*\//, ''));
const pagesOf = ({ requests }: Exchange) => requests.filter(({ path }) => path.endsWith('/klines'));

test('a coin with a Chinese name has its files, too', async () => {
  const series = { ...market, symbol: '币安人生USDT' };
  const exchange = await start({ series: [series] });
  const { source, messages } = openSource(exchange);
  const request = { symbol: series.symbol, interval: series.interval };
  expectSame(joinCandles(await collectPages(source.fetchCandles(request))), series);
  expect(filesOf(exchange)).toContain('币安人生USDT-15m-2024-11.zip');
  expect(messages).toEqual([]);
});

test('months come from the archive with their checksums, the rest from the API, in both time units', async () => {
  const exchange = await start();
  const { fetchAll, messages } = openSource(exchange);
  const fetched = await fetchAll();
  expectSame(fetched);
  expect(fetched.extras.quote_volume[5]).toBeGreaterThan(0);
  expect(filesOf(exchange).sort()).toEqual([
    'BTCUSDT-15m-2024-11.zip',
    'BTCUSDT-15m-2024-11.zip.CHECKSUM',
    'BTCUSDT-15m-2024-12.zip',
    'BTCUSDT-15m-2024-12.zip.CHECKSUM',
    'BTCUSDT-15m-2025-01.zip',
    'BTCUSDT-15m-2025-01.zip.CHECKSUM',
  ]);
  expect(messages).toEqual([]);
});

test('a wrong checksum is fetched once more, then told, and the candles come from the API', async () => {
  const exchange = await start();
  const { fetchAll, messages } = openSource(exchange);
  const wrong = { kind: 'bytes', edit: () => Buffer.from(`${'0'.repeat(64)}  BTCUSDT-15m-2024-12.zip\n`) } as const;
  exchange.misbehave(/2024-12\.zip\.CHECKSUM$/, wrong);
  expectSame(await fetchAll());
  expect(filesOf(exchange).filter((name) => name === 'BTCUSDT-15m-2024-12.zip')).toHaveLength(2);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain('the checksum of BTCUSDT-15m-2024-12.zip is wrong, twice');
});

test('a file that was replaced between two requests is fetched once more', async () => {
  const exchange = await start();
  const { fetchAll, messages } = openSource(exchange);
  exchange.misbehave(/2024-12\.zip$/, [{ kind: 'bytes', edit: () => Buffer.from('another file') }]);
  expectSame(await fetchAll());
  expect(messages).toEqual([]);
});

test('a file that the archive lacks comes from the API', async () => {
  const exchange = await start();
  const { fetchAll } = openSource(exchange);
  exchange.misbehave(/2024-12\.zip/, { kind: 'status', status: 404, body: '<Error/>' });
  expectSame(await fetchAll());
  // The first candle, three pages of December, one of February.
  expect(pagesOf(exchange)).toHaveLength(5);
});

test.each([
  ['5xx', { kind: 'status', status: 503, body: '' }],
  ['a cut connection', { kind: 'reset' }],
  ['a cut body', { kind: 'truncated' }],
  ['a slow answer', { kind: 'drip', chunkBytes: 200_000, everyMs: 2 }],
] as const)('%s of the archive is tried again', async (_, fault) => {
  const exchange = await start();
  const { fetchAll } = openSource(exchange, { timeoutMs: 500 });
  exchange.misbehave(/2024-12\.zip$/, [fault, fault]);
  expectSame(await fetchAll());
});

test('an archive that cannot be reached is left aside, which is told once', async () => {
  const exchange = await start();
  const { fetchAll, messages } = openSource(exchange, { archiveUrl: 'http://127.0.0.1:9' });
  expectSame(await fetchAll());
  expect(messages.filter((message) => message.includes('which takes longer'))).toHaveLength(1);
});

test('a redirect is not followed', async () => {
  const exchange = await start();
  const { fetchAll, messages } = openSource(exchange);
  const location = `${exchange.url}/secret`;
  exchange.misbehave(/\.zip/, { kind: 'status', status: 302, body: '', headers: { location } });
  expectSame(await fetchAll());
  expect(messages[0]).toMatch(/expected a file of 127\.0\.0\.1:\d+, was status 302/);
  expect(exchange.requests.some(({ path }) => path === '/secret')).toBe(false);
});

test.each([
  ['a gap', (row: number) => row < 100 || row >= 200],
  ['months without a candle', (row: number) => row < 1000 || row >= 7000],
])('%s stays a gap', async (_, isThere) => {
  const rows = Array.from({ length: ROWS }, (__, row) => row).filter(isThere);
  const thinned = selectCandles(market, rows);
  const exchange = await start({ series: [thinned] });
  expectSame(await openSource(exchange).fetchAll(), thinned);
});

test('repeated rows make the file unsound, which is told with the line, and the API takes over', async () => {
  const exchange = await start();
  const { fetchAll, messages } = openSource(exchange);
  exchange.misbehave(/2024-12\.zip/, {
    kind: 'rows',
    edit: (rows) => [...rows.slice(0, 10), rows[9], ...rows.slice(10)],
  });
  expectSame(await fetchAll());
  expect(messages[0]).toContain('BTCUSDT-15m-2024-12.zip: archive: line 11: open times do not ascend');
});

test('verified files are not asked for again until their candles are stored', async () => {
  const exchange = await start();
  const { source, fetchAll, downloadFolder } = openSource(exchange);
  const kept = join(downloadFolder, 'BTCUSDT', '15m');
  await fetchAll();
  const [november] = readdirSync(kept).sort((a, b) => a.slice(65).localeCompare(b.slice(65)));
  expect(november).toMatch(/^[0-9a-f]{64}-BTCUSDT-15m-2024-11\.zip$/);
  const before = filesOf(exchange).length;
  // A killed fetch goes on in December.
  expectSame(await fetchAll());
  expect(filesOf(exchange)).toHaveLength(before);
  await source.forgetDownloads?.(market, Date.UTC(2024, 11, 20));
  expect(
    readdirSync(kept)
      .map((name) => name.slice(-11))
      .sort(),
  ).toEqual(['2024-12.zip', '2025-01.zip']);
  await source.forgetDownloads?.(market, Number.POSITIVE_INFINITY);
  expect(existsSync(kept)).toBe(false);
});

test('a kept file that was damaged is fetched again', async () => {
  const exchange = await start();
  const { fetchAll, downloadFolder } = openSource(exchange);
  await fetchAll();
  const kept = join(downloadFolder, 'BTCUSDT', '15m');
  for (const name of readdirSync(kept)) writeFileSync(join(kept, name), '');
  const before = filesOf(exchange).length;
  expectSame(await fetchAll());
  expect(filesOf(exchange)).toHaveLength(2 * before);
});

test('few candles are cheaper from the API than a file', async () => {
  const exchange = await start();
  await openSource(exchange).fetchAll(market.openTimeMs[ROWS - 2500]);
  expect(filesOf(exchange)).toEqual([]);
  expect(pagesOf(exchange)).toHaveLength(3);
});
