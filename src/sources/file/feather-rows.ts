/** Candles as Feather, freqtrade's default: `date` as a timestamp, then open, high, low, close, volume. */

import { TradeAiError } from '../../core/errors.js';
import { canHoldRows } from '../../duckdb/parquet.js';
import { counted } from '../../text/sentences.js';
import { type ArrowColumn, openArrowFile, readArrowNumbers, readArrowTexts } from './arrow-file.js';
import { planColumns, type SourceColumn } from './columns.js';
import { unreadable } from './file-content.js';
import { candlesOf, type NamedCandles } from './named-columns.js';
import { checkTableSize } from './size-limits.js';
import { timesOfType } from './source-table.js';

const DISTINCT_ENTRIES = 5;

/**
 * Reads the rows of a Feather file of the second version, packed or not.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` for a damaged file, and for one that holds too much;
 *   `CANDLE_COLUMNS_MISSING`
 */
export function readFeatherRows(bytes: Buffer, symbol: string | undefined, fileName: string): NamedCandles {
  const told = <T>(read: () => T) => reading(fileName, read);
  const file = told(() => openArrowFile(bytes));
  const { rowCount } = file;
  const columns = file.columns.map(
    ({ name, kind, isZoned }): SourceColumn => ({ name, type: kind === 'other' ? 'text' : kind, isZoned, sample: [] }),
  );
  checkTableSize({ rowCount, valueCount: rowCount * columns.length, fileName });
  if (!canHoldRows(bytes.length, rowCount)) {
    throw unreadable(
      fileName,
      `says of itself that it holds ${counted(rowCount, 'row')} in ${counted(bytes.length, 'byte')}, which no candles do`,
      'download or export it again',
    );
  }
  const plan = planColumns(columns, symbol, fileName);
  const wanted = new Set([plan.timeIndex, ...Object.values(plan.valueIndexes), ...plan.extraIndexes]);
  for (const index of [plan.timeIndex, ...Object.values(plan.valueIndexes)]) {
    if (file.columns[index].numbers === undefined) throw notNumbers(fileName, columns[index].name);
  }
  const values = file.columns.map((column, index) =>
    wanted.has(index) && column.numbers !== undefined ? told(() => readArrowNumbers(file, column)) : undefined,
  );
  const entriesOf = (index: number | undefined) => {
    const column: ArrowColumn | undefined = index === undefined ? undefined : file.columns[index];
    return column?.kind === 'text' ? told(() => readArrowTexts(file, column, DISTINCT_ENTRIES)) : [];
  };
  const raw = candlesOf(columns, values, plan);
  const said = { symbols: entriesOf(plan.symbolIndex), marketTypes: entriesOf(plan.marketTypeIndex) };
  return { raw: { ...raw, timesOf: timesOfType(columns[plan.timeIndex]), ...said }, columns, plan, notices: [] };
}

function reading<T>(fileName: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(fileName, `is damaged feather: ${(error as Error).message}`, 'download or export it again', error);
  }
}

function notNumbers(fileName: string, name: string): TradeAiError {
  return new TradeAiError('CANDLE_VALUE_INVALID', `${fileName}: its column ${JSON.stringify(name)} is not of numbers`, {
    hint: 'write times as timestamps, and prices and volumes as numbers',
  });
}
