/**
 * One version of a model as a folder: written whole under a hidden name and renamed to its number; read back only when
 * every file is the one its manifest describes.
 */

import { constants, type Dirent, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { systemCodeOf, toReadError, toWriteError } from '../files/system-errors.js';
import { temporaryName } from '../files/temporary-names.js';
import { syncFolder, writeFileSynced } from '../files/write-atomically.js';
import type { ModelVersion, VersionDraft } from '../ports/registry.js';
import {
  type FileEntry,
  type ModelManifest,
  modelManifestSchema,
  REQUIRED_VERSION_FILE_NAMES,
  type VersionFileName,
} from '../registry/manifest.js';
import { sealJson, sha256Of, unsealJson } from './sealed-json.js';

export const MANIFEST_NAME = 'manifest.json';
const MAXIMUM_MANIFEST_BYTES = 1 << 20;
/** As large as weights may be. */
const MAXIMUM_FILE_BYTES = 1_000_000_000;
const NUMBER_PATTERN = /^[1-9]\d{0,8}$/;

/** The entries of a folder; none when it is absent. */
export async function readEntries(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw toReadError(folder, error);
  }
}

/** Whether an entry of a model's folder is a version. Temporary folders, files and links are not. */
export function isVersionFolder(entry: Dirent): boolean {
  return entry.isDirectory() && NUMBER_PATTERN.test(entry.name);
}

/** Version numbers below a model's folder, ascending. */
export async function listVersionNumbers(modelFolder: string): Promise<number[]> {
  const versions = (await readEntries(modelFolder)).filter(isVersionFolder);
  return versions.map(({ name }) => Number(name)).sort((a, b) => a - b);
}

export interface VersionWrite {
  readonly modelFolder: string;
  readonly draft: VersionDraft;
  readonly minimumNumber: number;
  /** Called when all is written and nothing can be seen yet; what it throws calls the version off. */
  readonly beforeCommit: () => Promise<void>;
}

/**
 * Writes a version under the next free number, at least `minimumNumber`. Another process that takes the number first
 * makes this one take the next.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`; nothing is then left behind
 */
export async function writeVersion({
  modelFolder,
  draft,
  minimumNumber,
  beforeCommit,
}: VersionWrite): Promise<ModelManifest> {
  for (const name of REQUIRED_VERSION_FILE_NAMES) {
    if (!draft.files.has(name)) throw new Error(`a version needs ${name}, the draft has ${[...draft.files.keys()]}`);
  }
  const temporaryFolder = join(modelFolder, temporaryName());
  try {
    await mkdir(temporaryFolder);
    const files: Partial<Record<VersionFileName, FileEntry>> = {};
    for (const [name, bytes] of draft.files) {
      await writeFileSynced(join(temporaryFolder, name), bytes);
      files[name] = { sha256: sha256Of(bytes), sizeBytes: bytes.byteLength };
    }
    for (;;) {
      const version = Math.max(minimumNumber, (await highestNumber(modelFolder)) + 1);
      for (const [name, bytes] of draft.numberedFiles?.(version) ?? []) {
        await writeFileSynced(join(temporaryFolder, name), bytes);
        files[name] = { sha256: sha256Of(bytes), sizeBytes: bytes.byteLength };
      }
      const manifest: ModelManifest = { ...draft.manifest, version, files };
      await writeFileSynced(join(temporaryFolder, MANIFEST_NAME), sealJson(manifest));
      await syncFolder(temporaryFolder);
      await beforeCommit();
      if (!(await renameToFree(temporaryFolder, join(modelFolder, String(version))))) continue;
      await syncFolder(modelFolder);
      return manifest;
    }
  } catch (error) {
    await rm(temporaryFolder, { recursive: true, force: true }).catch(() => {});
    throw toWriteError(modelFolder, error);
  }
}

/**
 * Reads a version and checks presence, size and SHA-256 of every file.
 *
 * @throws TradeAiError `MODEL_CORRUPT`, naming the file, what was expected and what was found; `STORAGE_UNREADABLE`
 */
export async function readVersion(modelFolder: string, name: string, version: number): Promise<ModelVersion> {
  const folder = join(modelFolder, String(version));
  const what = `${name} version ${version}`;
  const manifest = await readManifest(modelFolder, name, version);
  const files = new Map<VersionFileName, Uint8Array>();
  for (const [fileName, entry] of Object.entries(manifest.files) as [VersionFileName, FileEntry][]) {
    const bytes = await readRegularFile(what, folder, fileName, entry.sizeBytes);
    const found = sha256Of(bytes);
    if (found !== entry.sha256) {
      throw corrupt(`${what}: ${fileName} is not what was published: expected SHA-256 ${entry.sha256}, was ${found}`);
    }
    files.set(fileName, bytes);
  }
  return { manifest, files };
}

/**
 * Reads the manifest of a version and checks its own hash; the other files are not looked at.
 *
 * @throws TradeAiError `MODEL_CORRUPT`, `STORAGE_UNREADABLE`
 */
export async function readManifest(modelFolder: string, name: string, version: number): Promise<ModelManifest> {
  const folder = join(modelFolder, String(version));
  const what = `${name} version ${version}`;
  for (const path of [modelFolder, folder]) {
    const stats = await statOf(path);
    if (stats === undefined) throw corrupt(`${what}: ${path} is missing`);
    if (!stats.isDirectory()) throw corrupt(`${what}: expected a folder at ${path}, was ${kindOf(stats)}`);
  }
  const manifest = parseManifest(what, await readRegularFile(what, folder, MANIFEST_NAME));
  if (manifest.name !== name || manifest.version !== version) {
    throw corrupt(`${what}: expected its own manifest, was the one of ${manifest.name} version ${manifest.version}`);
  }
  return manifest;
}

/** Reads a manifest and checks its own hash. @throws TradeAiError `MODEL_CORRUPT` */
export function parseManifest(what: string, bytes: Uint8Array): ModelManifest {
  if (bytes.byteLength > MAXIMUM_MANIFEST_BYTES) {
    throw corrupt(
      `${what}: ${MANIFEST_NAME} has ${bytes.byteLength} bytes, at most ${MAXIMUM_MANIFEST_BYTES} expected`,
    );
  }
  let json: unknown;
  try {
    json = unsealJson(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw corrupt(`${what}: ${MANIFEST_NAME}: ${(error as Error).message}`);
  }
  const parsed = modelManifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw corrupt(`${what}: ${MANIFEST_NAME} does not have the expected form: ${z.prettifyError(parsed.error)}`);
}

/** Reads a file of a version; refuses links, folders and a size other than `expectedBytes`. */
async function readRegularFile(
  what: string,
  folder: string,
  fileName: string,
  expectedBytes?: number,
): Promise<Uint8Array> {
  const path = join(folder, fileName);
  const stats = await statOf(path);
  if (stats === undefined) throw corrupt(`${what}: ${fileName} is missing`);
  if (!stats.isFile()) throw corrupt(`${what}: expected a file at ${path}, was ${kindOf(stats)}`);
  if (expectedBytes !== undefined && stats.size !== expectedBytes) {
    throw corrupt(`${what}: ${fileName} is not what was published: expected ${expectedBytes} bytes, was ${stats.size}`);
  }
  const maximumBytes = expectedBytes === undefined ? MAXIMUM_MANIFEST_BYTES : MAXIMUM_FILE_BYTES;
  if (stats.size > maximumBytes) {
    throw corrupt(`${what}: ${fileName} has ${stats.size} bytes, at most ${maximumBytes} expected`);
  }
  try {
    // O_NOFOLLOW: the file cannot become a link between lstat and open (0 where the system does not know it)
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw toReadError(path, error);
  }
}

/** What stands at a path, links not followed; `undefined` for nothing. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw toReadError(path, error);
  }
}

/**
 * Removes a version: first its number, so that no reader finds half of it, then what is left of it.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`
 */
export async function removeVersion(modelFolder: string, version: number): Promise<void> {
  const hidden = join(modelFolder, temporaryName());
  try {
    await rename(join(modelFolder, String(version)), hidden);
    await syncFolder(modelFolder);
    await rm(hidden, { recursive: true, force: true });
  } catch (error) {
    throw toWriteError(modelFolder, error);
  }
}

/** The highest number taken by anything in the folder, 0 when there is none. */
async function highestNumber(modelFolder: string): Promise<number> {
  let highest = 0;
  for (const name of await readdir(modelFolder)) {
    if (NUMBER_PATTERN.test(name)) highest = Math.max(highest, Number(name));
  }
  return highest;
}

/** Whether the rename was done; `false` when something stands there already. */
async function renameToFree(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return false;
    throw error;
  }
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a folder';
  return stats.isFile() ? 'a file' : 'neither file nor folder';
}

function corrupt(message: string): TradeAiError {
  return new TradeAiError('MODEL_CORRUPT', message);
}
