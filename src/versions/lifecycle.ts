/** Another champion by hand, back to an earlier one, and out with versions that nobody needs any more. */

import { describeError, TradeAiError } from '../core/errors.js';
import type { ChampionPointer, ModelRegistry } from '../ports/registry.js';

/**
 * Puts a version in charge by hand.
 *
 * @param expectedGeneration refuse when the champion has changed since this generation was seen
 * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `VERSION_CONFLICT`
 */
export async function promoteByHand(
  name: string,
  version: number,
  registry: ModelRegistry,
  expectedGeneration?: number,
): Promise<ChampionPointer> {
  const generation = expectedGeneration ?? (await registry.champion(name))?.generation ?? 0;
  return registry.promote({ name, version, reasons: ['promoted by hand'], expectedGeneration: generation });
}

/**
 * Puts the champion before this one in charge again. Doing it twice is back where it began.
 *
 * @param expectedGeneration refuse when the champion has changed since this generation was seen
 * @throws TradeAiError `MODEL_NOT_FOUND` when there is nothing to go back to; `MODEL_CORRUPT`; `VERSION_CONFLICT`
 */
export async function rollBack(
  name: string,
  registry: ModelRegistry,
  expectedGeneration?: number,
): Promise<ChampionPointer> {
  const champion = await registry.champion(name);
  if (champion?.previousVersion === undefined) {
    if (champion === undefined) await registry.load(name);
    throw new TradeAiError('MODEL_NOT_FOUND', `${name} has had one champion only: there is nothing to roll back to`, {
      commandHint: `choose a version with \`tradeai models promote ${name} VERSION\``,
    });
  }
  const { version, previousVersion, generation } = champion;
  return registry.promote({
    name,
    version: previousVersion,
    reasons: [`rolled back from version ${version}`],
    expectedGeneration: expectedGeneration ?? generation,
  });
}

export interface ModelListing {
  readonly name: string;
  /** `null` where no version has been promoted yet, or the pointer is damaged. */
  readonly champion: ChampionPointer | null;
  /** Ascending. */
  readonly versions: readonly number[];
  /** What is wrong with it, and the way out; `null` for nothing. */
  readonly problem: string | null;
}

/** Every model of a registry; one that is damaged is a row with its problem. */
export async function listModels(registry: ModelRegistry): Promise<ModelListing[]> {
  const listings: ModelListing[] = [];
  for (const name of await registry.listNames()) {
    const versions = await registry.listVersions(name);
    try {
      listings.push({ name, champion: (await registry.champion(name)) ?? null, versions, problem: null });
    } catch (error) {
      listings.push({ name, champion: null, versions, problem: problemOf(error) });
    }
  }
  return listings;
}

/** What pruning kept and removed. */
export interface PruneResult {
  readonly name: string;
  readonly kept: readonly number[];
  readonly removed: readonly number[];
}

/**
 * Removes all but the newest `keep` versions of a name. The champion and its predecessor are never removed, nor counted.
 * The newest version carries the count of trials, so that pruning makes nobody forget how often was tried.
 *
 * @param keep a whole number from 1
 * @throws TradeAiError `USAGE`, `MODEL_NOT_FOUND`, `STORAGE_UNWRITABLE`
 */
export async function pruneVersions(name: string, keep: number, registry: ModelRegistry): Promise<PruneResult> {
  if (!(Number.isSafeInteger(keep) && keep > 0)) {
    throw new TradeAiError('USAGE', `expected to keep a whole number of versions from 1, was ${keep}`);
  }
  const versions = await registry.listVersions(name);
  if (versions.length === 0) await registry.load(name);
  const champion = await registry.champion(name);
  const isInUse = (version: number) => version === champion?.version || version === champion?.previousVersion;
  const removed = versions.filter((version) => !isInUse(version)).slice(0, -keep);
  for (const version of removed) await registry.remove(name, version);
  return { name, kept: versions.filter((version) => !removed.includes(version)), removed };
}

export interface PrunedModel extends PruneResult {
  /** Why nothing was removed; `null` where pruning went well. */
  readonly problem: string | null;
}

/** Prunes every model; of one that is damaged nothing is removed: nobody can say what is in use. */
export async function pruneAll(keep: number, registry: ModelRegistry): Promise<PrunedModel[]> {
  const results: PrunedModel[] = [];
  for (const name of await registry.listNames()) {
    try {
      results.push({ ...(await pruneVersions(name, keep, registry)), problem: null });
    } catch (error) {
      results.push({ name, kept: await registry.listVersions(name), removed: [], problem: problemOf(error) });
    }
  }
  return results;
}

/** Heals the copies for other programs of every model, and tells of each what was done, or why it could not be. */
export async function healAllCopies(registry: ModelRegistry, tell: (text: string) => void): Promise<void> {
  for (const name of await registry.listNames()) {
    try {
      const healed = await registry.healCopies(name);
      if (healed.length > 0) tell(`${name}: not the champion's, made anew: ${healed.join(', ')}`);
    } catch (error) {
      if (!(error instanceof TradeAiError)) throw error;
      tell(`${name}: the copies for other programs could not be looked at: ${error.message}`);
    }
  }
}

/** Of a model; a fault of the disk or of the program is none of its own. */
function problemOf(error: unknown): string {
  if (!(error instanceof TradeAiError && error.kind === 'model')) throw error;
  const { message, hint } = describeError(error);
  return hint === null ? message : `${message}; ${hint}`;
}
