/**
 * Files of Binance's archive: fetched, verified against their SHA-256, and kept until their candles are stored, so that a
 * fetch that is killed asks for none twice.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TradeAiError } from '../../core/errors.js';
import { systemCodeOf, toWriteError } from '../../files/system-errors.js';
import { collectAbandoned, temporaryName } from '../../files/temporary-names.js';
import { makeFolder } from '../../files/write-atomically.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { INTERVAL_MS } from '../../market/interval.js';
import { sleepFor, type Taken } from '../http/attempts.js';
import { createHttpClient, parseBaseUrl, readRetryAfterMs } from '../http/http-client.js';
import { openRequestBudget } from '../http/request-budget.js';
import { createArchiveParser } from './archive-rows.js';
import { type BinanceClientOptions, nameSeries } from './client.js';
import { type FilePiece, labelOf } from './plan.js';
import { HTTP_STATUS } from './protocol.js';
import { judgeRefusal } from './refusal.js';
import { readZippedCsv } from './zip-csv.js';

export interface ArchiveOptions extends BinanceClientOptions {
  /** Where files lie until their candles are stored. */
  readonly folder: string;
}

type SeriesName = Pick<CandleSeries, 'symbol' | 'interval'>;

export interface ArchiveFiles {
  /** Files of a series that are here already, by label. */
  listKept(series: SeriesName): Promise<ReadonlySet<string>>;
  /**
   * Fetches and verifies a file, unless it is here.
   *
   * @returns its path, or `undefined` when the archive has none or none that is sound
   */
  download(series: SeriesName, piece: FilePiece, signal?: AbortSignal): Promise<string | undefined>;
  /**
   * The candles of a file that was downloaded; `undefined` when it is not sound, which the log is told, `gone` when it
   * is no longer there.
   *
   * @param path as `download` returned it
   */
  read(series: SeriesName, piece: FilePiece, path: string): Promise<CandleSeries | 'gone' | undefined>;
  /** Removes the files of a series whose candles lie before `beforeMs`. */
  forget(series: SeriesName, beforeMs: number): Promise<void>;
}

const MAX_ZIP_BYTES = 1 << 30;
const MAX_CSV_BYTES = 4 * MAX_ZIP_BYTES;
/** Bytes a row may take as text; Binance's take about 130. */
const MAX_ROW_BYTES = 300;
const MAX_CHECKSUM_BYTES = 4096;
/** A mismatch is fetched once more: either file may have been replaced between the two requests. */
const CHECKSUM_ATTEMPTS = 2;
const OPEN_ATTEMPTS = 5;
const EXPECTATION = { what: 'a file', variable: 'TRADEAI_BINANCE_ARCHIVE_URL' };

/** @throws TradeAiError `USAGE` when the base URL is none */
export function openArchiveFiles({
  baseUrl,
  folder,
  now = Date.now,
  sleep = sleepFor,
  log = () => {},
  stateFolder,
  ...transport
}: ArchiveOptions): ArchiveFiles {
  const base = parseBaseUrl(baseUrl, 'TRADEAI_BINANCE_ARCHIVE_URL');
  const host = base.host;
  const budget = openRequestBudget({ host, stateFolder, now, sleep, log });
  const client = createHttpClient({ host, budget, sleep, ...transport });

  async function listKept(series: SeriesName): Promise<ReadonlySet<string>> {
    const names = await namesIn(folderOf(folder, series));
    return new Set(names.flatMap((name) => (name.endsWith('.zip') ? [labelOfName(series, name)] : [])));
  }

  async function download(series: SeriesName, piece: FilePiece, signal?: AbortSignal): Promise<string | undefined> {
    const name = nameOf(series, piece);
    const kept = await findKept(folderOf(folder, series), name);
    if (kept) return kept;
    const url = new URL(
      `${base.pathname.replace(/\/$/, '')}/data/spot/${piece.period}/klines/${series.symbol}/${series.interval}/${name}`,
      base,
    );
    for (let attempt = 1; attempt <= CHECKSUM_ATTEMPTS; attempt++) {
      const stated = await fetchChecksum(url, series, name, signal);
      if (stated === undefined) return undefined;
      const path = await fetchVerified(url, series, name, stated, signal);
      if (path !== null) return path;
    }
    const note = `${host}: the checksum of ${name} is wrong, twice; its candles come from the exchange itself`;
    log(note, { host, series: nameSeries(series) });
    return undefined;
  }

  /** The SHA-256 that the archive states; `undefined` when it has no such file or states none. */
  async function fetchChecksum(
    url: URL,
    series: SeriesName,
    name: string,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const text = await client.get<string | undefined>({
      url: new URL(`${url.href}.CHECKSUM`),
      weight: 0,
      subject: { route: 'checksum', series: nameSeries(series) },
      accept: 'text/plain, */*',
      signal,
      take: async (response) => {
        if (response.status === HTTP_STATUS.notFound) return { value: await discard(response) };
        if (!response.ok) return refuse(response);
        return { value: (await readParts(response, MAX_CHECKSUM_BYTES)).toString('utf8') };
      },
    });
    if (text === undefined) return undefined;
    const [, hex, of] = /^([0-9a-f]{64}) [ *](\S+)\s*$/.exec(text) ?? [];
    if (of === name) return hex;
    log(`${host}: expected a SHA-256 and ${name}, was ${JSON.stringify(text.slice(0, 80))}; it is left aside`);
    return undefined;
  }

  /** The path of the file; `null` when its SHA-256 is another, `undefined` when there is none. */
  async function fetchVerified(url: URL, series: SeriesName, name: string, sha256: string, signal?: AbortSignal) {
    const place = folderOf(folder, series);
    const temporaryPath = join(place, temporaryName());
    try {
      const found = await client.get<string | undefined>({
        url,
        weight: 0,
        subject: { route: 'file', series: nameSeries(series) },
        accept: 'application/zip, */*',
        signal,
        take: async (response, touch) => {
          if (response.status === HTTP_STATUS.notFound) return { value: await discard(response) };
          if (!response.ok) return refuse(response);
          return { value: await saveBody(response, temporaryPath, touch) };
        },
      });
      if (found === undefined) return undefined;
      if (found !== sha256) return null;
      // The hash goes into the name, so that the file can be verified again without asking.
      const path = join(place, `${sha256}-${name}`);
      await rename(temporaryPath, path);
      return path;
    } catch (error) {
      throw toWriteError(place, error);
    } finally {
      await rm(temporaryPath, { force: true }).catch(() => {});
    }
  }

  async function refuse(response: Response): Promise<Taken<never>> {
    const text = (await readParts(response, MAX_CHECKSUM_BYTES).catch(() => Buffer.alloc(0))).toString('utf8');
    const nowMs = now();
    const retryAfterMs = readRetryAfterMs(response, nowMs);
    return judgeRefusal({ status: response.status, json: undefined, text, retryAfterMs }, host, nowMs, EXPECTATION);
  }

  async function read(series: SeriesName, piece: FilePiece, path: string): Promise<CandleSeries | 'gone' | undefined> {
    const parser = createArchiveParser({ ...series, startMs: piece.startMs, endMs: piece.endMs });
    try {
      for await (const part of readZippedCsv(path, { maxBytes: maxCsvBytes(series, piece) })) parser.push(part);
      return parser.finish();
    } catch (error) {
      if (!(error instanceof TradeAiError && error.code === 'EXCHANGE_RESPONSE_INVALID')) throw error;
      if (systemCodeOf(error.cause) === 'ENOENT') return 'gone';
      log(`${nameOf(series, piece)}: ${error.message}; its candles come from the exchange itself`);
      return undefined;
    }
  }

  async function forget(series: SeriesName, beforeMs: number): Promise<void> {
    const place = folderOf(folder, series);
    for (const name of await namesIn(place)) {
      if (!name.endsWith('.zip')) continue;
      if (endOfLabelMs(labelOfName(series, name)) <= beforeMs) await rm(join(place, name), { force: true });
    }
    // Only an empty folder goes.
    await collectAbandoned(place).catch(() => {});
    for (const level of [place, join(folder, series.symbol), folder]) await rmdir(level).catch(() => {});
  }

  return { listKept, download, read, forget };
}

function folderOf(folder: string, { symbol, interval }: SeriesName): string {
  return join(folder, symbol, interval);
}

function nameOf({ symbol, interval }: SeriesName, piece: FilePiece): string {
  return `${symbol}-${interval}-${labelOf(piece)}.zip`;
}

/** `2024-05` of `<sha256>-BTCUSDT-1m-2024-05.zip`. */
function labelOfName({ symbol, interval }: SeriesName, name: string): string {
  return name.slice(64 + 1 + symbol.length + 1 + interval.length + 1, -'.zip'.length);
}

function endOfLabelMs(label: string): number {
  const [year, month, day] = label.split('-').map(Number);
  return day === undefined ? Date.UTC(year, month) : Date.UTC(year, month - 1, day + 1);
}

function maxCsvBytes({ interval }: SeriesName, { startMs, endMs }: FilePiece): number {
  const rows = (endMs - startMs) / INTERVAL_MS[interval] + 100;
  return Math.min(MAX_CSV_BYTES, Math.ceil(rows) * MAX_ROW_BYTES);
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** A file kept from before, if its bytes are still the ones that were verified. */
async function findKept(folder: string, name: string): Promise<string | undefined> {
  const found = (await namesIn(folder)).find((file) => file.endsWith(`-${name}`) && file.length === 65 + name.length);
  if (found === undefined) return undefined;
  const path = join(folder, found);
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(path)) hash.update(part);
  } catch {
    return undefined;
  }
  if (found.startsWith(hash.digest('hex'))) return path;
  await rm(path, { force: true });
  return undefined;
}

/** Streams the body into a file; its SHA-256. */
async function saveBody(response: Response, path: string, touch: () => void): Promise<string> {
  const hash = createHash('sha256');
  const file = await openForWriting(path);
  let sizeBytes = 0;
  try {
    for await (const part of response.body ?? []) {
      touch();
      sizeBytes += part.length;
      if (sizeBytes > MAX_ZIP_BYTES) {
        throw new TradeAiError(
          'EXCHANGE_RESPONSE_INVALID',
          `expected at most ${MAX_ZIP_BYTES} bytes of ${response.url}`,
        );
      }
      hash.update(part);
      await file.write(part).catch((error) => {
        throw toWriteError(path, error);
      });
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** Opens a new file. Another process that is done with the folder may remove it at any moment while it is empty. */
async function openForWriting(path: string): Promise<FileHandle> {
  for (let attempt = 1; ; attempt++) {
    await makeFolder(dirname(path));
    try {
      return await open(path, 'w');
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT' && attempt < OPEN_ATTEMPTS) continue;
      throw toWriteError(path, error);
    }
  }
}

async function readParts(response: Response, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    sizeBytes += part.length;
    if (sizeBytes > maxBytes) break;
  }
  return Buffer.concat(parts).subarray(0, maxBytes);
}

async function discard(response: Response): Promise<undefined> {
  await response.body?.cancel();
}
