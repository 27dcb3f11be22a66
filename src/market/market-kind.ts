/**
 * Spot, perpetual and delivered futures, their mark and index prices: the markets of one pair. They are different series
 * with models of their own, and the symbol tells them apart, as Binance spells its contracts:
 *
 *     BTCUSDT             spot, or whatever market the source has under that name
 *     BTCUSDT_PERP        perpetual futures
 *     BTCUSDT_240628      futures delivered on 2024-06-28
 *     BTCUSDT_MARK        mark price of the perpetual futures
 *     BTCUSDT_240628_MARK that of delivered ones
 *     BTCUSDT_INDEX       the index that futures follow
 */

export type MarketKind = 'spot' | 'perpetual' | 'delivery' | 'mark' | 'index';

export interface Market {
  /** Base and quote run together, `BTCUSDT`. */
  readonly pair: string;
  readonly kind: MarketKind;
  /** `yymmdd` of futures that are delivered. */
  readonly deliveryDay?: string;
}

const ENDING: Readonly<Record<MarketKind, string>> = {
  spot: '',
  perpetual: '_PERP',
  delivery: '',
  mark: '_MARK',
  index: '_INDEX',
};
const SYMBOL = /^(.+?)(?:_(\d{6}))?(?:_(PERP|MARK|INDEX))?$/u;
const KIND_OF_ENDING: Readonly<Record<string, MarketKind>> = { PERP: 'perpetual', MARK: 'mark', INDEX: 'index' };

/** @example symbolOf({ pair: 'BTCUSDT', kind: 'perpetual' }) // 'BTCUSDT_PERP' */
export function symbolOf({ pair, kind, deliveryDay }: Market): string {
  return pair + (deliveryDay === undefined ? '' : `_${deliveryDay}`) + ENDING[kind];
}

/** @example marketOf('BTCUSDT_240628') // { pair: 'BTCUSDT', kind: 'delivery', deliveryDay: '240628' } */
export function marketOf(symbol: string): Market {
  const [, pair, deliveryDay, ending] = SYMBOL.exec(symbol) ?? ['', symbol];
  const kind = ending === undefined ? (deliveryDay === undefined ? 'spot' : 'delivery') : KIND_OF_ENDING[ending];
  return { pair, kind, ...(deliveryDay === undefined ? {} : { deliveryDay }) };
}

/** @example describeMarket({ pair: 'BTCUSDT', kind: 'mark' }) // 'mark prices' */
export function describeMarket({ kind, deliveryDay }: Pick<Market, 'kind' | 'deliveryDay'>): string {
  const day = deliveryDay?.replace(/(..)(..)(..)/, '20$1-$2-$3');
  switch (kind) {
    case 'spot':
      return 'spot';
    case 'perpetual':
      return 'perpetual futures';
    case 'delivery':
      return `futures delivered on ${day}`;
    case 'mark':
      return day === undefined ? 'mark prices' : `mark prices of futures delivered on ${day}`;
    case 'index':
      return 'index prices';
  }
}
