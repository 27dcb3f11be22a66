import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { fromBuffer } from 'yauzl';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { type Exchange, type ExchangeOptions, startExchange } from './exchange.js';
import type { Kline } from './kline.js';

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 11, 1);
const DECEMBER = '/data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-12.zip';
const NEW_YEAR = '/data/spot/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2025-01-01.zip';

const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 1500,
  seed: 3,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
});

let exchange: Exchange | undefined;
afterEach(() => exchange?.close());

async function start(options: ExchangeOptions = {}): Promise<Exchange> {
  exchange = await startExchange({ series: [series], ...options });
  return exchange;
}

async function getKlines(query: string): Promise<Kline[]> {
  const response = await fetch(`${exchange?.url}/api/v3/klines?${query}`);
  return (await response.json()) as Kline[];
}

async function getFile(path: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(`${exchange?.archiveUrl}${path}`)).arrayBuffer());
}

/** The text of the first entry. */
function unzip(bytes: Buffer): Promise<{ name: string; text: string }> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, async (failure, stream) => {
          if (failure) return reject(failure);
          const chunks: Buffer[] = [];
          for await (const chunk of stream) chunks.push(chunk as Buffer);
          resolve({ name: entry.fileName, text: Buffer.concat(chunks).toString() });
        });
      });
      zip.readEntry();
    });
  });
}

test('no bound gives the newest, a start the oldest from there, an end the newest up to there, and both what lies between', async () => {
  await start();
  const opens = async (query: string) => (await getKlines(`symbol=BTCUSDT&interval=1h&${query}`)).map(([time]) => time);
  const at = (row: number) => FIRST_MS + row * HOUR_MS;
  expect(await opens('limit=2')).toEqual([at(1499), at(1500)]);
  expect(await opens(`startTime=${at(7)}&limit=2`)).toEqual([at(7), at(8)]);
  expect(await opens(`startTime=${at(7) - 1}&endTime=${at(8)}`)).toEqual([at(7), at(8)]);
  expect(await opens(`endTime=${at(8)}&limit=2`)).toEqual([at(7), at(8)]);
  expect(await opens(`startTime=${at(7)}&endTime=${at(7)}`)).toEqual([at(7)]);
  expect(await opens('')).toHaveLength(500);
  expect(await opens('startTime=0&limit=5000')).toHaveLength(1000);
});

test('the last candle is open, and closes when the time has come', async () => {
  const running = await start({ nowMs: FIRST_MS + 10.25 * HOUR_MS });
  const last = async () => (await getKlines('symbol=BTCUSDT&interval=1h')).at(-1) as Kline;
  const open = await last();
  expect([open[0], open[6]]).toEqual([FIRST_MS + 10 * HOUR_MS, FIRST_MS + 11 * HOUR_MS - 1]);
  expect(Number(open[5])).toBeCloseTo(series.volume[10] / 4, 6);
  running.closeNextCandle();
  expect(running.nowMs).toBe(FIRST_MS + 11 * HOUR_MS);
  const [, closed] = (await getKlines('symbol=BTCUSDT&interval=1h')).slice(-3);
  expect(closed.slice(0, 6).map(Number)).toEqual([
    FIRST_MS + 10 * HOUR_MS,
    ...(['open', 'high', 'low', 'close', 'volume'] as const).map((name) => series[name][10]),
  ]);
});

test('a symbol that trades no more has no open candle', async () => {
  await start({ nowMs: FIRST_MS + 1600 * HOUR_MS });
  const [last] = await getKlines('symbol=BTCUSDT&interval=1h&limit=1');
  expect(last[0]).toBe(FIRST_MS + 1499 * HOUR_MS);
});

test.each([
  ['interval=1h', 400, -1102],
  ['symbol=btcusdt&interval=1h', 400, -1100],
  ['symbol=BTCUSD&interval=1h', 400, -1121],
  ['symbol=BTCUSDT', 400, -1102],
  ['symbol=BTCUSDT&interval=1H', 400, -1120],
  ['symbol=BTCUSDT&interval=1h&startTime=-1', 400, -1100],
])('%s is refused with %i and %i', async (query, status, code) => {
  await start();
  const response = await fetch(`${exchange?.url}/api/v3/klines?${query}`);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ code, msg: expect.any(String) });
});

test('an archive file holds the rows of its month, and its checksum is right', async () => {
  await start();
  const bytes = await getFile(DECEMBER);
  const { name, text } = await unzip(bytes);
  expect(name).toBe('BTCUSDT-1h-2024-12.csv');
  const lines = text.split('\n');
  expect(lines).toHaveLength(31 * 24 + 1);
  const [row] = await getKlines(`symbol=BTCUSDT&interval=1h&startTime=${FIRST_MS}&limit=1`);
  expect(lines[0]).toBe(row.join(','));
  expect((await getFile(`${DECEMBER}.CHECKSUM`)).toString()).toBe(
    `${createHash('sha256').update(bytes).digest('hex')}  BTCUSDT-1h-2024-12.zip\n`,
  );
});

test('the archive writes microseconds from 2025 on', async () => {
  await start();
  const { text } = await unzip(await getFile(NEW_YEAR));
  expect(text.split('\n')).toHaveLength(25);
  // as the real file of that day begins and ends its first candle
  expect(text).toMatch(/^1735689600000000,(?:[^,]*,){5}1735693199999999,/);
});

test('files that are not published yet, and those of nothing, are not there', async () => {
  const running = await start({ nowMs: Date.UTC(2025, 0, 2, 6) });
  const statusOf = async (path: string) => (await fetch(`${running.archiveUrl}${path}`)).status;
  expect(await statusOf(DECEMBER)).toBe(404);
  expect(await statusOf(NEW_YEAR)).toBe(404);
  running.setNow(Date.UTC(2025, 0, 6, 9));
  expect(await statusOf(DECEMBER)).toBe(200);
  expect(await statusOf(NEW_YEAR)).toBe(200);
  expect(await statusOf(DECEMBER.replace('2024-12', '2024-11'))).toBe(404);
  expect(await statusOf(DECEMBER.replaceAll('1h', '2h'))).toBe(404);
  const missing = await fetch(`${running.archiveUrl}${DECEMBER.replaceAll('BTC', 'ETH')}`);
  expect(await missing.text()).toContain('<Code>NoSuchKey</Code>');
});

test('weight is counted per minute; above the limit comes 429, and 418 for whoever goes on', async () => {
  let timeMs = Date.UTC(2025, 0, 1, 0, 0, 20);
  const running = await start({ weightPerMinute: 30, weightClock: () => timeMs });
  const ask = async (path = '/api/v3/klines?symbol=BTCUSDT&interval=1h') => {
    const response = await fetch(running.url + path);
    const { headers } = response;
    return [response.status, headers.get('x-mbx-used-weight-1m'), headers.get('retry-after')];
  };
  expect(await ask('/api/v3/exchangeInfo')).toEqual([200, '20', null]);
  expect(await ask('/api/v3/time')).toEqual([200, '21', null]);
  expect(await ask()).toEqual([200, '23', null]);
  running.useWeight(7);
  for (const used of ['32', '34', '36']) expect(await ask()).toEqual([429, used, '40']);
  expect(await ask()).toEqual([418, '38', '120']);
  timeMs += 119_500;
  expect(await ask()).toEqual([418, '2', '1']);
  timeMs += 60_000;
  expect(await ask()).toEqual([200, '2', null]);
  expect(running.maximumWeightInAMinute).toBe(38);
  expect(running.requests.map(({ weight }) => weight)).toEqual([20, 1, 2, 2, 2, 2, 2, 2, 2]);
});
