/**
 * Versions that come from elsewhere: another workspace, another machine. Their files are taken for hostile: what is
 * carried on is numbers and options; what can be derived from these is made anew.
 */

import { isAbsolute } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import type { ModelConfig } from '../options/model-config.js';
import type { ModelRegistry, ModelVersion } from '../ports/registry.js';
import type { ModelManifest, VersionFileName } from '../registry/manifest.js';
import { LARGEST_QUANTITY, timeMs } from '../wire/parts.js';
import { decodeModel, encodeJson, encodeOnnx, hashWeights } from './model-files.js';
import { decodeForecasts } from './out-of-sample.js';
import { decodeReport, encodeReportFiles } from './report-files.js';
import type { TrainReport } from './train-report.js';

export interface ImportedVersion {
  readonly manifest: ModelManifest;
  readonly isChampion: boolean;
}

/**
 * Publishes a version under the next free number of its name. It becomes champion only where the name has none: what it
 * was worth elsewhere, on other candles, does not count here. Its `model.onnx` and `report.html`, which other programs
 * run and show, are not taken over but made of its weights and its report; the file it was trained on is forgotten.
 *
 * @param version its hashes have been checked
 * @throws TradeAiError `MODEL_CORRUPT`, `MODEL_MISMATCH` when its parts do not make a model; nothing is then published
 */
export async function importVersion(version: ModelVersion, registry: ModelRegistry): Promise<ImportedVersion> {
  const model = decodeModel(version);
  const { config, lstm } = model;
  const { name, version: number, createdAtMs, codeVersion, weightsSha256 } = version.manifest;
  if (config.name !== name) throw corrupt(version, `expected the options of ${name}, were those of ${config.name}`);
  if (hashWeights(lstm.memberWeights) !== weightsSha256) {
    throw corrupt(version, 'the weights are not those that its manifest names');
  }
  checkForecasts(version);
  refuseForeignFiles(version, config);
  const report = readReport(version);
  const { version: _number, files: _files, run: _run, ...draft } = version.manifest;
  const { data: _data, ...carried } = config;
  const files = new Map<VersionFileName, Uint8Array>(version.files);
  files.delete('report.html');
  files.set('config.json', encodeJson(carried));
  files.set('model.onnx', encodeOnnx(model, version.manifest.data.sha256));
  const manifest = await registry.publish({
    manifest: draft,
    files,
    numberedFiles: (newNumber) =>
      report === undefined ? new Map() : encodeReportFiles({ ...report, version: newNumber }, createdAtMs, codeVersion),
  });
  const champion = await registry.champion(name);
  if (champion !== undefined) return { manifest, isChampion: false };
  await registry.promote({
    name,
    version: manifest.version,
    reasons: [`imported (version ${number} elsewhere); the first of its name here`],
    expectedGeneration: 0,
  });
  return { manifest, isChampion: true };
}

/** A version may come without a report; one that cannot be shown is refused. */
function readReport(version: ModelVersion): TrainReport | undefined {
  const report = decodeReport(version);
  if (report === undefined) return undefined;
  const { name, createdAtMs, codeVersion } = version.manifest;
  if (report.name !== name) {
    throw corrupt(version, `report.json is the report of ${JSON.stringify(report.name.slice(0, 80))}`);
  }
  try {
    encodeReportFiles({ ...report, version: 1 }, createdAtMs, codeVersion);
    return report;
  } catch (cause) {
    throw corrupt(version, 'report.json is not what this program wrote', cause);
  }
}

function checkForecasts(version: ModelVersion): void {
  const bytes = version.files.get('forecasts.safetensors');
  if (bytes === undefined) return;
  const { openTimeMs, score } = decodeForecasts(bytes);
  const isAscending = openTimeMs.every((timeMs, row) => row === 0 || timeMs > openTimeMs[row - 1]);
  const areTold = openTimeMs.every(isTime) && score.every(isQuantity);
  if (openTimeMs.length === score.length && isAscending && areTold) return;
  throw corrupt(version, 'forecasts.safetensors does not hold one forecast for each of ascending times');
}

const isTime = (value: number) => timeMs.safeParse(value).success;
const isQuantity = (value: number) => Math.abs(value) <= LARGEST_QUANTITY;

/** Columns of the workspace's own lie in it; a model from elsewhere does not choose what else is read. */
function refuseForeignFiles({ manifest }: ModelVersion, { columns = [] }: ModelConfig): void {
  for (const { name, file } of columns) {
    const isInside = !isAbsolute(file) && !/^[A-Za-z]:|\\/.test(file) && !file.split('/').includes('..');
    if (isInside) continue;
    throw new TradeAiError(
      'MODEL_MISMATCH',
      `${manifest.name}: its column ${name} is read from ${JSON.stringify(file.slice(0, 200))}, outside of the workspace`,
      { hint: 'train it with a column file that lies in the workspace, named from there on' },
    );
  }
}

function corrupt({ manifest }: ModelVersion, found: string, cause?: unknown): TradeAiError {
  return new TradeAiError('MODEL_CORRUPT', `${manifest.name} version ${manifest.version}: ${found}`, { cause });
}
