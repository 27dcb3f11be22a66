/**
 * What Binance's spot market-data API fixes: paths, limits, headers, codes.
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api
 */

export const BINANCE_URL = 'https://api.binance.com';
/** Public market data from a host without trading, reachable from more countries. */
export const BINANCE_DATA_URL = 'https://data-api.binance.vision';
/** Past candles as files (https://github.com/binance/binance-public-data). */
export const BINANCE_ARCHIVE_URL = 'https://data.binance.vision';

export const KLINES_PATH = '/api/v3/klines';
export const TIME_PATH = '/api/v3/time';
export const EXCHANGE_INFO_PATH = '/api/v3/exchangeInfo';

/** Request weight of each path, whatever its parameters. */
export const WEIGHT_OF_PATH: Readonly<Record<string, number>> = {
  [KLINES_PATH]: 2,
  [TIME_PATH]: 1,
  [EXCHANGE_INFO_PATH]: 20,
};

export const MAX_KLINES_PER_PAGE = 1000;

/** Request weight an address may use per minute; `exchangeInfo.rateLimits` states it. */
export const WEIGHT_PER_MINUTE = 6000;
export const USED_WEIGHT_HEADER = 'x-mbx-used-weight-1m';

export const HTTP_STATUS = {
  forbidden: 403,
  notFound: 404,
  bannedAddress: 418,
  tooManyRequests: 429,
  restrictedLocation: 451,
} as const;

/** Codes in `{ "code", "msg" }`; the codes are stable, the texts are not. */
export const ERROR_CODE = { illegalCharacters: -1100, invalidInterval: -1120, invalidSymbol: -1121 } as const;

/**
 * A kline: open time, open, high, low, close, volume, close time (inclusive), quote volume, number of trades, taker buy
 * base volume, taker buy quote volume, unused. Prices and volumes are decimal strings.
 */
export const KLINE_FIELDS = 12;

/** Names of a kline's further columns, as Binance's own archive files head them. */
export const KLINE_EXTRAS = ['quote_volume', 'count', 'taker_buy_volume', 'taker_buy_quote_volume'] as const;

/** Open times are believed within these bounds. */
export const FIRST_TIME_MS = Date.UTC(2009, 0, 1);
export const LAST_TIME_MS = Date.UTC(2100, 0, 1);
