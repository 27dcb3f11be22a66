/** The small files beside the versions of a name: `champion.json`, `claim.json`, and what was decided about a version. */

import { join } from 'node:path';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { writeFileAtomically } from '../files/write-atomically.js';
import type { ChampionPointer } from '../ports/registry.js';
import { type VersionDecision, versionDecisionSchema } from '../registry/decision.js';
import { timeMs } from '../wire/parts.js';
import { readSealedFile, sealJson } from './sealed-json.js';

export const CHAMPION_NAME = 'champion.json';
const CLAIM_NAME = 'claim.json';

const championPointerSchema = z.object({
  version: z.int().positive(),
  generation: z.int().positive(),
  promotedAtMs: timeMs,
  reasons: z.array(z.string()),
  previousVersion: z.int().positive().optional(),
}) satisfies z.ZodType<ChampionPointer>;

const claimSchema = z.object({ claim: z.int().nonnegative() });

/**
 * Reads the pointer of a name; `undefined` when it has none.
 *
 * @throws TradeAiError `MODEL_CORRUPT` when the file is not a pointer, `STORAGE_UNREADABLE`
 */
export function readChampion(modelFolder: string, name: string): Promise<ChampionPointer | undefined> {
  return readSealedFile({
    path: join(modelFolder, CHAMPION_NAME),
    schema: championPointerSchema,
    what: `the pointer to the champion of ${name}`,
    commandHint: `remove that file and choose a champion with \`tradeai models promote ${name} VERSION\``,
  });
}

export async function writeChampion(modelFolder: string, pointer: ChampionPointer): Promise<void> {
  await writeFileAtomically(join(modelFolder, CHAMPION_NAME), sealJson(pointer));
}

/**
 * The newest fencing token of a name; 0 when it was never claimed.
 *
 * @throws TradeAiError `MODEL_CORRUPT`, `STORAGE_UNREADABLE`
 */
export async function readClaim(modelFolder: string, name: string): Promise<number> {
  const file = await readSealedFile({
    path: join(modelFolder, CLAIM_NAME),
    schema: claimSchema,
    what: `the count of claims of ${name}`,
    commandHint: 'remove that file when nothing trains this name, and train again',
  });
  return file?.claim ?? 0;
}

export async function writeClaim(modelFolder: string, claim: number): Promise<void> {
  await writeFileAtomically(join(modelFolder, CLAIM_NAME), sealJson({ claim }));
}

/** Refuses who was claimed before somebody else was. @throws TradeAiError `VERSION_CONFLICT` */
export async function requireNewestClaim(modelFolder: string, name: string, claim: number | undefined): Promise<void> {
  if (claim === undefined) return;
  const newest = await readClaim(modelFolder, name);
  if (claim === newest) return;
  throw new TradeAiError(
    'VERSION_CONFLICT',
    `${name}: expected the newest claim ${newest}, was claim ${claim}: another training has claimed the name since`,
    { hint: 'leave it to that training, or train again' },
  );
}

/**
 * What was decided about a version after its publication; `undefined` when nothing was.
 *
 * @throws TradeAiError `MODEL_CORRUPT`, `STORAGE_UNREADABLE`
 */
export function readDecision(modelFolder: string, name: string, version: number): Promise<VersionDecision | undefined> {
  return readSealedFile({
    path: decisionPath(modelFolder, version),
    schema: versionDecisionSchema.refine((decision) => decision.version === version, 'it is of another version'),
    what: `the decision about ${name} version ${version}`,
    commandHint: 'remove that file: what the version says of itself counts then',
  });
}

export async function writeDecision(modelFolder: string, decision: VersionDecision): Promise<void> {
  await writeFileAtomically(decisionPath(modelFolder, decision.version), sealJson(decision));
}

export function decisionPath(modelFolder: string, version: number): string {
  return join(modelFolder, `${version}.decision.json`);
}
