/** The market that the words of a name speak of: `BTC`, `USDT`, `SWAP`. Of file names and of symbols as exchanges write them. Pure. */

import { isKnownAsset, isQuoteAsset, isQuoteFirst, type SplitPair, splitPair } from './assets.js';
import { type Market, type MarketKind, marketOf } from './market-kind.js';

/** What a name says: a market, or why it names none. */
export type MarketReading = { readonly market: Market; readonly saysKind: boolean } | { readonly unclear: string };

export interface MarketWords {
  readonly words: readonly string[];
  /** Two words are base and quote, whatever they are called, for nothing else can stand there. */
  readonly isSymbol?: boolean;
}

/** Exchanges and vendors, in capitals; a name of theirs is no asset. */
const VENDORS = new Set(
  `BINANCE BINANCEUS BINANCEFTS BINANCEUSDM BINANCECOINM KRAKEN COINBASE COINBASEPRO GDAX BITSTAMP BITFINEX BYBIT OKX OKEX
  KUCOIN GATE GATEIO GEMINI BITGET MEXC HUOBI HTX POLONIEX BITTREX BITMEX DERIBIT FTX UPBIT BITHUMB COINONE BITFLYER PHEMEX
  HYPERLIQUID CRYPTOCOM BINGX BITMART WHITEBIT LBANK COINEX BITVAVO BITSO MTGOX BTCE CEXIO EXMO BITPANDA LUNO MERCADO
  YAHOO YFINANCE CMC COINMARKETCAP COINGECKO COINDESK CRYPTODATADOWNLOAD DUKASCOPY TRADINGVIEW HISTDATA KAGGLE COINAPI
  CRYPTOCOMPARE TARDIS POLYGON INVESTING METATRADER MT4 MT5 FREQTRADE CCXT CRYPTO US PRO`.split(/\s+/),
);
/** What else stands in the names of such files. */
const FILLERS = new Set(
  `DATA CANDLE CANDLES CANDLESTICK CANDLESTICKS OHLC OHLCV OHLCVT KLINE KLINES BAR BARS HISTORY HISTORICAL HIST PRICE PRICES
  CHART EXPORT DOWNLOAD LATEST MAX FULL ALL BID ASK MID TRADE TRADES FINAL CLEAN CLEANED RAW UTC GMT ISO TO FROM MARKET
  MARKETS COIN COINS COM CSV FILE NEW OLD TEST TRAIN SAMPLE MERGED COMBINED PART SET DATASET TIMEFRAME SPOT UM CM USDM COINM
  MONTHLY DAILY WEEKLY YEARLY INDEX MARK PERP SWAP FUT LINEAR INVERSE`.split(/\s+/),
);
const KIND_OF_WORD: ReadonlyMap<string, MarketKind> = new Map([
  ...ofKind('spot', 'SPOT SPBL'),
  ...ofKind(
    'perpetual',
    'LINEARPERPETUAL INVERSEPERPETUAL PERP PERPETUAL PERPETUALS SWAP SWAPS FUTURES FUTURE FUT P UMCBL DMCBL CMCBL LINEAR INVERSE',
  ),
  ...ofKind('mark', 'MARK MARKPRICE MARKPRICEKLINES'),
  ...ofKind('index', 'INDEX INDEXPRICE INDEXPRICEKLINES'),
]);
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const CODED_MONTH = /^(.{2,}?)[FGHJKMNQUVXZ](?:20)?\d{2}$|\d!$/;

function ofKind(kind: MarketKind, words: string): [string, MarketKind][] {
  return words.split(' ').map((word) => [word, kind]);
}

export function isVendor(word: string): boolean {
  return VENDORS.has(word.toUpperCase());
}

/**
 * Reads the words of a name. Small letters are taken for a symbol only where nothing stands in capitals, and only with a
 * quote asset, so that `candles data` names nothing.
 *
 * @example readMarketWords({ words: ['BTC', 'USDT', '240628'] }) // futures of BTCUSDT, delivered on that day
 */
export function readMarketWords({ words: written, isSymbol = false }: MarketWords): MarketReading {
  const words = spellFutures(written);
  const dayless = written.find((word, index) => isOfKraken(written, index) && /^F/i.test(word));
  if (dayless !== undefined && !words.some(deliveryOf)) {
    return { unclear: `says ${dayless}, Kraken's futures, without their delivery day` };
  }
  const isCapital = (word: string) => /^[a-z]?(?=.*[^\p{Ll}\d])[^\p{Ll}]+$/u.test(word) || isFuturesOfBitfinex(word);
  const letters = words.filter((word) => /\p{L}/u.test(word));
  const capitals = letters.filter((word) => isCapital(word) && !isVendor(word));
  const hasCapitals = capitals.some((word) => !FILLERS.has(word) && deliveryOf(word) === undefined);
  const named = (hasCapitals ? capitals : letters).map((word) => stripMarks(word).toUpperCase());
  const kind = kindOf(words);
  const isKind = (word: string) => KIND_OF_WORD.has(word) || deliveryOf(word) !== undefined;
  const assets = named.filter((word) => !isVendor(word) && !isKind(word) && !FILLERS.has(word));
  const reading = pairOf(assets, { isSymbol: isSymbol && hasCapitals, isFuture: kind?.kind === 'perpetual' });
  if (!('unclear' in reading)) return withKind(reading, kind);
  // Assets that are called like one of the words above: `DATA_USDT`, `PERP_USDT`.
  const [first, ...rest] = named;
  const [quote, ...more] = rest.filter((word) => !isVendor(word) && !isKind(word) && !FILLERS.has(word));
  const isAsset = hasCapitals && first !== undefined && !isVendor(first) && !assets.includes(first);
  if (!isAsset || quote === undefined || more.length > 0 || !isQuoteAsset(quote)) return reading;
  const others = words.filter((_, index) => index !== words.indexOf(first));
  return withKind({ pair: first + quote }, kindOf(others));
}

/** Words of two exchanges as others write them: `PF_XBTUSD` of Kraken's futures, and `BTCF0-USTF0` of Bitfinex. */
function spellFutures(words: readonly string[]): string[] {
  const spelled = words.map((word, index) => (isOfKraken(words, index) ? 'PERP' : word));
  return spelled.flatMap((word, index) => {
    if (isHalfOfBitfinex(spelled[index - 1]) && isHalfOfBitfinex(word)) return [];
    return isHalfOfBitfinex(word) && isHalfOfBitfinex(spelled[index + 1]) ? `${word}${spelled[index + 1]}` : word;
  });
}

/** `PF` and `PI` are perpetual futures, `FF` and `FI` end on a day; each stands before a pair. */
function isOfKraken(words: readonly string[], index: number): boolean {
  return /^[PF][FI]$/i.test(words[index]) && splitPair((words[index + 1] ?? '').toUpperCase()) !== undefined;
}

function isHalfOfBitfinex(word = ''): boolean {
  return /^t?[A-Z0-9]{2,}F0$/.test(word) && !isFuturesOfBitfinex(word);
}

interface FoundPair {
  readonly pair: string;
  readonly isPerpetual?: boolean;
}

function withKind({ pair, isPerpetual = false }: FoundPair, kind: Omit<Market, 'pair'> | undefined): MarketReading {
  if (kind !== undefined) return { market: { pair, ...kind }, saysKind: true };
  return { market: { pair, kind: isPerpetual ? 'perpetual' : 'spot' }, saysKind: isPerpetual };
}

function pairOf(
  assets: readonly string[],
  { isSymbol, isFuture }: { isSymbol: boolean; isFuture: boolean },
): FoundPair | { readonly unclear: string } {
  if (assets.length === 0) return { unclear: 'names no pair' };
  if (assets.length === 1) return oneWord(assets[0]);
  const [base, quote, settle] = assets;
  if (assets.length === 3 && isQuoteAsset(quote) && (isFuture || settle === quote || settle === base)) {
    // `BTC_USDT_USDT`: freqtrade names the asset that futures settle in as well.
    if (!splitPair(base)) return { pair: base + quote, isPerpetual: true };
  }
  const found = new Map<string, FoundPair>();
  let doubt: string | undefined;
  const left = new Set<string>();
  for (let index = 0; index < assets.length; index++) {
    const [word, next] = assets.slice(index, index + 2);
    if (next !== undefined && isBaseAndQuote(word, next, assets.length === 2)) {
      const order = isQuoteFirst(word, next);
      if (order === 'likely') doubt = quoteFirst(word, next);
      const pair = order === 'certain' ? next + word : word + next;
      found.set(pair, { pair });
      // `ETH BTC USDT` may be two pairs
      if (!isQuoteAsset(assets[index + 2] ?? '')) index += 1;
    } else if (splitPair(word)) {
      const whole = oneWord(word);
      if (!('unclear' in whole)) found.set(whole.pair, whole);
    } else if (isQuoteAsset(word)) {
      left.add(word);
    }
  }
  const joined = assets.map(splitPair).find((pair) => pair !== undefined);
  // Futures may name the asset that they settle in as well.
  if (isFuture && joined) left.delete(joined.quote);
  if (left.size > 0 && found.size > 0) return { unclear: `says ${assets.join(' ')}, which may be several pairs` };
  if (doubt !== undefined) return { unclear: doubt };
  if (found.size === 1) return [...found.values()][0];
  if (found.size > 1) return { unclear: `names ${[...found.keys()].join(' and ')}` };
  if (assets.length !== 2) return { unclear: `says ${assets.join(' ')}, which names no pair that is known` };
  const order = isQuoteFirst(base, quote);
  if (order === 'likely') return { unclear: quoteFirst(base, quote) };
  if (order === 'certain') return { pair: quote + base };
  const arePlain = assets.every((word) => /^[\p{L}\p{N}]+$/u.test(word));
  return isSymbol && arePlain
    ? { pair: base + quote }
    : { unclear: `says ${base} ${quote}, which names no pair that is known` };
}

/** @param isAll whether nothing else is named */
function isBaseAndQuote(base: string, quote: string, isAll: boolean): boolean {
  const [asPair, quoteAsPair] = [base, quote].map(splitPair);
  if (asPair && isKnownAsset(asPair.base)) return false;
  if (isQuoteAsset(quote)) return isAll || isKnownAsset(base);
  // `SOL_XYUSD`: money that is not known
  return quoteAsPair !== undefined && !isKnownAsset(quoteAsPair.base) && isKnownAsset(base);
}

/** A pair that is written as one word, with what exchanges put behind it: `BTCUSDTPERP`, `XBTUSDTM`. */
function oneWord(name: string): FoundPair | { readonly unclear: string } {
  const word = fromKraken(name);
  const bitfinex = /^(.{2,})F0:?(.{2,})F0$/.exec(word);
  if (bitfinex) return { pair: bitfinex[1] + bitfinex[2], isPerpetual: true };
  const pair = splitPair(word);
  if (pair) return checked(word, pair);
  const future = /^(.+?)(?:PERP|M)$/.exec(word)?.[1];
  if (future !== undefined && splitPair(future) && !isKnownAsset(word)) {
    // KuCoin ends the names of its futures with an M.
    const isOfTether = /(?:USDT|USDC|USD)$/.test(future);
    if (word.endsWith('PERP') || isOfTether) return { pair: future, isPerpetual: true };
  }
  const month = CODED_MONTH.exec(word);
  if (month) return { unclear: `says ${word}, futures of a month without their delivery day` };
  return { unclear: `names ${word}, but not which pair it is of` };
}

/** `XXBTZUSD` → `XBTUSD`: Kraken's older names say of each asset whether it is a coin (X) or money (Z). */
export function fromKraken(name: string): string {
  return name.replace(/^X(ETC|ETH|LTC|MLN|REP|XBT|XDG|XLM|XMR|XRP|ZEC)[XZ]([A-Z]{3})$/, '$1$2');
}

function checked(word: string, { base, quote }: SplitPair): FoundPair | { readonly unclear: string } {
  return isVendor(base) ? { unclear: `names ${quote}, but not what it is the price of` } : { pair: word };
}

function quoteFirst(first: string, second: string): string {
  return `says ${first} ${second}, which some exchanges write with the quote first, ${second}${first}`;
}

/** Futures by their delivery day, else what a word says of the market; index and mark are more than futures. */
function kindOf(words: readonly string[]): Omit<Market, 'pair'> | undefined {
  const days = words.map(deliveryOf).filter((day) => day !== undefined);
  const kinds = words.map((word) => KIND_OF_WORD.get(word.toUpperCase())).filter((kind) => kind !== undefined);
  const kind = (['mark', 'index', 'perpetual', 'spot'] as const).find((each) => kinds.includes(each));
  if (days.length === 1) {
    return { kind: kind === 'mark' || kind === 'index' ? kind : 'delivery', deliveryDay: days[0] };
  }
  return kind && { kind };
}

/** `240628` or `28JUN24`, as `240628`. */
function deliveryOf(word: string): string | undefined {
  const spelled = /^(\d{1,2})([A-Z]{3})(\d{2})$/.exec(word);
  const month = spelled ? MONTHS.indexOf(spelled[2]) + 1 : 0;
  if (spelled && month > 0) return `${spelled[3]}${String(month).padStart(2, '0')}${spelled[1].padStart(2, '0')}`;
  const digits = /^\d{2}(\d{2})(\d{2})$/.exec(word);
  const isDay = digits && Number(digits[1]) >= 1 && Number(digits[1]) <= 12 && Number(digits[2]) >= 1;
  return isDay && Number(digits[2]) <= 31 ? word : undefined;
}

/** Bitfinex puts a `t` before its symbols, and `F0` behind the assets of futures. */
function stripMarks(word: string): string {
  return /^t[A-Z0-9]{3,}/.test(word) ? word.slice(1) : word;
}

function isFuturesOfBitfinex(word: string): boolean {
  return /^t?[A-Z0-9]+F0:?[A-Z0-9]+F0$/.test(word);
}

/** Letters that become another one in capitals (`ß`, `ı`) stay what they are. */
export function inCapitals(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase());
}

const PAIR_OF_CCXT = /^([\p{L}\p{N}]{1,30})\/([\p{L}\p{N}]{1,30})(?::[\p{L}\p{N}]{1,30}(?:-(\d{6}))?)?$/u;

/** ccxt's spelling, where the slash tells base and quote: `BTC/USDT`, `BTC/USDT:USDT`, `BTC/USD:BTC-240628`. */
export function readPair(text: string): Market | undefined {
  const match = PAIR_OF_CCXT.exec(inCapitals(text));
  if (match === null) return undefined;
  const [, base, quote, deliveryDay] = match;
  const pair = base + quote;
  if (deliveryDay !== undefined) return { pair, kind: 'delivery', deliveryDay };
  return { pair, kind: text.includes(':') ? 'perpetual' : 'spot' };
}

/**
 * A symbol as an exchange writes it, or ccxt: `BTC/USDT`, `BTC/USDT:USDT`, `BTC-USDT-SWAP`, `BTCUSDT.P`, `BTCUSDT_PERP`.
 */
export function readSymbolText(text: string): MarketReading {
  const normal = text.normalize('NFC').trim();
  const pair = readPair(normal);
  if (pair !== undefined) return { market: pair, saysKind: pair.kind !== 'spot' };
  const own = marketOf(inCapitals(normal));
  if (own.kind !== 'spot' && splitPair(own.pair)) return { market: own, saysKind: true };
  const cased = /\p{Lu}/u.test(normal) ? normal : inCapitals(normal);
  return readMarketWords({ words: cased.split(/[/:_\-.\s]+/).filter((word) => word !== ''), isSymbol: true });
}

/** What a column such as `market_type` says of the market: `PERPETUAL`, `swap`, `spot`. */
export function readKindText(text: string): Omit<Market, 'pair'> | undefined {
  return kindOf(text.split(/[\s_\-/]+/));
}
