/** Trains a version again from what it says of itself, and compares the weights bit for bit. */

import { roundWeights, trainEnsembles } from '../lstm/ensemble.js';
import { INTERVAL_MS } from '../market/interval.js';
import { collectCandles, hashCandles } from './collect.js';
import { decodeModel, hashWeights } from './model-files.js';
import type { Ports } from './ports.js';
import { prepareTraining } from './prepare.js';
import { ensembleOptionsOf, stagesOf, type TrainHooks } from './train.js';
import { ENGINE_CHOICES, type EngineChoice } from './train-options.js';

export interface ReproduceOptions {
  readonly name: string;
  /** The champion when absent. */
  readonly version?: number;
  /** The candles, when they are not where the training found them. */
  readonly data?: string;
  /** Another engine than the version's own; float32 engines of different families differ in their last bits. */
  readonly engine?: EngineChoice;
  readonly threads?: number;
}

export interface Reproduction {
  readonly name: string;
  readonly version: number;
  readonly isEqual: boolean;
  readonly engine: string;
  readonly threads: number;
  readonly weightsSha256: { readonly expected: string; readonly found: string };
  /** What is not as it was, each of which may explain a difference. */
  readonly differences: readonly string[];
}

/**
 * Trains the model that serves again: same candles, options, seeds and engine.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`; `CANDLES_NOT_FOUND` or `FILE_NOT_FOUND` when its candles are gone
 */
export async function reproduceVersion(
  options: ReproduceOptions,
  ports: Ports,
  hooks: Pick<TrainHooks, 'signal'> = {},
): Promise<Reproduction> {
  const { config, manifest } = decodeModel(await ports.registry.load(options.name, options.version));
  const { data } = manifest;
  const collected = await collectCandles(
    {
      ...config,
      data: options.data ?? config.data,
      from: data.firstOpenTimeMs,
      to: data.lastOpenTimeMs + INTERVAL_MS[config.interval],
      offline: true,
    },
    ports,
    hooks,
  );
  const engine = await ports.createEngine(
    options.engine ?? engineOf(manifest.engine),
    options.threads ?? config.threads,
  );
  const prepared = prepareTraining(collected.series, config);
  const served = stagesOf(prepared).at(-1)!;
  const [members] = await trainEnsembles(engine, [ensembleOptionsOf(config, prepared, served)], hooks);
  const found = hashWeights(members.map((member) => roundWeights(member.bestWeights)));
  const differences = [
    describeDifference('candles (SHA-256)', data.sha256, hashCandles(collected.series)),
    describeDifference('code version', manifest.codeVersion, ports.codeVersion),
    describeDifference('engine', manifest.engine, engine.name),
  ].filter((difference) => difference !== undefined);
  return {
    name: manifest.name,
    version: manifest.version,
    isEqual: found === manifest.weightsSha256,
    engine: engine.name,
    threads: engine.parallelSessions,
    weightsSha256: { expected: manifest.weightsSha256, found },
    differences,
  };
}

function engineOf(name: string): EngineChoice {
  return ENGINE_CHOICES.find((choice) => choice === name) ?? 'auto';
}

function describeDifference(what: string, then: string, now: string): string | undefined {
  return then === now ? undefined : `${what}: was ${then} then, is ${now} now`;
}
