/**
 * Kraken's public market data, as far as candles need it
 * (https://docs.kraken.com/api/docs/rest-api/get-ohlc-data): `OHLC` gives the newest 720 candles whatever `since` says.
 */

import { INTERVAL_MS, type Interval } from '../../src/market/interval.js';
import { splitSymbol } from './exchange-info.js';
import { jsonAnswer } from './http.js';
import { createMarket, type MarketOptions } from './market.js';
import { startVenue, type Venue } from './venue.js';

export interface KrakenOptions extends MarketOptions {
  /** UTC milliseconds. */
  readonly nowMs: number;
}

const MAXIMUM_ROWS = 720;
/** Kraken's own names of some assets. */
const ASSETS: Readonly<Record<string, string>> = { BTC: 'XXBT', ETH: 'XETH', USD: 'ZUSD', EUR: 'ZEUR' };
const ALTERNATIVE_NAMES: Readonly<Record<string, string>> = { BTC: 'XBT' };

export async function startKraken({ nowMs, ...options }: KrakenOptions): Promise<Venue> {
  const market = createMarket(options);
  const pairs = market.symbols.map((symbol) => {
    const { base, quote } = splitSymbol(symbol);
    return { symbol, base, quote, id: nameOf(base) + nameOf(quote) };
  });

  function answerOhlc({ pair, interval, since }: Readonly<Record<string, string>>): unknown {
    const found = pairs.find(({ id }) => id === pair);
    if (found === undefined) return { error: ['EQuery:Unknown asset pair'] };
    const lengthMs = Number(interval) * 60_000;
    const name = (Object.keys(INTERVAL_MS) as Interval[]).find((one) => INTERVAL_MS[one] === lengthMs);
    const newest = market.klines(found.symbol, name ?? '', { limit: MAXIMUM_ROWS }, nowMs);
    const rows = newest
      .filter(([openTimeMs]) => !((openTimeMs as number) / 1000 <= Number(since)))
      .map(([openTimeMs, open, high, low, close, volume]) => {
        return [(openTimeMs as number) / 1000, open, high, low, close, close, volume, 7];
      });
    return { error: [], result: { [found.id]: rows, last: rows.at(-2)?.[0] ?? 0 } };
  }

  return startVenue(({ path, query }) => {
    switch (path) {
      case '/0/public/Time':
        return jsonAnswer(200, { error: [], result: { unixtime: Math.floor(nowMs / 1000), rfc1123: '' } });
      case '/0/public/Assets': {
        const assets = [...new Set(pairs.flatMap(({ base, quote }) => [base, quote]))];
        const result = Object.fromEntries(
          assets.map((asset) => [
            nameOf(asset),
            { aclass: 'currency', altname: ALTERNATIVE_NAMES[asset] ?? asset, decimals: 10, status: 'enabled' },
          ]),
        );
        return jsonAnswer(200, { error: [], result });
      }
      case '/0/public/AssetPairs': {
        const result = Object.fromEntries(
          pairs.map(({ id, base, quote }) => [
            id,
            {
              altname: (ALTERNATIVE_NAMES[base] ?? base) + quote,
              base: nameOf(base),
              quote: nameOf(quote),
              pair_decimals: 1,
              lot_decimals: 8,
              status: 'online',
            },
          ]),
        );
        return jsonAnswer(200, { error: [], result });
      }
      case '/0/public/OHLC':
        return jsonAnswer(200, answerOhlc(query));
      default:
        return jsonAnswer(404, { error: ['EGeneral:Unknown method'] });
    }
  });
}

function nameOf(asset: string): string {
  return ASSETS[asset] ?? asset;
}
