/** Requests to Binance's REST API, within the budget of request weight. */

import { sleepFor, type Taken } from '../http/attempts.js';
import { createHttpClient, parseBaseUrl, readRetryAfterMs } from '../http/http-client.js';
import { openRequestBudget } from '../http/request-budget.js';
import { parseServerTime } from './parse.js';
import { TIME_PATH, USED_WEIGHT_HEADER, WEIGHT_OF_PATH, WEIGHT_PER_MINUTE } from './protocol.js';
import { judgeRefusal } from './refusal.js';

export interface BinanceClientOptions {
  readonly baseUrl: string;
  readonly fetch?: typeof fetch;
  /** UTC milliseconds. */
  readonly now?: () => number;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Told about waits and retries, for the user. */
  readonly log?: (message: string) => void;
  readonly timeoutMs?: number;
  /** Where processes share their request budgets; a budget of this client alone when absent. */
  readonly stateFolder?: string;
}

export type QueryParameters = Readonly<Record<string, string | number>>;

export interface BinanceClient {
  readonly host: string;
  /**
   * The JSON value of a GET request. A network failure, 429 and 5xx are tried again, a bounded number of times.
   *
   * @throws TradeAiError of the kind `exchange`, `SYMBOL_UNKNOWN`, `INTERRUPTED`
   */
  getJson(path: string, parameters: QueryParameters, signal?: AbortSignal): Promise<unknown>;
  /** The exchange's clock, UTC milliseconds. */
  getServerTimeMs(signal?: AbortSignal): Promise<number>;
}

const CLOCK_WARNING_MS = 5000;

/** @throws TradeAiError `USAGE` when the base URL is none */
export function createBinanceClient({
  baseUrl,
  now = Date.now,
  sleep = sleepFor,
  log = () => {},
  stateFolder,
  ...transport
}: BinanceClientOptions): BinanceClient {
  const base = parseBaseUrl(baseUrl, 'TRADEAI_BINANCE_URL');
  const host = base.host;
  const budget = openRequestBudget({ host, weightPerMinute: WEIGHT_PER_MINUTE, stateFolder, now, sleep, log });
  const client = createHttpClient({ host, budget, sleep, log, ...transport });

  async function getJson(path: string, parameters: QueryParameters, signal?: AbortSignal): Promise<unknown> {
    const url = new URL(base.pathname.replace(/\/$/, '') + path, base);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    return client.get({ url, weight: WEIGHT_OF_PATH[path] ?? 1, accept: 'application/json', signal, take });
  }

  async function take(response: Response): Promise<Taken<unknown>> {
    const text = await response.text();
    const json = parseJson(text);
    const header = response.headers.get(USED_WEIGHT_HEADER);
    const usedWeight = header !== null && Number(header) >= 0 ? Number(header) : undefined;
    if (response.ok && json !== undefined) return { value: json, news: { usedWeight } };
    const nowMs = now();
    const reply = { status: response.status, json, text, retryAfterMs: readRetryAfterMs(response, nowMs) };
    const refusal = judgeRefusal(reply, host, nowMs);
    return { ...refusal, news: { usedWeight, ...refusal.news } };
  }

  async function getServerTimeMs(signal?: AbortSignal): Promise<number> {
    const serverTimeMs = parseServerTime(await getJson(TIME_PATH, {}, signal));
    const offsetMs = now() - serverTimeMs;
    if (Math.abs(offsetMs) > CLOCK_WARNING_MS) {
      const side = offsetMs > 0 ? 'ahead of' : 'behind';
      const distanceS = (Math.abs(offsetMs) / 1000).toFixed(1);
      log(`the clock of this computer is ${distanceS} s ${side} the exchange's; the exchange's is used`);
    }
    return serverTimeMs;
  }

  return { host, getJson, getServerTimeMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
