/**
 * Rows that cannot be candles, and other copies of candles that are stored, kept beside the store and never used: `data/quarantine/<source>/<SYMBOL>/<interval>.csv`,
 * a text file with the values as they came and what is wrong with them. Rows are added at its end, the same one once; none is
 * removed but the copies of a time that is settled.
 */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { checkName } from '../core/names.js';
import { withFolderLock } from '../files/folder-lock.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { makeFolder, writeFileAtomically } from '../files/write-atomically.js';
import type { CandleSeries } from '../market/candle-series.js';
import { parseInterval } from '../market/interval.js';
import { type RejectedRow, ROW_FAULTS, type RowFault } from '../market/quality/import-faults.js';
import { setAsideRejected } from '../market/quality/row-faults.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Quarantine } from '../ports/quarantine.js';

const HEADER = 'open_time,open,high,low,close,volume,reason';
const CELLS = 7;

/** Opens the quarantine of a workspace; nothing is created before the first row. */
export function openQuarantine(home: string): Quarantine {
  return {
    add: (key, rows) => addRows(quarantinePath(home, key), rows),
    settle: (key, isSettled) => settleRows(quarantinePath(home, key), isSettled),
    async read(key) {
      const path = quarantinePath(home, key);
      return (await readLines(path)).map((line, index) => parseRow(line, `${path}, line ${index + 2}`));
    },
  };
}

/**
 * Puts the rows of a series that cannot be candles into quarantine.
 *
 * @returns the others
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function quarantineRejected(home: string, source: string, series: CandleSeries): Promise<CandleSeries> {
  const { sound, rejected } = setAsideRejected(series);
  if (rejected.length === 0) return series;
  await openQuarantine(home).add({ source, symbol: series.symbol, interval: series.interval }, rejected);
  return sound;
}

/** Where the rows of a series are listed. */
export function quarantinePath(home: string, { source, symbol, interval }: StoredSeriesKey): string {
  const folder = join(home, 'data', 'quarantine', checkName(source, 'source'), checkName(symbol, 'symbol'));
  return join(folder, `${parseInterval(interval)}.csv`);
}

async function addRows(path: string, rows: readonly RejectedRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const folder = dirname(path);
  await makeFolder(folder);
  return withFolderLock(folder, async (lock) => {
    const lines = await readLines(path);
    const known = new Set(lines);
    const added = [...new Set(rows.map(formatRow))].filter((line) => !known.has(line));
    if (added.length === 0) return 0;
    await lock.confirm();
    await writeFileAtomically(path, `${[HEADER, ...lines, ...added].join('\n')}\n`);
    return added.length;
  });
}

async function settleRows(path: string, isSettled: (openTimeMs: number) => boolean): Promise<void> {
  const isOpen = (line: string) => {
    const { fault, openTimeMs } = parseRow(line, path);
    return fault !== 'conflict' || !isSettled(openTimeMs);
  };
  if ((await readLines(path)).every(isOpen)) return;
  await withFolderLock(dirname(path), async (lock) => {
    const lines = (await readLines(path)).filter(isOpen);
    await lock.confirm();
    await writeFileAtomically(path, `${[HEADER, ...lines].join('\n')}\n`);
  });
}

/** The lines below the header; none when there is no file. */
async function readLines(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return [];
    throw toReadError(path, error);
  }
  const [header, ...lines] = text.split('\n');
  if (header !== HEADER) throw damaged(`${path}: expected the header ${HEADER}, was ${header.slice(0, 80)}`);
  return lines.filter((line) => line !== '');
}

function formatRow({ openTimeMs, open, high, low, close, volume, fault }: RejectedRow): string {
  return [openTimeMs, open, high, low, close, volume, fault].join(',');
}

function parseRow(line: string, place: string): RejectedRow {
  const cells = line.split(',');
  const fault = cells[CELLS - 1] as RowFault;
  if (cells.length !== CELLS || !ROW_FAULTS.includes(fault)) {
    throw damaged(`${place}: expected ${HEADER}, was ${line.slice(0, 80)}`);
  }
  const [openTimeMs, open, high, low, close, volume] = cells.map(Number);
  return { openTimeMs, open, high, low, close, volume, fault };
}

function damaged(state: string): TradeAiError {
  return new TradeAiError('STORAGE_UNREADABLE', state, {
    hint: 'move the file away: it is a list of rows that were left out, and no candle depends on it',
  });
}
