/** Taking stored series away, unless a model needs them. */

import { TradeAiError } from '../core/errors.js';
import type { CandleSource } from '../ports/candle-source.js';
import type { StoredSeriesEntry, StoredSeriesKey } from '../ports/candle-store.js';
import type { Ports } from '../ports/ports.js';
import type { ModelManifest } from '../registry/manifest.js';
import { describeInstead, describeWanted, isSelected, type SeriesSelection } from './series-selection.js';
import { findStored } from './stored-candles.js';

export interface RemovableSeries extends StoredSeriesKey {
  /** `null` of one that cannot be read. */
  readonly rowCount: number | null;
  readonly sizeBytes: number;
  /** Names of models with a version that was trained on it. */
  readonly models: readonly string[];
}

export interface RemoveOptions {
  /** Also what models were trained on. */
  readonly force?: boolean;
  /** Asked before anything is removed; nothing is without its consent. */
  readonly confirm?: (series: readonly RemovableSeries[]) => Promise<boolean>;
}

/**
 * Removes the stored series of a selection with all that is kept beside them.
 *
 * @returns what was removed; nothing where that was not confirmed
 * @throws TradeAiError `CANDLES_NOT_FOUND` where none is stored; `USAGE` for what a model was trained on
 */
export async function removeCandles(
  selection: SeriesSelection,
  { force = false, confirm }: RemoveOptions,
  ports: Pick<Ports, 'store' | 'registry' | 'openSource'>,
): Promise<RemovableSeries[]> {
  const found = await findRemovable(selection, ports);
  const needed = found.filter(({ models }) => models.length > 0);
  if (needed.length > 0 && !force) throw neededByModels(needed);
  if (confirm !== undefined && !(await confirm(found))) return [];
  for (const key of found) {
    await ports.store.remove(key);
    await openIfPossible(key.source, ports)?.forgetDownloads?.(key, Number.POSITIVE_INFINITY);
  }
  return found;
}

async function findRemovable(
  selection: SeriesSelection,
  { store, registry }: Pick<Ports, 'store' | 'registry'>,
): Promise<RemovableSeries[]> {
  const stored = await store.list();
  const selected = stored.filter((entry) => isSelected(entry, selection));
  const missing = selection.symbols?.find((symbol) => !selected.some((entry) => entry.symbol === symbol));
  if (missing !== undefined || selected.length === 0) {
    const of = missing === undefined ? '' : ` of ${describeWanted([missing], selection)}`;
    const instead = missing === undefined ? '' : `; ${describeInstead(missing, stored)}`;
    throw new TradeAiError('CANDLES_NOT_FOUND', `no such candles${of} are stored${instead}`, {
      commandHint: 'look at what is stored with `tradeai data list`',
    });
  }
  const manifests = await readManifests(registry);
  return selected.map(({ source, symbol, interval, rowCount, sizeBytes }) => {
    const using = manifests.filter((manifest) => isUsing(manifest, { source, symbol, interval }, stored));
    return { source, symbol, interval, rowCount, sizeBytes, models: [...new Set(using.map(({ name }) => name))] };
  });
}

/** Of every version; of one that is damaged nobody can tell. */
async function readManifests(registry: Ports['registry']): Promise<ModelManifest[]> {
  const manifests: ModelManifest[] = [];
  for (const name of await registry.listNames()) {
    for (const version of await registry.listVersions(name)) {
      const manifest = await registry.readManifest(name, version).catch(ignoreDamage);
      if (manifest !== undefined) manifests.push(manifest);
    }
  }
  return manifests;
}

/** Whether a version takes its candles from a series, or those of another symbol that a feature of it looks at. */
function isUsing(
  { symbol, interval, featureNames, data: { source } }: ModelManifest,
  key: StoredSeriesKey,
  stored: readonly StoredSeriesEntry[],
): boolean {
  const others = featureNames.flatMap((name) => name.split('@').slice(1));
  const candidates = symbol === key.symbol ? stored.filter((entry) => entry.source === source) : stored;
  if (symbol !== key.symbol && !others.includes(key.symbol)) return false;
  return findStored(candidates, key.symbol, interval as StoredSeriesKey['interval']).some(
    (entry) => entry.source === key.source && entry.interval === key.interval,
  );
}

function neededByModels(needed: readonly RemovableSeries[]): TradeAiError {
  const series = needed.map(
    ({ source, symbol, interval, models }) => `${symbol} ${interval} from ${source} (${models.join(', ')})`,
  );
  return new TradeAiError('USAGE', `models were trained on ${series.join(' and ')}`, {
    commandHint:
      'without these candles they can be neither trained again nor examined; --force removes them all the same',
  });
}

/** A source that cannot be opened has left nothing behind. */
function openIfPossible(name: string, { openSource }: Pick<Ports, 'openSource'>): CandleSource | undefined {
  try {
    return openSource(name);
  } catch (error) {
    if (!(error instanceof TradeAiError)) throw error;
  }
}

function ignoreDamage(error: unknown): undefined {
  if (!(error instanceof TradeAiError && error.kind === 'model')) throw error;
}
