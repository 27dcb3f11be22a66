/** Closed candles of Binance's spot market: the past from its archive where that is cheaper, the rest from its API. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { TradeAiError } from '../../core/errors.js';
import { BINANCE } from '../../market/candle-origin.js';
import { type CandleSeries, rowCountOf } from '../../market/candle-series.js';
import { floorToInterval, INTERVAL_MS } from '../../market/interval.js';
import { refuseOtherThanSpot } from '../../market/spot-only.js';
import type { CandleRequest, CandleSource } from '../../ports/candle-source.js';
import type { TakeNote } from '../../ports/note.js';
import { type ArchiveFiles, openArchiveFiles } from './archive-files.js';
import { type BinanceClient, type BinanceClientOptions, createBinanceClient, nameSeries } from './client.js';
import { fetchPage, fetchPages, selectRange } from './pages.js';
import { parseTradingSymbols } from './parse.js';
import { type FilePiece, labelOf, planFetch } from './plan.js';
import { startPrefetch } from './prefetch.js';
import { BINANCE_ARCHIVE_URL, BINANCE_URL, EXCHANGE_INFO_PATH } from './protocol.js';

export interface BinanceSourceOptions extends Partial<BinanceClientOptions> {
  readonly archiveUrl?: string;
  /** Where archive files lie until their candles are stored (default: among the temporary files). */
  readonly downloadFolder?: string;
}

/** Files of the archive that are fetched at once. */
const FILES_AT_ONCE = 4;
/** Further than this, a symbol is not a misspelling of another. */
const MISSPELLING_DISTANCE = 3;
const SUGGESTIONS = 3;

interface Hosts {
  readonly client: BinanceClient;
  readonly archive: ArchiveFiles;
  readonly log: TakeNote;
}

/**
 * A candle source over Binance's REST API and archive.
 *
 * A candle counts as closed when it ends at or before the server's time, read once before the first page: the clock of
 * this computer plays no part.
 *
 * @example for await (const page of createBinanceSource().fetchCandles({ symbol: 'BTCUSDT', interval: '1h' })) …
 */
export function createBinanceSource({
  baseUrl = BINANCE_URL,
  archiveUrl = BINANCE_ARCHIVE_URL,
  downloadFolder = join(tmpdir(), 'tradeai-downloads'),
  ...options
}: BinanceSourceOptions = {}): CandleSource {
  const log = options.log ?? (() => {});
  let opened: Hosts | undefined;
  const hosts = (): Hosts => {
    opened ??= {
      client: createBinanceClient({ ...options, baseUrl }),
      archive: openArchiveFiles({ ...options, baseUrl: archiveUrl, folder: downloadFolder }),
      log,
    };
    return opened;
  };
  return {
    name: BINANCE.name,
    async *fetchCandles(request) {
      refuseOtherThanSpot(request.symbol, 'Binance');
      try {
        yield* fetchPlanned(hosts(), request);
      } catch (error) {
        if (error instanceof TradeAiError && error.code === 'SYMBOL_UNKNOWN') {
          throw await unknownSymbol(hosts().client, request, error);
        }
        throw error;
      }
    },
    forgetDownloads: async (series, beforeMs) => hosts().archive.forget(series, beforeMs),
  };
}

async function* fetchPlanned(hosts: Hosts, request: CandleRequest): AsyncGenerator<CandleSeries> {
  const { client, archive } = hosts;
  const { symbol, interval, toMs = Number.POSITIVE_INFINITY, signal } = request;
  const nowMs = await client.getServerTimeMs({ signal, series: nameSeries(request) });
  request.onExchangeTime?.(nowMs);
  // Behind the last open time of a candle that is closed, whatever grid the candles are on.
  const endMs = Math.min(Math.ceil(toMs), nowMs - INTERVAL_MS[interval] + 1);
  let startMs = Math.max(0, Math.ceil(request.fromMs ?? 0));
  if (startMs >= endMs) return;
  const kept = await archive.listKept(request);
  const plan = () => planFetch({ interval, startMs, endMs, nowMs, hasFile: (piece) => kept.has(labelOf(piece)) });
  let pieces = plan();
  let firstPage: CandleSeries | undefined;
  if (pieces.some(({ kind }) => kind === 'file')) {
    // The archive has nothing from before the first candle, and says so only file by file.
    firstPage = await fetchPage(client, { symbol, interval, startMs, endMs }, startMs, signal);
    if (rowCountOf(firstPage) === 0) return;
    startMs = Math.max(startMs, floorToInterval(firstPage.openTimeMs[0], interval));
    pieces = plan();
  }
  const files = pieces.filter((piece) => piece.kind === 'file');
  const download = createDownload(hosts, request, files);
  const downloads = startPrefetch(files.length, FILES_AT_ONCE, download, signal);
  const report = createReport(request);
  let filesTaken = 0;
  try {
    for (const piece of pieces) {
      const range = {
        symbol,
        interval,
        startMs: Math.max(startMs, piece.startMs),
        endMs: Math.min(endMs, piece.endMs),
      };
      const path = piece.kind === 'file' ? await downloads.take(filesTaken++) : undefined;
      const candles = path === undefined ? undefined : await readFile(hosts, request, piece as FilePiece, path);
      if (candles) {
        const usable = selectRange(candles, range.startMs, range.endMs);
        if (rowCountOf(usable) > 0) yield report(usable);
      } else {
        const ready = range.startMs === startMs ? firstPage : undefined;
        for await (const page of fetchPages(client, range, signal, ready)) yield report(page);
      }
      firstPage = undefined;
    }
  } finally {
    await downloads.close();
  }
}

/** Fetches files by number. When the archive fails, it is left aside, and the candles come from the API. */
function createDownload({ archive, log }: Hosts, request: CandleRequest, files: readonly FilePiece[]) {
  let hasFailed = false;
  return async (index: number, stop?: AbortSignal): Promise<string | undefined> => {
    if (hasFailed) return undefined;
    try {
      return await archive.download(request, files[index], stop);
    } catch (error) {
      if (!(error instanceof TradeAiError && error.kind === 'exchange')) throw error;
      const note = `${error.message}; the candles come from the exchange itself, which takes longer`;
      if (!hasFailed) log(note, { series: nameSeries(request) });
      hasFailed = true;
      return undefined;
    }
  };
}

/** The candles of a downloaded file; another process that stored them already may have removed it. */
async function readFile(
  hosts: Hosts,
  request: CandleRequest,
  piece: FilePiece,
  path: string,
): Promise<CandleSeries | undefined> {
  const candles = await hosts.archive.read(request, piece, path);
  if (candles !== 'gone') return candles;
  const again = await createDownload(hosts, request, [piece])(0, request.signal);
  const second = again === undefined ? undefined : await hosts.archive.read(request, piece, again);
  return second === 'gone' ? undefined : second;
}

/** Tells the progress of what passes through. */
function createReport({ onProgress }: CandleRequest): (candles: CandleSeries) => CandleSeries {
  let rowsDone = 0;
  return (candles) => {
    rowsDone += rowCountOf(candles);
    onProgress?.(rowsDone, candles.openTimeMs[rowCountOf(candles) - 1]);
    return candles;
  };
}

async function unknownSymbol(
  client: BinanceClient,
  request: CandleRequest,
  cause: TradeAiError,
): Promise<TradeAiError> {
  const { symbol, signal } = request;
  const similar = await findSimilarSymbols(client, symbol, signal);
  return new TradeAiError('SYMBOL_UNKNOWN', `Binance has no symbol ${JSON.stringify(symbol)}`, {
    hint: similar.length > 0 ? `did you mean ${similar.join(', ')}?` : 'symbols are written as BTCUSDT, in capitals',
    cause,
  });
}

/** The symbols nearest to a misspelled one; none when the exchange does not tell. */
async function findSimilarSymbols(client: BinanceClient, symbol: string, signal?: AbortSignal): Promise<string[]> {
  const wanted = symbol.toUpperCase().replace(/[^A-Z0-9]/g, '');
  try {
    const known = parseTradingSymbols(await client.getJson(EXCHANGE_INFO_PATH, {}, { signal }));
    return known
      .map((name) => ({ name, distance: distance(name, wanted) }))
      .filter((entry) => entry.distance <= MISSPELLING_DISTANCE)
      .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
      .slice(0, SUGGESTIONS)
      .map((entry) => entry.name);
  } catch (error) {
    if (error instanceof TradeAiError && error.code === 'INTERRUPTED') throw error;
    return [];
  }
}
