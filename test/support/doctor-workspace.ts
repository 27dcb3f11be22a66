/** A workspace with small trained models, sound ones and ones with a fault planted for real. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composePorts } from '../../src/app/compose.js';
import { RANDOM_STREAM, Random } from '../../src/core/random.js';
import { applyScaler, type Scaler } from '../../src/dataset/scaler.js';
import { type DoctorOptions, diagnose } from '../../src/doctor/diagnose.js';
import type { CheckName, CheckResult } from '../../src/doctor/report.js';
import { roundWeights, trainEnsembles } from '../../src/lstm/ensemble.js';
import { membersToSafetensors } from '../../src/lstm/weights-file.js';
import { type CandleSeries, rowCountOf } from '../../src/market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../../src/market/interval.js';
import { flagOf, readFlagValue, TRAIN_FLAGS } from '../../src/options/train-flags.js';
import { parseTrainOptions, type TrainOptions } from '../../src/options/train-options.js';
import type { Ports } from '../../src/ports/ports.js';
import type { VersionFileName } from '../../src/ports/registry.js';
import { prepareTraining } from '../../src/training/prepare.js';
import { ensembleOptionsOf, stagesOf } from '../../src/training/stages.js';
import { trainModel } from '../../src/training/train.js';
import { decodeModel, encodeJson } from '../../src/versions/model-files.js';
import type { TrainReport } from '../../src/versions/train-report.js';

export interface DoctorWorkspace {
  readonly home: string;
  /** The clock stands at the close of the newest candle stored, so that nothing is stale. */
  readonly ports: Ports;
  /** Stores candles as imported ones; later rows may follow. */
  store(series: CandleSeries): Promise<void>;
  /** Sets the clock to the close of this candle, or so many intervals after it. */
  setClock(series: CandleSeries, intervalsLater?: number): void;
  remove(): void;
}

/** Options of a training of half a second: `symbol` names the stored candles. */
export const SMALL_TRAINING = {
  source: 'file',
  offline: true,
  features: ['return_1', 'volatility_24', 'volume_z_24'],
  window: 4,
  hidden: 6,
  members: 1,
  batch: 32,
  lr: 5e-3,
  dropout: 0.1,
  epochs: 12,
  patience: 4,
  folds: 0,
  // test files run beside each other: more threads than cores make all of them wait
  threads: 1,
} as const;

export function openDoctorWorkspace(): DoctorWorkspace {
  const home = mkdtempSync(join(tmpdir(), 'tradeai-doctor-'));
  let nowMs = 0;
  const ports: Ports = {
    ...composePorts({ home, environment: {}, onNote: () => undefined }),
    now: () => nowMs,
  };
  const setClock = (series: CandleSeries, intervalsLater = 0) => {
    const last = series.openTimeMs[rowCountOf(series) - 1];
    nowMs = last + (1 + intervalsLater) * INTERVAL_MS[series.interval];
  };
  return {
    home,
    ports,
    setClock,
    async store(series) {
      await ports.store.append('file', series);
      setClock(series);
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

export interface CandleOptions {
  readonly symbol: string;
  readonly rowCount: number;
  readonly interval?: Interval;
  readonly seed?: number;
  /** Of one return on the one before: 0 is a market without signal. */
  readonly momentum?: number;
  /** Standard deviation of a return. */
  readonly volatility?: number;
  /** Rows from which on the market is another one: its `momentum`, `volatility` and `volume`. */
  readonly change?: {
    readonly row: number;
    readonly momentum?: number;
    readonly volatility?: number;
    readonly volume?: number;
  };
}

/** Candles whose log return is `momentum` times the one before plus normal noise; volume is log-normal. */
export function makeCandles(options: CandleOptions): CandleSeries {
  const { symbol, rowCount, interval = '1h', seed = 1, change } = options;
  const random = new Random(seed, RANDOM_STREAM.test);
  const column = () => new Float64Array(rowCount);
  const series = {
    symbol,
    interval,
    openTimeMs: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    extras: {},
  };
  let price = 100;
  let logReturn = 0;
  for (let row = 0; row < rowCount; row++) {
    const now = change !== undefined && row >= change.row ? { ...options, ...change } : options;
    const { momentum = 0, volatility = 0.01 } = now;
    const noise = volatility * Math.sqrt(1 - momentum * momentum) * random.nextNormal();
    logReturn = momentum * logReturn + noise;
    const volume =
      (change !== undefined && row >= change.row ? (change.volume ?? 1) : 1) * Math.exp(random.nextNormal());
    series.openTimeMs[row] = Date.UTC(2024, 0, 1) + row * INTERVAL_MS[interval];
    series.open[row] = price;
    price *= Math.exp(logReturn);
    series.close[row] = price;
    series.high[row] = Math.max(series.open[row], price) * 1.001;
    series.low[row] = Math.min(series.open[row], price) / 1.001;
    series.volume[row] = volume;
  }
  return series;
}

/** Trains on stored candles with the small options and those given. */
export function trainSmall(
  workspace: DoctorWorkspace,
  options: Partial<TrainOptions> & { readonly symbol: string },
): Promise<TrainReport> {
  return trainModel(parseTrainOptions({ ...SMALL_TRAINING, ...options }), workspace.ports);
}

/**
 * Publishes and promotes a version that was trained behind another scaler than its own, as a program would that forgets
 * to scale, or takes the scaler of another model.
 */
export async function trainBehindScaler(
  workspace: DoctorWorkspace,
  name: string,
  chooseScaler: (fitted: Scaler) => Scaler,
): Promise<void> {
  const { ports } = workspace;
  const { config } = decodeModel(await ports.registry.load(name));
  const series = (await ports.store.read({ source: 'file', symbol: config.symbol, interval: config.interval }))!;
  const prepared = prepareTraining(series, config);
  const fold = stagesOf(prepared).at(-1)!;
  const scaler = chooseScaler(fold.scaler);
  const ensemble = ensembleOptionsOf(config, prepared.dataset, { ...fold, scaler });
  const data = { ...ensemble.data, scaleFeatures: () => applyScaler(scaler, prepared.dataset.matrix) };
  const engine = await ports.createEngine(config.engine, config.threads);
  const [members] = await trainEnsembles(engine, [{ ...ensemble, data }]);
  await publishChanged(workspace, name, (files) => {
    const weights = members.map(({ bestWeights }) => roundWeights(bestWeights));
    files.set('weights.safetensors', membersToSafetensors(ensemble.trainer.architecture, weights));
    files.set('scaler.json', encodeJson(scaler));
    const report: TrainReport = JSON.parse(new TextDecoder().decode(files.get('report.json')));
    const told = members.map(({ seed, epochsRun, bestEpoch, trainLoss, validationLoss }) => ({
      seed,
      epochsRun,
      bestEpoch,
      trainLoss,
      validationLoss,
    }));
    files.set('report.json', encodeJson({ ...report, training: { ...report.training, members: told } }));
  });
}

/** Publishes and promotes a version that differs from the champion by some of its files; its hashes are right. */
export async function publishChanged(
  { ports }: DoctorWorkspace,
  name: string,
  change: (files: Map<VersionFileName, Uint8Array>) => void,
): Promise<number> {
  const { registry } = ports;
  const { manifest, files } = await registry.load(name);
  const changed = new Map(files);
  change(changed);
  const { version } = await registry.publish({ manifest, files: changed });
  const champion = await registry.champion(name);
  await registry.promote({ name, version, reasons: ['planted'], expectedGeneration: champion?.generation ?? 0 });
  return version;
}

/** Examines a model and picks one check. */
export async function examine(
  { ports }: DoctorWorkspace,
  name: string,
  check: CheckName,
  options: Partial<DoctorOptions> = {},
): Promise<CheckResult> {
  const { models } = await diagnose({ name, offline: true, ...options }, ports);
  return models[0].checks.find((result) => result.check === check)!;
}

/** Does what a `tradeai train …` command says, as the command line would. */
export function runTrainCommand({ ports }: DoctorWorkspace, command: string | null): Promise<TrainReport> {
  const [program, verb, ...words] = (command ?? '').split(' ');
  if (program !== 'tradeai' || verb !== 'train') throw new Error(`expected a train command, was ${command}`);
  const options: Record<string, unknown> = {};
  while (words.length > 0) {
    const flag = words.shift()!;
    const definition = TRAIN_FLAGS.find(({ name }) => flagOf(name) === flag);
    if (definition === undefined) throw new Error(`expected a flag of train, was ${flag} in ${command}`);
    options[definition.name] = readFlagValue(definition, definition.kind === 'switch' ? true : words.shift()!, flag);
  }
  return trainModel(parseTrainOptions(options), ports);
}
