import { TradeAiError } from '../core/errors.js';
import { describeMarket, marketOf } from './market-kind.js';

/**
 * Refuses the symbol of another market than spot, before its candles are looked for among those of the spot market.
 *
 * @param exchange as it is told
 * @throws TradeAiError `SYMBOL_UNKNOWN`
 */
export function refuseOtherThanSpot(symbol: string, exchange: string): void {
  const market = marketOf(symbol);
  if (market.kind === 'spot') return;
  throw new TradeAiError(
    'SYMBOL_UNKNOWN',
    `${symbol} is of ${describeMarket(market)}; of ${exchange} only spot candles are fetched`,
    { commandHint: `bring them as files with \`tradeai data import\`, or fetch the spot candles, ${market.pair}` },
  );
}
