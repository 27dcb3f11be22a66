/** Finds the market a user means. Pure. */

import { distance } from 'fastest-levenshtein';
import { TradeAiError } from '../../core/errors.js';
import { refuseOtherThanSpot } from '../../market/spot-only.js';
import type { CcxtMarket } from './exchange.js';

const MISSPELLING_DISTANCE = 3;
const SUGGESTIONS = 3;

/**
 * The spot market of a symbol written as `BTCUSDT`, `BTC-USDT`, `BTC_USDT`, `BTC/USDT`, or in the exchange's own way.
 *
 * @throws TradeAiError `SYMBOL_UNKNOWN` naming similar ones, or those it may mean; for futures, mark and index prices
 */
export function findMarket(symbol: string, markets: readonly CcxtMarket[], exchangeId: string): CcxtMarket {
  refuseOtherThanSpot(symbol, exchangeId);
  const spot = markets.filter((market) => market.spot === true);
  const wanted = compact(symbol);
  const parts = symbol.toUpperCase().split(/[-_/]/);
  const ways: ((market: CcxtMarket) => boolean)[] = [
    ({ base, quote }) => parts.length === 2 && compact(base) === parts[0] && compact(quote) === parts[1],
    ({ base, quote }) => compact(base + quote) === wanted,
    ({ id }) => compact(id) === wanted,
  ];
  for (const isMeant of ways) {
    const meant = spot.filter(isMeant);
    const candidates = meant.length > 1 ? meant.filter(({ active }) => active !== false) : meant;
    if (candidates.length === 1) return candidates[0];
    if (candidates.length > 1) throw ambiguous(symbol, candidates, exchangeId);
  }
  throw unknownSymbol(symbol, spot, exchangeId);
}

function ambiguous(symbol: string, candidates: readonly CcxtMarket[], exchangeId: string): TradeAiError {
  const names = candidates.map(({ base, quote }) => `${base}-${quote}`).join(' or ');
  return new TradeAiError('SYMBOL_UNKNOWN', `${JSON.stringify(symbol)} may be ${names} on ${exchangeId}`, {
    hint: 'write base and quote with a dash between them',
  });
}

function unknownSymbol(symbol: string, spot: readonly CcxtMarket[], exchangeId: string): TradeAiError {
  const wanted = compact(symbol);
  const near = spot
    .filter(({ active }) => active !== false)
    .map(({ base, quote }) => ({ name: `${base}-${quote}`, distance: distance(compact(base + quote), wanted) }))
    .filter((entry) => entry.distance <= MISSPELLING_DISTANCE)
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, SUGGESTIONS)
    .map(({ name }) => name);
  return new TradeAiError('SYMBOL_UNKNOWN', `${exchangeId} has no spot market ${JSON.stringify(symbol)}`, {
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'symbols are written as BTC-USDT or BTCUSDT',
  });
}

function compact(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '');
}
