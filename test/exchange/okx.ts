/**
 * OKX's public market data, as far as candles need it
 * (https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-candlesticks): newest first, at most 100 a page, of
 * those older than `after` and newer than `before`.
 */

import { splitSymbol } from './exchange-info.js';
import { jsonAnswer } from './http.js';
import type { Kline } from './kline.js';
import { createMarket, type MarketOptions } from './market.js';
import { startVenue, type Venue } from './venue.js';

export interface OkxOptions extends MarketOptions {
  /** UTC milliseconds. */
  readonly nowMs: number;
  /** Pages that ask for a time get the oldest candles, whatever the time. */
  readonly isStuck?: boolean;
}

const MAXIMUM_ROWS = 100;

export async function startOkx({ nowMs, isStuck = false, ...options }: OkxOptions): Promise<Venue> {
  const market = createMarket(options);
  const instruments = market.symbols.map((symbol) => {
    const { base, quote } = splitSymbol(symbol);
    return { symbol, base, quote, id: `${base}-${quote}` };
  });

  function findRows({ instId, bar, after, before, limit }: Readonly<Record<string, string>>): Kline[] | undefined {
    const instrument = instruments.find(({ id }) => id === instId);
    if (instrument === undefined) return undefined;
    const interval = bar.replace(/utc$/i, '').toLowerCase();
    const rowLimit = Math.min(MAXIMUM_ROWS, Number(limit ?? MAXIMUM_ROWS));
    if (isStuck && before !== undefined) {
      return market.klines(instrument.symbol, interval, { fromMs: 0, limit: rowLimit }, nowMs);
    }
    const toMs = after === undefined ? undefined : Number(after) - 1;
    const newest = market.klines(instrument.symbol, interval, { toMs, limit: rowLimit }, nowMs);
    return newest.filter(([openTimeMs]) => before === undefined || (openTimeMs as number) > Number(before));
  }

  return startVenue(({ path, query }) => {
    switch (path) {
      case '/api/v5/public/time':
        return jsonAnswer(200, { code: '0', msg: '', data: [{ ts: String(nowMs) }] });
      case '/api/v5/public/instruments': {
        const data = instruments.map(({ id, base, quote }) => ({
          instType: query.instType,
          instId: id,
          baseCcy: base,
          quoteCcy: quote,
          state: 'live',
          lotSz: '0.00000001',
          minSz: '0.00001',
          tickSz: '0.1',
        }));
        return jsonAnswer(200, { code: '0', msg: '', data: query.instType === 'SPOT' ? data : [] });
      }
      case '/api/v5/market/candles':
      case '/api/v5/market/history-candles': {
        const rows = findRows(query);
        if (rows === undefined)
          return jsonAnswer(200, { code: '51001', msg: "Instrument ID doesn't exist.", data: [] });
        const data = rows
          .map(([openTimeMs, open, high, low, close, volume, lastMs, quoteVolume]) => {
            const isClosed = (lastMs as number) < nowMs ? '1' : '0';
            return [String(openTimeMs), open, high, low, close, volume, quoteVolume, quoteVolume, isClosed];
          })
          .reverse();
        return jsonAnswer(200, { code: '0', msg: '', data });
      }
      default:
        return jsonAnswer(404, { code: '404', msg: 'Not found', data: [] });
    }
  });
}
