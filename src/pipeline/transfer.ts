/** Versions that come from elsewhere: another workspace, another machine. */

import { TradeAiError } from '../core/errors.js';
import type { ModelManifest } from '../registry/manifest.js';
import type { ModelRegistry, ModelVersion } from '../registry/registry.js';
import { decodeModel } from './model-files.js';
import { encodeReportFiles } from './publish.js';
import type { TrainReport } from './train-report.js';

export interface ImportedVersion {
  readonly manifest: ModelManifest;
  readonly isChampion: boolean;
}

/**
 * Publishes a version under the next free number of its name. It becomes champion only where the name has none: what it
 * was worth elsewhere, on other candles, does not count here.
 *
 * @param version its hashes have been checked
 * @throws TradeAiError `MODEL_CORRUPT`, `MODEL_MISMATCH` when its parts do not make a model; nothing is then published
 */
export async function importVersion(version: ModelVersion, registry: ModelRegistry): Promise<ImportedVersion> {
  const { config } = decodeModel(version);
  const { name, version: number, createdAtMs, codeVersion } = version.manifest;
  if (config.name !== name) {
    throw new TradeAiError('MODEL_CORRUPT', `expected the options of ${name}, were those of ${config.name}`);
  }
  const report = readReport(version);
  const { version: _number, files: _files, ...draft } = version.manifest;
  const manifest = await registry.publish({
    manifest: draft,
    files: version.files,
    numberedFiles: (newNumber) =>
      report === undefined ? new Map() : encodeReportFiles({ ...report, version: newNumber }, createdAtMs, codeVersion),
  });
  const champion = await registry.champion(name);
  if (champion !== undefined) return { manifest, isChampion: false };
  await registry.promote(
    name,
    manifest.version,
    [`imported (version ${number} elsewhere); the first of its name here`],
    0,
  );
  return { manifest, isChampion: true };
}

function readReport({ manifest, files }: ModelVersion): TrainReport | undefined {
  const bytes = files.get('report.json');
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new TradeAiError('MODEL_CORRUPT', `${manifest.name} version ${manifest.version}: report.json is not JSON`, {
      cause,
    });
  }
}
