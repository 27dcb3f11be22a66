/** Judging and training again what the registry holds: each name with the options of its champion, on its newest candles. */

import { collectCandles } from '../candles/collect.js';
import { TradeAiError } from '../core/errors.js';
import { decideVerdict } from '../evaluation/verdict.js';
import type { ModelConfig } from '../options/model-config.js';
import type { Ports } from '../ports/ports.js';
import { loadModel } from '../versions/load-model.js';
import type { TrainReport } from '../versions/train-report.js';
import type { RunOutcome } from './decide-run.js';
import { judgeRun } from './judge-run.js';
import { reportOf } from './publish.js';
import { openRun } from './run.js';
import type { TrainHooks } from './train-hooks.js';
import { trainRun } from './train-run.js';
import { type TogetherHooks, trainTogether } from './train-together.js';

export interface AgainOptions {
  /** A file in place of the store; for one name only. */
  readonly data?: string;
  /** Zone of its times that tell no offset; that of the training when absent. */
  readonly timeZone?: string;
  readonly offline: boolean;
}

export interface RetrainOptions extends AgainOptions {
  /** Of the queue of jobs: the run to begin, or to go on with where it was stopped. */
  readonly runId?: string;
  /** Whether a champion that was trained offline, or from a file, is trained again from what is stored. */
  readonly prefersStored?: boolean;
  /** Fencing tokens of names: a version is refused when its name has been claimed since. */
  readonly claims?: ReadonlyMap<string, number>;
}

/**
 * Judges the options of a champion again on its newest candles; nothing is published, and nothing kept when it is stopped.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`; what training throws
 */
export async function evaluateAgain(
  name: string,
  again: AgainOptions,
  ports: Ports,
  hooks: TrainHooks = {},
): Promise<TrainReport> {
  const options = await optionsOfChampion(name, again, ports);
  const collected = await collectCandles(options, ports, hooks);
  const run = await openRun({ options, collected, ports, hooks });
  const judged = await judgeRun(run, await trainRun(run));
  const why = 'judged only: nothing was published';
  const report = reportOf(judged, decideVerdict(judged.judged.skill), { isPromoted: false, reasons: [why] });
  const { weightsSha256 } = report.artifacts;
  return { ...report, artifacts: { model: null, scaler: null, featureNames: null, weightsSha256, reason: why } };
}

/**
 * Trains every name anew and publishes each version as soon as it is trained. When all are, their p-values against no
 * change are adjusted together (Holm), so that twenty pairs do not find one lucky champion, and those that deserve it are
 * promoted. A name that fails does not stop the others. A run that was stopped goes on where it was.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND` without a name; `INTERRUPTED`
 */
export async function retrain(
  names: readonly string[],
  options: RetrainOptions,
  ports: Ports,
  hooks: TogetherHooks = {},
): Promise<RunOutcome[]> {
  if (names.length === 0) {
    throw new TradeAiError('MODEL_NOT_FOUND', 'there is no model to train again', {
      commandHint: 'train one with `tradeai train --symbol BTCUSDT`',
    });
  }
  if (options.data !== undefined && names.length > 1) {
    throw new TradeAiError('USAGE', `a file has the candles of one model, was asked for ${names.join(', ')}`, {
      commandHint: 'name the model in place of --all, or store the files first with `tradeai data import FILE`',
    });
  }
  const { runId, claims } = options;
  const optionsOf = (name: string) => optionsOfChampion(name, options, ports);
  return trainTogether({ kind: 'retrain', names, runId, claims, isResumed: true, optionsOf, ports }, hooks);
}

async function optionsOfChampion(
  name: string,
  { data, timeZone, offline, prefersStored = false }: AgainOptions & Pick<RetrainOptions, 'prefersStored'>,
  ports: Ports,
): Promise<ModelConfig> {
  const { config } = await loadModel(ports, name);
  // What was open-ended then reaches to the newest candle now.
  if (prefersStored) return { ...config, data, offline: offline || config.offline };
  return { ...config, data: data ?? config.data, timeZone: timeZone ?? config.timeZone, offline };
}
