/** A series as a file for other programs; `readCandleFile` makes the same series of it, bit for bit. */

import { createWriteStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { TradeAiError } from '../../core/errors.js';
import { duckDbReason } from '../../duckdb/connection.js';
import { type ParquetColumn, writeParquet } from '../../duckdb/parquet.js';
import { systemCodeOf, toWriteError } from '../../files/system-errors.js';
import { collectAbandoned, temporaryName } from '../../files/temporary-names.js';
import { moveIntoPlace } from '../../files/write-atomically.js';
import type { CandleSeries } from '../../market/candle-series.js';
import {
  CANDLE_FILE_FORMATS,
  type CandleFileFormat,
  type WriteCandleFileOptions,
  type WrittenCandleFile,
} from '../../ports/candle-file.js';
import { csvLines } from './csv-lines.js';
import { jsonRows } from './json-text.js';

/**
 * Writes a series: whole, or not at all. A text whose name ends in `.gz` is packed.
 *
 * @throws TradeAiError `USAGE` when the format is unknown or the file is there already, `STORAGE_UNWRITABLE`
 * @example await writeCandleFile('BTC_USDT-1h.json.gz', series)
 */
export async function writeCandleFile(
  path: string,
  series: CandleSeries,
  { format = formatOfName(path), overwrite = false }: WriteCandleFileOptions = {},
): Promise<WrittenCandleFile> {
  const folder = dirname(path);
  await refuseMissing(folder);
  if (!overwrite) await refuseExisting(path);
  const temporaryPath = join(folder, temporaryName());
  try {
    await collectAbandoned(folder);
    await writeContent(temporaryPath, series, format, path.endsWith('.gz'));
    const sizeBytes = await syncFile(temporaryPath);
    if (!overwrite) await refuseExisting(path);
    await moveIntoPlace(temporaryPath, path);
    const hasExtras = format === 'csv' || format === 'parquet';
    return { format, sizeBytes, columnsLeftOut: hasExtras ? [] : Object.keys(series.extras) };
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch(() => {});
    if (error instanceof TradeAiError) throw error;
    if (systemCodeOf(error) !== undefined) throw toWriteError(path, error);
    throw new TradeAiError('STORAGE_UNWRITABLE', `cannot write ${path}: ${duckDbReason(error)}`, {
      hint: 'check the permissions of the folder and the free space of the disk',
      cause: error,
    });
  }
}

async function writeContent(
  path: string,
  series: CandleSeries,
  format: CandleFileFormat,
  isPacked: boolean,
): Promise<void> {
  switch (format) {
    case 'csv':
      return writeText(path, csvLines(series), isPacked);
    case 'json':
      return writeText(path, jsonRows(series), isPacked);
    case 'parquet':
      return writeParquet(path, storeColumns(series), { symbol: series.symbol, interval: series.interval });
    case 'freqtrade-parquet':
      return writeParquet(path, freqtradeColumns(series), {});
    default:
      return format satisfies never;
  }
}

async function writeText(path: string, parts: Iterable<string>, isPacked: boolean): Promise<void> {
  const steps = isPacked ? [createGzip()] : [];
  await pipeline([Readable.from(parts), ...steps, createWriteStream(path, { flags: 'wx' })]);
}

function storeColumns(series: CandleSeries): ParquetColumn[] {
  return [
    { name: 'open_time', values: series.openTimeMs, type: 'integer' },
    ...priceColumns(series),
    ...Object.entries(series.extras).map(([name, values]) => ({ name, values, type: 'number or null' as const })),
  ];
}

function freqtradeColumns(series: CandleSeries): ParquetColumn[] {
  return [{ name: 'date', values: series.openTimeMs, type: 'timestamp' }, ...priceColumns(series)];
}

function priceColumns(series: CandleSeries): ParquetColumn[] {
  const names = ['open', 'high', 'low', 'close', 'volume'] as const;
  return names.map((name) => ({ name, values: series[name], type: 'number' }));
}

function formatOfName(path: string): CandleFileFormat {
  const name = basename(path).toLowerCase();
  if (/\.csv(\.gz)?$/.test(name)) return 'csv';
  if (/\.json(\.gz)?$/.test(name)) return 'json';
  if (name.endsWith('.parquet')) return 'parquet';
  throw new TradeAiError(
    'USAGE',
    `${basename(path)}: expected a name that ends in .csv, .csv.gz, .json, .json.gz or .parquet`,
    {
      commandHint: `rename it, or say --format ${CANDLE_FILE_FORMATS.join('|')}`,
    },
  );
}

async function refuseMissing(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new TradeAiError('FILE_NOT_FOUND', `there is no folder ${folder}`, {
    hint: 'check the path, or make the folder first',
  });
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await stat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return;
    throw toWriteError(path, error);
  }
  throw new TradeAiError('USAGE', `${path} is there already`, {
    commandHint: 'name another file, or replace it with --force',
  });
}

async function syncFile(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
