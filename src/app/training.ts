/** Training, judging and predicting, for programs. */

import { auditPipeline, type PipelineAuditReport } from '../checks/audit.js';
import { TradeAiError } from '../core/errors.js';
import { mergePlain } from '../core/plain-data.js';
import { diagnose } from '../doctor/diagnose.js';
import type { DoctorReport } from '../doctor/report.js';
import { type Prediction, predictNewest } from '../live/predict.js';
import { parseInterval } from '../market/interval.js';
import type { WorkspaceConfig } from '../options/config.js';
import {
  checkSymbol,
  DEFAULT_INTERVAL,
  type EngineChoice,
  modelNameOf,
  parseTrainOptions,
  type TrainOptions,
  type TrainOptionsInput,
} from '../options/train-options.js';
import type { TrainingProgress } from '../ports/job.js';
import type { Ports } from '../ports/ports.js';
import { type Reproduction, reproduceVersion } from '../training/reproduce.js';
import { evaluateAgain, type RetrainOutcome, retrain } from '../training/retrain.js';
import { resumeTraining, trainModel } from '../training/train.js';
import type { TrainHooks } from '../training/train-hooks.js';
import { TrainingWatch } from '../training/training-progress.js';
import type { TrainReport } from '../versions/train-report.js';

/** What a training takes beside its options. */
export interface TrainingHooks {
  /** Stops it: it keeps a checkpoint and rejects with `INTERRUPTED`. */
  readonly signal?: AbortSignal;
  /** Told at every epoch, in every stage. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface RetrainingHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (name: string, progress: TrainingProgress) => void;
}

/** Which model forecasts, and from what: its own source unless told otherwise. */
export interface PredictOptions {
  /** Name of the model; or its symbol, and its interval where that is not 1h. */
  readonly name?: string;
  readonly symbol?: string;
  readonly interval?: string;
  /** A version other than the champion. */
  readonly version?: number;
  /** A file of candles; the newest row of it is predicted. */
  readonly data?: string;
  readonly source?: string;
  /** Use the candles that are stored, fetch nothing. */
  readonly offline?: boolean;
  readonly engine?: EngineChoice;
  readonly signal?: AbortSignal;
}

export interface AgainOptions {
  /** A file of candles in place of the store. */
  readonly data?: string;
  readonly offline?: boolean;
}

/** Trainings and forecasts of a workspace. */
export interface TrainingFunctions {
  /**
   * Collects candles, trains, judges, publishes a version, and promotes it if it is better than the champion.
   * Options that are absent are those of the workspace's config, then the defaults of `tradeai train`.
   *
   * @throws TradeAiError of every kind
   */
  train(options: TrainOptionsInput, hooks?: TrainingHooks): Promise<TrainReport>;
  /** Goes on with a training that was stopped; the weights are those of one that never stopped. */
  resume(name: string, hooks?: TrainingHooks): Promise<TrainReport>;
  /** Forecasts the candle after the newest closed one. @throws TradeAiError `MODEL_NOT_FOUND`, `CANDLES_TOO_FEW` */
  predict(options: PredictOptions): Promise<Prediction>;
  /** Judges the options of a champion again on its newest candles; nothing is published. */
  evaluate(name: string, options?: AgainOptions, hooks?: TrainingHooks): Promise<TrainReport>;
  /**
   * Trains models again with their champions' options on their newest candles, all of them when no names are given. The
   * verdicts of several are adjusted together (Holm); one that fails does not stop the others.
   */
  retrain(names?: readonly string[], options?: AgainOptions, hooks?: RetrainingHooks): Promise<RetrainOutcome[]>;
  /** The cause of a bad model, and the command that mends it; of every model when no name is given. */
  doctor(name?: string, options?: AgainOptions & { signal?: AbortSignal }): Promise<DoctorReport>;
  /** Looks for knowledge of the future in what these options train on. */
  audit(options: TrainOptionsInput, hooks?: { signal?: AbortSignal }): Promise<PipelineAuditReport>;
  /** Trains a version again and compares the weights bit for bit. */
  reproduce(name: string, version?: number, hooks?: { signal?: AbortSignal }): Promise<Reproduction>;
}

/** @param readConfig of the workspace, asked anew for every call: the file may have changed */
export function openTrainingFunctions(ports: Ports, readConfig: () => Promise<WorkspaceConfig>): TrainingFunctions {
  const readOptions = async (given: TrainOptionsInput) => effectiveOptions(given, await readConfig());
  return {
    train: async (options, hooks) => trainModel(await readOptions(options), ports, toTrainHooks(ports, hooks)),
    resume: (name, hooks) => resumeTraining(name, ports, toTrainHooks(ports, hooks)),
    async predict({ name, symbol, interval, signal, offline = false, ...rest }) {
      if (name === undefined && symbol === undefined) {
        throw new TradeAiError('USAGE', 'predict: expected the name of a model or its symbol, was neither');
      }
      return predictNewest({ ...rest, name: name ?? nameOf(symbol!, interval), offline }, ports, { signal });
    },
    evaluate: (name, { data, offline = false } = {}, hooks) =>
      evaluateAgain(name, { data, offline }, ports, toTrainHooks(ports, hooks)),
    async retrain(names, { data, offline = false } = {}, { signal, onProgress } = {}) {
      return retrain(names ?? (await ports.registry.listNames()), { data, offline }, ports, {
        signal,
        hooksOf: (name) =>
          toTrainHooks(ports, { signal, onProgress: onProgress && ((progress) => onProgress(name, progress)) }),
      });
    },
    doctor: (name, { data, offline = false, signal } = {}) => diagnose({ name, data, offline }, ports, { signal }),
    audit: async (options, { signal } = {}) => auditPipeline(await readOptions(options), ports, { signal }),
    reproduce: (name, version, { signal } = {}) => reproduceVersion({ name, version }, ports, { signal }),
  };
}

/** The options of the call, those of the config for what it leaves out, and the defaults. */
function effectiveOptions(given: TrainOptionsInput, config: WorkspaceConfig): TrainOptions {
  const call = withoutUndefined(given);
  const general = mergePlain(config.train, call);
  const { symbol, interval, name } = general as TrainOptionsInput;
  const ofModel = typeof symbol === 'string' ? config.models.get(name ?? nameOf(symbol, interval)) : undefined;
  return parseTrainOptions(mergePlain(config.train, ofModel ?? {}, call), (option) => option, config);
}

function withoutUndefined(options: TrainOptionsInput): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** @throws TradeAiError `SYMBOL_INVALID`, `NAME_INVALID`, `INTERVAL_INVALID` */
function nameOf(symbol: string, interval: string = DEFAULT_INTERVAL): string {
  return modelNameOf(checkSymbol(symbol), parseInterval(interval));
}

function toTrainHooks(ports: Pick<Ports, 'now'>, { signal, onProgress }: TrainingHooks = {}): TrainHooks {
  return onProgress === undefined ? { signal } : { signal, ...new TrainingWatch(ports.now, onProgress).hooks };
}
