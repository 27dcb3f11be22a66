/** Trains a version again from what it says of itself, and compares the weights bit for bit. */

import { type Collected, collectCandles, hashCandles } from '../candles/collect.js';
import type { LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import { trainEnsembles } from '../lstm/ensemble.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { ModelConfig } from '../options/model-config.js';
import { ENGINE_CHOICES, type EngineChoice } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { loadModel } from '../versions/load-model.js';
import { hashWeights } from '../versions/model-files.js';
import { prepareTraining } from './prepare.js';
import { ensembleOptionsOf, modelOf, stagesOf } from './stages.js';
import type { TrainHooks } from './train-hooks.js';
import { trainWarm } from './warm-start.js';

export interface ReproduceOptions {
  readonly name: string;
  /** The champion when absent. */
  readonly version?: number;
  /** The candles, when they are not where the training found them. */
  readonly data?: string;
  /** Zone of its times that tell no offset; that of the training when absent. */
  readonly timeZone?: string;
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
  const { config, manifest } = await loadModel(ports, options.name, options.version);
  const { data } = manifest;
  const collected = await collectCandles(
    {
      ...config,
      data: options.data ?? config.data,
      timeZone: options.timeZone ?? config.timeZone,
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
  const found = hashWeights((await trainServed(collected, config, engine, ports, hooks)).memberWeights);
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
    threads: engine.parallelNetworks,
    weightsSha256: { expected: manifest.weightsSha256, found },
    differences,
  };
}

/** The training that made the model that serves. */
async function trainServed(
  collected: Collected,
  config: ModelConfig,
  engine: LstmEngine,
  ports: Ports,
  hooks: Pick<TrainHooks, 'signal'>,
): Promise<LstmModel> {
  if (config.warmStartVersion !== undefined) {
    return (await trainWarm({ collected, config, fromVersion: config.warmStartVersion, engine, ports, hooks })).model;
  }
  const prepared = prepareTraining(collected.series, config);
  const served = stagesOf(prepared).at(-1)!;
  const [members] = await trainEnsembles(engine, [ensembleOptionsOf(config, prepared.dataset, served)], hooks);
  return modelOf(config, served, members);
}

function engineOf(name: string): EngineChoice {
  return ENGINE_CHOICES.find((choice) => choice === name) ?? 'auto';
}

function describeDifference(what: string, then: string, now: string): string | undefined {
  return then === now ? undefined : `${what}: was ${then} then, is ${now} now`;
}
