/** What a file's name says about its candles, as exchanges and data vendors name such files. */

import { basename } from 'node:path';
import { INTERVAL_MS, type Interval } from '../../market/interval.js';

export interface NameClues {
  readonly symbol: string | undefined;
  readonly interval: Interval | undefined;
}

const QUOTE_ASSETS = /(USDT|USDC|FDUSD|TUSD|BUSD|USD|EUR|GBP|TRY|BRL|JPY|AUD|BTC|ETH|BNB)$/;
const SYMBOL = /^[A-Z0-9]{2,20}$/;

/**
 * Reads symbol and interval from a file name such as `BINANCE_BTCUSDT_1h.csv.gz` or `BTCUSDT-1h-2024-01.csv`: the part
 * before the interval, else the only part that ends in a well-known quote asset. Lower-case words are taken for a symbol
 * only when they end in a quote asset, so that `candles_1h.csv` names none.
 */
export function readNameClues(path: string): NameClues {
  const stem = basename(path).split('.', 1)[0];
  const parts = stem.split(/[_\-\s]+/).filter((part) => part !== '');
  const at = parts.findIndex((part) => Object.hasOwn(INTERVAL_MS, part));
  const interval = at < 0 ? undefined : (parts[at] as Interval);
  return { symbol: symbolOf(parts, at), interval };
}

function symbolOf(parts: readonly string[], intervalAt: number): string | undefined {
  const before = parts[intervalAt - 1];
  if (intervalAt > 1 && QUOTE_ASSETS.exec(before.toUpperCase())?.[0] === before.toUpperCase()) {
    // `BTC_USDT-1h`: the two assets apart. freqtrade's futures name the asset they settle in as well: `BTC_USDT_USDT-1h`.
    const [base, quote, settle] = parts.slice(0, intervalAt).slice(-3);
    const isFuture = settle !== undefined && (settle === quote || settle === base);
    const joined = (isFuture ? base + quote : parts[intervalAt - 2] + before).toUpperCase();
    if (SYMBOL.test(joined)) return joined;
  }
  if (intervalAt > 0 && (SYMBOL.test(before) || isPair(before)) && /[A-Z]/i.test(before)) return before.toUpperCase();
  const pairs = parts.filter(isPair);
  return pairs.length === 1 ? pairs[0].toUpperCase() : undefined;
}

function isPair(text: string): boolean {
  const upper = text.toUpperCase();
  return SYMBOL.test(upper) && upper.length >= 5 && QUOTE_ASSETS.test(upper);
}
