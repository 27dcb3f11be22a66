/** Another champion by hand, back to an earlier one, and out with versions that nobody needs any more. */

import { TradeAiError } from '../core/errors.js';
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
      hint: `choose a version with \`tradeai models promote ${name} VERSION\``,
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
