/**
 * The forecast service on a workspace: candles are brought up to date as they close, every model forecasts each of them,
 * outcomes are resolved, trainings run in another process, and whatever another program promotes here is followed.
 */

import { runLimited } from '../core/concurrency.js';
import { TradeAiError } from '../core/errors.js';
import type { LstmEngine } from '../lstm/engine.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { ScheduleOptions, ServeOptions } from '../options/serve-options.js';
import type { CandleQuery, ForecastService, LedgerQuery, ServedPrediction } from '../ports/forecast-service.js';
import type { Job as TrainingJob } from '../ports/job.js';
import { isOver } from '../ports/job.js';
import type { Ports } from '../ports/ports.js';
import type { JobStore, TrainingRunner } from '../ports/training-runner.js';
import { JobQueue } from '../training/job-queue.js';
import { pruneVersions, rollBack } from '../versions/lifecycle.js';
import { loadModel } from '../versions/load-model.js';
import type {
  CandlesAnswer,
  DataHealth,
  ForwardRecordAnswer,
  Job,
  LedgerPage,
  ModelDetail,
  ModelSummary,
  PromoteRequest,
  RollbackRequest,
  ServerEvent,
  StatusAnswer,
  VersionDetail,
} from '../wire/wire.js';
import { StoredCandles } from './candle-ranges.js';
import { EventBus } from './event-bus.js';
import { inferWindows } from './infer-windows.js';
import { toEntryAnswer } from './ledger-answers.js';
import { openRecordKeeper } from './record-keeper.js';
import { type RetrainSchedule, startRetrainSchedule } from './retrain-schedule.js';
import { SeriesKeeper } from './series-keeper.js';
import { ServedModel } from './served-model.js';
import type { ServiceLog } from './service-log.js';
import { VersionView } from './version-view.js';

export interface LiveForecastServiceOptions {
  readonly ports: Ports;
  readonly runner: TrainingRunner;
  readonly jobStore: JobStore;
  readonly serve: Pick<ServeOptions, 'shadow' | 'demoteOnDrift' | 'keepVersions' | 'updateCandles'>;
  readonly schedule: ScheduleOptions;
  readonly needsToken: boolean;
  /** Whether the market is the simulated one. */
  readonly isDemo: boolean;
  readonly log: ServiceLog;
  /** How long after its close a candle is asked for. */
  readonly settleMs?: number;
  /** Ends a start that is still warming up; a forecast service that runs is stopped with `stop`. */
  readonly signal?: AbortSignal;
}

/** The registry is looked at so often, for what other programs promote, train or remove. */
const POLL_MS = 1_000;
/** Champions that are warmed up at once. */
const MODELS_AT_ONCE = 2;
/** Exchanges need a moment to close a candle. */
const SETTLE_MS = 1_000;

/** Opens the forecast service; nothing runs before its `start`. @throws TradeAiError `CONFIG_INVALID` for a schedule that is none */
export async function openForecastService(options: LiveForecastServiceOptions): Promise<LiveForecastService> {
  const events = new EventBus((error) => options.log.warn({ err: error }, 'a listener failed'));
  const jobs = await JobQueue.open({
    runner: options.runner,
    store: options.jobStore,
    now: options.ports.now,
    onChange: (job) => events.tell({ kind: 'job', atMs: options.ports.now(), job: toJob(job) }),
    onProblem: (error) => options.log.warn({ err: error }, 'the list of jobs could not be saved'),
  });
  return new LiveForecastService(options, events, jobs);
}

export class LiveForecastService implements ForecastService {
  readonly #options: LiveForecastServiceOptions;
  readonly #ports: Ports;
  readonly #events: EventBus;
  readonly #jobs: JobQueue;
  readonly #schedule: RetrainSchedule;
  readonly #versions: VersionView;
  readonly #candles: StoredCandles;
  readonly #models = new Map<string, ServedModel>();
  readonly #series: SeriesKeeper;
  /** By what a model asks for; every model shares them. */
  readonly #engines = new Map<string, Promise<LstmEngine>>();
  /** Close of the newest candle when a training of a name was last begun by the schedule or by drift. */
  readonly #triggeredMs = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly #startedAtMs: number;
  #poll: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  /** What is done after trainings. */
  #tidying: Promise<void> = Promise.resolve();
  #isStarted = false;

  constructor(options: LiveForecastServiceOptions, events: EventBus, jobs: JobQueue) {
    this.#options = options;
    this.#ports = options.ports;
    this.#events = events;
    this.#jobs = jobs;
    this.#startedAtMs = options.ports.now();
    this.#versions = new VersionView(options.ports.registry);
    this.#candles = new StoredCandles(options.ports);
    this.#series = new SeriesKeeper({
      ports: options.ports,
      log: options.log,
      candles: this.#candles,
      updateCandles: options.serve.updateCandles,
      settleMs: options.settleMs ?? SETTLE_MS,
      signal: this.#stopping.signal,
      tell: (event) => events.tell(event),
      onTaken: (model) => this.#retrainIfDue(model),
    });
    options.signal?.addEventListener('abort', () => this.#stopping.abort(), { once: true });
    this.#schedule = startRetrainSchedule(options.schedule, () => this.#retrainAll('schedule'));
    events.subscribe((event) => this.#onEvent(event));
  }

  async start(): Promise<void> {
    await this.#follow();
    this.#isStarted = true;
    if (!this.#stopping.signal.aborted) this.#schedulePoll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#poll);
    this.#schedule.stop();
    await this.#jobs.stop();
    await this.#polling;
    await this.#series.stop();
    await Promise.all([...this.#models.values()].map((model) => model.settle()));
    await this.#tidying;
  }

  readiness(): { isReady: boolean; reasons: string[] } {
    return this.#isStarted
      ? { isReady: true, reasons: [] }
      : { isReady: false, reasons: ['the champions are being loaded and warmed up'] };
  }

  status(): StatusAnswer {
    const { description } = this.#schedule;
    return {
      version: this.#ports.codeVersion,
      startedAtMs: this.#startedAtMs,
      nowMs: this.#ports.now(),
      needsToken: this.#options.needsToken,
      modelCount: this.#models.size,
      isDemo: this.#options.isDemo,
      schedule: description === null ? null : { retrain: description, nextMs: this.#schedule.nextMs() },
      clockOffsetMs: this.#series.clockOffsetMs,
      refusedLoads: [...this.#models.values()].reduce((sum, { refusedLoads }) => sum + refusedLoads, 0),
    };
  }

  prediction(name: string): ServedPrediction {
    return this.#model(name).prediction();
  }

  async infer(name: string, version: number | undefined, inputs: Float64Array) {
    const live = this.#model(name).liveModelOf(version);
    const model = live?.model ?? (await loadModel(this.#ports, name, version));
    const engine = live?.forecaster.engine ?? (await this.#engineOf(model.config.engine));
    return { version: model.manifest.version, scores: await inferWindows(model, engine, inputs) };
  }

  modelShape(name: string, version?: number) {
    const live = this.#model(name).liveModelOf(version);
    if (live === undefined) {
      const what = version === undefined ? 'has no champion that can be served' : `version ${version} is not served`;
      throw new TradeAiError('MODEL_NOT_FOUND', `${name} ${what}`, { hint: 'the champion is: leave the version out' });
    }
    const { lstm } = live.model;
    return { version: live.version, windowRows: lstm.windowRows, featureNames: lstm.scaler.featureNames };
  }

  models(): ModelSummary[] {
    return [...this.#models.values()].map((model) => this.#summary(model));
  }

  async model(name: string): Promise<ModelDetail> {
    const model = this.#model(name);
    const champion = await this.#ports.registry.champion(name);
    return {
      summary: this.#summary(model),
      versions: await this.#versions.list(name, champion, model.shadowVersion),
    };
  }

  async version(name: string, version: number): Promise<VersionDetail> {
    const model = this.#model(name);
    return this.#versions.show(name, version, await this.#ports.registry.champion(name), model.shadowVersion);
  }

  candles(query: CandleQuery): Promise<CandlesAnswer> {
    return this.#candles.range(query);
  }

  async ledger(query: LedgerQuery): Promise<LedgerPage> {
    this.#model(query.name);
    const { entries, nextBeforeMs } = await this.#ports.ledger.read(query);
    return { entries: entries.map(toEntryAnswer), nextBeforeMs };
  }

  async record(name: string, version?: number): Promise<ForwardRecordAnswer> {
    const live = this.#model(name).liveModelOf(version);
    const trackRecord =
      live?.trackRecord ?? (await openRecordKeeper(await loadModel(this.#ports, name, version), this.#ports));
    return trackRecord.record();
  }

  dataHealth(): Promise<DataHealth[]> {
    return this.#candles.health();
  }

  jobs(): Job[] {
    return this.#jobs.list().map(toJob);
  }

  job(id: string): Job {
    return toJob(this.#jobs.get(id));
  }

  async retrain(names: readonly string[] | undefined, trigger: string): Promise<Job[]> {
    const wanted = names ?? [...this.#models.keys()];
    for (const name of wanted) this.#model(name);
    return this.#jobs.add(wanted, trigger).map(toJob);
  }

  async cancel(id: string): Promise<Job> {
    return toJob(this.#jobs.cancel(id));
  }

  async promote(name: string, { version, expectedGeneration }: PromoteRequest): Promise<ModelSummary> {
    const model = this.#model(name);
    const { registry } = this.#ports;
    const generation = expectedGeneration ?? (await registry.champion(name))?.generation ?? 0;
    await registry.promote({ name, version, reasons: ['promoted by hand'], expectedGeneration: generation });
    await model.refresh();
    return this.#summary(model);
  }

  async rollback(name: string, { expectedGeneration }: RollbackRequest): Promise<ModelSummary> {
    const model = this.#model(name);
    await rollBack(name, this.#ports.registry, expectedGeneration);
    await model.refresh();
    return this.#summary(model);
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  #model(name: string): ServedModel {
    const model = this.#models.get(name);
    if (model !== undefined) return model;
    const known = [...this.#models.keys()];
    throw new TradeAiError('MODEL_NOT_FOUND', `no model named ${name}`, {
      hint: known.length === 0 ? 'train one with `tradeai train`' : `there are ${known.slice(0, 20).join(', ')}`,
    });
  }

  #summary(model: ServedModel): ModelSummary {
    return model.summary(this.#nextRetrainMs(model));
  }

  #nextRetrainMs(model: ServedModel): number | null {
    const { retrain } = this.#options.schedule;
    if (typeof retrain !== 'object') return this.#schedule.nextMs();
    const key = model.seriesKey;
    if (key === undefined || model.trainedUpToMs === undefined) return null;
    return model.trainedUpToMs + (retrain.everyCandles + 1) * INTERVAL_MS[key.interval];
  }

  #engineOf(choice: Parameters<Ports['createEngine']>[0]): Promise<LstmEngine> {
    const known = this.#engines.get(choice);
    if (known !== undefined) return known;
    // One row at a time is too little work for a second thread.
    const engine = this.#ports.createEngine(choice, 1);
    this.#engines.set(choice, engine);
    // One that failed is tried again by whoever asks next.
    engine.catch(() => this.#engines.delete(choice));
    return engine;
  }

  /** Follows the registry: new names, new champions, new challengers; and keeps the candles of all of them current. */
  async #follow(): Promise<void> {
    const names = await this.#ports.registry.listNames();
    for (const name of names) if (!this.#models.has(name)) this.#models.set(name, this.#openModel(name));
    for (const name of this.#models.keys()) if (!names.includes(name)) this.#models.delete(name);
    const models = [...this.#models.values()];
    await runLimited(models.length, MODELS_AT_ONCE, (index) => models[index].refresh());
    await this.#series.follow(models);
  }

  #schedulePoll(): void {
    this.#poll = setTimeout(() => {
      this.#polling = this.#follow()
        .catch((error) => {
          if (!this.#stopping.signal.aborted) this.#options.log.warn({ err: error }, 'the registry cannot be followed');
        })
        .then(() => {
          if (!this.#stopping.signal.aborted) this.#schedulePoll();
        });
    }, POLL_MS);
    this.#poll.unref();
  }

  #openModel(name: string): ServedModel {
    return new ServedModel(name, {
      ports: this.#ports,
      serve: this.#options.serve,
      signal: this.#stopping.signal,
      engineOf: (choice) => this.#engineOf(choice),
      tell: (event) => this.#events.tell(event),
      onDrift: (drifting) => {
        if (this.#options.schedule.onDrift) this.#trigger([drifting], 'drift');
      },
      onProblem: (troubled, error) => this.#options.log.warn({ err: error, model: troubled }, 'a model is in trouble'),
    });
  }

  #retrainIfDue(model: ServedModel): void {
    const { seriesKey, trainedUpToMs, closedMs } = model;
    if (seriesKey === undefined || trainedUpToMs === undefined || closedMs === undefined) return;
    const intervalMs = INTERVAL_MS[seriesKey.interval];
    const sinceMs = Math.max(trainedUpToMs + intervalMs, this.#triggeredMs.get(model.name) ?? 0);
    if (this.#schedule.isDue((closedMs - sinceMs) / intervalMs)) this.#trigger([model.name], 'schedule');
  }

  #retrainAll(trigger: string): void {
    this.#trigger([...this.#models.keys()], trigger);
  }

  #trigger(names: readonly string[], trigger: string): void {
    if (names.length === 0 || this.#stopping.signal.aborted) return;
    for (const name of names) this.#triggeredMs.set(name, this.#models.get(name)?.closedMs ?? 0);
    try {
      this.#jobs.add(names, trigger);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'a training could not be queued');
    }
  }

  #onEvent(event: ServerEvent): void {
    if (event.kind !== 'job' || event.job.state !== 'done') return;
    const { name } = event.job;
    this.#tidying = this.#tidying
      .then(() => this.#afterTraining(name))
      .catch((error) => {
        this.#options.log.warn({ err: error, model: name }, 'old versions could not be removed');
      });
  }

  async #afterTraining(name: string): Promise<void> {
    await this.#models.get(name)?.refresh();
    await pruneVersions(name, this.#options.serve.keepVersions, this.#ports.registry);
  }
}

function toJob(job: TrainingJob): Job {
  const { progress, result } = job;
  return {
    ...job,
    progress:
      progress === null || isOver(job)
        ? null
        : { ...progress, trainLoss: [...progress.trainLoss], validationLoss: [...progress.validationLoss] },
    result: result === null ? null : { ...result, reasons: [...result.reasons] },
  };
}
