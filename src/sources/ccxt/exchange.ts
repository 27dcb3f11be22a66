/** What is used of ccxt (https://docs.ccxt.com), and how it is loaded: only when it is asked for, for it is large. */

import { distance } from 'fastest-levenshtein';
import { TradeAiError } from '../../core/errors.js';

/** A market as ccxt describes it. */
export interface CcxtMarket {
  /** The exchange's own spelling, such as `XXBTZUSD`. */
  readonly id: string;
  /** ccxt's spelling, such as `BTC/USD`. */
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly spot?: boolean;
  /** `undefined` where the exchange does not tell. */
  readonly active?: boolean;
}

/** The part of ccxt's `Exchange` that fetches candles without keys. */
export interface CcxtExchange {
  readonly id: string;
  readonly has: Readonly<Record<string, boolean | 'emulated' | undefined>>;
  readonly timeframes: Readonly<Record<string, unknown>> | undefined;
  readonly features?: { readonly spot?: { readonly fetchOHLCV?: { readonly limit?: number } } };
  readonly options: Record<string, unknown>;
  loadMarkets(reload?: boolean): Promise<Readonly<Record<string, CcxtMarket>>>;
  fetchTime(): Promise<unknown>;
  /** Rows of `[openTimeMs, open, high, low, close, volume]`, volume in base units. */
  fetchOHLCV(symbol: string, timeframe: string, sinceMs?: number, limit?: number): Promise<unknown>;
}

export interface CcxtSettings {
  readonly timeout: number;
  readonly enableRateLimit: boolean;
  readonly fetchImplementation: (url: string, init: RequestInit) => Promise<Response>;
}

export interface OpenOptions {
  /** The package that is loaded. */
  readonly packageName?: string;
}

const EXCHANGE_ID = /^[a-z0-9]{1,40}$/;
const MISSPELLING_DISTANCE = 3;
const SUGGESTIONS = 3;

/**
 * Opens ccxt's client of one exchange, for its spot markets alone and without keys.
 *
 * @param id ccxt's name of the exchange, such as `kraken`
 * @throws TradeAiError `SOURCE_UNAVAILABLE` without the package, `USAGE` for an exchange there is none of
 */
export async function openCcxtExchange(
  id: string,
  settings: CcxtSettings,
  { packageName = 'ccxt' }: OpenOptions = {},
): Promise<CcxtExchange> {
  const library = await loadLibrary(packageName);
  const known = library['exchanges'] as readonly string[];
  if (!EXCHANGE_ID.test(id) || !known.includes(id)) throw unknownExchange(id, known);
  const Exchange = library[id] as new (settings: CcxtSettings) => CcxtExchange;
  const exchange = new Exchange(settings);
  keepToSpot(exchange.options);
  return exchange;
}

/** The name is a variable so that the program compiles where the optional package is not installed. */
async function loadLibrary(packageName: string): Promise<Record<string, unknown>> {
  try {
    return ((await import(packageName)) as { default: Record<string, unknown> }).default;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new TradeAiError('SOURCE_UNAVAILABLE', `expected the package ${packageName} beside TradeAI: ${reason}`, {
      commandHint: 'install it with `npm install ccxt --ignore-scripts`',
      cause,
    });
  }
}

function unknownExchange(id: string, known: readonly string[]): TradeAiError {
  const near = known
    .map((name) => ({ name, distance: distance(name, id.toLowerCase()) }))
    .filter((entry) => entry.distance <= MISSPELLING_DISTANCE)
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, SUGGESTIONS)
    .map(({ name }) => name);
  return new TradeAiError('USAGE', `expected an exchange that ccxt knows, was ${JSON.stringify(id.slice(0, 80))}`, {
    hint:
      near.length > 0
        ? `did you mean ${near.map((name) => `ccxt:${name}`).join(', ')}?`
        : 'write it as ccxt:kraken; https://docs.ccxt.com lists the exchanges',
  });
}

/** Lists of futures and options are long, come from further hosts, and are of no use here. */
function keepToSpot(options: Record<string, unknown>): void {
  const fetchMarkets = options['fetchMarkets'] as { types?: unknown } | undefined;
  const types = fetchMarkets?.types;
  if (Array.isArray(types) && types.includes('spot')) {
    options['fetchMarkets'] = { ...fetchMarkets, types: ['spot'] };
  } else if (types && typeof types === 'object' && 'spot' in types) {
    const spotOnly = Object.fromEntries(Object.keys(types).map((type) => [type, type === 'spot']));
    options['fetchMarkets'] = { ...fetchMarkets, types: spotOnly };
  }
}
