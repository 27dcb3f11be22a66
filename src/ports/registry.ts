/**
 * The model registry: immutable versions of a name and one pointer per name, the champion.
 * The rules are here and pure; `storage/file-registry.ts` keeps the files.
 */

import { type ModelManifest, VERSION_FILE_NAMES, type VersionFileName } from '../registry/manifest.js';

export { VERSION_FILE_NAMES, type VersionFileName };

/** The bytes of a version's files. */
export type VersionFiles = ReadonlyMap<VersionFileName, Uint8Array>;

export interface VersionDraft {
  readonly manifest: Omit<ModelManifest, 'version' | 'files'>;
  readonly files: VersionFiles;
  /** Files that name their own version; made again when another process takes the number first. */
  readonly numberedFiles?: (version: number) => VersionFiles;
}

export interface ModelVersion {
  readonly manifest: ModelManifest;
  readonly files: VersionFiles;
}

/** The pointer `champion.json`. */
export interface ChampionPointer {
  readonly version: number;
  /** Grows by one at every switch; the basis of compare-and-swap. */
  readonly generation: number;
  readonly promotedAtMs: number;
  readonly reasons: readonly string[];
  /** The champion before this one, where a rollback leads; absent for the first. */
  readonly previousVersion?: number;
}

export interface ModelRegistry {
  /** Names that have a champion or a version, sorted. */
  listNames(): Promise<string[]>;
  /**
   * The same names in the same order, each with a text that is another one whenever its pointer or its versions have
   * changed, whoever changed them. Nothing of a name that has not changed is read.
   */
  stamps(): Promise<ReadonlyMap<string, string>>;
  /** Version numbers of a name, ascending; empty when it has none. */
  listVersions(name: string): Promise<number[]>;
  champion(name: string): Promise<ChampionPointer | undefined>;
  /** The manifest of a version alone; its files are not checked. */
  readManifest(name: string, version: number): Promise<ModelManifest>;
  /** Reads a version, the champion when none is given, and checks every file against the manifest's SHA-256. */
  load(name: string, version?: number): Promise<ModelVersion>;
  /** Writes a new version under the next free number. All or nothing. */
  publish(draft: VersionDraft): Promise<ModelManifest>;
  /** Points the champion at a version, if the pointer still has `expectedGeneration` (0: no pointer yet). */
  promote(
    name: string,
    version: number,
    reasons: readonly string[],
    expectedGeneration: number,
  ): Promise<ChampionPointer>;
  /** Removes a version. @throws TradeAiError `VERSION_IN_USE` for the champion and the one before it */
  remove(name: string, version: number): Promise<void>;
}
