/** The stored candles as the API tells of them: ranges for charts, and their health. */

import { setImmediate as breathe } from 'node:timers/promises';
import { TradeAiError } from '../core/errors.js';
import { type CandleSeries, firstRowAt, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS, parseInterval } from '../market/interval.js';
import { checkCandles } from '../market/quality.js';
import type { StoredSeriesKey, StoredSeriesSummary } from '../ports/candle-store.js';
import type { CandleQuery } from '../ports/forecast-service.js';
import type { Ports } from '../ports/ports.js';
import type { CandlesAnswer, DataHealth } from '../wire/wire.js';

/** Series held after they were asked for: a chart that scrolls back asks again and again. */
const HELD_SERIES = 4;
/** Larger ones are read again each time. */
const HELD_ROWS = 500_000;

/** What the last update of a series came to. */
export type LastUpdate = NonNullable<DataHealth['lastUpdate']>;

type Findings = Pick<DataHealth, 'missingShare' | 'gapCount' | 'findings'>;

export class StoredCandles {
  readonly #ports: Pick<Ports, 'store' | 'now'>;
  /** By key, the one asked for last at the end; `stamp` is the store's when it was read. */
  readonly #held = new Map<string, { stamp: string; series: CandleSeries }>();
  /** By key; `at` is what the store said of the series when it was examined. */
  readonly #examined = new Map<string, { at: string; findings: Findings }>();
  readonly #updates = new Map<string, LastUpdate>();

  constructor(ports: Pick<Ports, 'store' | 'now'>) {
    this.#ports = ports;
  }

  noteUpdate(key: StoredSeriesKey, update: LastUpdate): void {
    this.#updates.set(textOf(key), update);
  }

  /**
   * The newest candles of a range.
   *
   * @throws TradeAiError `CANDLES_NOT_FOUND`; `USAGE` when several sources have the series and none is named;
   *   `INTERVAL_INVALID`
   */
  async range({ symbol, interval: text, source, fromMs, toMs, limit }: CandleQuery): Promise<CandlesAnswer> {
    const interval = parseInterval(text);
    const key = { source: source ?? (await this.#onlySource(symbol, text)), symbol, interval };
    const series = await this.#read(key);
    if (series === undefined) throw notStored(symbol, text);
    const { openTimeMs } = series;
    const end = toMs === undefined ? openTimeMs.length : firstRowAt(openTimeMs, toMs);
    const start = fromMs === undefined ? 0 : firstRowAt(openTimeMs, fromMs);
    const rows = sliceCandles(series, Math.max(start, end - limit), Math.max(start, end));
    return {
      symbol,
      interval,
      source: key.source,
      openTimeMs: Array.from(rows.openTimeMs),
      open: Array.from(rows.open),
      high: Array.from(rows.high),
      low: Array.from(rows.low),
      close: Array.from(rows.close),
      volume: Array.from(rows.volume),
    };
  }

  /** Every stored series; what was examined is examined again only when it has changed. */
  async health(): Promise<DataHealth[]> {
    const health: DataHealth[] = [];
    for (const summary of await this.#ports.store.list()) {
      const { symbol, interval, source, rowCount, firstOpenTimeMs, lastOpenTimeMs, sizeBytes } = summary;
      const findings = await this.#examine(summary);
      if (findings === undefined) continue;
      const ageIntervals = (this.#ports.now() - lastOpenTimeMs) / INTERVAL_MS[interval] - 1;
      health.push({
        symbol,
        interval,
        source,
        rowCount,
        firstOpenTimeMs,
        lastOpenTimeMs,
        sizeBytes,
        ageIntervals,
        ...findings,
        lastUpdate: this.#updates.get(textOf(summary)) ?? null,
      });
      // Examining is long work: others come first.
      await breathe();
    }
    return health;
  }

  async #examine(summary: StoredSeriesSummary): Promise<Findings | undefined> {
    const at = `${summary.rowCount} ${summary.lastOpenTimeMs} ${summary.sizeBytes}`;
    const known = this.#examined.get(textOf(summary));
    if (known?.at === at) return known.findings;
    const series = await this.#ports.store.read(summary);
    if (series === undefined) return undefined;
    const { gaps, findings } = checkCandles(series, { nowMs: this.#ports.now() });
    const examined: Findings = {
      missingShare: gaps.missingShare,
      gapCount: gaps.count,
      findings: findings.map(({ code, severity, message, timesMs }) => ({
        code,
        severity,
        message,
        timesMs: [...timesMs],
      })),
    };
    this.#examined.set(textOf(summary), { at, findings: examined });
    return examined;
  }

  async #read(key: StoredSeriesKey): Promise<CandleSeries | undefined> {
    const text = textOf(key);
    // Before the series: one that changes meanwhile is read again next time.
    const stamp = await this.#ports.store.stamp(key);
    const held = this.#held.get(text);
    const series = held?.stamp === stamp ? held?.series : await this.#ports.store.read(key);
    this.#held.delete(text);
    if (stamp !== undefined && series !== undefined && rowCountOf(series) <= HELD_ROWS) {
      this.#held.set(text, { stamp, series });
      for (const oldest of this.#held.keys()) if (this.#held.size > HELD_SERIES) this.#held.delete(oldest);
    }
    return series;
  }

  async #onlySource(symbol: string, interval: string): Promise<string> {
    const sources = (await this.#ports.store.list())
      .filter((entry) => entry.symbol === symbol && entry.interval === interval)
      .map(({ source }) => source);
    if (sources.length === 1) return sources[0];
    if (sources.length === 0) throw notStored(symbol, interval);
    throw new TradeAiError('USAGE', `${symbol} ${interval} is stored from ${sources.join(' and ')}: name the source`);
  }
}

export function textOf({ source, symbol, interval }: StoredSeriesKey): string {
  return `${source} ${symbol} ${interval}`;
}

function notStored(symbol: string, interval: string): TradeAiError {
  return new TradeAiError('CANDLES_NOT_FOUND', `no candles of ${symbol} ${interval} are stored`, {
    hint: `fetch them with \`tradeai data fetch --symbol ${symbol} --interval ${interval}\``,
  });
}
