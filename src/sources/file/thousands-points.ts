/**
 * Points that may stand between thousands or before decimals: `999` beside `1.002`, `754` beside `1.305`. Every such cell is
 * a number to DuckDB, so that only the whole column, and what its neighbours are, can tell.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { TradeAiError } from '../../core/errors.js';
import { quoteText } from '../../duckdb/connection.js';
import { ambiguousNumbers, NUMBER_STYLES, type NumberStyle } from './number-styles.js';

/** SQL names of the columns, and the table. */
export interface NumberCells {
  readonly table: string;
  readonly prices: readonly string[];
  readonly volume: string;
  readonly quoteVolume: string | undefined;
  readonly fileName: string;
}

/** Such points are between thousands or before decimals. */
const POINT_CELL = '[1-9]\\d{0,2}\\.\\d{3}';
const WHOLE_CELL = '[1-9]\\d{0,2}';
/** Fewer of either kind are no column that mixes them. */
const VOLUMES_OF_EACH = 3;
/** Of two readings of a price and its neighbour, which are a thousandfold apart, one is farther off than this. */
const JUMP = 30;
const [, GERMAN] = NUMBER_STYLES;

/**
 * Whether the numbers of the table, read as decimals, leave it open that they are thousands: none above a thousand, none of
 * four decimals, some whole and some not; of prices also that something contradicts the decimals. The first row of most files
 * answers it.
 */
export async function mayBeThousands(connection: DuckDBConnection, cells: NumberCells): Promise<boolean> {
  const isAny = async (columns: readonly string[], condition: (cell: string) => string) => {
    const sql = `SELECT 1 FROM ${cells.table} WHERE ${columns.map(condition).join(' OR ')} LIMIT 1`;
    return (await connection.runAndReadAll(sql)).getRows().length > 0;
  };
  const isMixed = async (columns: readonly string[]) =>
    !(await isAny(
      columns,
      (cell) =>
        `${cell} >= 1000 OR (${cell} < 1 AND ${cell} <> 0) OR abs(${cell} * 1000 - round(${cell} * 1000)) > 1e-6`,
    )) &&
    (await isAny(columns, (cell) => `${cell} <> floor(${cell})`)) &&
    (await isAny(columns, (cell) => `${cell} > 0 AND ${cell} = floor(${cell})`));
  if (await isMixed([cells.volume])) return true;
  return (await isMixed(cells.prices)) && (await countContradictions(connection, cells, (cell) => cell)) > 0;
}

/**
 * Decides it for cells of text, of which most are numbers to DuckDB: for prices by their neighbours, for volumes by the
 * quote volume.
 *
 * @returns the style with points between thousands; undefined where points are before decimals
 * @throws TradeAiError `CANDLE_VALUE_INVALID` with both readings where nothing decides
 */
export async function thousandsStyle(
  connection: DuckDBConnection,
  cells: NumberCells,
): Promise<NumberStyle | undefined> {
  const prices = await countKinds(connection, cells.table, cells.prices);
  const volumes = await countKinds(connection, cells.table, [cells.volume]);
  if (prices.others === 0 && prices.points > 0 && prices.wholes > 0) {
    const asDecimals = await countContradictions(connection, cells, (cell) => `TRY_CAST(${cell} AS DOUBLE)`);
    const asThousands = await countContradictions(connection, cells, withoutPoints);
    if (asThousands < asDecimals && volumes.others === 0) return GERMAN;
    if (asThousands <= asDecimals) throw ambiguousNumbers(cells.fileName, await exampleOf(connection, cells));
  }
  const isMixed = volumes.others === 0 && volumes.points >= VOLUMES_OF_EACH && volumes.wholes >= VOLUMES_OF_EACH;
  if (isMixed && !(await quoteVolumeConfirms(connection, cells))) throw await ambiguousVolumes(connection, cells);
  return undefined;
}

function withoutPoints(cell: string): string {
  return `TRY_CAST(replace(${cell}, '.', '') AS DOUBLE)`;
}

function matches(cell: string, pattern: string): string {
  return `regexp_full_match(${cell}, ${quoteText(pattern)})`;
}

interface CellKinds {
  readonly points: number;
  readonly wholes: number;
  /** Cells that are numbers and can be of one reading only. */
  readonly others: number;
}

async function countKinds(connection: DuckDBConnection, table: string, columns: readonly string[]): Promise<CellKinds> {
  const isOther = `TRY_CAST(cell AS DOUBLE) <> 0 AND NOT ${matches('cell', `${POINT_CELL}|${WHOLE_CELL}`)}`;
  const counts = [matches('cell', POINT_CELL), matches('cell', WHOLE_CELL), isOther];
  const sql = `SELECT ${counts.map((count) => `(count(*) FILTER (${count}))::DOUBLE`).join(', ')}
    FROM (SELECT unnest([${columns.join(', ')}]) AS cell FROM ${table})`;
  const [points, wholes, others] = (await connection.runAndReadAll(sql)).getRows()[0].map(Number);
  return { points, wholes, others };
}

/** Rows that are no candles, or open far from where the one before them closed. */
async function countContradictions(
  connection: DuckDBConnection,
  { table, prices }: NumberCells,
  toNumber: (cell: string) => string,
): Promise<number> {
  const [open, high, low, close] = prices.map(toNumber);
  const sql = `SELECT (count(*) FILTER (least(o, c) < l OR greatest(o, c) > h OR o > ${JUMP} * b OR b > ${JUMP} * o))::DOUBLE
    FROM (SELECT ${open} AS o, ${high} AS h, ${low} AS l, ${close} AS c, lag(${close}) OVER () AS b FROM ${table})`;
  return Number((await connection.runAndReadAll(sql)).getRows()[0][0]);
}

/** Whether most volumes with points, read as decimals, are worth the quote volume beside them. */
async function quoteVolumeConfirms(connection: DuckDBConnection, cells: NumberCells): Promise<boolean> {
  const { table, prices, volume, quoteVolume } = cells;
  if (quoteVolume === undefined) return false;
  const worth = `TRY_CAST(${volume} AS DOUBLE) * TRY_CAST(${prices[3]} AS DOUBLE)`;
  const sql = `SELECT coalesce(median(TRY_CAST(${quoteVolume} AS DOUBLE) / (${worth})) BETWEEN 0.5 AND 2, false)
    FROM ${table} WHERE ${matches(volume, POINT_CELL)}`;
  return (await connection.runAndReadAll(sql)).getRows()[0][0] === true;
}

async function exampleOf(connection: DuckDBConnection, { table, prices }: NumberCells) {
  const cell = await firstCell(connection, table, prices, POINT_CELL);
  return { cell, readings: [Number(cell.replace('.', '')), Number(cell)] };
}

async function ambiguousVolumes(connection: DuckDBConnection, cells: NumberCells): Promise<TradeAiError> {
  const point = await firstCell(connection, cells.table, [cells.volume], POINT_CELL);
  const whole = await firstCell(connection, cells.table, [cells.volume], WHOLE_CELL);
  return new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${cells.fileName}: its volumes have two readings: ${JSON.stringify(point)} beside ${JSON.stringify(whole)} is ` +
      `${point.replace('.', '')} with a point between thousands, or ${Number(point)} with three decimals`,
    {
      hint: `write the volumes without points between thousands (${point.replace('.', '')}), or all of them with their decimals (${point} and ${whole}.000)`,
    },
  );
}

async function firstCell(
  connection: DuckDBConnection,
  table: string,
  columns: readonly string[],
  pattern: string,
): Promise<string> {
  const sql = `SELECT cell FROM (SELECT unnest([${columns.join(', ')}]) AS cell FROM ${table}) WHERE ${matches('cell', pattern)} LIMIT 1`;
  return String((await connection.runAndReadAll(sql)).getRows()[0][0]);
}
