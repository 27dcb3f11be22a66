/** A candle file, CSV, JSON, Parquet or Feather, as a checked series. */

import { basename } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { checkTimeZone } from '../../core/time-zone.js';
import { withDuckDb } from '../../duckdb/connection.js';
import type { CandleSeries } from '../../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';
import { type FaultLimits, type ImportFaults, STRICT_LIMITS } from '../../market/quality/import-faults.js';
import { rejectRow } from '../../market/quality/row-faults.js';
import { describeYahooVolume, withBaseVolume } from './base-volume.js';
import { refuseLostDigits } from './calendar-numbers.js';
import { buildSeries, type ConflictSummary } from './candle-rows.js';
import { type ChosenSymbol, chooseSymbol, likelyPair, refuseOtherThanPrices } from './choose-symbol.js';
import { type ColumnPlan, findSymbol, planColumns, type SourceColumn, type ValueColumn } from './columns.js';
import { loadCsv } from './csv-table.js';
import { type FeatherContent, type FileContent, type JsonContent, readAnyContent, unreadable } from './file-content.js';
import { readTimes } from './file-times.js';
import { readJsonRows } from './json-rows.js';
import { readNameClues } from './name-clues.js';
import {
  describeOtherOrder,
  type NamedCandles,
  refuseTurnedOpens,
  renameColumns,
  takeConfirmations,
} from './named-columns.js';
import { describeInvalidRow, findEmptyRows, findInvalidRows } from './row-checks.js';
import { checkTableSize } from './size-limits.js';
import { describeParquet, type RawCandles, readRawCandles } from './source-table.js';
import { readTextLayout, splitCells, type TextLayout } from './text-layout.js';
import { countRows, locateRow } from './text-lines.js';
import { withTickVolume } from './tick-volume.js';
import { findSwappedVolumes } from './volume-units.js';

export interface CandleFileOptions {
  /** The symbol; from the file's name or its symbol column when absent. */
  readonly symbol?: string;
  /** The interval the candles must have; detected when absent. */
  readonly interval?: Interval;
  /** Zone of times that tell no offset, of the IANA database: `Europe/Berlin`. UTC when absent. */
  readonly timeZone?: string;
  readonly nowMs?: number;
  /** What is set aside and reported instead of refused. */
  readonly limits?: FaultLimits;
}

export interface CandleFileResult {
  readonly series: CandleSeries;
  readonly symbolSource: ChosenSymbol['symbolSource'];
  /** Of the file as it is, packed or not. */
  readonly sha256: string;
  readonly fileRowCount: number;
  /** Columns left out because they hold text or nothing. */
  readonly ignoredColumns: readonly string[];
  readonly duplicateRows: number;
  readonly conflicts: ConflictSummary;
  readonly offGridRows: number;
  readonly unclosedRows: number;
  readonly rowOrder: 'ascending' | 'descending' | 'mixed';
  /** What was left out or put in order, as sentences for the user. */
  readonly notices: readonly string[];
  /** What cannot be seen in the series any more. */
  readonly faults: ImportFaults;
}

/** Enough for any header and the first rows. */
const HEAD_BYTES = 64 * 1024;

/**
 * Reads the candles of a file. docs/data.md says what is accepted and what is refused.
 *
 * @throws TradeAiError `FILE_NOT_FOUND`, `CANDLE_FILE_UNREADABLE`, `CANDLE_COLUMNS_MISSING`, `CANDLE_VALUE_INVALID`,
 *   `CANDLE_CONFLICT`, `CANDLES_INVALID`, `USAGE` when no symbol can be found
 * @example const { series, notices } = await readCandleFile('BTCUSDT_1h.csv.gz', { symbol: 'BTCUSDT' })
 */
export async function readCandleFile(path: string, options: CandleFileOptions = {}): Promise<CandleFileResult> {
  if (options.timeZone !== undefined) checkTimeZone(options.timeZone);
  const content = await readAnyContent(path);
  refuseOtherThanPrices(path);
  if (content.kind === 'json') return readJson(path, content, options);
  if (content.kind === 'feather') return readFeather(path, content, options);
  return withDuckDb((connection) =>
    content.kind === 'parquet'
      ? readParquet(connection, path, content, options)
      : readText(connection, path, content, options),
  );
}

async function readText(
  connection: DuckDBConnection,
  path: string,
  content: Extract<FileContent, { kind: 'text' }>,
  options: CandleFileOptions,
): Promise<CandleFileResult> {
  const fileName = basename(path);
  const layout = readTextLayout(wholeLinesOf(content.text), fileName);
  const columns = layout.columnNames.map(
    (name, index): SourceColumn => ({
      name,
      type: 'text',
      sample: layout.sample.map((cells) => cells[index] ?? ''),
    }),
  );
  const symbol = likelyPair(path, options.symbol, layout.symbols[0] ?? symbolCellOf(columns));
  const plan = planColumns(columns, symbol, fileName);
  refuseLostDigits(columns[plan.timeIndex].sample, fileName);
  const lineCount = countRows(content.text, layout.skipLines);
  checkTableSize({ rowCount: lineCount, valueCount: lineCount * columns.length, fileName });
  const { compression } = content;
  const { acceptsBadLines } = options.limits ?? STRICT_LIMITS;
  const table = await loadCsv(connection, { path, compression, layout, plan, fileName, acceptsBadLines });
  const { badLines, numberStyle } = table;
  const hasZone = options.timeZone !== undefined;
  const raw = await readRawCandles(connection, columns, plan, { fileName, numberStyle, hasZone });
  const rowCount = raw.time.length;
  if (lineCount !== rowCount + badLines.length) {
    const state = `has ${lineCount} lines of data, of which ${rowCount} rows were read`;
    throw unreadable(fileName, state, 'a quoted cell may hold a line break; remove that column');
  }
  const symbols = layout.symbols.length === 0 ? raw.symbols : layout.symbols;
  const read = { raw: { ...raw, symbols }, columns, plan, notices: [] };
  const candles = layout.hasHeader ? read : renameColumns(read, symbol, fileName);
  const result = finish(path, content.sha256, candles, options, textPlaces(content.text, layout, candles.plan));
  return { ...result, faults: { ...result.faults, badLines } };
}

async function readParquet(
  connection: DuckDBConnection,
  path: string,
  { sizeBytes, sha256 }: Extract<FileContent, { kind: 'parquet' }>,
  options: CandleFileOptions,
): Promise<CandleFileResult> {
  const fileName = basename(path);
  const columns = await describeParquet(connection, path, { sizeBytes, fileName });
  const plan = planColumns(columns, likelyPair(path, options.symbol, symbolCellOf(columns)), fileName);
  const hasZone = options.timeZone !== undefined;
  const raw = await readRawCandles(connection, columns, plan, { fileName, hasZone });
  return finish(path, sha256, { raw, columns, plan, notices: [] }, options, rowPlaces(raw));
}

function readJson(path: string, { text, sha256 }: JsonContent, options: CandleFileOptions): CandleFileResult {
  const candles = readJsonRows(text, likelyPair(path, options.symbol, undefined), basename(path));
  return finish(path, sha256, candles, options, rowPlaces(candles.raw));
}

async function readFeather(
  path: string,
  { bytes, sha256 }: FeatherContent,
  options: CandleFileOptions,
): Promise<CandleFileResult> {
  // Loaded only where it is needed, so that all else starts without it.
  const { readFeatherRows } = await import('./feather-rows.js');
  const candles = readFeatherRows(bytes, likelyPair(path, options.symbol, undefined), basename(path));
  return finish(path, sha256, candles, options, rowPlaces(candles.raw));
}

function finish(
  path: string,
  sha256: string,
  candles: NamedCandles,
  options: CandleFileOptions,
  placesInFile: Places,
): CandleFileResult {
  const fileName = basename(path);
  const { columns, plan } = candles;
  const { raw: read, unconfirmed } = takeConfirmations(candles.raw);
  const { nowMs = Date.now(), limits = STRICT_LIMITS } = options;
  if (read.time.length === 0) throw unreadable(fileName, 'holds no candles', 'export it again');
  const {
    symbol,
    symbolSource,
    notices: symbolNotices,
  } = chooseSymbol({
    path,
    option: options.symbol,
    symbols: read.symbols,
    marketTypes: read.marketTypes,
  });
  const { timeZone } = options;
  const times = readTimes(read, { fileName, nowMs, timeZone, placeOf: placesInFile.placeOf });
  const ticks = withTickVolume(read, plan, columns);
  const amounts = withBaseVolume(ticks.raw, {
    volumeName: columns[plan.valueIndexes.volume].name,
    quoteName: plan.quoteVolumeIndex === undefined ? undefined : columns[plan.quoteVolumeIndex].name,
    fileName,
  });
  const emptyRows = findEmptyRows(amounts.raw);
  const filled = withoutRows(
    [...emptyRows, ...times.openRows, ...unconfirmed],
    amounts.raw,
    times.timeMs,
    placesInFile,
  );
  if (filled.timeMs.length === 0) throw unreadable(fileName, 'holds no candles', 'export it again');
  const otherOrder = () => describeOtherOrder(candles);
  const checks = { fileName, nowMs, otherOrder, ...filled.places };
  const invalid = findInvalidRows(filled.raw, filled.timeMs, checks, limits.invalidShare);
  const rejected = invalid.map(({ row, fault }) =>
    rejectRow({ openTimeMs: filled.timeMs, ...filled.raw.values }, row, fault),
  );
  const invalidRows = invalid.map(({ row }) => row);
  const { raw, timeMs, places } = withoutRows(invalidRows, filled.raw, filled.timeMs, filled.places);
  if (timeMs.length === 0) {
    const problem = describeInvalidRow(filled.raw, filled.timeMs, invalid[0], checks);
    throw unreadable(fileName, `holds no row that can be a candle: ${problem}`, 'correct that, or export it again');
  }
  refuseTurnedOpens(raw, timeMs, plan, fileName);
  const swapped = findSwappedVolumes(raw, fileName, places.placeOf, limits.swappedVolumeShare);
  const suggestedInterval = readNameClues(path).interval;
  const built = buildSeries(raw, timeMs, {
    fileName,
    symbol,
    interval: options.interval,
    suggestedInterval,
    nowMs,
    timeZone,
    isZoneless: times.isZoneless,
    limits,
    placeOf: places.placeOf,
  });
  const notices = [
    ...symbolNotices,
    ...candles.notices,
    ...(read.notices ?? []),
    ...times.notices,
    ...ticks.notices,
    ...amounts.notices,
    ...describeYahooVolume(columns),
  ];
  if (unconfirmed.length > 0) {
    notices.push(`candles left out because their exchange had not confirmed them yet: ${unconfirmed.length}`);
  }
  if (emptyRows.length > 0) {
    notices.push(`rows without any value, which are missing candles, were left out: ${emptyRows.length}`);
  }
  if (rejected.length > 0) {
    const first = `${filled.places.placeOf(invalid[0].row)} (${invalid[0].fault})`;
    notices.push(`rows left out because they cannot be candles: ${rejected.length}, the first ${first}`);
  }
  if (raw.textColumns.length > 0) notices.push(`columns without numbers were left out: ${raw.textColumns.join(', ')}`);
  if (plan.repeatedNames.length > 0) {
    notices.push(`columns whose name stands twice were left out: ${plan.repeatedNames.join(', ')}`);
  }
  if (plan.unusedTimeNames.length > 0) {
    notices.push(
      `the time was taken from ${columns[plan.timeIndex].name}, not from ${plan.unusedTimeNames.join(', ')}`,
    );
  }
  if (times.units.length > 1) notices.push(`times in ${times.units.join(' and ')} were each read in their own unit`);
  if (suggestedInterval && INTERVAL_MS[suggestedInterval] !== INTERVAL_MS[built.series.interval]) {
    notices.push(`the file's name says ${suggestedInterval}, its candles are ${built.series.interval}`);
  }
  return {
    ...built,
    unclosedRows: built.unclosedRows + unconfirmed.length,
    notices: [...notices, ...built.notices],
    symbolSource,
    sha256,
    fileRowCount: read.time.length,
    ignoredColumns: raw.textColumns,
    faults: {
      ...built.faults,
      unclosedRows: built.unclosedRows + unconfirmed.length,
      rejected: [...rejected, ...(built.faults.rejected ?? [])],
      timeUnits: times.units,
      swappedVolumeTimesMs: swapped.map((row) => timeMs[row]).sort((a, b) => a - b),
    },
  };
}

/** The rows of a file but some; places are still those in the file. */
function withoutRows(
  left: readonly number[],
  raw: RawCandles,
  timeMs: Float64Array,
  places: Places,
): { raw: RawCandles; timeMs: Float64Array; places: Places } {
  if (left.length === 0) return { raw, timeMs, places };
  const isLeft = new Uint8Array(timeMs.length);
  for (const row of left) isLeft[row] = 1;
  const kept = Int32Array.from(isLeft.keys()).filter((row) => isLeft[row] === 0);
  const pick = (values: Float64Array) => Float64Array.from(kept, (row) => values[row]);
  const { open, high, low, close, volume } = raw.values;
  return {
    raw: {
      ...raw,
      time: pick(raw.time),
      values: { open: pick(open), high: pick(high), low: pick(low), close: pick(close), volume: pick(volume) },
      quoteVolume: raw.quoteVolume && pick(raw.quoteVolume),
      extras: Object.fromEntries(Object.entries(raw.extras).map(([name, values]) => [name, pick(values)])),
    },
    timeMs: pick(timeMs),
    places: {
      placeOf: (row) => places.placeOf(kept[row]),
      cellOf: (row, column) => places.cellOf(kept[row], column),
    },
  };
}

interface Places {
  placeOf: (row: number) => string;
  cellOf: (row: number, column: 'time' | ValueColumn) => string;
}

/** Of files that have rows but no lines. */
function rowPlaces(raw: RawCandles): Places {
  return {
    placeOf: (row) => `row ${row + 1}`,
    cellOf: (row, column) => String(column === 'time' ? raw.time[row] : raw.values[column][row]),
  };
}

/** Finds lines and cells in the text only when a message needs them. */
function textPlaces(text: Buffer, layout: TextLayout, plan: ColumnPlan): Places {
  const lineOf = (row: number) => locateRow(text, layout.skipLines, row);
  return {
    placeOf: (row) => `line ${lineOf(row).lineNumber}`,
    cellOf: (row, column) => {
      const cells = splitCells(lineOf(row).text, layout.delimiter);
      const indexes = column === 'time' ? [plan.timeIndex, plan.clockIndex ?? []].flat() : [plan.valueIndexes[column]];
      return JSON.stringify(indexes.map((index) => cells[index] ?? '').join(' '));
    },
  };
}

/** The first entry of the symbol column. */
function symbolCellOf(columns: readonly SourceColumn[]): string | undefined {
  return columns[findSymbol(columns)]?.sample[0];
}

/** The beginning of the text, cut after a line; all of it when it is short. */
function wholeLinesOf(text: Buffer): string {
  if (text.length <= HEAD_BYTES) return text.toString('utf8');
  const end = text.lastIndexOf('\n', HEAD_BYTES);
  return text.subarray(0, end < 0 ? HEAD_BYTES : end).toString('utf8');
}
