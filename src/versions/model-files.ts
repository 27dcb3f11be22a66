/** A trained model to the files of a version, and back. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { checkFeatureNames, type Scaler } from '../dataset/scaler.js';
import { TARGET_CLIP, VOLATILITY_ROWS } from '../dataset/target.js';
import { type Calibration, calibrationSchema } from '../forecast/calibration.js';
import type { LstmModel } from '../forecast/lstm-forecaster.js';
import { encodeOnnxModel } from '../lstm/onnx.js';
import type { LstmArchitecture } from '../lstm/weights.js';
import { membersFromSafetensors, membersToSafetensors } from '../lstm/weights-file.js';
import { type ModelConfig, modelConfigSchema } from '../options/model-config.js';
import type { FeatureOptions, ModelOptions } from '../options/train-options.js';
import type { ModelVersion, VersionFileName } from '../ports/registry.js';
import type { ModelManifest } from '../registry/manifest.js';
import { encodeForecasts, type OutOfSampleForecasts } from './out-of-sample.js';

/** A model as a forecast needs it. */
export interface ForecastModel {
  readonly config: ModelConfig;
  readonly lstm: LstmModel;
  readonly calibration: Calibration;
}

/** Kinds of model that this program reads. The manifest says which one a version is; without a word it is an LSTM. */
export const MODEL_KINDS = ['lstm'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

export function isModelKind(kind: string): kind is ModelKind {
  return MODEL_KINDS.some((known) => known === kind);
}

/** A model of a version that was read back. */
export interface StoredModel extends ForecastModel {
  readonly kind: ModelKind;
  readonly manifest: ModelManifest;
}

/** Beyond these a float32, which the graph of `model.onnx` has them as, is infinite or 0. */
const LARGEST_FLOAT32 = 3.4e38;
const SMALLEST_FLOAT32 = 1.2e-38;
/** More than any report of a training of the largest options. */
const MAXIMUM_JSON_BYTES = 2 ** 26;

const scalerSchema = z.object({
  featureNames: z.array(z.string()),
  mean: z.array(z.number().min(-LARGEST_FLOAT32).max(LARGEST_FLOAT32)),
  scale: z.array(z.number().min(SMALLEST_FLOAT32).max(LARGEST_FLOAT32)),
  clip: z.number().min(SMALLEST_FLOAT32).max(LARGEST_FLOAT32),
});

export function architectureOf({ features, hidden, layers }: FeatureOptions & ModelOptions): LstmArchitecture {
  return { featureCount: features.length, hiddenUnits: hidden, layerCount: layers };
}

/** SHA-256 over the members' weights as little-endian float32, one after another. */
export function hashWeights(memberWeights: readonly Float64Array[]): string {
  const hash = createHash('sha256');
  for (const weights of memberWeights) {
    const bytes = new DataView(new ArrayBuffer(weights.length * 4));
    for (let i = 0; i < weights.length; i++) bytes.setFloat32(i * 4, weights[i], true);
    hash.update(new Uint8Array(bytes.buffer));
  }
  return hash.digest('hex');
}

/** What stands beside the model in its version. */
export interface VersionExtras {
  /** Its forecasts out of sample, for later comparisons. */
  readonly forecasts: OutOfSampleForecasts;
  readonly dataSha256: string;
}

/** The files of a version. */
export function encodeModelFiles(
  { config, lstm, calibration }: ForecastModel,
  { forecasts, dataSha256 }: VersionExtras,
): Map<VersionFileName, Uint8Array> {
  const metadata = describeModel({ config, lstm }, dataSha256);
  return new Map<VersionFileName, Uint8Array>([
    ['weights.safetensors', membersToSafetensors(lstm.architecture, lstm.memberWeights, metadata)],
    ['model.onnx', encodeOnnx({ config, lstm }, dataSha256)],
    ['scaler.json', encodeJson(lstm.scaler)],
    ['calibration.json', encodeJson(calibration)],
    ['forecasts.safetensors', encodeForecasts(forecasts)],
    ['config.json', encodeJson(config)],
  ]);
}

/** `model.onnx` of a version; the same model gives the same bytes. */
export function encodeOnnx({ config, lstm }: Pick<ForecastModel, 'config' | 'lstm'>, dataSha256: string): Uint8Array {
  return encodeOnnxModel({
    architecture: lstm.architecture,
    memberWeights: lstm.memberWeights,
    windowRows: lstm.windowRows,
    featureNames: lstm.scaler.featureNames,
    scaler: lstm.scaler,
    metadata: describeModel({ config, lstm }, dataSha256),
  });
}

function describeModel(
  { config, lstm }: Pick<ForecastModel, 'config' | 'lstm'>,
  dataSha256: string,
): Record<string, string> {
  return {
    symbol: config.symbol,
    interval: config.interval,
    horizonSteps: String(config.horizon),
    volatility: `standard deviation of the last ${VOLATILITY_ROWS} one-candle log returns, times the root of horizonSteps`,
    targetClip: String(TARGET_CLIP),
    dataSha256,
    weightsSha256: hashWeights(lstm.memberWeights),
  };
}

/**
 * Reads a version back. The registry has checked its hashes; this checks that its parts fit each other.
 *
 * @throws TradeAiError `MODEL_CORRUPT` for a file that is not what it should be, `MODEL_MISMATCH` for a kind of model this
 *   program does not know, or naming the features
 */
export function decodeModel({ manifest, files }: ModelVersion): StoredModel {
  const where = `${manifest.name} version ${manifest.version}`;
  const kind = readKind(manifest);
  const config: ModelConfig = readJson(files, 'config.json', modelConfigSchema, where);
  const scaler: Scaler = readJson(files, 'scaler.json', scalerSchema, where);
  const calibration = readJson(files, 'calibration.json', calibrationSchema, where);
  checkFeatureNames(config.features, scaler.featureNames);
  checkFeatureNames(config.features, manifest.featureNames);
  if (scaler.mean.length !== config.features.length || scaler.scale.length !== config.features.length) {
    throw new TradeAiError(
      'MODEL_MISMATCH',
      `${where}: the scaler has ${scaler.mean.length} means and ${scaler.scale.length} scales, expected ${config.features.length}`,
    );
  }
  const architecture = architectureOf(config);
  const memberWeights = membersFromSafetensors(requireFile(files, 'weights.safetensors', where), architecture);
  return {
    kind,
    config,
    lstm: { architecture, windowRows: config.window, scaler, memberWeights },
    calibration,
    manifest,
  };
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

/** Reads a JSON file of a version. Throws an `Error` for one that is no JSON, or too large to be one of ours. */
export function parseJsonFile(bytes: Uint8Array): unknown {
  if (bytes.byteLength <= MAXIMUM_JSON_BYTES) return JSON.parse(new TextDecoder().decode(bytes));
  throw new Error(`expected at most ${MAXIMUM_JSON_BYTES} bytes, was ${bytes.byteLength}`);
}

/** Read before anything else: what stands beside the kind is the kind's own affair. */
function readKind(manifest: ModelManifest): ModelKind {
  const { name, version, kind = 'lstm' } = manifest;
  if (isModelKind(kind)) return kind;
  throw new TradeAiError(
    'MODEL_MISMATCH',
    `${name} version ${version} is a model of kind ${JSON.stringify(kind.slice(0, 40))}; this program knows ${MODEL_KINDS.join(', ')}`,
    { hint: 'it was written by a newer program: use that one, or train again with this one' },
  );
}

function requireFile(files: ModelVersion['files'], name: VersionFileName, where: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes) return bytes;
  throw new TradeAiError('MODEL_CORRUPT', `${where} has no ${name}`, { hint: 'train it again' });
}

function readJson<Output>(
  files: ModelVersion['files'],
  name: VersionFileName,
  schema: z.ZodType<Output>,
  where: string,
): Output {
  const bytes = requireFile(files, name, where);
  try {
    return schema.parse(parseJsonFile(bytes));
  } catch (cause) {
    throw new TradeAiError('MODEL_CORRUPT', `${where}: ${name} is not what this program wrote`, {
      hint: 'train it again, or use the program version that wrote it',
      cause,
    });
  }
}
