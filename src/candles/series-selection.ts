/** Which of the stored series are meant. */

import { TradeAiError } from '../core/errors.js';
import type { Interval } from '../market/interval.js';
import { describeNear } from '../market/spelling.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
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
  const near = describeNear(missing, [...new Set((await ports.store.list()).map(({ symbol }) => symbol))]);
  throw new TradeAiError('CANDLES_NOT_FOUND', `no candles of ${missing} are stored; ${near}`, {
    commandHint: `fetch them first: \`tradeai data fetch --symbol ${missing}\``,
  });
}
