/** The registry of trained models, for programs. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import type { Ports } from '../ports/ports.js';
import type { ChampionPointer } from '../ports/registry.js';
import type { ModelManifest } from '../registry/manifest.js';
import {
  listModels,
  type ModelListing,
  type PrunedModel,
  type PruneResult,
  promoteByHand,
  pruneAll,
  pruneVersions,
  rollBack,
} from '../versions/lifecycle.js';
import { decodeModel } from '../versions/model-files.js';
import { decodeReport } from '../versions/report-files.js';
import type { TrainReport } from '../versions/train-report.js';
import { type ImportedVersion, importVersion } from '../versions/transfer.js';
import { findModelName } from './spelling.js';

export interface ModelDescription {
  readonly manifest: ModelManifest;
  /** `null` in a version that came without one. */
  readonly report: TrainReport | null;
}

export interface ExportedModel {
  readonly name: string;
  readonly version: number;
  /** Absolute. */
  readonly path: string;
}

/** The models of a workspace. A model is named after its symbol, unless its training gave it another name. */
export interface ModelFunctions {
  /** Names of all models, sorted. */
  modelNames(): Promise<string[]>;
  /**
   * The model that is meant by a name as people write it, `btcusdt` or `BTC/USDT`; the name itself where there is none.
   *
   * @throws TradeAiError `USAGE` where it may be several
   */
  findModel(name: string): Promise<string>;
  /** Every model; one that is damaged is listed with its problem. */
  models(): Promise<ModelListing[]>;
  /**
   * A version, the champion when none is named; every file is checked against its hash, and that its parts fit.
   *
   * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `MODEL_MISMATCH`
   */
  model(name: string, version?: number): Promise<ModelDescription>;
  /** The report of a version as one HTML page. @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT` without one */
  reportPage(name: string, version?: number): Promise<string>;
  /** Puts a version in charge by hand. @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `VERSION_CONFLICT` */
  promote(name: string, version: number): Promise<ChampionPointer>;
  /** Puts the champion before this one in charge again. @throws TradeAiError `MODEL_NOT_FOUND` when there is none */
  rollback(name: string): Promise<ChampionPointer>;
  /**
   * Removes all but the newest `keep` versions (5 when absent); the champion and the one before it stay.
   *
   * @throws TradeAiError `USAGE`, `MODEL_NOT_FOUND`
   */
  prune(name: string, keep?: number): Promise<PruneResult>;
  /** The same of every model; of one that is damaged nothing is removed, and its problem told. */
  pruneAll(keep?: number): Promise<PrunedModel[]>;
  /**
   * Writes a version, the champion when none is named, as one file.
   *
   * @param path `NAME-VERSION.zip` in the working folder when absent
   * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`; `USAGE` for a file that is there and may not be replaced
   */
  exportModel(
    name: string,
    path?: string,
    version?: number,
    options?: { readonly overwrite?: boolean },
  ): Promise<ExportedModel>;
  /** Takes in a version that was exported elsewhere; it becomes champion only where its name has none. */
  importModel(path: string): Promise<ImportedVersion>;
}

const DEFAULT_KEPT_VERSIONS = 5;

export function openModelFunctions(ports: Ports): ModelFunctions {
  const { registry } = ports;
  return {
    modelNames: () => registry.listNames(),
    findModel: (name) => findModelName(name, ports),
    models: () => listModels(registry),
    async model(name, version) {
      const stored = await registry.load(name, version);
      return { manifest: decodeModel(stored).manifest, report: decodeReport(stored) ?? null };
    },
    async reportPage(name, version) {
      const { manifest, files } = await registry.load(name, version);
      const page = files.get('report.html');
      if (page !== undefined) return new TextDecoder().decode(page);
      throw new TradeAiError('MODEL_CORRUPT', `${name} version ${manifest.version} has no report`, {
        hint: 'train it again: every training writes one',
      });
    },
    promote: (name, version) => promoteByHand(name, version, registry),
    rollback: (name) => rollBack(name, registry),
    prune: (name, keep = DEFAULT_KEPT_VERSIONS) => pruneVersions(name, keep, registry),
    pruneAll: (keep = DEFAULT_KEPT_VERSIONS) => pruneAll(keep, registry),
    async exportModel(name, path, wanted, { overwrite = true } = {}) {
      const stored = await registry.load(name, wanted);
      const { version } = stored.manifest;
      const target = resolve(path ?? `${name}-${version}.zip`);
      if (existsSync(target) && !overwrite) {
        throw new TradeAiError('USAGE', `${target} exists already`, {
          commandHint: 'write over it with --force, or name another file with --output',
        });
      }
      await ports.writeVersionArchive(target, stored);
      return { name, version, path: target };
    },
    importModel: async (path) => importVersion(await ports.readVersionArchive(path), registry),
  };
}
