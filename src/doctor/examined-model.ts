/** The version under examination: read back, or the reason why it cannot be. */

import { TradeAiError } from '../core/errors.js';
import { parseInterval } from '../market/interval.js';
import type { ModelConfig } from '../options/model-config.js';
import { parseTrainOptions, trainOptionsSchema } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import type { ModelVersion } from '../ports/registry.js';
import type { ModelManifest } from '../registry/manifest.js';
import { counted, listed } from '../text/sentences.js';
import { bindConfig } from '../versions/load-model.js';
import { decodeModel, isModelKind, type StoredModel } from '../versions/model-files.js';
import { decodeForecasts, type OutOfSampleForecasts } from '../versions/out-of-sample.js';
import { decodeReportIfSound } from '../versions/report-files.js';
import type { StoredReport } from '../wire/wire.js';
import { type CommandPlace, plainCommand, trainByNameCommand, trainCommand } from './fix-command.js';
import { type CheckResult, fault, pass } from './report.js';

export interface ExaminedModel extends StoredModel {
  readonly report: StoredReport | undefined;
  /** Its forecasts out of sample, as it kept them. */
  readonly forecasts: OutOfSampleForecasts | undefined;
  /** Whether it was asked for by its name, not by its version: then `retrain` trains it again. */
  readonly isChampion: boolean;
  readonly place: CommandPlace;
}

export interface Reading {
  readonly checks: readonly CheckResult[];
  /** Absent where the version cannot be used. */
  readonly model?: ExaminedModel;
  /** Absent where not even the manifest can be read. */
  readonly manifest?: ModelManifest;
}

/**
 * Loads the champion of a name, or the version asked for; damage becomes a check that failed.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND` for a name or a version there is none of; `STORAGE_UNREADABLE`
 */
export async function readModel(
  name: string,
  versionNumber: number | undefined,
  ports: Ports,
  place: CommandPlace,
): Promise<Reading> {
  let version: ModelVersion;
  try {
    version = await ports.registry.load(name, versionNumber);
  } catch (error) {
    if (!(error instanceof TradeAiError)) throw error;
    const versions = await ports.registry.listVersions(name);
    const isWithoutChampion = error.code === 'MODEL_NOT_FOUND' && versionNumber === undefined && versions.length > 0;
    if (error.kind !== 'model' && !isWithoutChampion) throw error;
    return { checks: [await describeUnreadable(name, versionNumber, versions, error, ports, place)] };
  }
  const files = pass('files', `all ${version.files.size} files are the ones that were published`, {
    files: version.files.size,
    codeVersion: version.manifest.codeVersion,
  });
  try {
    const stored = decodeModel(version);
    const { lstm } = stored;
    let config: ModelConfig;
    try {
      config = await bindConfig(stored.config, ports);
    } catch (error) {
      if (!(error instanceof TradeAiError)) throw error;
      return {
        checks: [files, describeUnusableFeature({ config: stored.config, place }, error)],
        manifest: version.manifest,
      };
    }
    const features = pass(
      'features',
      `${counted(config.features.length, 'feature')} in the same order in the options, the scaler, the manifest and the weights`,
      {
        features: config.features,
        weights: lstm.memberWeights[0].length,
        members: lstm.memberWeights.length,
      },
    );
    const report = decodeReportIfSound(version);
    const bytes = version.files.get('forecasts.safetensors');
    const forecasts = bytes && decodeForecasts(bytes);
    const model = { ...stored, config, report, forecasts, isChampion: versionNumber === undefined, place };
    return { checks: [files, features], model, manifest: version.manifest };
  } catch (error) {
    if (!(error instanceof TradeAiError && (error.kind === 'model' || error.kind === 'usage'))) throw error;
    const isOfKnownKind = isModelKind(version.manifest.kind ?? 'lstm');
    const check =
      error.code === 'MODEL_MISMATCH' && isOfKnownKind
        ? [files, describeMismatch(version, error, place)]
        : [await describeUnusable(version, error, ports, place)];
    return { checks: check, manifest: version.manifest };
  }
}

/** A feature that this program does not have, or that cannot be computed from these candles. */
export function describeUnusableFeature(
  { config, place }: Pick<ExaminedModel, 'config' | 'place'>,
  error: TradeAiError,
): CheckResult {
  return fault('features', {
    status: 'problem',
    finding: error.message,
    evidence: { features: config.features },
    cause: `the model needs a feature that cannot be computed here${error.hint === undefined ? '' : `: ${error.hint}`}`,
    command: plainCommand(['features'], place),
  });
}

/** Nothing of the version can be trusted: its files are not those of its manifest, or there is no champion at all. */
async function describeUnreadable(
  name: string,
  versionNumber: number | undefined,
  versions: readonly number[],
  error: TradeAiError,
  ports: Ports,
  place: CommandPlace,
): Promise<CheckResult> {
  const champion = await ports.registry.champion(name).catch(() => undefined);
  const intact = await findIntactVersion(name, versions, versionNumber ?? champion?.version, ports);
  return fault('files', {
    status: 'problem',
    finding: error.message,
    evidence: { code: error.code, versions: versions.map(String), intactVersion: intact ?? null },
    cause:
      error.code === 'MODEL_NOT_FOUND'
        ? 'no version was ever promoted, or the pointer to the champion was removed'
        : 'the files were changed, cut or partly copied after they were published: a disk fault, a sync tool, or a hand',
    command: intact === undefined ? trainByNameCommand(name, place) : promoteCommand(name, intact, place),
  });
}

/** The files are those that were published, and hold what this program cannot use. */
async function describeUnusable(
  version: ModelVersion,
  error: TradeAiError,
  ports: Ports,
  place: CommandPlace,
): Promise<CheckResult> {
  const { name, version: number, codeVersion } = version.manifest;
  const versions = await ports.registry.listVersions(name);
  const intact = await findIntactVersion(name, versions, number, ports);
  return fault('files', {
    status: 'problem',
    finding: error.message,
    evidence: { code: error.code, versions: versions.map(String), intactVersion: intact ?? null, codeVersion },
    cause: `it was written by another program, or by another version of this one (${codeVersion} wrote it, this is ${ports.codeVersion})`,
    command: intact === undefined ? trainAnew(version, place) : promoteCommand(name, intact, place),
  });
}

function promoteCommand(name: string, version: number, place: CommandPlace): string {
  return plainCommand(['models', 'promote', name, String(version)], place);
}

/** The newest version but one that can be read whole. */
async function findIntactVersion(
  name: string,
  versions: readonly number[],
  except: number | undefined,
  ports: Ports,
): Promise<number | undefined> {
  for (const version of [...versions].sort((a, b) => b - a)) {
    if (version === except) continue;
    try {
      decodeModel(await ports.registry.load(name, version));
      return version;
    } catch (error) {
      if (!(error instanceof TradeAiError)) throw error;
    }
  }
  return undefined;
}

/** Names every part of the version that speaks of other features than its options. */
function describeMismatch(version: ModelVersion, error: TradeAiError, place: CommandPlace): CheckResult {
  const { manifest, files } = version;
  const options = namesIn(files.get('config.json'), 'features');
  const scaler = namesIn(files.get('scaler.json'), 'featureNames');
  const differing = [
    options.join() === scaler.join() ? '' : 'the scaler',
    options.join() === manifest.featureNames.join() ? '' : 'the manifest',
  ].filter(Boolean);
  return fault('features', {
    status: 'problem',
    finding: error.message,
    evidence: { options, scaler, manifest: manifest.featureNames },
    cause:
      differing.length > 0
        ? `${listed(differing)} and the options are of different models`
        : 'the weights and the options are of different models',
    command: trainAnew(version, place),
  });
}

/** The training with the options of the version, as far as they can be read. */
function trainAnew({ manifest, files }: ModelVersion, place: CommandPlace): string {
  try {
    const stored: Record<string, unknown> = JSON.parse(new TextDecoder().decode(files.get('config.json')));
    const known = Object.entries(stored).filter(([option]) => Object.hasOwn(trainOptionsSchema.shape, option));
    const options = parseTrainOptions(Object.fromEntries(known));
    const interval = parseInterval(manifest.interval);
    return trainCommand({ ...options, interval, name: manifest.name, source: manifest.data.source }, {}, place);
  } catch {
    return trainByNameCommand(manifest.name, place);
  }
}

function namesIn(bytes: Uint8Array | undefined, key: string): string[] {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))[key];
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}
