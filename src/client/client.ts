/**
 * The typed client of the HTTP API, for Node and browsers: `fetch` and nothing else. It shares types with the server, no
 * code.
 */

import type {
  CandleParameters,
  CandlesAnswer,
  DataHealth,
  ErrorAnswer,
  Job,
  LedgerPage,
  LedgerParameters,
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
import { readEvents } from './event-reader.js';

export type {
  CandleParameters,
  CandlesAnswer,
  DataHealth,
  Job,
  LedgerEntryAnswer,
  LedgerPage,
  LedgerParameters,
  ModelDetail,
  ModelHealth,
  ModelSummary,
  PredictionAnswer,
  PromoteRequest,
  RollbackRequest,
  ServerEvent,
  StatusAnswer,
  TrackRecordAnswer,
  VersionDetail,
  VersionSummary,
} from '../wire/wire.js';

export interface ClientOptions {
  /** Of the server, such as `http://127.0.0.1:8080`; the page's own when empty. */
  readonly baseUrl?: string;
  readonly token?: string;
  /** Of one request; streams have none. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

export interface EventParameters {
  /** Ends the stream. */
  readonly signal?: AbortSignal;
  /** Told when a connection is made or lost. Read the present state after every connection: nothing is repeated. */
  readonly onConnection?: (isConnected: boolean) => void;
}

/** Rows of your own for a model: `window` has shape `[B, W, F]`, row-major, oldest row first. */
export interface InferParameters {
  readonly name: string;
  readonly version?: number;
  readonly shape: readonly [batchRows: number, windowRows: number, featureCount: number];
  readonly window: ArrayLike<number>;
}

export interface Client {
  status(): Promise<StatusAnswer>;
  models(): Promise<ModelSummary[]>;
  model(name: string): Promise<ModelDetail>;
  version(name: string, version: number): Promise<VersionDetail>;
  predictions(): Promise<PredictionAnswer[]>;
  prediction(name: string): Promise<PredictionAnswer>;
  candles(parameters: CandleParameters): Promise<CandlesAnswer>;
  ledger(parameters: LedgerParameters): Promise<LedgerPage>;
  record(name: string, version?: number): Promise<TrackRecordAnswer>;
  dataHealth(): Promise<DataHealth[]>;
  jobs(): Promise<Job[]>;
  job(id: string): Promise<Job>;
  /** Every model when `names` is absent. */
  retrain(names?: readonly string[]): Promise<Job[]>;
  cancelJob(id: string): Promise<Job>;
  promote(name: string, request: PromoteRequest): Promise<ModelSummary>;
  rollback(name: string, request?: RollbackRequest): Promise<ModelSummary>;
  infer(parameters: InferParameters): Promise<{ version: number; scores: number[] }>;
  isReady(): Promise<boolean>;
  /** The text that Prometheus reads. */
  metrics(): Promise<string>;
  /** Events as they come; connects again by itself until `signal` is aborted or the token is refused. */
  events(parameters?: EventParameters): AsyncIterable<ServerEvent>;
}

/** What the server refused, or that it did not answer (`status` 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Such as `MODEL_NOT_FOUND`; `UNREACHABLE` and `ANSWER_INVALID` are the client's own. */
  readonly code: string;
  readonly hint: string | null;
  /** Under which the server's log has the request. */
  readonly requestId: string | undefined;

  constructor(status: number, { code, message, hint, requestId }: ErrorAnswer['error'], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.requestId = requestId;
  }
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Makes a client; no request is sent yet.
 *
 * @example
 * const client = createClient({ baseUrl: 'http://127.0.0.1:8080', token: process.env.TRADEAI_TOKEN });
 * const { signal, confidence } = await client.prediction('BTCUSDT');
 */
export function createClient(options: ClientOptions = {}): Client {
  const baseUrl = (options.baseUrl ?? '').replace(/\/+$/, '');
  const send = options.fetch ?? ((input: string | URL | Request, init?: RequestInit) => fetch(input, init));
  const authorisation: Record<string, string> =
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };

  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    let response: Response;
    try {
      response = await send(`${baseUrl}${path}`, {
        ...init,
        headers: { ...authorisation, ...init.headers },
        redirect: 'error',
      });
    } catch (cause) {
      throw new ApiError(
        0,
        { code: 'UNREACHABLE', message: 'the server did not answer', hint: 'is it running?' },
        cause,
      );
    }
    if (!response.ok) throw await toApiError(response);
    return response;
  };
  const read = async <Answer>(path: string, init: RequestInit = {}): Promise<Answer> => {
    const signal = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const response = await request(path, { signal, ...init });
    try {
      return (await response.json()) as Answer;
    } catch (cause) {
      throw answerInvalid(response.status, cause);
    }
  };
  const write = <Answer>(path: string, body: unknown): Promise<Answer> =>
    read(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const modelPath = (name: string) => `/v1/models/${encodeURIComponent(name)}`;

  return {
    status: () => read('/v1/status'),
    models: () => read('/v1/models'),
    model: (name) => read(modelPath(name)),
    version: (name, version) => read(`${modelPath(name)}/versions/${version}`),
    predictions: () => read('/v1/predictions'),
    prediction: (name) => read(`/v1/predictions/${encodeURIComponent(name)}`),
    candles: (parameters) => read(`/v1/candles${toQuery({ ...parameters })}`),
    ledger: (parameters) => read(`/v1/ledger${toQuery({ ...parameters })}`),
    record: (name, version) => read(`/v1/ledger/${encodeURIComponent(name)}/record${toQuery({ version })}`),
    dataHealth: () => read('/v1/data'),
    jobs: () => read('/v1/jobs'),
    job: (id) => read(`/v1/jobs/${encodeURIComponent(id)}`),
    retrain: (names) => write('/v1/retrain', { names }),
    cancelJob: (id) => write(`/v1/jobs/${encodeURIComponent(id)}/cancel`, {}),
    promote: (name, body) => write(`${modelPath(name)}/promote`, body),
    rollback: (name, body = {}) => write(`${modelPath(name)}/rollback`, body),
    async infer({ name, version, shape, window }) {
      const path = `/v2/models/${encodeURIComponent(name)}${version === undefined ? '' : `/versions/${version}`}/infer`;
      const inputs = [{ name: 'window', shape, datatype: 'FP64', data: Array.from(window) }];
      const answer = await write<{ model_version: string; outputs: [{ data: number[] }] }>(path, { inputs });
      return { version: Number(answer.model_version), scores: answer.outputs[0].data };
    },
    async isReady() {
      try {
        await request('/readyz', { signal: AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS) });
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 503) return false;
        throw error;
      }
    },
    metrics: async () => (await request('/metrics')).text(),
    events: (parameters = {}) => readEvents((signal) => request('/v1/events', { signal }), parameters),
  };
}

/** Parameters without a value are left out. */
function toQuery(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return given.length === 0 ? '' : `?${given.join('&')}`;
}

async function toApiError(response: Response): Promise<ApiError> {
  const { error } = (await response.json().catch(() => ({}))) as Partial<{ error: ErrorAnswer['error'] | string }>;
  if (error === undefined) return answerInvalid(response.status);
  // The routes of the Open Inference Protocol have text for an error.
  if (typeof error === 'string') return new ApiError(response.status, { code: 'REFUSED', message: error, hint: null });
  return new ApiError(response.status, error);
}

function answerInvalid(status: number, cause?: unknown): ApiError {
  const message = `status ${status} without the JSON that was expected`;
  return new ApiError(status, { code: 'ANSWER_INVALID', message, hint: 'is the address that of TradeAI?' }, cause);
}
