/** The stored candles as the API tells of them: ranges for charts, and their health. */

import { setImmediate as breathe } from 'node:timers/promises';
import { TradeAiError } from '../core/errors.js';
import type { CandleSeries } from '../market/candle-series.js';
import { INTERVAL_MS, parseInterval } from '../market/interval.js';
import { checkCandles } from '../market/quality.js';
import type { StoredSeriesKey, StoredSeriesSummary } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import type { CandleQuery } from '../wire/request.js';
import { type CandlesAnswer, type DataHealth, dataHealthSchema } from '../wire/wire.js';

/** What the last update of a series came to. */
export type LastUpdate = NonNullable<DataHealth['lastUpdate']>;

type Findings = Pick<DataHealth, 'missingShare' | 'gapCount' | 'tickSize' | 'effectiveSpread' | 'findings'>;

export class StoredCandles {
  readonly #ports: Pick<Ports, 'store' | 'now'>;
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
    const rows = await this.#ports.store.readRange(key, { fromMs, toMs, limit });
    if (rows === undefined) throw notStored(symbol, text);
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
    for (const entry of await this.#ports.store.list()) {
      const findings = entry.problem === null ? await this.#examine(entry) : unreadable(entry.problem);
      if (findings === undefined) continue;
      const { problem, ...figures } = entry;
      const ageMs = figures.lastOpenTimeMs === null ? null : this.#ports.now() - figures.lastOpenTimeMs;
      const told: DataHealth = {
        ...figures,
        ageIntervals: ageMs === null ? null : ageMs / INTERVAL_MS[entry.interval] - 1,
        ...findings,
        lastUpdate: this.#updates.get(textOf(entry)) ?? null,
      };
      health.push(dataHealthSchema.safeParse(told).success ? told : { ...told, ...UNTOLD });
      // Examining is long work: others come first.
      await breathe();
    }
    return health;
  }

  async #examine(summary: StoredSeriesSummary): Promise<Findings | undefined> {
    const at = `${summary.rowCount} ${summary.lastOpenTimeMs} ${summary.sizeBytes}`;
    const known = this.#examined.get(textOf(summary));
    if (known?.at === at) return known.findings;
    let series: CandleSeries | undefined;
    try {
      series = await this.#ports.store.read(summary);
    } catch (error) {
      if (error instanceof TradeAiError) return unreadable(error.message);
      throw error;
    }
    if (series === undefined) return undefined;
    const { gaps, tickSize, effectiveSpread, findings } = checkCandles(series, { nowMs: this.#ports.now() });
    const examined: Findings = {
      missingShare: gaps.missingShare,
      gapCount: gaps.count,
      tickSize,
      effectiveSpread,
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

  async #onlySource(symbol: string, interval: string): Promise<string> {
    const sources = (await this.#ports.store.list())
      .filter((entry) => entry.symbol === symbol && entry.interval === interval)
      .map(({ source }) => source);
    if (sources.length === 1) return sources[0];
    if (sources.length === 0) throw notStored(symbol, interval);
    throw new TradeAiError('USAGE', `${symbol} ${interval} is stored from ${sources.join(' and ')}: name the source`);
  }
}

/** Of a series whose times and counts are none: one row, not the end of the list. */
const UNTOLD: Partial<DataHealth> = {
  rowCount: null,
  firstOpenTimeMs: null,
  lastOpenTimeMs: null,
  ageIntervals: null,
  ...unreadable('its times or its counts are no numbers that can be told: fetch it again'),
};

/** The health of a series of which a file is damaged. */
function unreadable(message: string): Findings {
  const findings: Findings['findings'] = [{ code: 'unreadable', severity: 'error', message, timesMs: [] }];
  return { missingShare: null, gapCount: null, tickSize: null, effectiveSpread: null, findings };
}

export function textOf({ source, symbol, interval }: StoredSeriesKey): string {
  return `${source} ${symbol} ${interval}`;
}

function notStored(symbol: string, interval: string): TradeAiError {
  return new TradeAiError('CANDLES_NOT_FOUND', `no candles of ${symbol} ${interval} are stored`, {
    commandHint: `fetch them with \`tradeai data fetch --symbol ${symbol} --interval ${interval}\``,
  });
}
