/** Which of the stored series are meant. */

import { TradeAiError } from '../core/errors.js';
import type { Interval } from '../market/interval.js';
import { describeNear } from '../market/spelling.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import { listed } from '../text/sentences.js';
import { listUpdatable } from './update.js';

/** What is absent selects everything. */
export interface SeriesSelection {
  readonly symbols?: readonly string[];
  readonly interval?: Interval;
  readonly source?: string;
}

export function isSelected(
  { symbol, interval, source }: StoredSeriesKey,
  { symbols, interval: wantedInterval = interval, source: wantedSource = source }: SeriesSelection,
): boolean {
  return (symbols?.includes(symbol) ?? true) && interval === wantedInterval && source === wantedSource;
}

/** What was looked for: `BTCUSDT, ETHUSDT 4h from binance`. */
export function describeWanted(symbols: readonly string[], { interval, source }: SeriesSelection): string {
  return `${symbols.join(', ')}${interval ? ` ${interval}` : ''}${source ? ` from ${source}` : ''}`;
}

/** What is stored where a series was not found: the other ones of its symbol, else the symbols there are. */
export function describeInstead(wanted: string, stored: readonly StoredSeriesKey[]): string {
  const others = stored.filter(({ symbol }) => symbol === wanted);
  if (others.length === 0) return describeNear(wanted, [...new Set(stored.map(({ symbol }) => symbol))]);
  return `of ${wanted} there are ${listed(others.map(({ interval, source }) => `${interval} from ${source}`))}`;
}

/**
 * The stored series of a selection that can be fetched from somewhere.
 *
 * @throws TradeAiError `CANDLES_NOT_FOUND` for a symbol of which there are none
 */
export async function selectUpdatable(
  selection: SeriesSelection,
  ports: Pick<Ports, 'store'>,
): Promise<StoredSeriesKey[]> {
  const keys = (await listUpdatable(ports)).filter((key) => isSelected(key, selection));
  const missing = selection.symbols?.find((symbol) => !keys.some((key) => key.symbol === symbol));
  if (missing === undefined) return keys;
  const instead = describeInstead(missing, await ports.store.list());
  const wanted = `${describeWanted([missing], selection)} that can be updated`;
  throw new TradeAiError('CANDLES_NOT_FOUND', `no candles of ${wanted} are stored; ${instead}`, {
    commandHint: `fetch them first: \`tradeai data fetch --symbol ${missing}\``,
  });
}
