/**
 * What an exchange puts around the rows of its answer: `{"code": "0", "data": [[…], …]}` and the like. The rows are found
 * by their brackets and read elsewhere; the rest is small and says what the rows are of, or what went wrong. Pure.
 */

import type { TradeAiError } from '../../core/errors.js';
import { fromKraken, readSymbolText } from '../../market/market-words.js';
import { listed } from '../../text/sentences.js';
import { holdsSymbol } from './columns.js';
import { unreadable } from './file-content.js';

export interface JsonParts {
  /** What stands between the brackets of the list of rows. */
  readonly rows: Buffer;
  /** As the answer spells it, where it says one. */
  readonly symbol: string | undefined;
  /** `spot` or `perpetual`, where the answer says it. */
  readonly marketType: string | undefined;
}

const BYTE = { quote: 0x22, escape: 0x5c, listStart: 0x5b, listEnd: 0x5d, objectStart: 0x7b, objectEnd: 0x7d } as const;
/** An answer says little beside its rows. */
const LARGEST_ENVELOPE_BYTES = 64 * 1024;
const DEEPEST_LIST = 8;
const MOST_LISTS = 100;
const LONGEST_QUOTE = 200;
/** Stands for the rows once they are taken out; no answer has such a text. */
const ROWS = '\u0000rows';
const BYBIT_CATEGORIES: Readonly<Record<string, string>> = { spot: 'spot', linear: 'perpetual', inverse: 'perpetual' };
/** Messages that tell of no error. */
const SUCCESS = /^(ok|success(ful)?)?$/i;
/** What to do about JSON of another layout. */
export const LAYOUT_HINT =
  'expected [[time, open, high, low, close, volume], …] or [{"time": …, "open": …}, …]; export other layouts as CSV or Parquet';

/**
 * Parts the rows from what is around them.
 *
 * @throws TradeAiError `CANDLE_FILE_UNREADABLE` for JSON without rows or with several lists of them, for one that is cut
 *   off, and for an exchange's error, which is quoted
 */
export function openEnvelope(text: Buffer, fileName: string): JsonParts {
  const whole = trimmed(text);
  const isList = whole[0] === BYTE.listStart;
  if (whole.at(-1) !== (isList ? BYTE.listEnd : BYTE.objectEnd)) {
    throw unreadable(
      fileName,
      `is cut off: its JSON ${isList ? 'list' : 'object'} does not end`,
      'download or export it again',
    );
  }
  if (isList && beginsRows(whole, 0)) return { rows: whole.subarray(1, -1), symbol: undefined, marketType: undefined };
  const lists = findRowLists(whole, fileName);
  const envelope = parseEnvelope(whole, lists, fileName);
  const paths = pathsOfRows(envelope);
  if (lists.length > 1) {
    const names = listed(paths.map((path) => JSON.stringify(path.join('.'))));
    // Of a key that stands twice, the parsed answer has the last list alone.
    throw severalLists(
      fileName,
      paths.length === lists.length ? names : `${lists.length}, under keys that repeat or lie too deep`,
    );
  }
  if (lists.length === 0) throw noRows(envelope, whole.toString('utf8'), fileName);
  const [{ start, end }] = lists;
  return { rows: whole.subarray(start + 1, end - 1), ...marketOf(envelope, paths[0] ?? []) };
}

function severalLists(fileName: string, which: string): TradeAiError {
  return unreadable(
    fileName,
    `holds several lists of rows: ${which}`,
    'keep the candles of one symbol and interval in a file',
  );
}

/** Whether a list begins here whose first element is a list or an object. */
function beginsRows(text: Buffer, at: number): boolean {
  if (text[at] !== BYTE.listStart) return false;
  let next = at + 1;
  while (isBlank(text[next])) next += 1;
  return text[next] === BYTE.listStart || text[next] === BYTE.objectStart;
}

/** Where lists of rows stand, from their bracket to behind the one that closes them. */
function findRowLists(text: Buffer, fileName: string): { start: number; end: number }[] {
  const lists: { start: number; end: number }[] = [];
  let [depth, start] = [0, -1];
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === BYTE.quote) at = endOfString(text, at);
    else if (start < 0 && beginsRows(text, at)) [start, depth] = [at, 1];
    else if (start >= 0 && (byte === BYTE.listStart || byte === BYTE.objectStart)) depth += 1;
    else if (start >= 0 && (byte === BYTE.listEnd || byte === BYTE.objectEnd)) {
      depth -= 1;
      if (depth > 0) continue;
      lists.push({ start, end: at + 1 });
      start = -1;
      if (lists.length > MOST_LISTS) throw severalLists(fileName, `more than ${MOST_LISTS}`);
    }
  }
  if (start >= 0)
    throw unreadable(fileName, 'is cut off: its list of rows does not end', 'download or export it again');
  return lists;
}

/** The place of the quote that ends a string. */
function endOfString(text: Buffer, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== BYTE.quote) at += text[at] === BYTE.escape ? 2 : 1;
  return at;
}

function parseEnvelope(text: Buffer, lists: readonly { start: number; end: number }[], fileName: string): unknown {
  const starts = [0, ...lists.map(({ end }) => end)];
  const ends = [...lists.map(({ start }) => start), text.length];
  const sizeBytes = starts.reduce((sum, start, at) => sum + ends[at] - start, 0);
  if (sizeBytes > LARGEST_ENVELOPE_BYTES) throw unreadable(fileName, 'is JSON, but no list of rows', LAYOUT_HINT);
  try {
    return JSON.parse(starts.map((start, at) => text.toString('utf8', start, ends[at])).join(JSON.stringify(ROWS)));
  } catch (error) {
    throw unreadable(fileName, `is damaged JSON: ${(error as Error).message}`, 'download or export it again', error);
  }
}

/** The keys that lead to each list of rows. */
function pathsOfRows(value: unknown, path: readonly string[] = []): string[][] {
  if (value === ROWS) return [[...path]];
  if (typeof value !== 'object' || value === null || path.length >= DEEPEST_LIST) return [];
  return Object.entries(value).flatMap(([key, entry]) => pathsOfRows(entry, [...path, key]));
}

/**
 * Bybit's `result.symbol` and `result.category`, Bitstamp's `data.pair`, Polygon's `ticker`, Twelve Data's `meta.symbol`, or
 * the key of the rows where it is a pair, as Kraken's and Alpaca's are.
 */
function marketOf(envelope: unknown, path: readonly string[]): Omit<JsonParts, 'rows'> {
  const holders = path.map((_, depth) => path.slice(0, depth).reduce((value, key) => fieldOf(value, key), envelope));
  const symbol = holders.flatMap((holder) => [symbolIn(holder), symbolIn(fieldOf(holder, 'meta'))]).find(Boolean);
  const category = String(fieldOf(holders.at(-1), 'category'));
  const marketType = Object.hasOwn(BYBIT_CATEGORIES, category) ? BYBIT_CATEGORIES[category] : undefined;
  if (symbol !== undefined) return { symbol, marketType };
  const key = path.at(-1);
  const isPair = fieldOf(holders.at(-1), 'last') !== undefined || (key && 'market' in readSymbolText(key));
  return { symbol: key !== undefined && isPair ? fromKraken(key) : undefined, marketType };
}

/** What an object says of its symbol, under any of the names that columns of it have. */
function symbolIn(holder: unknown): string | undefined {
  if (typeof holder !== 'object' || holder === null || Array.isArray(holder)) return undefined;
  const entries = Object.entries(holder).filter(([key, value]) => typeof value === 'string' && holdsSymbol(key, value));
  return entries[0]?.[1];
}

function noRows(envelope: unknown, text: string, fileName: string): TradeAiError {
  const told = errorOf(envelope);
  if (told !== undefined) {
    const quote = JSON.stringify(told.slice(0, LONGEST_QUOTE));
    return unreadable(
      fileName,
      `holds an exchange's error instead of candles: ${quote}`,
      'ask the exchange again, for a symbol and a time that it has',
    );
  }
  if (/\[\s*\]/.test(text))
    return unreadable(fileName, 'holds no candles: its list of rows is empty', 'ask for a time that has candles');
  return unreadable(fileName, 'is JSON, but no list of rows', LAYOUT_HINT);
}

/** What an answer says went wrong: Binance's `msg`, Bybit's `retMsg`, Kraken's `error`, Bitfinex's `["error", 10020, "…"]`. */
function errorOf(envelope: unknown): string | undefined {
  if (Array.isArray(envelope)) return envelope[0] === 'error' ? envelope.slice(1).join(' ') : undefined;
  const told = ['error', 'msg', 'retMsg', 'message', 'err-msg'].flatMap((key) => fieldOf(envelope, key));
  const text = told.find((value) => typeof value === 'string' && !SUCCESS.test(value));
  if (text === undefined) return undefined;
  const code = ['code', 'retCode', 'err-code']
    .map((key) => fieldOf(envelope, key))
    .find((value) => value !== undefined);
  return code === undefined ? String(text) : `${code} ${text}`;
}

/** An entry of an object's own; `undefined` where there is none. */
function fieldOf(value: unknown, key: string): unknown {
  const isHolder = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return isHolder ? (value as Record<string, unknown>)[key] : undefined;
}

function trimmed(text: Buffer): Buffer {
  let start = text.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.subarray(start, end);
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
