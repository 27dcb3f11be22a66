/** The exchange misbehaves as its script says, or tests against it prove nothing. */

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { type Exchange, startExchange } from './exchange.js';
import { zipBomb } from './hostile-zips.js';
import type { Kline } from './kline.js';
import { flippedBit, reorderedRows, repeatedRows, tooManyRequests, unitSwitch, wrongChecksum } from './usual-faults.js';

const KLINES = '/api/v3/klines';
const QUERY = '?symbol=BTCUSDT&interval=1h&startTime=0&limit=4';
const FILE = '/data/spot/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2024-12-03.zip';
const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 11, 1);

const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 200,
  seed: 3,
  firstOpenTimeMs: FIRST_MS,
  plantedR2: 0,
});

let exchange: Exchange;
beforeEach(async () => {
  exchange = await startExchange({ series: [series] });
});
afterEach(() => exchange.close());

const getRows = async () => (await (await fetch(exchange.url + KLINES + QUERY)).json()) as Kline[];
const hoursOf = (rows: readonly Kline[]) => rows.map(([openTimeMs]) => ((openTimeMs as number) - FIRST_MS) / HOUR_MS);
const getFile = async (path: string) => Buffer.from(await (await fetch(exchange.archiveUrl + path)).arrayBuffer());
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('a list is worked off one request at a time, a single fault stays, and behaving ends both', async () => {
  exchange.misbehave(KLINES, [tooManyRequests(17), undefined, { kind: 'status', status: 500, body: '' }]);
  const statusOf = async (path = KLINES + QUERY) => (await fetch(exchange.url + path)).status;
  const first = await fetch(exchange.url + KLINES + QUERY);
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '17']);
  expect([await statusOf(), await statusOf('/api/v3/time'), await statusOf(), await statusOf()]).toEqual([
    200, 200, 500, 200,
  ]);
  exchange.misbehave(/^\/api/, { kind: 'status', status: 503, body: '' });
  expect([await statusOf(), await statusOf('/api/v3/time'), await statusOf()]).toEqual([503, 503, 503]);
  exchange.behave();
  expect(await statusOf()).toBe(200);
});

test('a target may be any of the requests', async () => {
  exchange.misbehave(({ query }) => query.limit === '4', [{ kind: 'page', maxRows: 0 }]);
  const other = await fetch(`${exchange.url}${KLINES}?symbol=BTCUSDT&interval=1h&limit=3`);
  expect(await other.json()).toHaveLength(3);
  expect(await getRows()).toEqual([]);
});

test('connections are reset, bodies are cut, drip, or never come', async () => {
  exchange.misbehave(KLINES, [
    { kind: 'reset' },
    { kind: 'truncated' },
    { kind: 'drip', chunkBytes: 200, everyMs: 5 },
    { kind: 'silent' },
  ]);
  await expect(getRows()).rejects.toThrow('fetch failed');
  const cut = await fetch(exchange.url + KLINES + QUERY);
  expect(cut.status).toBe(200);
  await expect(cut.text()).rejects.toThrow('terminated');
  const drips: Uint8Array[] = [];
  for await (const drip of (await fetch(exchange.url + KLINES + QUERY)).body!) drips.push(drip);
  expect(drips.length).toBeGreaterThan(1);
  expect(hoursOf(JSON.parse(Buffer.concat(drips).toString()))).toEqual([0, 1, 2, 3]);
  const silent = fetch(exchange.url + KLINES + QUERY, { signal: AbortSignal.timeout(50) });
  await expect(silent).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('pages are short, empty, of another time, in disorder, or say everything twice', async () => {
  exchange.misbehave(KLINES, [
    { kind: 'page', maxRows: 2 },
    { kind: 'page', maxRows: 0 },
    { kind: 'page', startTime: FIRST_MS + 7 * HOUR_MS },
    reorderedRows(),
    repeatedRows(),
  ]);
  expect(hoursOf(await getRows())).toEqual([0, 1]);
  expect(await getRows()).toEqual([]);
  expect(hoursOf(await getRows())).toEqual([7, 8, 9, 10]);
  expect(hoursOf(await getRows())).toEqual([1, 0, 3, 2]);
  expect(hoursOf(await getRows())).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
});

test('the clock is wrong', async () => {
  exchange.misbehave('/api/v3/time', { kind: 'clock', offsetMs: 7000 });
  const told = await (await fetch(`${exchange.url}/api/v3/time`)).json();
  expect(told).toEqual({ serverTime: exchange.nowMs + 7000 });
});

test('history is revised, over REST and in the archive', async () => {
  const before = [await getRows(), sha256(await getFile(FILE))];
  exchange.revise('BTCUSDT', '1h', (kline) => [...kline.slice(0, 5), '1.00000000', ...kline.slice(6)]);
  const [rows, hash] = [await getRows(), sha256(await getFile(FILE))];
  expect(rows.map((row) => row[5])).toEqual(Array(4).fill('1.00000000'));
  expect(rows).not.toEqual(before[0]);
  expect(hash).not.toBe(before[1]);
  expect((await getFile(`${FILE}.CHECKSUM`)).toString()).toContain(hash);
});

test('a checksum is wrong once, or a bit of the file is', async () => {
  const hash = sha256(await getFile(FILE));
  exchange.misbehave(/CHECKSUM$/, [wrongChecksum()]);
  exchange.misbehave(/zip$/, [flippedBit()]);
  expect((await getFile(`${FILE}.CHECKSUM`)).toString()).toMatch(/^0{8}[0-9a-f]{56} {2}BTCUSDT-1h-2024-12-03\.zip\n$/);
  expect((await getFile(`${FILE}.CHECKSUM`)).toString()).toContain(hash);
  expect(sha256(await getFile(FILE))).not.toBe(hash);
  expect(sha256(await getFile(FILE))).toBe(hash);
});

test('a file may be another one, with a checksum that is right', async () => {
  exchange.replaceFiles(/2024-12-03/, zipBomb({ sizeBytes: 2 ** 20 }));
  const bytes = await getFile(FILE);
  expect(bytes.length).toBeLessThan(2 ** 12);
  expect((await getFile(`${FILE}.CHECKSUM`)).toString()).toContain(sha256(bytes));
});

test('a file may change its unit in the middle', async () => {
  const edit = unitSwitch(2);
  if (edit.kind !== 'rows') throw new Error('expected a fault of rows');
  const rows = edit.edit(await getRows());
  expect(rows.map(([openTime]) => String(openTime).length)).toEqual([13, 13, 16, 16]);
  expect(rows[2][6]).toBe((FIRST_MS + 3 * HOUR_MS) * 1000 - 1);
});

test('times come in microseconds to whoever asks for them', async () => {
  const headers = { 'x-mbx-time-unit': 'MICROSECOND' };
  const rows = (await (await fetch(exchange.url + KLINES + QUERY, { headers })).json()) as Kline[];
  expect([rows[0][0], rows[0][6]]).toEqual([FIRST_MS * 1000, (FIRST_MS + HOUR_MS) * 1000 - 1]);
});
