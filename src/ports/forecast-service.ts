/**
 * The forecast service: everything the routes ask for, without a word of HTTP. `live/live-forecast-service.ts` keeps candles
 * current, forecasts, resolves outcomes, retrains and promotes behind it; the routes only translate.
 */

import type {
  CandleQuery,
  CandlesAnswer,
  DataHealth,
  Job,
  LedgerPage,
  LedgerQuery,
  ModelDetail,
  ModelSummary,
  PredictionAnswer,
  PromoteRequest,
  RollbackRequest,
  ServerEvent,
  StatusAnswer,
  TrackRecordAnswer,
  VersionDetail,
} from '../wire/wire.js';

/** A forecast as it leaves the server: the answer and its JSON, made once when the forecast was, and once more when it is stale. */
export interface ServedPrediction {
  readonly prediction: PredictionAnswer;
  readonly json: Buffer;
  readonly isStale: boolean;
}

/** A model without a forecast that may pass for one of now, and why. */
export interface UnreadyModel {
  readonly name: string;
  readonly problem: string;
}

export interface Readiness {
  /** Whether the start is done, and any model has a fresh forecast, if one is to be expected of any. */
  readonly isReady: boolean;
  readonly unready: readonly UnreadyModel[];
}

export interface ForecastService {
  /** Loads champions, warms them up, begins to keep candles current; resolves when every champion that can has a forecast. */
  start(): Promise<void>;
  /** Stops timers and trainings (they keep a checkpoint) and waits for what is being written. */
  stop(): Promise<void>;
  readiness(): Readiness;
  status(): StatusAnswer;

  /**
   * The newest forecast of the champion, already in the ledger, as it may be answered now. Synchronous: nothing is computed
   * or read.
   *
   * @throws TradeAiError `MODEL_NOT_FOUND`, `CANDLES_NOT_FOUND`… as `predict` would; `FORECAST_STALE` where stale ones are refused
   */
  prediction(name: string): ServedPrediction;
  /** Runs the champion on rows of the caller: shape `[B, W, F]`, raw features. For the KServe route. */
  infer(
    name: string,
    version: number | undefined,
    inputs: Float64Array,
    batchRows: number,
  ): Promise<{ version: number; scores: Float64Array }>;
  /** Window, features and version of the champion, or of a version that is served, and whether its newest forecast is fresh. */
  modelShape(
    name: string,
    version?: number,
  ): { version: number; windowRows: number; featureNames: readonly string[]; isFresh: boolean };

  models(): ModelSummary[];
  model(name: string): Promise<ModelDetail>;
  version(name: string, version: number): Promise<VersionDetail>;
  candles(query: CandleQuery): Promise<CandlesAnswer>;
  ledger(query: LedgerQuery): Promise<LedgerPage>;
  record(name: string, version?: number): Promise<TrackRecordAnswer>;
  dataHealth(): Promise<DataHealth[]>;

  jobs(): Job[];
  job(id: string): Job;
  /** Queues one job a name; a name already queued or running is not queued twice: its job is returned. */
  retrain(names: readonly string[] | undefined, trigger: string): Promise<Job[]>;
  cancel(id: string): Promise<Job>;
  promote(name: string, request: PromoteRequest): Promise<ModelSummary>;
  /** Back to the champion before this one. */
  rollback(name: string, request: RollbackRequest): Promise<ModelSummary>;

  /** Calls back with every event from now on. @returns the end of it */
  subscribe(listener: (event: ServerEvent) => void): () => void;
}
