/**
 * Binance's archive of past candles (https://github.com/binance/binance-public-data): a zip a month or a day with one CSV
 * of the twelve kline columns, no header, and beside it a `.CHECKSUM` line. Times are milliseconds before 2025 and
 * microseconds from then on.
 */

import { createHash } from 'node:crypto';
import { INTERVAL_MS } from '../../src/market/interval.js';
import type { Fault } from './faults.js';
import type { Answer } from './http.js';
import type { Kline } from './kline.js';
import type { Market } from './market.js';
import { inMicroseconds } from './rest.js';
import { makeZip } from './zip.js';

const PATH =
  /^\/data\/spot\/(monthly|daily)\/klines\/([^/]+)\/([^/]+)\/\2-\3-(\d{4})-(\d{2})(?:-(\d{2}))?\.zip(\.CHECKSUM)?$/;
const MICROSECONDS_SINCE_MS = Date.UTC(2025, 0, 1);
const HOUR_MS = INTERVAL_MS['1h'];
const DAY_MS = INTERVAL_MS['1d'];
/** Files of a day appear in the course of the next, those of a month on the first Monday of the next. */
const PUBLISHING_HOUR_MS = 8 * HOUR_MS;
const WITHOUT_DAILY_FILES = ['3d', '1w'];

/** A file as it would be, for whoever puts another in its place. */
export interface ArchiveFile {
  /** `BTCUSDT-1h-2023-01.zip` */
  readonly zipName: string;
  /** `BTCUSDT-1h-2023-01.csv` */
  readonly csvName: string;
  readonly rows: readonly Kline[];
}

/** Makes the bytes of a zip; the checksum beside it is the one of these bytes. */
export type ZipMaker = (file: ArchiveFile) => Promise<Buffer>;

export interface Archive {
  /** @param path may end in `.CHECKSUM` */
  answer(path: string, nowMs: number, fault: Fault | undefined): Promise<Answer>;
  /** From now on the files whose path matches are made by `make`. */
  replace(paths: RegExp, make: ZipMaker): void;
}

export function createArchive(market: Market): Archive {
  const replacements: { paths: RegExp; make: ZipMaker }[] = [];
  return {
    replace: (paths, make) => void replacements.unshift({ paths, make }),
    async answer(path, nowMs, fault) {
      const file = findFile(path, market, nowMs);
      if (file === undefined) return refuseKey(path);
      const zipPath = path.replace(/\.CHECKSUM$/, '');
      const make = replacements.find(({ paths }) => paths.test(zipPath))?.make ?? zipOf;
      const rows = fault?.kind === 'rows' ? fault.edit(file.rows) : file.rows;
      const bytes = await make({ ...file, rows });
      const headers = { etag: `"${createHash('md5').update(bytes).digest('hex')}"`, 'accept-ranges': 'bytes' };
      if (path === zipPath) {
        return { status: 200, headers: { ...headers, 'content-type': 'application/zip' }, body: bytes };
      }
      const line = `${createHash('sha256').update(bytes).digest('hex')}  ${file.zipName}\n`;
      return { status: 200, headers: { 'content-type': 'binary/octet-stream' }, body: line };
    },
  };
}

/** The sound files made last, by what is in them: each is asked for twice, with its checksum, and by many tests. */
const soundFiles = new Map<string, Promise<Buffer>>();
const SOUND_FILES_KEPT = 20;

/** The sound file. */
export const zipOf: ZipMaker = ({ csvName, rows }) => {
  const csv = csvOf(rows);
  const key = `${csvName}\n${csv}`;
  const known = soundFiles.get(key) ?? makeZip([{ name: csvName, content: Buffer.from(csv) }]);
  soundFiles.delete(key);
  soundFiles.set(key, known);
  if (soundFiles.size > SOUND_FILES_KEPT) soundFiles.delete(soundFiles.keys().next().value!);
  return known;
};

/** Lines of comma-separated fields, no header. */
export function csvOf(rows: readonly Kline[]): string {
  return rows.map((row) => `${row.join(',')}\n`).join('');
}

/** The file of a path, if it is published by now and there are candles in it. */
function findFile(path: string, market: Market, nowMs: number): ArchiveFile | undefined {
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [, period, symbol, interval, year, month, day] = match;
  if ((period === 'daily') !== (day !== undefined) || !Object.hasOwn(INTERVAL_MS, interval)) return undefined;
  if (period === 'daily' && WITHOUT_DAILY_FILES.includes(interval)) return undefined;
  const startMs = Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1));
  const endMs = day === undefined ? Date.UTC(Number(year), Number(month), 1) : startMs + DAY_MS;
  const publishedMs = (day === undefined ? firstMonday(endMs) : endMs) + PUBLISHING_HOUR_MS;
  if (nowMs < publishedMs) return undefined;
  const range = { fromMs: startMs, toMs: endMs - 1, limit: Number.POSITIVE_INFINITY };
  const rows = market.klines(symbol, interval, range, nowMs);
  if (rows.length === 0) return undefined;
  const baseName = `${symbol}-${interval}-${year}-${month}${day === undefined ? '' : `-${day}`}`;
  return {
    zipName: `${baseName}.zip`,
    csvName: `${baseName}.csv`,
    rows: startMs >= MICROSECONDS_SINCE_MS ? rows.map(inMicroseconds) : rows,
  };
}

function firstMonday(monthMs: number): number {
  const weekday = new Date(monthMs).getUTCDay();
  return monthMs + ((8 - weekday) % 7) * DAY_MS;
}

/** As the storage behind the archive says it (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). */
function refuseKey(path: string): Answer {
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.' +
    `</Message><Key>${path.slice(1).replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Key>` +
    '<RequestId>0000000000000000</RequestId><HostId>loopback</HostId></Error>';
  return { status: 404, headers: { 'content-type': 'application/xml' }, body };
}
