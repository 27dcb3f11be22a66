/** The ledger of a model as people and programs ask for it. */

import { TradeAiError } from '../core/errors.js';
import type { LedgerPage } from '../ports/ledger.js';
import type { Ports } from '../ports/ports.js';
import { decodeModel } from '../versions/model-files.js';
import type { LedgerQuery } from '../wire/request.js';
import type { TrackRecordAnswer } from '../wire/track-record.js';
import { openTrackRecord } from './live-track-record.js';
import { type ReplayedForecast, replayLedger } from './replay-ledger.js';

/** A page of the ledger of one model. */
export interface ModelLedgerPage extends LedgerPage {
  readonly name: string;
  /** Length of the candles; `null` on an empty page. */
  readonly interval: string | null;
}

/**
 * Reads the forecasts that were served, with what came of them.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`; `FORECAST_NOT_READY` when nothing was served that the query asks for, except
 *   behind the last page; `STORAGE_UNREADABLE` when nothing of a damaged ledger can be read
 */
export async function readLedger(
  query: LedgerQuery,
  ports: Pick<Ports, 'registry' | 'ledger'>,
): Promise<ModelLedgerPage> {
  const { name } = query;
  const page = await ports.ledger.read(query);
  const [newest] = page.entries;
  if (newest !== undefined) {
    const { interval } = await ports.registry.readManifest(name, newest.version);
    return { name, interval, ...page };
  }
  if (query.beforeMs === undefined) await refuseUnserved(name, ports, page.problems);
  return { name, interval: null, ...page };
}

/**
 * Measures what a version has forecast beside what its report says, the champion when none is named.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `STORAGE_UNREADABLE`
 */
export async function readRecord(
  name: string,
  version: number | undefined,
  ports: Pick<Ports, 'registry' | 'ledger'>,
): Promise<TrackRecordAnswer> {
  const model = decodeModel(await ports.registry.load(name, version));
  return (await openTrackRecord(model, ports)).record();
}

/** What came of making forecasts again. */
export interface LedgerReplay {
  readonly name: string;
  /** How many were made again. */
  readonly replayed: number;
  /** Those that are not the same bits. */
  readonly different: readonly ReplayedForecast[];
}

/**
 * Makes served forecasts again from their recorded inputs and compares the bits.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `ENGINE_UNAVAILABLE`; `FORECAST_NOT_READY` when there is none
 */
export async function replayForecasts(
  query: LedgerQuery,
  ports: Pick<Ports, 'registry' | 'ledger' | 'createEngine'>,
): Promise<LedgerReplay> {
  const { name } = query;
  const recordings = await ports.ledger.recordings(query);
  if (recordings.length === 0) await refuseUnserved(name, ports);
  const replayed = await replayLedger(name, recordings, ports);
  return { name, replayed: replayed.length, different: replayed.filter(({ isEqual }) => !isEqual) };
}

/** Tells a model that has served nothing from one that there is not, and from one whose ledger is damaged. */
async function refuseUnserved(
  name: string,
  { registry }: Pick<Ports, 'registry'>,
  problems: readonly string[] = [],
): Promise<never> {
  await registry.load(name);
  if (problems.length > 0) {
    throw new TradeAiError(
      'STORAGE_UNREADABLE',
      `nothing of the ledger of ${name} can be read: ${problems.join('; ')}`,
      { hint: `put data/ledger/${name} back from a copy` },
    );
  }
  throw new TradeAiError('FORECAST_NOT_READY', `${name} has served no forecast yet`, {
    commandHint: '`tradeai serve` forecasts every candle and keeps the ledger',
  });
}
