/** The assets that prices are in, and those that tell a pair from a word. Pure. */

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

const CURRENCIES = words(
  `USD EUR GBP JPY KRW TRY BRL AUD CAD CHF PLN MXN IDR RUB UAH ZAR NGN INR ARS COP CZK RON THB VND SGD HKD NZD SEK NOK
  DKK HUF ILS PHP MYR CNY CNH TWD AED SAR KZT GEL PKR CLP PEN`,
);
/** Coins that stand for a currency. */
const STABLE_COINS = words(
  `USDT USDC FDUSD TUSD BUSD DAI USDP PAX GUSD USDD USDE USD1 RLUSD PYUSD BFUSD XUSD LUSD SUSD HUSD USDS USDK UST USTC
  USDQ USDG USDR U AUSD CUSD BIDR IDRT EURI EURT EURC EURS EURQ EURR AEUR BKRW BVND VAI ZUSD ZEUR`,
);
/** Coins that other coins are priced in, the one that is the quote before the one that is its base. */
const QUOTE_COINS = [
  'BTC',
  'XBT',
  'XXBT',
  'ETH',
  'XETH',
  'BNB',
  'TRX',
  'XRP',
  'DOGE',
  'DOT',
  'SOL',
  'KCS',
  'HT',
  'OKB',
];
/** Coins that are met often, and those that end like a pair and are none. */
const COINS = words(
  `${QUOTE_COINS.join(' ')} ADA LTC BCH XLM XMR ETC EOS XTZ DASH ZEC NEO IOTA LINK AVAX MATIC POL ATOM UNI AAVE FIL ALGO
  VET ICP NEAR FTM APT SUI ARB OP INJ TON SHIB PEPE BONK WIF FLOKI 1000SHIB 1000PEPE 1000BONK 1000FLOKI HBAR KAS SEI TIA
  RNDR RENDER GRT SAND MANA AXS LDO MKR SNX CRV COMP SUSHI YFI RUNE EGLD FLOW THETA CHZ ENJ BAT ZRX KSM WAVES QTUM OMG XDG
  TRUMP ENA WLD JUP PYTH STX IMX HYPE BSV CRO LEO
  WBTC CBBTC TBTC RENBTC HBTC BTCB LBTC SOLVBTC WETH STETH WSTETH CBETH RETH WBETH BETH WEETH EZETH METH RSETH`,
);
/** Endings of a pair that is written as one word; any other stands behind a coin that is met often. */
const CLEAR_QUOTES = words('USDT USDC FDUSD TUSD BUSD USD EUR GBP JPY KRW BRL AUD BTC XBT ETH BNB');
const JOINED_QUOTES = [...CURRENCIES, ...STABLE_COINS, 'BTC', 'XBT', 'ETH', 'BNB', 'TRX'].sort(
  (a, b) => b.length - a.length,
);

function isMoney(asset: string): boolean {
  return CURRENCIES.has(asset) || STABLE_COINS.has(asset);
}

/** Whether prices are in this asset somewhere. */
export function isQuoteAsset(asset: string): boolean {
  return isMoney(asset) || QUOTE_COINS.includes(asset);
}

/** Whether this is an asset by itself, and not a pair that is written as one word. */
export function isKnownAsset(text: string): boolean {
  return isMoney(text) || COINS.has(text);
}

export interface SplitPair {
  readonly base: string;
  readonly quote: string;
}

/** Base and quote of a pair that is written as one word, `BTCUSDT`; `undefined` for anything else. */
export function splitPair(text: string): SplitPair | undefined {
  if (isKnownAsset(text)) return undefined;
  for (const quote of JOINED_QUOTES) {
    const base = text.slice(0, -quote.length);
    if (base === '' || !text.endsWith(quote)) continue;
    if (isKnownAsset(base) || CLEAR_QUOTES.has(quote)) return { base, quote };
  }
  return undefined;
}

/**
 * Whether two assets stand as some exchanges write them, the quote first: `KRW-BTC` of Upbit. `certain` where no market
 * has them the other way round.
 */
export function isQuoteFirst(first: string, second: string): 'no' | 'certain' | 'likely' {
  if (isMoney(first)) {
    if (isMoney(second)) return 'no';
    return CURRENCIES.has(first) || first === 'USDT' ? 'certain' : 'likely';
  }
  const rank = QUOTE_COINS.indexOf(first);
  return rank >= 0 && rank < QUOTE_COINS.indexOf(second) ? 'likely' : 'no';
}
