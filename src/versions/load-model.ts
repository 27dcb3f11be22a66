/** A stored model as the workspace can follow it now: with the custom features and the candles it was trained with. */

import { withoutStoredFile } from '../candles/collect.js';
import { TradeAiError } from '../core/errors.js';
import { type CustomFeature, type CustomFeatureRecord, isDefined } from '../features/custom-feature.js';
import type { ModelConfig } from '../options/model-config.js';
import type { Ports } from '../ports/ports.js';
import { decodeModel, type StoredModel } from './model-files.js';

/**
 * Loads the champion of a name, or a version.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`; `MODEL_MISMATCH` when a custom feature is not defined here, or
 *   has another text than in training
 */
export async function loadModel(
  ports: Pick<Ports, 'registry' | 'loadCustomFeatures' | 'store'>,
  name: string,
  version?: number,
): Promise<StoredModel> {
  const stored = decodeModel(await ports.registry.load(name, version));
  return { ...stored, config: await bindConfig(stored.config, ports) };
}

/**
 * Options as they were stored, with the functions of their custom features, and without a file whose candles are stored.
 * Nothing of the workspace is run for options without custom features.
 *
 * @throws TradeAiError `MODEL_MISMATCH`
 */
export async function bindConfig(
  config: ModelConfig,
  ports: Pick<Ports, 'loadCustomFeatures' | 'store'>,
): Promise<ModelConfig> {
  const options = await withoutStoredFile(config, ports);
  const records = options.customFeatures;
  if (records === undefined || records.every(isDefined)) return options;
  const defined = await ports.loadCustomFeatures();
  return { ...options, customFeatures: records.map((record) => findSame(record, defined)) };
}

function findSame(record: CustomFeatureRecord, defined: readonly CustomFeature[]): CustomFeature {
  const found = defined.find(({ name }) => name === record.name);
  if (found === undefined) {
    throw new TradeAiError(
      'MODEL_MISMATCH',
      `the model needs the custom feature ${record.name}, which is not defined`,
      {
        hint: `define it in customFeatures of tradeai.config (there are ${defined.map(({ name }) => name).join(', ') || 'none'}), or train again without it`,
      },
    );
  }
  const isSame = found.sourceSha256 === record.sourceSha256 && found.warmUp === record.warmUp;
  if (isSame && found.columns.join() === record.columns.join()) return found;
  throw new TradeAiError(
    'MODEL_MISMATCH',
    `the custom feature ${record.name} is not the one the model was trained with: ${describeChange(record, found)}`,
    { commandHint: 'bring its former text back, or train again with `tradeai train`' },
  );
}

function describeChange(then: CustomFeatureRecord, now: CustomFeatureRecord): string {
  if (then.warmUp !== now.warmUp) return `warmUp was ${then.warmUp} then, is ${now.warmUp} now`;
  if (then.columns.join() !== now.columns.join()) {
    return `its columns were ${then.columns.join(', ') || 'none'} then, are ${now.columns.join(', ') || 'none'} now`;
  }
  return `SHA-256 of its text was ${then.sourceSha256.slice(0, 12)}… then, is ${now.sourceSha256.slice(0, 12)}… now`;
}
