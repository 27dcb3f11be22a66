/** What a file's name and its folders say about its candles, as exchanges and data vendors name such files. */

import { basename, dirname, resolve } from 'node:path';
import { isKnownAsset } from '../../market/assets.js';
import type { Interval } from '../../market/interval.js';
import type { Market, MarketKind } from '../../market/market-kind.js';
import { isVendor, type MarketReading, readMarketWords } from '../../market/market-words.js';
import { readIntervalNumber, readIntervalWord } from './interval-words.js';

export interface NameClues {
  readonly market: Market | undefined;
  /** Whether name or folder tell spot, futures, mark and index apart. */
  readonly saysKind: boolean;
  /** Whether only a folder does. */
  readonly isOfFolder?: boolean;
  readonly interval: Interval | undefined;
  /** Why the name tells no market, in words that follow it. */
  readonly unclear?: string;
  /** What the file holds in place of prices, by its name. */
  readonly notPrices?: string;
}

/** No file system has longer names. */
const LONGEST_NAME = 255;
const ENDING = /\.(?:csv|txt|tsv|json|jsonl|ndjson|jsongz|parquet|pq|feather|arrow|gz|gzip|zip|zst|bz2|xz|xlsx?)$/i;
const COPY = /(?:[ _-]*\(\d+\)|[ _-]+copy(?:[ _-]*\d+)?)$/i;
/**
 * Days and times, of the data or of the download; eight digits in a row are looked at where they stand, and a year that
 * touches letters is of a name: `BTCUSDTM2024`, `TOKEN2049USDT`.
 */
const DATES =
  /(?<!\d)(?:19|20)\d{2}([-_.])\d{1,2}\1\d{1,2}(?!\d)(?:[T ]\d{2}[:_-]?\d{2}(?:[:_-]?\d{2})?Z?)?|(?<!\d)\d{1,2}\.\d{1,2}\.\d{4}|(?<![\d\p{L}])(?:19|20)\d{2}(?:[-_.]?(?:0[1-9]|1[0-2]))?(?![\d\p{L}])|(?<!\d)1\d{9}(?:\d{3})?(?!\d)/gu;
/** `1_h`, `1-min`, `1 Min` */
const NUMBER_APART =
  /(?<![\dA-Za-z])(\d{1,3})[-_ ](s|sec|m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)(?![A-Za-z\d])/gi;
/** Binance's archive, and others that write so: one word before the interval is the symbol, whatever it is. */
const ARCHIVE = /^([^\p{Ll}\s_.-]{4,})-\d{1,2}[smhdwM](?:o)?-\d{4}-\d{2}(?:-\d{2})?$/u;
/** `BINANCE_BTCUSDT.P, 60` */
const TRADINGVIEW = /^([A-Z0-9]+)_([^\s,]+), ?(?:\d{1,4}[SDWM]?|[SDWM])$/u;
/** In capitals or in small letters, not a word that begins with a capital; or a delivery day. */
const SYMBOL_LIKE = /^(?:(?!\p{Lu}\p{Ll}).*\p{L}.*|\d{6})$/u;
const NO_PRICES: readonly (readonly [RegExp, string])[] = [
  [/funding[-_ ]?rates?/i, 'funding rates'],
  [/premium[-_ ]?index/i, 'a premium index'],
  [/(?<![A-Za-z])premium(?![A-Za-z])/i, 'a premium index'],
  [/open[-_ ]?interest/i, 'open interest'],
  [/(?<=[A-Za-z\d][-_ ])oi(?![A-Za-z])/i, 'open interest'],
  [/(?<![A-Za-z])liquidations?(?![A-Za-z])/i, 'liquidations'],
  [/(?<![A-Za-z])heikin(?:[-_ ]?ashi)?(?![A-Za-z])/i, 'Heikin-Ashi candles, which are averages'],
  [/(?<![A-Za-z])renko(?![A-Za-z])/i, 'Renko bricks'],
  [/long[-_ ]?short/i, 'the share of long and short positions'],
  [/[A-Z]\.D(?:[,_\s]|$)/, 'a share of the whole market'],
  [/(?<![A-Za-z])aggTrades(?![A-Za-z])/, 'single trades'],
];
/** Folders that are named after a market, as exchanges and freqtrade name them. */
const KIND_OF_FOLDER: ReadonlyMap<string, MarketKind> = new Map([
  ['markPriceKlines', 'mark'],
  ['indexPriceKlines', 'index'],
  ['spot', 'spot'],
  ['futures', 'perpetual'],
  ['futures_usdt', 'perpetual'],
  ['futures_btc', 'perpetual'],
]);

/**
 * Reads market and interval from a name such as `BINANCE_BTCUSDT_1h.csv.gz`, `BTCUSDT-1h-2024-01.csv` or
 * `BTC_USDT_USDT-1h-futures.json`. Two parts before the interval are base and quote, whatever they are called; where the
 * name alone does not tell the market, a folder such as `futures/um/monthly/klines` does.
 */
export function readNameClues(path: string): NameClues {
  if (basename(path).length > LONGEST_NAME) return { market: undefined, saysKind: false, interval: undefined };
  const stem = stemOf(path);
  const notPrices = findNoPrices(path, stem);
  const words = splitWords(stem);
  const at = findInterval(words);
  const found = at < 0 ? undefined : intervalAt(words, at);
  const interval = found === 'other' ? undefined : found;
  const reading = readMarket(stem, words, at);
  if ('unclear' in reading)
    return { market: undefined, saysKind: false, interval, unclear: reading.unclear, notPrices };
  const { market, saysKind } = reading;
  const folder = saysKind ? undefined : kindOfFolders(path, stem);
  // Nothing else would be taken for spot, and columns may yet say more.
  if (folder === undefined || folder === 'spot') return { market, saysKind, interval, notPrices };
  return { market: { ...market, kind: folder }, saysKind: true, isOfFolder: true, interval, notPrices };
}

function stemOf(path: string): string {
  let stem = basename(path).normalize('NFC');
  for (let shorter = ''; shorter !== stem; ) {
    shorter = stem;
    stem = stem.replace(ENDING, '').replace(COPY, '');
  }
  return stem;
}

function splitWords(stem: string): string[] {
  return stem
    .replace(DATES, ' ')
    .replace(NUMBER_APART, (_, number: string, unit: string) => number + unit.toLowerCase())
    .split(/[_\-\s,.()[\]/]+/)
    .filter((word) => word !== '');
}

/** The word that tells the interval: one with a unit, else a number behind the symbol; −1 for none. */
function findInterval(words: readonly string[]): number {
  const isInterval = (word: string) => readIntervalWord(word) !== undefined;
  const withNumber = words.findIndex((word) => /\d/.test(word) && isInterval(word));
  if (withNumber >= 0) return withNumber;
  const spelled = words.findIndex((word, index) => index > 0 && /^\p{L}\p{Ll}+$/u.test(word) && isInterval(word));
  if (spelled >= 0) return spelled;
  const number = words.findIndex(
    (word, index) => readIntervalNumber(word) !== undefined && SYMBOL_LIKE.test(words[index - 1] ?? ''),
  );
  if (number >= 0) return number;
  // `Binance_BTCUSDT_d`
  const last = words.findLastIndex((word) => /\p{L}/u.test(word));
  return last > 0 && isInterval(words[last]) ? last : -1;
}

function intervalAt(words: readonly string[], at: number) {
  return readIntervalWord(words[at]) ?? readIntervalNumber(words[at]);
}

function readMarket(stem: string, words: readonly string[], at: number): MarketReading {
  const chart = TRADINGVIEW.exec(stem);
  const verbatim = ARCHIVE.exec(stem)?.[1] ?? chart?.[2];
  if (words.some((word, index) => index > 0 && index < at && /^20\d{6}$/.test(word))) {
    return { unclear: 'has a day before the interval, which may be that of its data or of a delivery' };
  }
  const others = words.filter((word, index) => index !== at && (chart === null || index > 0 || word === 'INDEX'));
  const before = readMarketWords({
    words: chart === null && at > 0 ? wordsOfMarket(words, at) : others,
    isSymbol: at > 0,
  });
  if ('market' in before) return before;
  if (verbatim !== undefined && isPlainSymbol(verbatim)) {
    return { market: { pair: verbatim, kind: 'spot' }, saysKind: false };
  }
  const anywhere = at > 0 ? readMarketWords({ words: others }) : before;
  return 'market' in anywhere ? anywhere : before;
}

/** The words before the interval, and behind it those that tell the market: `BTC_USDT_USDT-1h-futures`. */
function wordsOfMarket(words: readonly string[], at: number): string[] {
  return words.filter(
    (word, index) => index < at || (index > at && /^(?:futures|mark|index|spot|swap|perp|linear|inverse)$/i.test(word)),
  );
}

function isPlainSymbol(text: string): boolean {
  return (
    /^[\p{L}\p{N}]+$/u.test(text) &&
    !/\p{Ll}/u.test(text) &&
    /\p{L}/u.test(text) &&
    !isKnownAsset(text) &&
    !isVendor(text)
  );
}

/** Of the nearest folder that is named after a market; one called `futures` may hold anything, unless it is laid out so. */
function kindOfFolders(path: string, stem: string): MarketKind | undefined {
  const folders = dirname(resolve(path)).split(/[/\\]/);
  const isOfMarket = (folder: string, at: number) =>
    KIND_OF_FOLDER.has(folder) && (folder !== 'futures' || isLaidOut(folders.slice(at + 1), stem));
  return KIND_OF_FOLDER.get(folders.findLast(isOfMarket) ?? '');
}

/** Whether folders are those of Binance's archive, or of symbol and interval alone: `futures/um/…`, `futures/BTCUSDT/1h`. */
function isLaidOut(folders: readonly string[], stem: string): boolean {
  return /^[uc]m$/.test(folders[0] ?? '') || folders.every((folder) => stem.includes(folder));
}

function findNoPrices(path: string, stem: string): string | undefined {
  const folders = dirname(resolve(path)).split(/[/\\]/);
  const text = folders.includes('premiumIndexKlines') ? `premiumIndex ${stem}` : stem;
  return NO_PRICES.find(([pattern]) => pattern.test(text))?.[1];
}
