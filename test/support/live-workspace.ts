/** A workspace with two trained versions and a market that goes on: what a server finds, without the server. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composePorts } from '../../src/app/compose.js';
import { type CandleSeries, rowCountOf, sliceCandles } from '../../src/market/candle-series.js';
import { INTERVAL_MS } from '../../src/market/interval.js';
import { parseTrainOptions, type TrainOptions } from '../../src/options/train-options.js';
import type { CandleSource } from '../../src/ports/candle-source.js';
import type { Ports } from '../../src/ports/ports.js';
import { trainModel } from '../../src/training/train.js';
import { makeCandles, SMALL_TRAINING } from './doctor-workspace.js';

export const SYMBOL = 'TESTUSDT';
export const HOUR_MS = INTERVAL_MS['1h'];
const SOURCE = 'binance';
const TRAINED_ROWS = 700;

/** The whole market: the models know its first 700 candles. */
export const MARKET: CandleSeries = makeCandles({ symbol: SYMBOL, rowCount: 1_500, momentum: 0.3 });

export interface LiveWorkspace {
  readonly home: string;
  readonly ports: Ports;
  /** What the source has done, and does: it fails while `outage` is set. */
  readonly source: { fetches: number; outage: Error | undefined };
  /** Goes on to the moment so many candles have closed. */
  closeCandles(count: number): void;
  /** Open times of the candles that have closed are before this. */
  readonly closedRows: number;
  /** Another process's look at the same folder. */
  openOther(): Ports;
  remove(): void;
}

export interface LiveTemplateOptions extends Partial<TrainOptions> {
  /** Those with candles, all of the same market. */
  readonly symbols?: readonly string[];
}

/** A folder with versions 1 and 2, of which 1 is the champion; copies of it are opened with `openLiveWorkspace`. */
export async function trainLiveTemplate({
  source = SOURCE,
  symbols = [SYMBOL],
  ...options
}: LiveTemplateOptions = {}): Promise<{ home: string; remove(): void }> {
  const workspace = openAt(mkdtempSync(join(tmpdir(), 'tradeai-live-')));
  for (const symbol of symbols) {
    await workspace.ports.store.append(source, { ...sliceCandles(MARKET, 0, TRAINED_ROWS), symbol });
  }
  await trainLive(workspace, { ...options, source, seed: 1 });
  await trainLive(workspace, { ...options, source, seed: 2, epochs: 2 });
  // Whatever the rule thought of the second: it has never been in charge.
  rmSync(join(workspace.home, 'models/versions', SYMBOL, 'champion.json'));
  await workspace.ports.registry.promote({
    name: SYMBOL,
    version: 1,
    reasons: ['as the tests want it'],
    expectedGeneration: 0,
  });
  return workspace;
}

export function openLiveWorkspace(template: { readonly home: string }): LiveWorkspace {
  const home = mkdtempSync(join(tmpdir(), 'tradeai-live-'));
  cpSync(template.home, home, { recursive: true });
  return openAt(home);
}

/** Trains and judges in a moment; a new version. */
export async function trainLive({ ports }: Pick<LiveWorkspace, 'ports'>, options: Partial<TrainOptions> = {}) {
  return trainModel(parseTrainOptions({ ...SMALL_TRAINING, symbol: SYMBOL, source: SOURCE, ...options }), ports);
}

/** Turns one bit of a file of a version over, as a bad disk would. */
export function flipBit({ home }: Pick<LiveWorkspace, 'home'>, version: number, file = 'weights.safetensors'): void {
  const path = join(home, 'models/versions', SYMBOL, String(version), file);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

function openAt(home: string): LiveWorkspace {
  let closedRows = TRAINED_ROWS;
  const state: LiveWorkspace['source'] = { fetches: 0, outage: undefined };
  const nowMs = () => MARKET.openTimeMs[closedRows - 1] + HOUR_MS + 500;
  const source: CandleSource = {
    name: SOURCE,
    async *fetchCandles({ fromMs = 0, toMs = Number.POSITIVE_INFINITY, onExchangeTime }) {
      state.fetches += 1;
      if (state.outage !== undefined) throw state.outage;
      onExchangeTime?.(nowMs());
      const start = MARKET.openTimeMs.findIndex((openTimeMs) => openTimeMs >= fromMs);
      const end = MARKET.openTimeMs.findIndex((openTimeMs) => openTimeMs >= toMs);
      const closed = Math.min(closedRows, end === -1 ? rowCountOf(MARKET) : end);
      if (start !== -1 && start < closed) yield sliceCandles(MARKET, start, closed);
    },
  };
  const openPorts = (): Ports => ({
    ...composePorts({ home, environment: {}, onNote: () => undefined }),
    now: nowMs,
    openSource: () => source,
  });
  return {
    home,
    ports: openPorts(),
    source: state,
    closeCandles(count) {
      closedRows += count;
    },
    get closedRows() {
      return closedRows;
    },
    openOther: openPorts,
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
