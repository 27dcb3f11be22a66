import { mkdtemp, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CandleSeries, sliceCandles } from '../market/candle-series.js';
import { CandleFiles } from './candle-files.js';
import { CandleReader, type SeriesPlace } from './candle-reader.js';
import { openCandleStore } from './candle-store.js';

const KEY = { source: 'binance', symbol: 'BTCUSDT', interval: '1s' } as const;
const FIRST_MS = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const DAYS = 16;
/** Each hour of sixteen days: a file a day. */
const whole = hours(0, 24 * DAYS);

function hours(start: number, end: number, offsetMs = 0): CandleSeries {
  const times = Float64Array.from({ length: end - start }, (_, row) => FIRST_MS + (start + row) * 3_600_000 + offsetMs);
  const price = times.map((timeMs) => timeMs / 1e10);
  const columns = { open: price, high: price, low: price, close: price, volume: price };
  return { symbol: KEY.symbol, interval: KEY.interval, openTimeMs: times, ...columns, extras: {} };
}

/** Real files, of which others do something the moment after they were looked at. */
class VisitedFiles extends CandleFiles {
  readonly reads: string[] = [];
  afterFooter: (path: string) => Promise<unknown> = async () => {};
  afterRead: (path: string) => Promise<unknown> = async () => {};

  override async footer(path: string) {
    const footer = await super.footer(path);
    await this.afterFooter(path);
    return footer;
  }

  override async candlesOnce(...[path, key, former, out]: Parameters<CandleFiles['candlesOnce']>) {
    const read = await super.candlesOnce(path, key, former, out);
    if (read !== former) this.reads.push(path.slice(-10 - '.parquet'.length, -'.parquet'.length));
    await this.afterRead(path);
    return read;
  }
}

let home: string;
let place: SeriesPlace;
let files: VisitedFiles;
let reader: CandleReader;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-reader-'));
  const folder = join(home, 'data', 'candles', KEY.source, KEY.symbol, KEY.interval);
  place = { key: KEY, folder, singleFile: `${folder}.parquet` };
  files = new VisitedFiles();
  reader = new CandleReader(files);
  await openCandleStore(home).append(KEY.source, whole);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const pathOf = (day: number) =>
  join(place.folder, `${new Date(FIRST_MS + day * DAY_MS).toISOString().slice(0, 10)}.parquet`);

test('files that get rows each time they were looked at are read once all the same', async () => {
  let minutes = 0;
  files.afterFooter = async (path) => {
    minutes += 1;
    const day = (Date.parse(path.slice(-18, -8)) - FIRST_MS) / DAY_MS;
    await openCandleStore(home).append(KEY.source, hours(24 * day, 24 * day + 1, minutes * 60_000));
  };
  const series = await reader.readRange(place, {});
  expect(files.reads).toHaveLength(DAYS);
  expect(series).toEqual(await openCandleStore(home).read(KEY));
  expect(series?.openTimeMs).toHaveLength(whole.openTimeMs.length + minutes);
});

test('where a file has gone meanwhile, no other one is read again', async () => {
  files.afterRead = async (path) => {
    if (path === pathOf(3)) await rm(pathOf(9), { force: true });
  };
  const series = await reader.readRange(place, {});
  expect(series?.openTimeMs).toHaveLength(whole.openTimeMs.length - 24);
  expect(series?.openTimeMs).toEqual((await openCandleStore(home).read(KEY))?.openTimeMs);
  expect(new Set(files.reads).size).toBe(files.reads.length);
});

test('a file that an append removes after a kill is read from the tail', async () => {
  const tail = join(place.folder, 'tail.parquet');
  await rename(tail, join(home, 'old tail'));
  // The tail begins before midnight, and with it the day whose file has no other row.
  await openCandleStore(home).append(KEY.source, hours(24 * DAYS - 1, 24 * DAYS + 2));
  await rename(join(home, 'old tail'), tail);
  let mending: Promise<unknown> | undefined;
  files.afterRead = () => {
    mending ??= openCandleStore(home).append(KEY.source, sliceCandles(whole, 0, 1));
    return mending;
  };
  const series = await reader.readRange(place, {});
  await expect(stat(pathOf(DAYS))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(series).toEqual(hours(0, 24 * DAYS + 1));
  expect(new Set(files.reads).size).toBe(files.reads.length);
});

test('a link that leads nowhere is told, not waited for', async () => {
  await symlink(join(home, 'nowhere'), pathOf(DAYS + 3));
  const refusal = { code: 'STORAGE_UNREADABLE', message: expect.stringContaining(pathOf(DAYS + 3)) };
  await expect(reader.readRange(place, {})).rejects.toMatchObject(refusal);
  await rm(join(place.folder, 'tail.parquet'));
  await symlink(join(home, 'nowhere'), join(place.folder, 'tail.parquet'));
  await expect(reader.describe(place)).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
});

test('gaps are those of the rows that were read, also of a file that has got rows since', async () => {
  const missing = { fromMs: FIRST_MS + 1000, toMs: FIRST_MS + 3_600_000 };
  files.afterFooter = async (path) => {
    if (path === pathOf(DAYS - 1)) await openCandleStore(home).append(KEY.source, hours(24 * DAYS, 24 * DAYS + 20));
  };
  const gaps = await reader.findGaps(place);
  expect(gaps[0]).toEqual(missing);
  expect(gaps.map(({ fromMs }) => fromMs)).toEqual([...new Set(gaps.map(({ fromMs }) => fromMs))]);
  expect((await stat(pathOf(DAYS))).size).toBeGreaterThan(0);
});
