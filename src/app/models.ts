/** The registry of trained models, for programs. */

import { resolve } from 'node:path';
import type { Ports } from '../ports/ports.js';
import type { ChampionPointer } from '../ports/registry.js';
import type { ModelManifest } from '../registry/manifest.js';
import { type PruneResult, pruneVersions, rollBack } from '../versions/lifecycle.js';
import type { TrainReport } from '../versions/train-report.js';
import { type ImportedVersion, importVersion } from '../versions/transfer.js';

export interface ModelListing {
  readonly name: string;
  /** `null` where no version has been promoted yet. */
  readonly champion: ChampionPointer | null;
  /** Ascending. */
  readonly versions: readonly number[];
}

export interface ModelDescription {
  readonly manifest: ModelManifest;
  /** `null` in a version that came without one. */
  readonly report: TrainReport | null;
}

/** The models of a workspace. A model is named after its symbol, unless its training gave it another name. */
export interface ModelFunctions {
  models(): Promise<ModelListing[]>;
  /**
   * A version, the champion when none is named; every file is checked against its hash.
   *
   * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`
   */
  model(name: string, version?: number): Promise<ModelDescription>;
  /** Puts a version in charge by hand. @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `VERSION_CONFLICT` */
  promote(name: string, version: number): Promise<ChampionPointer>;
  /** Puts the champion before this one in charge again. @throws TradeAiError `MODEL_NOT_FOUND` when there is none */
  rollback(name: string): Promise<ChampionPointer>;
  /** Removes all but the newest `keep` versions (5 when absent); the champion and the one before it stay. */
  prune(name: string, keep?: number): Promise<PruneResult>;
  /** Writes a version, the champion when none is named, as one file over whatever is at `path`. */
  exportModel(name: string, path: string, version?: number): Promise<void>;
  /** Takes in a version that was exported elsewhere; it becomes champion only where its name has none. */
  importModel(path: string): Promise<ImportedVersion>;
}

const DEFAULT_KEPT_VERSIONS = 5;

export function openModelFunctions(ports: Ports): ModelFunctions {
  const { registry } = ports;
  return {
    async models() {
      const listings: ModelListing[] = [];
      for (const name of await registry.listNames()) {
        const champion = (await registry.champion(name)) ?? null;
        listings.push({ name, champion, versions: await registry.listVersions(name) });
      }
      return listings;
    },
    async model(name, version) {
      const { manifest, files } = await registry.load(name, version);
      const report = files.get('report.json');
      return { manifest, report: report === undefined ? null : JSON.parse(new TextDecoder().decode(report)) };
    },
    async promote(name, version) {
      await registry.load(name, version);
      const champion = await registry.champion(name);
      return registry.promote({
        name,
        version,
        reasons: ['promoted by hand'],
        expectedGeneration: champion?.generation ?? 0,
      });
    },
    rollback: (name) => rollBack(name, registry),
    prune: (name, keep = DEFAULT_KEPT_VERSIONS) => pruneVersions(name, keep, registry),
    async exportModel(name, path, version) {
      await ports.writeVersionArchive(resolve(path), await registry.load(name, version));
    },
    async importModel(path) {
      return importVersion(await ports.readVersionArchive(path), registry);
    },
  };
}
