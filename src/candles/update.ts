/** The store brought up to date from its sources: history when it is asked for, and every new candle. */

import { runLimited } from '../core/concurrency.js';
import { TradeAiError } from '../core/errors.js';
import { originOf } from '../market/candle-origin.js';
import { type CandleSeries, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import { setAsideRejected } from '../market/quality/row-faults.js';
import type { TimeRange } from '../market/time-range.js';
import type { CandleSource } from '../ports/candle-source.js';
import type { StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import { GapNotes, planHoles } from './source-gaps.js';
import { addUpdates, joinCandles, type StoreUpdate, StoreWriter, type StoreWriterOptions } from './store-writer.js';

export interface FetchHooks {
  readonly signal?: AbortSignal;
  /** The rows that have come so far, from the network. */
  readonly onFetch?: (rowsDone: number, lastOpenTimeMs: number) => void;
  /** The exchange's time, UTC milliseconds, from a source that asks for it. */
  readonly onExchangeTime?: (timeMs: number) => void;
}

export interface UpdateHooks {
  readonly signal?: AbortSignal;
  /** What a person should know, and no failure. */
  readonly onNotice?: (text: string) => void;
}

/** What bringing one series up to date came to. */
export interface SeriesUpdate extends StoreUpdate {
  readonly key: StoredSeriesKey;
  /** The newest candles that were stored, as they are now, and the new ones behind them, ascending; bad rows left out. */
  readonly candles: CandleSeries;
  /** This computer's clock minus the exchange's; `null` when the source does not tell its time. */
  readonly clockOffsetMs: number | null;
}

export type UpdateOutcome = SeriesUpdate | { readonly key: StoredSeriesKey; readonly error: unknown };

type PartialPorts = Pick<Ports, 'store' | 'openSource'>;
type UpdatePorts = Pick<Ports, 'store' | 'openSource' | 'now'>;

/** Closed candles fetched again with every update, because exchanges revise the newest ones. */
const REFETCHED_ROWS = 2;
/** Older history is fetched in ranges of a year, or of so many rows, whichever is shorter; at least of so many. */
const RANGE_MS = 365 * INTERVAL_MS['1d'];
const MAX_RANGE_ROWS = 600_000;
const MIN_RANGE_ROWS = 10_000;
const CLOCK_WARNING_MS = 500;
const CLOCK_REFUSAL_MS = 5000;
const SERIES_AT_ONCE = 4;

/**
 * Fetches what is missing of the range: before the stored series, in holes within it that the source was never asked for,
 * and behind it, with its newest candles again. Whatever moment it is stopped at, the next call goes on from there.
 *
 * @returns rows added, and rows that the source had revised
 */
export async function updateStore(
  key: StoredSeriesKey,
  fromMs: number | undefined,
  toMs: number | undefined,
  ports: PartialPorts,
  hooks: FetchHooks = {},
): Promise<StoreUpdate> {
  const stored = await ports.store.describe(key);
  const source = ports.openSource(key.source);
  const pagesOf = createRangeFetch(source, key, hooks);
  const forget = (lastOpenTimeMs: number) => source.forgetDownloads?.(key, lastOpenTimeMs) ?? Promise.resolve();
  const parts: StoreUpdate[] = [];
  const take = async (range: Partial<TimeRange>, how: Pick<StoreWriterOptions, 'isAtomic' | 'onWritten'>) => {
    const notes = new GapNotes(key.interval, range);
    const writer = new StoreWriter({ store: ports.store, source: key.source, ...how });
    parts.push(await storePages(pagesOf(range), writer, notes, how.isAtomic));
    await ports.store.addSourceGaps(key, notes.settled(stored?.lastOpenTimeMs ?? Number.NEGATIVE_INFINITY));
  };
  if (stored === undefined) {
    await take({ fromMs, toMs }, { onWritten: forget });
  } else {
    const { firstOpenTimeMs: firstMs, lastOpenTimeMs: lastMs } = stored;
    // A part of such a range would leave a hole before what is stored.
    for (const range of planOlderRanges(fromMs ?? firstMs, Math.min(firstMs, toMs ?? firstMs), key.interval)) {
      await take(range, { isAtomic: true });
    }
    const asked = { fromMs: fromMs ?? firstMs, toMs: toMs ?? Number.POSITIVE_INFINITY };
    const gaps = await ports.store.findGaps(key);
    for (const hole of planHoles(gaps, await ports.store.readSourceGaps(key), asked, key.interval)) {
      try {
        await take(hole, {});
      } catch (error) {
        // So say exchanges that give their newest candles only.
        if (!(error instanceof TradeAiError && error.code === 'CANDLES_NOT_FOUND')) throw error;
        await ports.store.addSourceGaps(key, [hole]);
      }
    }
    const tailMs = lastMs - (REFETCHED_ROWS - 1) * INTERVAL_MS[key.interval];
    if (toMs === undefined || tailMs < toMs) await take({ fromMs: tailMs, toMs }, { onWritten: forget });
  }
  await forget(Number.POSITIVE_INFINITY);
  return addUpdates(parts);
}

/**
 * Brings one stored series up to the newest closed candle: the last two stored ones are fetched again, since exchanges
 * revise them, and the new ones behind them.
 *
 * @throws TradeAiError `CANDLES_NOT_FOUND` when nothing is stored, `CLOCK_SKEWED`, of the kind `exchange`
 * @example const { candles } = await updateSeries(key, ports); liveForecaster.advance(candles)
 */
export async function updateSeries(
  key: StoredSeriesKey,
  ports: UpdatePorts,
  { signal, onNotice }: UpdateHooks = {},
): Promise<SeriesUpdate> {
  const newest = await ports.store.readRange(key, { limit: REFETCHED_ROWS });
  if (newest === undefined || rowCountOf(newest) === 0) throw nothingStored(key);
  const source = ports.openSource(key.source);
  let clockOffsetMs: number | null = null;
  const askedMs = ports.now();
  const onExchangeTime = (timeMs: number) => {
    clockOffsetMs = leastOffset(timeMs, askedMs, ports.now());
    checkClock(clockOffsetMs, key.source, onNotice);
  };
  const fetched: CandleSeries[] = [];
  const fromMs = newest.openTimeMs[0];
  const onWritten = (lastOpenTimeMs: number) => source.forgetDownloads?.(key, lastOpenTimeMs) ?? Promise.resolve();
  const writer = new StoreWriter({ store: ports.store, source: key.source, onWritten });
  for await (const page of source.fetchCandles({ ...key, fromMs, signal, onExchangeTime })) {
    fetched.push(setAsideRejected(page).sound);
    await writer.add(page);
  }
  await writer.flush();
  const candles = fetched.length > 0 ? joinCandles(fetched) : sliceCandles(newest, 0, 0);
  if (writer.total.revisedRows > 0) onNotice?.(describeRevision(key, writer.total));
  return { key, ...writer.total, candles, clockOffsetMs };
}

/**
 * Brings series up to date, several at a time; what fails with one does not stop the others.
 *
 * @param keys those to update; all that are stored and have a source when absent
 * @throws TradeAiError `INTERRUPTED`
 */
export async function updateAll(
  keys: readonly StoredSeriesKey[] | undefined,
  ports: UpdatePorts,
  hooks: UpdateHooks = {},
): Promise<UpdateOutcome[]> {
  const wanted = keys ?? (await listUpdatable(ports));
  return runLimited<UpdateOutcome>(wanted.length, SERIES_AT_ONCE, async (index) => {
    const key = wanted[index];
    try {
      return await updateSeries(key, ports, hooks);
    } catch (error) {
      if (error instanceof TradeAiError && error.code === 'INTERRUPTED') throw error;
      return { key, error };
    }
  });
}

/** The stored series that can be fetched from somewhere. */
export async function listUpdatable({ store }: Pick<Ports, 'store'>): Promise<StoredSeriesKey[]> {
  return (await store.list())
    .filter(({ source }) => !originOf(source).isImported)
    .map(({ source, symbol, interval }) => ({ source, symbol, interval }));
}

/** The ranges of [startMs, endMs), the newest first: each adjoins what is stored once those before it are. */
export function planOlderRanges(startMs: number, endMs: number, interval: Interval): TimeRange[] {
  const lengthMs = INTERVAL_MS[interval];
  const rangeMs = Math.max(MIN_RANGE_ROWS * lengthMs, Math.min(RANGE_MS, MAX_RANGE_ROWS * lengthMs));
  const ranges: TimeRange[] = [];
  for (let end = endMs; end > startMs; ) {
    const start = Math.max(startMs, end - rangeMs);
    ranges.push({ fromMs: start, toMs: end });
    end = start;
  }
  return ranges;
}

type Pages = AsyncIterable<CandleSeries>;

/** Fetches ranges one after the other, with one count of rows. */
function createRangeFetch(
  source: CandleSource,
  { symbol, interval }: StoredSeriesKey,
  { signal, onFetch, onExchangeTime }: FetchHooks,
) {
  let rowsDone = 0;
  return ({ fromMs, toMs }: Partial<TimeRange>): Pages => {
    const rowsBefore = rowsDone;
    const onProgress = (rows: number, lastOpenTimeMs: number) => {
      rowsDone = rowsBefore + rows;
      onFetch?.(rowsDone, lastOpenTimeMs);
    };
    return source.fetchCandles({ symbol, interval, fromMs, toMs, signal, onProgress, onExchangeTime });
  };
}

/** What came is stored also when the rest fails, unless a part is worth nothing. */
async function storePages(pages: Pages, writer: StoreWriter, notes: GapNotes, isAtomic = false): Promise<StoreUpdate> {
  try {
    for await (const page of pages) {
      notes.add(setAsideRejected(page).sound);
      await writer.add(page);
    }
  } catch (error) {
    if (!isAtomic) await writer.flush();
    throw error;
  }
  await writer.flush();
  return writer.total;
}

/**
 * How far this computer's clock is ahead of the exchange's (behind it, where negative) at least: the exchange told its time
 * at some moment between asking and answer, and an answer that was slow to come says nothing against a clock.
 */
function leastOffset(timeMs: number, askedMs: number, answeredMs: number): number {
  if (timeMs < askedMs) return askedMs - timeMs;
  return Math.min(0, answeredMs - timeMs);
}

/** @throws TradeAiError `CLOCK_SKEWED` when nothing that depends on the time of day can be trusted */
function checkClock(offsetMs: number, source: string, onNotice: UpdateHooks['onNotice']): void {
  const distanceMs = Math.abs(offsetMs);
  if (distanceMs <= CLOCK_WARNING_MS) return;
  const text = `the clock of this computer is ${(distanceMs / 1000).toFixed(1)} s ${offsetMs > 0 ? 'ahead of' : 'behind'} that of ${source}`;
  if (distanceMs <= CLOCK_REFUSAL_MS) {
    onNotice?.(text);
    return;
  }
  throw new TradeAiError(
    'CLOCK_SKEWED',
    `expected a clock within ${CLOCK_REFUSAL_MS / 1000} s of the exchange's: ${text}`,
    {
      hint: 'set the clock, best by a time server (for example `timedatectl set-ntp true`), and try again',
    },
  );
}

function describeRevision({ symbol, interval, source }: StoredSeriesKey, update: StoreUpdate): string {
  const [first] = update.revisions;
  const example = first
    ? `, the first at ${new Date(first.now.openTimeMs).toISOString()}: close ${first.was.close} is now ${first.now.close}`
    : '';
  return `${symbol} ${interval}: ${source} has revised ${update.revisedRows} closed candles${example}`;
}

function nothingStored({ symbol, interval, source }: StoredSeriesKey): TradeAiError {
  return new TradeAiError('CANDLES_NOT_FOUND', `no candles of ${symbol} ${interval} from ${source} are stored`, {
    commandHint: `fetch them first: \`tradeai data fetch --symbol ${symbol} --interval ${interval}\``,
  });
}
