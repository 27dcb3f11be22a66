/** The answer of `GET /api/v3/exchangeInfo`, with the fields that clients read. */

/** Longest first, so that `BTCUSDT` is BTC in USDT and not BTCUSD in T. */
const QUOTE_ASSETS = ['FDUSD', 'USDT', 'USDC', 'TUSD', 'EUR', 'TRY', 'BTC', 'ETH', 'BNB'];

export interface ExchangeInfoOptions {
  readonly symbols: readonly string[];
  readonly serverTimeMs: number;
  readonly weightPerMinute: number;
}

export function describeExchange({ symbols, serverTimeMs, weightPerMinute }: ExchangeInfoOptions): unknown {
  return {
    timezone: 'UTC',
    serverTime: serverTimeMs,
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weightPerMinute },
      { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 300_000 },
    ],
    exchangeFilters: [],
    symbols: symbols.map(describeSymbol),
  };
}

/** `BTCUSDT` as base and quote asset. */
export function splitSymbol(symbol: string): { base: string; quote: string } {
  const quote =
    QUOTE_ASSETS.find((asset) => symbol.endsWith(asset) && symbol.length > asset.length) ?? symbol.slice(-3);
  return { base: symbol.slice(0, symbol.length - quote.length), quote };
}

function describeSymbol(symbol: string): unknown {
  const { base, quote } = splitSymbol(symbol);
  return {
    symbol,
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET'],
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.00000001', maxPrice: '1000000.00000000', tickSize: '0.00000001' },
      { filterType: 'LOT_SIZE', minQty: '0.00000001', maxQty: '9000000.00000000', stepSize: '0.00000001' },
    ],
    permissions: [],
    permissionSets: [['SPOT']],
  };
}
