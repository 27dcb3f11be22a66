/** A model registry that holds everything in memory: for tests of what stands on the registry, and no disk. */

import { createHash } from 'node:crypto';
import { TradeAiError } from '../../src/core/errors.js';
import { checkName } from '../../src/core/names.js';
import type {
  ChampionPointer,
  ModelRegistry,
  ModelVersion,
  VersionDraft,
  VersionFileName,
} from '../../src/ports/registry.js';
import type { VersionDecision } from '../../src/registry/decision.js';
import type { FileEntry, ModelManifest } from '../../src/registry/manifest.js';

interface MemoryModel {
  readonly versions: Map<number, ModelVersion>;
  readonly decisions: Map<number, VersionDecision>;
  champion: ChampionPointer | undefined;
  highestNumber: number;
  claim: number;
  /** Grows with every change. */
  revision: number;
}

/** @param nowMs the clock that dates promotions */
export function openMemoryRegistry({ nowMs = Date.now }: { nowMs?: () => number } = {}): ModelRegistry {
  const models = new Map<string, MemoryModel>();
  const find = (name: string) => models.get(checkName(name, 'model name'));
  const make = (name: string): MemoryModel => {
    const known = find(name);
    if (known !== undefined) return known;
    refuseCaseClash(models, name);
    const model: MemoryModel = {
      versions: new Map(),
      decisions: new Map(),
      champion: undefined,
      highestNumber: 0,
      claim: 0,
      revision: 0,
    };
    models.set(name, model);
    return model;
  };
  const listNames = () => [...models].filter(([, { versions }]) => versions.size > 0).map(([name]) => name);
  const requireModel = (name: string, version?: number): MemoryModel => {
    const model = find(name);
    if (model !== undefined && model.versions.size > 0 && (version === undefined || model.versions.has(version))) {
      return model;
    }
    const there = [...(model?.versions.keys() ?? listNames())].join(', ');
    throw new TradeAiError('MODEL_NOT_FOUND', `no ${name}${version === undefined ? '' : ` ${version}`}; ${there}`);
  };
  const requireClaim = (name: string, { claim: newest }: MemoryModel, claim: number | undefined) => {
    if (claim === undefined || claim === newest) return;
    throw conflict(`${name}: expected the newest claim ${newest}, was claim ${claim}`);
  };
  const decided = ({ versions, decisions }: MemoryModel, version: number): ModelVersion => {
    const { manifest, files } = versions.get(version)!;
    const decision = decisions.get(version);
    return decision === undefined
      ? { manifest, files }
      : { manifest: { ...manifest, verdict: decision.verdict }, files, decision };
  };

  return {
    listNames: async () => listNames().sort(),
    stamps: async () =>
      new Map(
        listNames()
          .sort()
          .map((name) => [name, String(find(name)!.revision)]),
      ),
    listVersions: async (name) => [...(find(name)?.versions.keys() ?? [])].sort((a, b) => a - b),
    champion: async (name) => find(name)?.champion,
    readManifest: async (name, version) => decided(requireModel(name, version), version).manifest,
    async load(name, version) {
      const model = requireModel(name, version);
      const number = version ?? model.champion?.version;
      if (number !== undefined) return decided(model, number);
      throw new TradeAiError('MODEL_NOT_FOUND', `${name} has no champion; there are ${[...model.versions.keys()]}`);
    },
    claim: async (name) => ++make(name).claim,
    async publish(draft) {
      const { name } = draft.manifest;
      const model = make(name);
      requireClaim(name, model, draft.claim);
      model.revision += 1;
      const version = ++model.highestNumber;
      model.versions.set(version, makeVersion(draft, version));
      return model.versions.get(version)!.manifest;
    },
    async promote({ name, version, reasons, expectedGeneration, claim }) {
      const model = requireModel(name, version);
      const generation = model.champion?.generation ?? 0;
      if (generation !== expectedGeneration) {
        throw conflict(`${name}: expected the champion's generation ${expectedGeneration}, was ${generation}`);
      }
      requireClaim(name, model, claim);
      model.revision += 1;
      const previousVersion =
        model.champion?.version === version ? model.champion.previousVersion : model.champion?.version;
      model.champion = {
        version,
        generation: generation + 1,
        promotedAtMs: nowMs(),
        reasons,
        ...(previousVersion === undefined ? {} : { previousVersion }),
      };
      return model.champion;
    },
    async recordDecision(name, decision) {
      const model = requireModel(name, decision.version);
      model.revision += 1;
      model.decisions.set(decision.version, decision);
    },
    async healCopies(name) {
      checkName(name, 'model name');
      return [];
    },
    async remove(name, version) {
      const model = requireModel(name, version);
      if (version === model.champion?.version || version === model.champion?.previousVersion) {
        throw new TradeAiError('VERSION_IN_USE', `${name} version ${version} is in use`);
      }
      model.revision += 1;
      model.versions.delete(version);
      model.decisions.delete(version);
    },
  };
}

function makeVersion(draft: VersionDraft, version: number): ModelVersion {
  const files = new Map<VersionFileName, Uint8Array>([...draft.files, ...(draft.numberedFiles?.(version) ?? [])]);
  const entries = Object.fromEntries(Array.from(files, ([name, bytes]) => [name, describeFile(bytes)]));
  return { manifest: { ...draft.manifest, version, files: entries as ModelManifest['files'] }, files };
}

function describeFile(bytes: Uint8Array): FileEntry {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.byteLength };
}

function refuseCaseClash(models: ReadonlyMap<string, MemoryModel>, name: string): void {
  const other = [...models.keys()].find((known) => known.toLowerCase() === name.toLowerCase());
  if (other !== undefined) throw new TradeAiError('NAME_INVALID', `there is a model ${other} already`);
}

function conflict(message: string): TradeAiError {
  return new TradeAiError('VERSION_CONFLICT', message);
}
