/** Training, judging and predicting, for programs. */

import { type AuditHooks, auditPipeline, type PipelineAuditReport } from '../checks/audit.js';
import { runSelftest, type SelftestHooks, type SelftestReport } from '../checks/selftest.js';
import { TradeAiError } from '../core/errors.js';
import { type DoctorHooks, type DoctorOptions, diagnose } from '../doctor/diagnose.js';
import type { DoctorReport } from '../doctor/report.js';
import { predictNewest } from '../live/predict.js';
import { parseInterval } from '../market/interval.js';
import { canResample } from '../market/resample.js';
import { findSpelled, readSymbol } from '../market/spelling.js';
import { gatherOptions, type OptionPlaces, readTrainOptions } from '../options/given-options.js';
import {
  DEFAULT_INTERVAL,
  type EngineChoice,
  modelNameOf,
  type TrainOptions,
  type TrainOptionsInput,
} from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import type { RunOutcome } from '../training/decide-run.js';
import { type ReproduceOptions, type Reproduction, reproduceVersion } from '../training/reproduce.js';
import { evaluateAgain, retrain } from '../training/retrain.js';
import { resumeTraining, trainModel } from '../training/train.js';
import type { TrainHooks } from '../training/train-hooks.js';
import { type TogetherHooks, trainTogether } from '../training/train-together.js';
import { TrainingWatch } from '../training/training-progress.js';
import type { TrainReport } from '../versions/train-report.js';
import type { TrainingProgress } from '../wire/job.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import { findModelName, symbolsToBring } from './spelling.js';

/** What a training takes beside its options. Its signal stops it: it keeps a checkpoint and rejects with `INTERRUPTED`. */
export interface TrainingHooks extends TrainHooks {
  /** Told at every epoch, in every stage. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface RetrainingHooks extends TogetherHooks {
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
  /** Zone of its times that tell no offset; that of the training when absent. */
  readonly timeZone?: string;
  readonly source?: string;
  /** Use the candles that are stored, fetch nothing. */
  readonly offline?: boolean;
  readonly engine?: EngineChoice;
  readonly signal?: AbortSignal;
}

export interface AgainOptions {
  /** A file of candles in place of the store. */
  readonly data?: string;
  /** Zone of its times that tell no offset; that of the training when absent. */
  readonly timeZone?: string;
  readonly offline?: boolean;
}

/** What the doctor examines a model on: a version other than the champion, a file, another source. */
export type ExaminationOptions = Partial<Omit<DoctorOptions, 'name'>> & DoctorHooks;

export interface SelftestOptions {
  /** Markets without a signal; 0 leaves them out. */
  readonly nullMarkets?: number;
  /** Markets at each strength of a planted signal; 0 leaves them out. */
  readonly plantedMarkets?: number;
  /** A file of real candles that null markets are rearranged from. */
  readonly data?: string;
  /** Zone of its times that tell no offset; UTC when absent. */
  readonly timeZone?: string;
  readonly engine?: EngineChoice;
}

/** Trainings and forecasts of a workspace. */
export interface TrainingFunctions {
  /**
   * Collects candles, trains, judges, publishes a version, and promotes it if it is better than the champion.
   * Options that are absent are those of the workspace's config, then the defaults of `tradeai train`.
   *
   * @throws TradeAiError of every kind
   */
  train(options: Partial<TrainOptionsInput>, hooks?: TrainingHooks): Promise<TrainReport>;
  /**
   * Trains several symbols with the same options, all of the workspace when none are named: those of the config, else those
   * of which candles are stored. Their verdicts are adjusted together (Holm); one that fails does not stop the others.
   *
   * @throws TradeAiError `USAGE` for options that are of one model; `CANDLES_NOT_FOUND` without a symbol anywhere;
   *   `INTERRUPTED`, and with `isResumed` the same call goes on where it was
   */
  trainAll(
    symbols?: readonly string[],
    options?: Omit<Partial<TrainOptionsInput>, 'symbol'>,
    hooks?: RetrainingHooks & { readonly isResumed?: boolean },
  ): Promise<RunOutcome[]>;
  /**
   * Goes on with a training that was stopped, of several with the newest one, or the one with that `runId`; the weights
   * are those of one that never stopped.
   */
  resume(name: string, hooks?: TrainingHooks & { readonly runId?: string }): Promise<TrainReport>;
  /** Forecasts the candle after the newest closed one. @throws TradeAiError `MODEL_NOT_FOUND`, `CANDLES_TOO_FEW` */
  predict(options: PredictOptions): Promise<PredictionAnswer>;
  /** Judges the options of a champion again on its newest candles; nothing is published. */
  evaluate(name: string, options?: AgainOptions, hooks?: TrainingHooks): Promise<TrainReport>;
  /**
   * Trains models again with their champions' options on their newest candles, all of them when no names are given. The
   * verdicts of several are adjusted together (Holm); one that fails does not stop the others. What was stopped goes on
   * where it was when the same names are asked for again.
   */
  retrain(names?: readonly string[], options?: AgainOptions, hooks?: RetrainingHooks): Promise<RunOutcome[]>;
  /** The cause of a bad model, and the command that mends it; of every model when no name is given. */
  doctor(name?: string, options?: ExaminationOptions): Promise<DoctorReport>;
  /** Looks for knowledge of the future in what these options train on. */
  audit(options: Partial<TrainOptionsInput>, hooks?: AuditHooks): Promise<PipelineAuditReport>;
  /** Trains a version again, the champion when none is named, and compares the weights bit for bit. */
  reproduce(
    name: string,
    version?: number,
    options?: Omit<ReproduceOptions, 'name' | 'version'> & { readonly signal?: AbortSignal },
  ): Promise<Reproduction>;
  /**
   * Tests the tester: how often it finds skill in markets where there is none, and how often where it was planted. Takes
   * many trainings; 60 and 10 markets when nothing is said.
   */
  selftest(options?: SelftestOptions, hooks?: SelftestHooks): Promise<SelftestReport>;
}

/** @param readPlaces where options stand beside the call, asked anew for every call: the config may have changed */
export function openTrainingFunctions(ports: Ports, readPlaces: () => Promise<OptionPlaces>): TrainingFunctions {
  return {
    train: async (options, hooks) =>
      trainModel(await readOptions(options, ports, await readPlaces()), ports, toTrainHooks(ports, hooks)),
    async trainAll(symbols, options = {}, { isResumed = false, ...hooks } = {}) {
      const places = await readPlaces();
      const wanted = symbols ?? (await symbolsOfWorkspace(options, places, ports));
      const each = await Promise.all(wanted.map((symbol) => readOptions({ ...options, symbol }, ports, places)));
      const byName = nameOptions([...new Map(each.map((one) => [one.symbol, one])).values()], places);
      const optionsOf = async (name: string) => byName.get(name)!;
      const names = [...byName.keys()];
      return trainTogether({ kind: 'train', names, optionsOf, isResumed, ports }, toTogetherHooks(ports, hooks));
    },
    async resume(given, { runId, ...hooks } = {}) {
      const names = (await ports.checkpoints.listRuns()).flatMap((run) => run.names);
      const name = findSpelled(given, [...new Set(names)]) ?? given;
      return resumeTraining({ name, runId }, ports, toTrainHooks(ports, hooks));
    },
    async predict({ name, symbol, interval, signal, offline = false, ...rest }) {
      if (name === undefined && symbol === undefined) {
        throw new TradeAiError('USAGE', 'predict: expected the name of a model or its symbol, was neither');
      }
      const model = name ?? (await findModelName(readModelName(symbol!, interval), ports));
      return predictNewest({ ...rest, name: model, offline }, ports, { signal });
    },
    evaluate: (name, { offline = false, ...rest } = {}, hooks) =>
      evaluateAgain(name, { ...rest, offline }, ports, toTrainHooks(ports, hooks)),
    async retrain(names, { offline = false, ...rest } = {}, hooks = {}) {
      const all = [...new Set(names ?? (await ports.registry.listNames()))];
      return retrain(all, { ...rest, offline }, ports, toTogetherHooks(ports, hooks));
    },
    doctor: (name, { version, data, timeZone, source, offline = false, home, ...hooks } = {}) =>
      diagnose({ name, version, data, timeZone, source, offline, home }, ports, hooks),
    audit: async (options, hooks) =>
      auditPipeline(await readOptions(options, ports, await readPlaces(), 'audit'), ports, hooks),
    reproduce: (name, version, { signal, ...options } = {}) =>
      reproduceVersion({ ...options, name, version }, ports, { signal }),
    async selftest({ nullMarkets, plantedMarkets, data, timeZone, engine = 'auto' } = {}, hooks) {
      const base = data === undefined ? undefined : (await ports.readCandleFile(data, { timeZone })).series;
      return runSelftest({ nullMarkets, plantedMarkets, base, seed: 1, engine, threads: 0 }, ports, hooks);
    },
  };
}

/** The options in force, with the symbol as its candles have it. */
async function readOptions(
  call: Partial<TrainOptionsInput>,
  ports: Ports,
  places: OptionPlaces,
  verb?: string,
): Promise<TrainOptions> {
  const { symbol, source } = gatherOptions(call, places).values;
  if (typeof symbol !== 'string') return readTrainOptions(call, places, verb);
  const [spelled] = await symbolsToBring([symbol], typeof source === 'string' ? source : undefined, ports);
  return readTrainOptions(spelled === symbol ? call : { ...call, symbol: spelled }, places, verb);
}

/**
 * The name that a model of this symbol has when it was given none.
 *
 * @throws TradeAiError `NAME_INVALID`, `INTERVAL_INVALID`
 */
export function readModelName(symbol: string, interval: string = DEFAULT_INTERVAL): string {
  return modelNameOf(readSymbol(symbol), parseInterval(interval));
}

/** The symbols of the config, else those of which there are candles that make those of the options. */
async function symbolsOfWorkspace(options: object, places: OptionPlaces, { store }: Ports): Promise<readonly string[]> {
  const { symbols } = places.config;
  if (symbols.length > 0) return symbols;
  const { interval = DEFAULT_INTERVAL } = gatherOptions(options, places).values;
  const wanted = parseInterval(String(interval));
  const fitting = (await store.list()).filter((entry) => canResample(entry.interval, wanted));
  if (fitting.length > 0) return [...new Set(fitting.map(({ symbol }) => symbol))];
  throw new TradeAiError(
    'CANDLES_NOT_FOUND',
    `no config names a symbol, and nothing is stored that makes ${wanted} candles`,
    {
      commandHint: 'bring candles with `tradeai data fetch --symbol BTCUSDT` or `tradeai data import FILE`',
    },
  );
}

/** @throws TradeAiError `USAGE` for options of which each model needs its own */
function nameOptions(
  each: readonly TrainOptions[],
  { spell = (name) => name }: OptionPlaces,
): Map<string, TrainOptions> {
  const named = each.map((options) => {
    const { symbol, interval = DEFAULT_INTERVAL, name, data } = options;
    if (data !== undefined && each.length > 1) {
      throw new TradeAiError('USAGE', `${spell('data')}: a file has the candles of one symbol, was asked for several`, {
        commandHint: 'store the files first with `tradeai data import FILE`, and leave it out',
      });
    }
    return [modelNameOf(symbol, parseInterval(interval), name), options] as const;
  });
  const byName = new Map(named);
  if (byName.size === each.length) return byName;
  throw new TradeAiError('USAGE', `${spell('name')}: expected a name of its own for each of ${each.length} models`, {
    hint: 'leave it out: a model is named after its symbol',
  });
}

function toTogetherHooks(ports: Pick<Ports, 'now'>, { onProgress, ...hooks }: RetrainingHooks): TogetherHooks {
  const { signal, hooksOf = () => ({ signal }) } = hooks;
  return {
    ...hooks,
    hooksOf: (name) =>
      toTrainHooks(ports, {
        ...hooksOf(name),
        onProgress: onProgress && ((progress) => onProgress(name, progress)),
      }),
  };
}

function toTrainHooks({ now }: Pick<Ports, 'now'>, { onProgress, ...hooks }: TrainingHooks = {}): TrainHooks {
  if (onProgress === undefined) return hooks;
  const watch = new TrainingWatch(now, onProgress).hooks;
  return {
    ...hooks,
    onFetch: (...news) => [hooks, watch].forEach(({ onFetch }) => void onFetch?.(...news)),
    onStart: (...news) => [hooks, watch].forEach(({ onStart }) => void onStart?.(...news)),
    onEpoch: (...news) => [hooks, watch].forEach(({ onEpoch }) => void onEpoch?.(...news)),
    onJudge: () => [hooks, watch].forEach(({ onJudge }) => void onJudge?.()),
  };
}
