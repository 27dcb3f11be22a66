/** Where the candles of a training or a forecast come from: a file, or the store brought up to date from its source. */

import { createHash } from 'node:crypto';
import { TradeAiError } from '../core/errors.js';
import { checkSourceName } from '../core/names.js';
import { columnOfName } from '../features/column-feature.js';
import type { JoinedInput } from '../market/as-of-join.js';
import { DEFAULT_SOURCE, IMPORT, originOf } from '../market/candle-origin.js';
import type { CandleSeries } from '../market/candle-series.js';
import { CANDLE_COLUMNS, rowCountOf, sliceTimes } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval, parseInterval } from '../market/interval.js';
import {
  faultsOfSetAside,
  type ImportFaults,
  type RejectedRow,
  STRICT_LIMITS,
} from '../market/quality/import-faults.js';
import { setAsideRejected } from '../market/quality/row-faults.js';
import type { ModelConfig } from '../options/model-config.js';
import { DEFAULT_INTERVAL, parseTime } from '../options/train-options.js';
import type { CandleFileContent } from '../ports/candle-file.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import { type EnrichOptions, enrichSeries } from './enrich.js';
import { storeContent } from './import-candles.js';
import { findStored, readStored } from './stored-candles.js';
import { updateStore } from './update.js';

export interface CollectOptions extends EnrichOptions {
  readonly symbol: string;
  readonly interval?: string;
  /** A file; the store and its source are not used then. */
  readonly data?: string;
  /** Zone of its times that tell no offset. */
  readonly timeZone?: string;
  readonly source?: string;
  readonly from?: string | number;
  readonly to?: string | number;
  /** Use what is stored, fetch nothing. */
  readonly offline: boolean;
  /** Leave out the rows of a file that cannot be candles, and settle its conflicts, instead of refusing it. */
  readonly allowOhlcErrors?: boolean;
  readonly allowConflicts?: boolean;
}

export interface CollectHooks {
  readonly signal?: AbortSignal;
  /** The rows that have come so far, from the network. */
  readonly onFetch?: (rowsDone: number, lastOpenTimeMs: number) => void;
  /** The exchange's time, UTC milliseconds, from a source that asks for it. */
  readonly onExchangeTime?: (timeMs: number) => void;
}

export interface Collected {
  readonly series: CandleSeries;
  readonly source: string;
  readonly notices: readonly string[];
  /** What was joined to the candles for their features. */
  readonly inputs?: readonly JoinedInput[];
  /** All that the file held, where the candles came from one. */
  readonly content?: CandleFileContent;
  /** What cannot be seen in the series: faults of the file, and rows of its time that were set aside. */
  readonly faults: ImportFaults;
  /** When the candles were fetched, by the exchange's clock; absent when nothing was fetched or it does not tell. */
  readonly exchangeTimeMs?: number;
}

/**
 * Collects the candles of one symbol, oldest first, within [from, to), with what the features named look at beside them.
 *
 * @throws TradeAiError `CANDLES_NOT_FOUND` when there are none
 */
export async function collectCandles(
  options: CollectOptions,
  ports: Ports,
  hooks: CollectHooks = {},
): Promise<Collected> {
  const fromMs = parseTime(options.from, 'from');
  const toMs = parseTime(options.to, 'to');
  const collected =
    options.data !== undefined
      ? await collectFromFile(options, options.data, ports)
      : await collectFromStore(options, fromMs, toMs, ports, hooks);
  const { series, rejected } = setAsideInRange(collected, fromMs, toMs);
  if (rowCountOf(series) === 0) {
    throw new TradeAiError('CANDLES_NOT_FOUND', `${options.symbol}: no candles in the range asked for`, {
      commandHint: 'look at what is stored with `tradeai data list`, or widen --from and --to',
    });
  }
  const enriched = await enrichSeries(series, options, ports, (symbol) =>
    collectOther(symbol, series, { ...options, source: collected.source }, ports, hooks),
  );
  return {
    ...collected,
    series: enriched.series,
    notices: [...collected.notices, ...enriched.notices],
    inputs: enriched.inputs,
    faults: { ...collected.faults, ...conflictsWithin(collected.faults, fromMs, toMs), rejected },
  };
}

/**
 * The same candles with what the features of another model look at beside them; nothing is fetched.
 *
 * @throws TradeAiError what collecting throws
 */
export async function enrichForModel(series: CandleSeries, config: ModelConfig, ports: Ports): Promise<CandleSeries> {
  const offline = { ...config, offline: true };
  return (await enrichSeries(series, config, ports, (symbol) => collectOther(symbol, series, offline, ports, {})))
    .series;
}

/**
 * Imports the file that candles came from, if they did, so that those who go on from them need not find it.
 *
 * @throws TradeAiError `CANDLE_CONFLICT` where it contradicts what is stored
 */
export async function keepFileCandles(
  { content }: Pick<Collected, 'content'>,
  ports: Pick<Ports, 'store' | 'quarantine'>,
): Promise<void> {
  if (content !== undefined) await storeContent({ source: IMPORT.name, content }, ports);
}

/**
 * The options of a model, with its candles from the store where that has any: only a version of an older program needs the
 * file that it was trained on.
 */
export async function withoutStoredFile<Options extends Pick<ModelConfig, 'data' | 'source' | 'symbol' | 'interval'>>(
  options: Options,
  { store }: Pick<Ports, 'store'>,
): Promise<Options> {
  const isStored = options.data !== undefined && (await store.describe(options)) !== undefined;
  return isStored ? { ...options, data: undefined } : options;
}

/**
 * Candles of another symbol for the time of a series: from the same source, or from what is stored where the series came
 * from a file.
 */
async function collectOther(
  symbol: string,
  series: CandleSeries,
  { source, from, to, offline }: CollectOptions & Pick<Collected, 'source'>,
  ports: Ports,
  hooks: CollectHooks,
): Promise<CandleSeries> {
  const { isImported = false } = originOf(source);
  const options = {
    symbol,
    interval: series.interval,
    source: isImported ? await chooseSource(symbol, series.interval, ports, source) : source,
    offline: offline || isImported,
  };
  const fromMs = from === undefined ? series.openTimeMs[0] : parseTime(from, 'from');
  return (await collectFromStore(options, fromMs, parseTime(to, 'to'), ports, hooks)).series;
}

/**
 * SHA-256 over symbol, interval, the candle columns and what was joined to them, so that the same training data has one
 * hash wherever it came from. Further columns of a source's own are no part of it.
 */
export function hashCandles(series: CandleSeries): string {
  const hash = createHash('sha256').update(`${series.symbol} ${series.interval} ${rowCountOf(series)}\n`);
  for (const name of CANDLE_COLUMNS) {
    const { buffer, byteOffset, byteLength } = series[name];
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  for (const name of Object.keys(series.extras).filter(isJoined).sort()) {
    const { buffer, byteOffset, byteLength } = series.extras[name];
    hash.update(`\n${name}\n`).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** Whether a further column was joined by this program, rather than brought by the source of the candles. */
function isJoined(name: string): boolean {
  return name.startsWith('@') || columnOfName(name) !== undefined;
}

async function collectFromFile(options: CollectOptions, path: string, ports: Ports): Promise<Collected> {
  const interval = options.interval === undefined ? undefined : parseInterval(options.interval);
  const limits = {
    ...STRICT_LIMITS,
    ...(options.allowOhlcErrors ? { invalidShare: 1 } : {}),
    ...(options.allowConflicts ? { conflictShare: 1 } : {}),
  };
  const content = await ports.readCandleFile(path, {
    symbol: options.symbol,
    interval,
    timeZone: options.timeZone,
    limits,
  });
  return { ...content, content, source: IMPORT.name };
}

async function collectFromStore(
  options: CollectOptions,
  fromMs: number | undefined,
  toMs: number | undefined,
  ports: Ports,
  hooks: CollectHooks,
): Promise<Collected> {
  const interval = parseInterval(options.interval ?? DEFAULT_INTERVAL);
  const source = checkSourceName(options.source ?? (await chooseSource(options.symbol, interval, ports)));
  const key: StoredSeriesKey = { source, symbol: options.symbol, interval };
  let exchangeTimeMs: number | undefined;
  const onExchangeTime = (timeMs: number) => {
    exchangeTimeMs = timeMs;
  };
  const isAsked = !options.offline && !originOf(source).isImported;
  if (isAsked) {
    await updateStore(key, fromMs, toMs, ports, { ...hooks, onExchangeTime });
  }
  const stored = await readStored(key, ports);
  if (stored === undefined) {
    throw isAsked ? noneOfSource(key) : noneStored(key);
  }
  const faults = faultsOfSetAside(await ports.quarantine.read(key));
  const { series, storedInterval } = stored;
  const notices = storedInterval === interval ? [] : [`made of the stored ${storedInterval} candles`];
  return { series, source, notices, faults, exchangeTimeMs };
}

/** The source was asked and answered, with nothing. */
function noneOfSource({ source, symbol, interval }: StoredSeriesKey): TradeAiError {
  return new TradeAiError(
    'CANDLES_NOT_FOUND',
    `${source} answered, and has no candles of ${symbol} ${interval} in the range asked for`,
    { commandHint: 'check symbol and interval, widen --from and --to, or bring a file with --data FILE' },
  );
}

function noneStored({ source, symbol, interval }: StoredSeriesKey): TradeAiError {
  return new TradeAiError('CANDLES_NOT_FOUND', `no candles of ${symbol} ${interval} from ${source} are stored`, {
    commandHint: `fetch them with \`tradeai data fetch --symbol ${symbol}\`, or bring a file with --data FILE`,
  });
}

/**
 * The source of the one stored series of this symbol that has or makes such candles; of several the preferred one, else the
 * default exchange.
 */
async function chooseSource(
  symbol: string,
  interval: Interval,
  ports: Ports,
  preferred: string = DEFAULT_SOURCE,
): Promise<string> {
  const sources = findStored(await ports.store.list(), symbol, interval).map(({ source }) => source);
  if (sources.length === 1) return sources[0];
  return sources.includes(preferred) ? preferred : DEFAULT_SOURCE;
}

/** The times of the range at which two candles stood. */
function conflictsWithin(
  { conflictTimesMs }: ImportFaults,
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
): Pick<ImportFaults, 'conflictingTimes' | 'conflictTimesMs'> {
  const within = conflictTimesMs?.filter((timeMs) => timeMs >= fromMs && timeMs < toMs);
  return within ? { conflictingTimes: within.length, conflictTimesMs: within } : {};
}

/**
 * The candles of the range, without rows that cannot be candles, should something else have written such into the store;
 * and those rows, with the ones of the range set aside before that no sound candle has replaced.
 */
function setAsideInRange(
  { series, faults }: Collected,
  fromMs: number | undefined,
  toMs: number | undefined,
): { series: CandleSeries; rejected: RejectedRow[] } {
  const { sound, rejected } = setAsideRejected(sliceTimes(series, fromMs, toMs));
  const before = faults.rejected ?? [];
  if (before.length === 0 || rowCountOf(sound) === 0) return { series: sound, rejected };
  const replaced = new Set(sound.openTimeMs);
  const startMs = fromMs ?? sound.openTimeMs[0];
  const endMs = toMs ?? sound.openTimeMs[rowCountOf(sound) - 1] + INTERVAL_MS[sound.interval];
  // A time that is no number belongs to no range; in a file it is still a row that is lost.
  const isMissing = ({ openTimeMs }: RejectedRow) =>
    !(openTimeMs < startMs || openTimeMs >= endMs) && !replaced.has(openTimeMs);
  return { series: sound, rejected: [...before.filter(isMissing), ...rejected] };
}
