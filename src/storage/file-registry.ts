/**
 * The model registry in a workspace folder:
 *
 *     models/versions/NAME/7/               an immutable version and its manifest
 *     models/versions/NAME/champion.json    the pointer
 *     models/versions/NAME/claim.json       the newest fencing token
 *     models/versions/NAME/7.decision.json  what was decided about a version after it was published
 *     models/NAME_lstm_model.onnx, scalers/NAME_scaler.json, feature_names.json    copies for other programs
 *
 * A kill at any moment leaves the old pointer or the new one, each to a complete version. What a killed process left
 * half-made has a hidden name and is removed by the next one that publishes. Copies that a kill left behind the pointer
 * are brought up to date then, too.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { checkName, foldName, isName } from '../core/names.js';
import { withFolderLock } from '../files/folder-lock.js';
import { toWriteError } from '../files/system-errors.js';
import { collectAbandoned } from '../files/temporary-names.js';
import { makeFolder } from '../files/write-atomically.js';
import { findNear } from '../market/spelling.js';
import { trainFlagsOf } from '../options/train-options.js';
import type { ChampionPointer, ModelRegistry, ModelVersion } from '../ports/registry.js';
import type { ModelManifest } from '../registry/manifest.js';
import { collectBesideCopies, commitCopies, healCopies, stageCopies } from './champion-copies.js';
import {
  CHAMPION_NAME,
  decisionPath,
  readChampion,
  readClaim,
  readDecision,
  requireNewestClaim,
  writeChampion,
  writeClaim,
  writeDecision,
} from './champion-file.js';
import { RegistryStamps } from './registry-stamps.js';
import {
  isVersionFolder,
  listVersionNumbers,
  readEntries,
  readManifest,
  readVersion,
  removeVersion,
  writeVersion,
} from './version-folder.js';

export interface FileRegistryOptions {
  /** The clock that dates promotions. */
  readonly nowMs?: () => number;
}

/**
 * Opens the registry of a workspace. Nothing is read or written before the first call.
 *
 * @example const { manifest } = await openFileRegistry('.').load('BTCUSDT');
 */
export function openFileRegistry(home: string, { nowMs = Date.now }: FileRegistryOptions = {}): ModelRegistry {
  const versionsFolder = join(home, 'models', 'versions');
  const folderOf = (name: string) => join(versionsFolder, checkName(name, 'model name'));
  const stamps = new RegistryStamps(versionsFolder);
  const makeModelFolder = async (name: string) => {
    const modelFolder = folderOf(name);
    await makeFolder(versionsFolder);
    await refuseCaseClash(versionsFolder, name);
    await makeFolder(modelFolder);
    return modelFolder;
  };
  const heal = async (name: string) => {
    const champion = await readIntactChampion(folderOf(name), name);
    if (champion === undefined) return [];
    return healCopies(home, champion, async () => name === (await findPromotedLast(versionsFolder)));
  };

  return {
    listNames: () => listNames(versionsFolder),
    stamps: () => stamps.read(),

    async listVersions(name) {
      return listVersionNumbers(folderOf(name));
    },

    async champion(name) {
      return readChampion(folderOf(name), name);
    },

    readManifest: async (name, version) => readDecidedManifest(folderOf(name), name, version),

    async load(name, version) {
      const modelFolder = folderOf(name);
      if (version === undefined) return loadChampion(versionsFolder, modelFolder, name);
      await requireVersion(versionsFolder, modelFolder, name, version);
      return readWithHint(modelFolder, name, version);
    },

    async claim(name) {
      const modelFolder = await makeModelFolder(name);
      return withFolderLock(modelFolder, async (lock) => {
        const claim = (await readClaim(modelFolder, name)) + 1;
        await lock.confirm();
        await writeClaim(modelFolder, claim);
        return claim;
      });
    },

    async publish(draft) {
      const { name } = draft.manifest;
      const modelFolder = await makeModelFolder(name);
      await collectAbandoned(modelFolder);
      return withFolderLock(modelFolder, async (lock) => {
        await heal(name);
        // the number of a champion whose folder somebody removed is not given away again
        const champion = await readChampion(modelFolder, name).catch(ignoreCorruption);
        return writeVersion({
          modelFolder,
          draft,
          minimumNumber: (champion?.version ?? 0) + 1,
          async beforeCommit() {
            await lock.confirm();
            await requireNewestClaim(modelFolder, name, draft.claim);
          },
        });
      });
    },

    async promote({ name, version, reasons, expectedGeneration, claim }) {
      const modelFolder = folderOf(name);
      await requireVersion(versionsFolder, modelFolder, name, version);
      const promoted = await readWithHint(modelFolder, name, version);
      return withFolderLock(modelFolder, async (lock) => {
        const current = await readChampion(modelFolder, name);
        const generation = current?.generation ?? 0;
        if (generation !== expectedGeneration) {
          throw new TradeAiError(
            'VERSION_CONFLICT',
            `${name}: expected the champion's generation ${expectedGeneration}, was ${generation}: another process promoted meanwhile`,
            { commandHint: `see \`tradeai models show ${name}\` and decide again` },
          );
        }
        const previousVersion = current?.version === version ? current.previousVersion : current?.version;
        const pointer: ChampionPointer = {
          version,
          generation: generation + 1,
          promotedAtMs: nowMs(),
          reasons,
          ...(previousVersion === undefined ? {} : { previousVersion }),
        };
        await collectBesideCopies(home, promoted);
        const copies = await stageCopies(home, promoted);
        try {
          await lock.confirm();
          await requireNewestClaim(modelFolder, name, claim);
          await writeChampion(modelFolder, pointer);
          await commitCopies(copies, `${name} version ${version} is the champion now`);
        } finally {
          for (const file of copies) await file.discard();
        }
        return pointer;
      });
    },

    async recordDecision(name, decision) {
      const modelFolder = folderOf(name);
      await requireVersion(versionsFolder, modelFolder, name, decision.version);
      await writeDecision(modelFolder, decision);
    },

    async healCopies(name) {
      if ((await listVersionNumbers(folderOf(name))).length === 0) return [];
      return withFolderLock(folderOf(name), () => heal(name));
    },

    async remove(name, version) {
      const modelFolder = folderOf(name);
      await requireVersion(versionsFolder, modelFolder, name, version);
      await withFolderLock(modelFolder, async (lock) => {
        const champion = await readChampion(modelFolder, name);
        if (version === champion?.version || version === champion?.previousVersion) {
          const role = version === champion.version ? 'the champion' : 'the one a rollback leads to';
          throw new TradeAiError('VERSION_IN_USE', `${name} version ${version} is ${role}: it is never removed`, {
            hint: 'promote another version first',
          });
        }
        await lock.confirm();
        await removeVersion(modelFolder, version);
        await removeDecision(modelFolder, version);
      });
    },
  };
}

/**
 * On many file systems `btcusdt` is the folder of `BTCUSDT`. Two such models are refused on all of them, so that a
 * workspace can be carried; so are two that look alike. Reading needs no such look: a manifest that names another model is refused.
 */
async function refuseCaseClash(versionsFolder: string, name: string): Promise<void> {
  const other = (await readEntries(versionsFolder)).find(
    (entry) => entry.name !== name && foldName(entry.name) === foldName(name),
  );
  if (other === undefined) return;
  throw new TradeAiError('NAME_INVALID', `expected another name than ${name}: there is a model ${other.name} already`, {
    hint: 'names of models differ by more than capitals and small letters',
  });
}

async function listNames(versionsFolder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readEntries(versionsFolder)) {
    if (!entry.isDirectory() || !isName(entry.name)) continue;
    const files = await readEntries(join(versionsFolder, entry.name));
    if (files.some((file) => file.name === CHAMPION_NAME || isVersionFolder(file))) names.push(entry.name);
  }
  return names.sort();
}

async function loadChampion(versionsFolder: string, modelFolder: string, name: string): Promise<ModelVersion> {
  const pointer = await readChampion(modelFolder, name);
  if (pointer !== undefined) return readWithHint(modelFolder, name, pointer.version);
  const versions = await listVersionNumbers(modelFolder);
  if (versions.length === 0) throw await modelNotFound(versionsFolder, name);
  throw new TradeAiError('MODEL_NOT_FOUND', `${name} has no champion; there are the versions ${versions.join(', ')}`, {
    commandHint: `choose one with \`tradeai models promote ${name} ${versions.at(-1)}\``,
  });
}

async function requireVersion(
  versionsFolder: string,
  modelFolder: string,
  name: string,
  version: number,
): Promise<void> {
  const versions = await listVersionNumbers(modelFolder);
  if (versions.includes(version)) return;
  if (versions.length === 0) throw await modelNotFound(versionsFolder, name);
  throw new TradeAiError('MODEL_NOT_FOUND', `${name} has no version ${version}; there are ${versions.join(', ')}`, {
    commandHint: `\`tradeai models show ${name}\` tells them apart`,
  });
}

async function modelNotFound(versionsFolder: string, name: string): Promise<TradeAiError> {
  const names = await listNames(versionsFolder);
  const there = names.length === 0 ? 'no model has been trained here yet' : `there are ${names.join(', ')}`;
  const near = findNear(name, names);
  const suggestion = near === undefined ? '' : `did you mean ${near}? `;
  return new TradeAiError('MODEL_NOT_FOUND', `no model named ${name}; ${there}`, {
    commandHint: `${suggestion}train one with \`tradeai train ${trainFlagsOf(name).join(' ')}\``,
  });
}

/** Reads a version; a corrupt one comes with the way back to an intact one. */
async function readWithHint(modelFolder: string, name: string, version: number): Promise<ModelVersion> {
  try {
    return await readDecidedVersion(modelFolder, name, version);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const intact = await listIntactVersions(modelFolder, name, version);
    const goBack =
      intact.length === 0
        ? 'no other version is intact: '
        : `intact versions: ${intact.join(', ')}; go back with \`tradeai models promote ${name} ${intact[0]}\`, or `;
    throw new TradeAiError('MODEL_CORRUPT', error.message, {
      commandHint: `${goBack}train again with \`tradeai train ${trainFlagsOf(name).join(' ')}\``,
      cause: error.cause,
    });
  }
}

/** The newest intact versions but one, newest first, at most five: each costs the reading of its files. */
async function listIntactVersions(modelFolder: string, name: string, except: number): Promise<number[]> {
  const intact: number[] = [];
  const versions = await listVersionNumbers(modelFolder);
  for (const version of versions.reverse()) {
    if (version === except) continue;
    const found = await readDecidedVersion(modelFolder, name, version).catch(ignoreCorruption);
    if (found !== undefined) intact.push(version);
    if (intact.length === 5) break;
  }
  return intact;
}

/** The champion when it can be read; a corrupt one has no copies to give. */
async function readIntactChampion(modelFolder: string, name: string): Promise<ModelVersion | undefined> {
  const pointer = await readChampion(modelFolder, name).catch(ignoreCorruption);
  return pointer && readVersion(modelFolder, name, pointer.version).catch(ignoreCorruption);
}

/** The name whose champion was promoted last: the one that `feature_names.json` is of. */
async function findPromotedLast(versionsFolder: string): Promise<string | undefined> {
  let last: { name: string; promotedAtMs: number } | undefined;
  for (const name of await listNames(versionsFolder)) {
    const pointer = await readChampion(join(versionsFolder, name), name).catch(ignoreCorruption);
    if (pointer === undefined || (last !== undefined && pointer.promotedAtMs <= last.promotedAtMs)) continue;
    last = { name, promotedAtMs: pointer.promotedAtMs };
  }
  return last?.name;
}

async function removeDecision(modelFolder: string, version: number): Promise<void> {
  const path = decisionPath(modelFolder, version);
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw toWriteError(path, error);
  }
}

async function readDecidedManifest(modelFolder: string, name: string, version: number): Promise<ModelManifest> {
  const manifest = await readManifest(modelFolder, name, version);
  const decision = await readDecision(modelFolder, name, version);
  return decision === undefined ? manifest : { ...manifest, verdict: decision.verdict };
}

async function readDecidedVersion(modelFolder: string, name: string, version: number): Promise<ModelVersion> {
  const { manifest, files } = await readVersion(modelFolder, name, version);
  const decision = await readDecision(modelFolder, name, version);
  if (decision === undefined) return { manifest, files };
  return { manifest: { ...manifest, verdict: decision.verdict }, files, decision };
}

function isCorrupt(error: unknown): error is TradeAiError {
  return error instanceof TradeAiError && error.code === 'MODEL_CORRUPT';
}

function ignoreCorruption(error: unknown): undefined {
  if (!isCorrupt(error)) throw error;
}
