/**
 * Walks through an exchange's history page by page. Exchanges differ in what `since` means: the oldest candles from there
 * (Binance), a window of so many candles from there, empty where there were none (OKX), or nothing at all (Kraken always
 * gives its newest 720). The walk does not ask which: it looks at what came.
 *
 *     cursor ─► page ── starts at the cursor ──► yield, cursor behind its last candle
 *                  ├── starts later, is short ─► was its beginning cut off? then smaller pages
 *                  └── empty, twice ───────────► the next longer candle, else doubling jumps and halving, to where it goes
 *                                                on; nothing: compare with the exchange's newest candles
 *
 * Each turn moves the cursor forward or ends the walk, so there is no loop without end, and a range without candles
 * costs about twice the logarithm of its pages.
 */

import { TradeAiError } from '../../core/errors.js';
import type { Candle } from '../../market/candle-series.js';

/** No exchange is known that gives fewer candles at a time. */
const SMALLEST_CAP = 50;
const LONGER_ATTEMPTS = 8;

/** Candles from `sinceMs` on, ascending, or the newest ones without it. None is before `sinceMs`. */
export type PageReader = (sinceMs: number | undefined, limit: number) => Promise<readonly Candle[]>;

export interface LongerCandles {
  readonly lengthMs: number;
  readonly readPage: PageReader;
}

export interface WalkOptions {
  readonly exchangeId: string;
  /** First open time wanted, on the grid. */
  readonly fromMs: number;
  /** Open times stop before this; every candle before it is closed. */
  readonly endMs: number;
  /** When the candle opened that is open now. */
  readonly presentMs: number;
  readonly lengthMs: number;
  /** Candles to ask for at a time. */
  readonly pageRows: number;
  readonly readPage: PageReader;
  /** The same market in longer candles, longest first, which show with few requests where it was traded. */
  readonly longer: readonly LongerCandles[];
  /** Told when the exchange has only its newest candles to give, whatever it is asked for. */
  onNewestOnly(rowCount: number): void;
}

/**
 * The candles of [fromMs, endMs), ascending, without a repetition.
 *
 * @throws TradeAiError `EXCHANGE_RESPONSE_INVALID` when the pages stop although the exchange has newer candles
 */
export async function* walkCandles(options: WalkOptions): AsyncGenerator<readonly Candle[]> {
  const { endMs, lengthMs } = options;
  const reader = createWholeReader(options.readPage, lengthMs, options.pageRows);
  let cursorMs = options.fromMs;
  while (cursorMs < endMs) {
    let page = await reader.read(cursorMs);
    // An empty page is believed when it comes twice.
    if (page.length === 0) page = await reader.read(cursorMs);
    if (page.length === 0) {
      const nextMs = await findNextPage(cursorMs, reader.limit * lengthMs, options);
      if (nextMs === undefined) return;
      cursorMs = nextMs;
      continue;
    }
    if (cursorMs === options.fromMs && isNewestOnly(page, reader.limit, options)) options.onNewestOnly(page.length);
    const wanted = page.filter(({ openTimeMs }) => openTimeMs < endMs);
    if (wanted.length === 0) return;
    yield wanted;
    // On the grid, also behind a candle that opened off it.
    const steps = Math.floor((wanted[wanted.length - 1].openTimeMs - cursorMs) / lengthMs) + 1;
    cursorMs += steps * lengthMs;
  }
}

interface WholeReader {
  /** Candles to ask for at a time: as many as were wanted, or fewer where the exchange gives fewer. */
  readonly limit: number;
  read(sinceMs: number): Promise<readonly Candle[]>;
}

/**
 * Reads pages that are not cut at their beginning. A page that is short and starts later than asked may be the newest part
 * of a window, cut at the exchange's own cap; so the window is read again in parts of that size, from its start.
 */
function createWholeReader(readPage: PageReader, lengthMs: number, pageRows: number): WholeReader {
  let limit = pageRows;
  let mostRows = SMALLEST_CAP;
  return {
    get limit() {
      return limit;
    },
    async read(sinceMs) {
      const page = await readPage(sinceMs, limit);
      const rows = page.length;
      if (rows >= mostRows && rows < limit && page[0].openTimeMs > sinceMs) {
        const windowEndMs = Math.min(page[0].openTimeMs, sinceMs + limit * lengthMs);
        for (let partMs = sinceMs; partMs < windowEndMs; partMs += rows * lengthMs) {
          const part = await readPage(partMs, rows);
          if (part.length === 0) continue;
          if (part[0].openTimeMs >= page[0].openTimeMs) break;
          limit = rows;
          return part;
        }
      }
      mostRows = Math.max(mostRows, rows);
      return page;
    },
  };
}

/** A full page that begins later than asked and reaches the present: the exchange gives its newest candles only. */
function isNewestOnly(page: readonly Candle[], limit: number, options: WalkOptions): boolean {
  const lastMs = page[page.length - 1].openTimeMs;
  const reachesPresent = lastMs >= options.presentMs - options.lengthMs;
  return page[0].openTimeMs > options.fromMs && reachesPresent && page.length >= limit - 1;
}

/**
 * The time of the next page that is not empty, `undefined` when there is none. Where longer candles do not help, an
 * island of candles between two long ranges without any may be jumped over.
 */
async function findNextPage(emptyMs: number, windowMs: number, options: WalkOptions): Promise<number | undefined> {
  const { endMs, lengthMs, readPage } = options;
  const isEmpty: Probe = async (timeMs) => (await readPage(timeMs, windowMs / lengthMs)).length === 0;
  const traded = await findByLongerCandles(emptyMs + windowMs, windowMs, options, isEmpty);
  if (traded.isFound) return traded.timeMs;
  const startMs = traded.timeMs;
  let lowMs = emptyMs;
  for (let jumpMs = 0; ; jumpMs = Math.max(windowMs, 2 * jumpMs)) {
    const highMs = Math.min(startMs + jumpMs, endMs - lengthMs);
    if (highMs <= lowMs) break;
    if (!(await isEmpty(highMs))) return halveToStart(lowMs, highMs, windowMs, lengthMs, isEmpty);
    lowMs = highMs;
  }
  const newestMs = await findAmongNewest(emptyMs, options, isEmpty);
  return newestMs === undefined ? undefined : halveToStart(emptyMs, newestMs, windowMs, lengthMs, isEmpty);
}

/** Whether a page from that time on has no candle. */
type Probe = (timeMs: number) => Promise<boolean>;

/**
 * Goes down from week to day to hour, to the first that was traded, and through it page by page. The first one may hold
 * what is known already, so the search goes on behind it some times; then it gives the time it came to.
 */
async function findByLongerCandles(
  fromMs: number,
  windowMs: number,
  options: WalkOptions,
  isEmpty: Probe,
): Promise<{ isFound: boolean; timeMs: number }> {
  let timeMs = fromMs;
  for (let attempt = 0; attempt < LONGER_ATTEMPTS && options.longer.length > 0; attempt++) {
    let endMs = options.endMs;
    for (const longer of options.longer) {
      const openMs = await findLongerCandle(longer, timeMs, endMs, options.pageRows);
      // The longest show none: there is none. A shorter one shows none: none in the rest of the longer one.
      if (openMs === undefined && endMs === options.endMs) return { isFound: false, timeMs };
      timeMs = openMs === undefined ? endMs : Math.max(timeMs, openMs);
      if (openMs === undefined) break;
      endMs = Math.min(endMs, openMs + longer.lengthMs);
    }
    for (; timeMs < endMs; timeMs += windowMs) if (!(await isEmpty(timeMs))) return { isFound: true, timeMs };
    timeMs = endMs;
  }
  return { isFound: false, timeMs };
}

/** The open time of the first longer candle that ends after `fromMs` and opens before `endMs`. */
async function findLongerCandle(
  { lengthMs, readPage }: LongerCandles,
  fromMs: number,
  endMs: number,
  pageRows: number,
): Promise<number | undefined> {
  const reader = createWholeReader(readPage, lengthMs, pageRows);
  for (let sinceMs = fromMs - lengthMs; sinceMs < endMs; sinceMs += reader.limit * lengthMs) {
    const page = await reader.read(sinceMs);
    const traded = page.find(({ openTimeMs }) => openTimeMs + lengthMs > fromMs && openTimeMs < endMs);
    if (traded !== undefined) return traded.openTimeMs;
  }
  return undefined;
}

/** Between an empty window at `lowMs` and a filled one at `highMs`: where the candles begin, to within a window. */
async function halveToStart(
  lowMs: number,
  highMs: number,
  windowMs: number,
  lengthMs: number,
  isEmpty: Probe,
): Promise<number> {
  let [emptyMs, filledMs] = [lowMs, highMs];
  while (filledMs - emptyMs > windowMs) {
    const middleMs = emptyMs + Math.floor((filledMs - emptyMs) / 2 / lengthMs) * lengthMs;
    if (await isEmpty(middleMs)) emptyMs = middleMs;
    else filledMs = middleMs;
  }
  return filledMs;
}

/** The last word: the exchange's newest candles, which need no time to ask for. */
async function findAmongNewest(
  emptyMs: number,
  { exchangeId, endMs, pageRows, readPage }: WalkOptions,
  isEmpty: Probe,
): Promise<number | undefined> {
  const newest = await readPage(undefined, pageRows);
  const next = newest.find(({ openTimeMs }) => openTimeMs >= emptyMs && openTimeMs < endMs);
  if (next === undefined) return undefined;
  if (next.openTimeMs > emptyMs && !(await isEmpty(next.openTimeMs))) return next.openTimeMs;
  throw new TradeAiError(
    'EXCHANGE_RESPONSE_INVALID',
    `${exchangeId} gives no candles from ${new Date(emptyMs).toISOString()} on when asked for them, though it has one of ` +
      `${new Date(next.openTimeMs).toISOString()}: its pages do not advance`,
    { commandHint: 'try again later, use another exchange, or candles from a file with --data FILE' },
  );
}
