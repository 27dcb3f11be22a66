/** Candles of a file, taken into the store. */

import { TradeAiError } from '../core/errors.js';
import { checkName } from '../core/names.js';
import { IMPORT } from '../market/candle-origin.js';
import { type CandleSeries, firstRowAt, rowCountOf } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import { describeContradiction, dropPartialEnd } from '../market/quality/contradiction.js';
import { IMPORT_LIMITS, setAsideRows } from '../market/quality/import-faults.js';
import type { CandleFileContent } from '../ports/candle-file.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';

export interface ImportOptions {
  /** From the file name when absent. */
  readonly symbol?: string;
  /** From the spacing of the rows when absent. */
  readonly interval?: Interval;
  /** Zone of times that tell no offset: `Europe/Berlin`; UTC when absent. */
  readonly timeZone?: string;
  /** Where the candles came from: `file` when absent. One with a source of that name can be updated later. */
  readonly source?: string;
  /** Stores the candles also where they contradict what is stored of their time. */
  readonly replace?: boolean;
}

export interface CandleImport extends StoredSeriesKey {
  readonly rowsRead: number;
  readonly addedRows: number;
  /** Rows that were there already and differ. */
  readonly revisedRows: number;
  /** Of the series as it is stored now. */
  readonly rowCount: number;
  /** Rows that cannot be candles, and other copies of the same times, kept beside the store. */
  readonly quarantinedRows: number;
  readonly notices: readonly string[];
}

/**
 * Stores the candles of a CSV, JSON, Parquet or Feather file; texts may be packed by gzip.
 *
 * @throws TradeAiError of the kind `data`, `CANDLE_CONFLICT` where they contradict what is stored; `FILE_NOT_FOUND`,
 *   `NAME_INVALID`
 */
export async function importCandles(
  path: string,
  { symbol, interval, timeZone, source = IMPORT.name, replace = false }: ImportOptions,
  { readCandleFile, store, quarantine }: Pick<Ports, 'readCandleFile' | 'store' | 'quarantine'>,
): Promise<CandleImport> {
  checkName(source, 'source');
  const content = await readCandleFile(path, { limits: IMPORT_LIMITS, symbol, interval, timeZone });
  return storeContent({ source, content, replace }, { store, quarantine });
}

export interface StoredContent {
  readonly source: string;
  readonly content: CandleFileContent;
  /** Also where it contradicts what is stored. */
  readonly replace?: boolean;
}

/** Stores what a file held, which settles the conflicts of the times that it names once. @throws TradeAiError `CANDLE_CONFLICT` where it contradicts what is stored */
export async function storeContent(
  { source, content: { series, notices, faults }, replace = false }: StoredContent,
  { store, quarantine }: Pick<Ports, 'store' | 'quarantine'>,
): Promise<CandleImport> {
  const { addedRows, revisedRows } = await store.append(source, series, replace ? {} : { inspect: joinHistory });
  const key: StoredSeriesKey = { source, symbol: series.symbol, interval: series.interval };
  const rowCount = (await store.describe(key))?.rowCount ?? 0;
  const unsettled = new Set(faults.conflictTimesMs);
  await quarantine.settle(key, (timeMs) => !unsettled.has(timeMs) && hasTime(series, timeMs));
  const quarantinedRows = await quarantine.add(key, setAsideRows(faults));
  return { ...key, rowsRead: rowCountOf(series), addedRows, revisedRows, rowCount, quarantinedRows, notices };
}

function hasTime({ openTimeMs }: CandleSeries, timeMs: number): boolean {
  return openTimeMs[firstRowAt(openTimeMs, timeMs)] === timeMs;
}

function joinHistory(stored: CandleSeries, incoming: CandleSeries): CandleSeries {
  const whole = dropPartialEnd(stored, incoming);
  refuseContradiction(stored, whole);
  return whole;
}

/**
 * Refuses candles of a file that are no part of the stored history. An exchange's own updates revise what they will.
 *
 * @throws TradeAiError `CANDLE_CONFLICT`
 */
export function refuseContradiction(stored: CandleSeries, incoming: CandleSeries): void {
  const contradiction = describeContradiction(stored, incoming);
  if (contradiction === undefined) return;
  throw new TradeAiError(
    'CANDLE_CONFLICT',
    `${stored.symbol} ${stored.interval}: these candles contradict what is stored, and nothing was changed: ${contradiction}`,
    {
      commandHint:
        'if the file is right, `tradeai data import FILE --replace` puts its candles in the place of the stored ones of its time; if it is of another market, import it under a name of its own with --symbol or --source',
    },
  );
}
