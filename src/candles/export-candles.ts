/** Stored candles as a file for other programs. */

import { TradeAiError } from '../core/errors.js';
import { rowCountOf, sliceTimes } from '../market/candle-series.js';
import type { Interval } from '../market/interval.js';
import type { WriteCandleFileOptions, WrittenCandleFile } from '../ports/candle-file.js';
import type { StoredSeriesEntry, StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import { findStored, readStored } from './stored-candles.js';

export interface ExportOptions extends WriteCandleFileOptions {
  readonly symbol: string;
  /** The candles wanted; made of shorter stored ones where there are none of this length. */
  readonly interval: Interval;
  /** Needed where several sources have them. */
  readonly source?: string;
  /** First open time, inclusive, and the one before which the file ends; all when absent. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

export interface ExportedCandles extends WrittenCandleFile, StoredSeriesKey {
  readonly path: string;
  /** What is stored, of which the candles were made. */
  readonly storedInterval: Interval;
  readonly rowCount: number;
  readonly firstOpenTimeMs: number;
  readonly lastOpenTimeMs: number;
}

/**
 * Writes stored candles to a file; fetches nothing.
 *
 * @throws TradeAiError `CANDLES_NOT_FOUND`, `USAGE` when several sources have them or the file is there already
 */
export async function exportCandles(path: string, options: ExportOptions, ports: Ports): Promise<ExportedCandles> {
  const { symbol, interval, fromMs, toMs } = options;
  const source = chooseSource(await ports.store.list(), options);
  const stored = await readStored({ source, symbol, interval }, ports);
  if (stored === undefined) throw nothingStored(options);
  const cut = sliceTimes(stored.series, fromMs, toMs);
  const rowCount = rowCountOf(cut);
  if (rowCount === 0) {
    throw new TradeAiError('CANDLES_NOT_FOUND', `${symbol} ${interval}: no stored candles in the range asked for`, {
      commandHint: 'look at what is stored with `tradeai data list`, or widen --from and --to',
    });
  }
  const written = await ports.writeCandleFile(path, cut, options);
  return {
    ...written,
    path,
    source,
    symbol,
    interval,
    storedInterval: stored.storedInterval,
    rowCount,
    firstOpenTimeMs: cut.openTimeMs[0],
    lastOpenTimeMs: cut.openTimeMs[rowCount - 1],
  };
}

function chooseSource(all: readonly StoredSeriesEntry[], options: ExportOptions): string {
  const { symbol, interval, source } = options;
  const found = findStored(
    all.filter((entry) => source === undefined || entry.source === source),
    symbol,
    interval,
  );
  if (found.length === 0) throw nothingStored(options);
  if (found.length === 1) return found[0].source;
  throw new TradeAiError(
    'USAGE',
    `${symbol} ${found[0].interval} is stored from several sources: ${found.map((entry) => entry.source).join(', ')}`,
    { commandHint: `name one with --source ${found[0].source}` },
  );
}

function nothingStored({ symbol, interval, source }: ExportOptions): TradeAiError {
  const from = source === undefined ? '' : ` from ${source}`;
  return new TradeAiError(
    'CANDLES_NOT_FOUND',
    `no candles of ${symbol}${from} are stored that make ${interval} candles`,
    {
      commandHint: `look at what is stored with \`tradeai data list\`, or fetch them with \`tradeai data fetch --symbol ${symbol} --interval ${interval}\``,
    },
  );
}
