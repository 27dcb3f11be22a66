/**
 * The model registry: immutable versions of a name and one pointer per name, the champion.
 *
 * A claim is a fencing token: a number that grows with every claim of a name. Whoever publishes or promotes with a claim
 * is refused once somebody has claimed the name after it, so that a worker that was taken for dead and comes back changes
 * nothing. Without a claim nothing is fenced: a person decides by hand.
 */

import type { VersionDecision } from '../registry/decision.js';
import { type ModelManifest, VERSION_FILE_NAMES, type VersionFileName } from '../registry/manifest.js';

export { VERSION_FILE_NAMES, type VersionDecision, type VersionFileName };

/** The bytes of a version's files. */
export type VersionFiles = ReadonlyMap<VersionFileName, Uint8Array>;

export interface VersionDraft {
  readonly manifest: Omit<ModelManifest, 'version' | 'files'>;
  readonly files: VersionFiles;
  /** Files that name their own version; made again when another process takes the number first. */
  readonly numberedFiles?: (version: number) => VersionFiles;
  /** Refuse when the name has been claimed since. */
  readonly claim?: number;
}

export interface ModelVersion {
  /** Its verdict is the one of `decision`, where there is one. */
  readonly manifest: ModelManifest;
  readonly files: VersionFiles;
  /** Absent when everything was decided as the version's own report says. */
  readonly decision?: VersionDecision;
}

export interface PromotionRequest {
  readonly name: string;
  readonly version: number;
  readonly reasons: readonly string[];
  /** Of the pointer that is to be replaced; 0 where there is none yet. */
  readonly expectedGeneration: number;
  /** Refuse when the name has been claimed since. */
  readonly claim?: number;
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
  /** The manifest of a version alone, with the verdict that was decided; its files are not checked. */
  readManifest(name: string, version: number): Promise<ModelManifest>;
  /** Reads a version, the champion when none is given, and checks every file against the manifest's SHA-256. */
  load(name: string, version?: number): Promise<ModelVersion>;
  /** Takes the next fencing token of a name, from 1; every older one is refused from now on. */
  claim(name: string): Promise<number>;
  /** Writes a new version under the next free number. All or nothing. @throws TradeAiError `VERSION_CONFLICT` */
  publish(draft: VersionDraft): Promise<ModelManifest>;
  /** Points the champion at a version, if the pointer still has the generation expected. @throws TradeAiError `VERSION_CONFLICT` */
  promote(request: PromotionRequest): Promise<ChampionPointer>;
  /** Keeps what was decided about a version; the last decision counts. @throws TradeAiError `MODEL_NOT_FOUND` */
  recordDecision(name: string, decision: VersionDecision): Promise<void>;
  /** Makes the copies of the champion for other programs anew where they are not its own; returns which ones, as paths in the workspace. */
  healCopies(name: string): Promise<string[]>;
  /** Removes a version. @throws TradeAiError `VERSION_IN_USE` for the champion and the one before it */
  remove(name: string, version: number): Promise<void>;
}
