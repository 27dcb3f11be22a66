/**
 * The forecast service on a workspace: candles are brought up to date as they close, every model forecasts each of them,
 * outcomes are resolved, trainings run in another process, and whatever another program promotes here is followed.
 */

import { TradeAiError } from '../core/errors.js';
import type { ScheduleOptions, ServeOptions } from '../options/serve-options.js';
import type { ForecastService, Readiness, ServedPrediction } from '../ports/forecast-service.js';
import { isOver } from '../ports/job.js';
import type { Ports } from '../ports/ports.js';
import type { JobStore, TrainingRunner } from '../ports/training-runner.js';
import { JobQueue } from '../training/job-queue.js';
import { createForecaster } from '../versions/create-forecaster.js';
import { promoteByHand, rollBack } from '../versions/lifecycle.js';
import { loadModel } from '../versions/load-model.js';
import type { Job as TrainingJob } from '../wire/job.js';
import type { CandleQuery, LedgerQuery } from '../wire/request.js';
import type {
  CandlesAnswer,
  DataHealth,
  Job,
  LedgerPage,
  ModelDetail,
  ModelSummary,
  PromoteRequest,
  RollbackRequest,
  ServerEvent,
  StatusAnswer,
  TrackRecordAnswer,
  VersionDetail,
} from '../wire/wire.js';
import { CandleFeed } from './candle-feed.js';
import { StoredCandles } from './candle-ranges.js';
import { EventBus } from './event-bus.js';
import { createEventLog } from './event-log.js';
import { inferWindows } from './infer-windows.js';
import { toEntryAnswer } from './ledger-answers.js';
import { openTrackRecord } from './live-track-record.js';
import { examineReadiness } from './readiness.js';
import { Retraining } from './retraining.js';
import type { ServedModel } from './served-model.js';
import { ServedModels } from './served-models.js';
import type { ServiceLog } from './service-log.js';
import { ServingLoop } from './serving-loop.js';
import { soundSummary } from './sound-summary.js';
import { VersionView } from './version-view.js';

export interface LiveForecastServiceOptions {
  readonly ports: Ports;
  readonly runner: TrainingRunner;
  readonly jobStore: JobStore;
  readonly serve: Pick<ServeOptions, 'shadow' | 'demoteOnDrift' | 'staleAnswers' | 'keepVersions' | 'updateCandles'>;
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

/** Exchanges need a moment to close a candle. */
const SETTLE_MS = 1_000;

/** Opens the forecast service; nothing runs before its `start`. @throws TradeAiError `CONFIG_INVALID` for a schedule that is none */
export async function openForecastService(options: LiveForecastServiceOptions): Promise<LiveForecastService> {
  const events = new EventBus((error) => options.log.warn({ err: error }, 'a listener failed'));
  events.subscribe(createEventLog(options.log, options.serve));
  const jobs = await JobQueue.open({
    runner: options.runner,
    store: options.jobStore,
    now: options.ports.now,
    onChange: (job) => events.tell({ kind: 'job', atMs: options.ports.now(), job: toJob(job) }),
    onProblem: (error) => options.log.warn({ err: error }, 'the list of jobs could not be saved'),
  });
  return new LiveForecastService(options, events, jobs);
}

/**
 * The parts that requests go to, and `ServingLoop`, which goes on without them. Many fields, because it has one for each of
 * these parts and nothing else.
 */
export class LiveForecastService implements ForecastService {
  readonly #options: LiveForecastServiceOptions;
  readonly #events: EventBus;
  readonly #jobs: JobQueue;
  readonly #models: ServedModels;
  readonly #versions: VersionView;
  readonly #candles: StoredCandles;
  readonly #feed: CandleFeed;
  readonly #retraining: Retraining;
  readonly #loop: ServingLoop;
  readonly #startedAtMs: number;

  constructor(options: LiveForecastServiceOptions, events: EventBus, jobs: JobQueue) {
    const { ports, serve, log } = options;
    const stopping = new AbortController();
    options.signal?.addEventListener('abort', () => stopping.abort(), { once: true });
    const shared = { ports, log, signal: stopping.signal, tell: (event: ServerEvent) => events.tell(event) };
    this.#options = options;
    this.#events = events;
    this.#jobs = jobs;
    this.#startedAtMs = ports.now();
    this.#versions = new VersionView(ports.registry);
    this.#candles = new StoredCandles(ports);
    this.#models = new ServedModels({
      ...shared,
      serve,
      isFilling: (key) => this.#feed.isFilling(key),
      outageOf: (key) => this.#feed.outageOf(key),
      onDrift: (name) => this.#retraining.noteDrift(this.#models.get(name)),
      onProblem: (name, error) => log.warn({ err: error, model: name }, 'a model is in trouble'),
    });
    this.#retraining = new Retraining({
      ...shared,
      registry: ports.registry,
      schedule: options.schedule,
      serve,
      models: this.#models,
      jobs,
    });
    this.#feed = new CandleFeed({
      ...shared,
      candles: this.#candles,
      updateCandles: serve.updateCandles,
      settleMs: options.settleMs ?? SETTLE_MS,
      onTaken: (model) => this.#retraining.noteCandles(model),
    });
    this.#loop = new ServingLoop({ models: this.#models, feed: this.#feed, log, stopping });
    events.subscribe((event) => {
      if (event.kind === 'job' && event.job.state === 'done') this.#retraining.noteTraining(event.job.name);
    });
  }

  async start(): Promise<void> {
    await this.#loop.start();
    if (!this.#options.signal?.aborted) this.#jobs.start();
  }

  async stop(): Promise<void> {
    this.#loop.halt();
    await this.#jobs.stop();
    await this.#loop.settle();
    await this.#retraining.stop();
  }

  readiness(): Readiness {
    const models = this.#models.list();
    if (!this.#loop.isStarted) {
      return { isReady: false, unready: models.map(({ name }) => ({ name, problem: 'it is being warmed up' })) };
    }
    return examineReadiness(models);
  }

  status(): StatusAnswer {
    const { ports, needsToken, isDemo } = this.#options;
    return {
      version: ports.codeVersion,
      startedAtMs: this.#startedAtMs,
      nowMs: ports.now(),
      needsToken,
      modelCount: this.#models.count,
      isDemo,
      schedule: this.#retraining.schedule,
      clockOffsetMs: this.#feed.clockOffsetMs,
      refusedLoads: this.#models.list().reduce((sum, { refusedLoads }) => sum + refusedLoads, 0),
    };
  }

  prediction(name: string): ServedPrediction {
    return this.#models.get(name).prediction();
  }

  async infer(name: string, version: number | undefined, inputs: Float64Array) {
    const live = this.#models.get(name).liveModelOf(version);
    const model = live?.model ?? (await loadModel(this.#options.ports, name, version));
    const forecaster =
      live?.forecaster.windowForecaster ?? createForecaster(model, await this.#models.engineOf(model.config.engine));
    return { version: model.manifest.version, scores: await inferWindows(forecaster, inputs) };
  }

  modelShape(name: string, version?: number) {
    const served = this.#models.get(name);
    const live = served.liveModelOf(version);
    if (live === undefined) {
      const what = version === undefined ? 'has no champion that can be served' : `version ${version} is not served`;
      throw new TradeAiError('MODEL_NOT_FOUND', `${name} ${what}`, { hint: 'the champion is: leave the version out' });
    }
    const { windowRows, featureNames } = live.forecaster.windowForecaster;
    return { version: live.version, windowRows, featureNames, isFresh: served.isFresh(version) };
  }

  models(): ModelSummary[] {
    return this.#models.list().map((model) => this.#summaryOf(model));
  }

  async model(name: string): Promise<ModelDetail> {
    const model = this.#models.get(name);
    const champion = await this.#options.ports.registry.champion(name);
    return {
      summary: this.#summaryOf(model),
      versions: await this.#versions.list(name, champion, model.shadowVersion),
    };
  }

  async version(name: string, version: number): Promise<VersionDetail> {
    const { shadowVersion } = this.#models.get(name);
    return this.#versions.show(name, version, await this.#options.ports.registry.champion(name), shadowVersion);
  }

  candles(query: CandleQuery): Promise<CandlesAnswer> {
    return this.#candles.range(query);
  }

  async ledger(query: LedgerQuery): Promise<LedgerPage> {
    this.#models.get(query.name);
    const { entries, nextBeforeMs, problems } = await this.#options.ports.ledger.read(query);
    return { entries: entries.map(toEntryAnswer), nextBeforeMs, problems: [...problems] };
  }

  async record(name: string, version?: number): Promise<TrackRecordAnswer> {
    const { ports } = this.#options;
    const live = this.#models.get(name).liveModelOf(version);
    const trackRecord = live?.trackRecord ?? (await openTrackRecord(await loadModel(ports, name, version), ports));
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
    const wanted = names ?? this.#models.names;
    for (const name of wanted) this.#models.get(name);
    return this.#jobs.add(wanted, trigger).map(toJob);
  }

  async cancel(id: string): Promise<Job> {
    return toJob(this.#jobs.cancel(id));
  }

  async promote(name: string, { version, expectedGeneration }: PromoteRequest): Promise<ModelSummary> {
    const model = this.#models.get(name);
    await promoteByHand(name, version, this.#options.ports.registry, expectedGeneration);
    await model.refresh();
    return this.#summaryOf(model);
  }

  async rollback(name: string, { expectedGeneration }: RollbackRequest): Promise<ModelSummary> {
    const model = this.#models.get(name);
    await rollBack(name, this.#options.ports.registry, expectedGeneration);
    await model.refresh();
    return this.#summaryOf(model);
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  #summaryOf(model: ServedModel): ModelSummary {
    return soundSummary(model.name, () => model.summary(this.#retraining.nextMs(model)));
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
