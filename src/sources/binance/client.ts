/** Requests to Binance's REST API, within the budget of request weight. */

import { BINANCE } from '../../market/candle-origin.js';
import type { CandleSeries } from '../../market/candle-series.js';
import type { TakeNote } from '../../ports/note.js';
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
  readonly log?: TakeNote;
  readonly timeoutMs?: number;
  /** Where processes share their request budgets; a budget of this client alone when absent. */
  readonly stateFolder?: string;
}

export type QueryParameters = Readonly<Record<string, string | number>>;

/** Who asks. */
export interface Ask {
  readonly signal?: AbortSignal;
  /** For whose candles: source, symbol and interval. */
  readonly series?: string;
}

export interface BinanceClient {
  readonly host: string;
  /**
   * The JSON value of a GET request. A network failure, 429 and 5xx are tried again, a bounded number of times.
   *
   * @throws TradeAiError of the kind `exchange`, `SYMBOL_UNKNOWN`, `INTERRUPTED`
   */
  getJson(path: string, parameters: QueryParameters, ask?: Ask): Promise<unknown>;
  /** The exchange's clock, UTC milliseconds. */
  getServerTimeMs(ask?: Ask): Promise<number>;
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
  const client = createHttpClient({ host, budget, sleep, ...transport });

  let wasClockWrong = false;

  async function getJson(path: string, parameters: QueryParameters, ask: Ask = {}): Promise<unknown> {
    const { signal, series } = ask;
    const url = new URL(base.pathname.replace(/\/$/, '') + path, base);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    const subject = { route: path, series };
    return client.get({ url, weight: WEIGHT_OF_PATH[path] ?? 1, subject, accept: 'application/json', signal, take });
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

  async function getServerTimeMs(ask?: Ask): Promise<number> {
    const serverTimeMs = parseServerTime(await getJson(TIME_PATH, {}, ask));
    const offsetMs = now() - serverTimeMs;
    const isWrong = Math.abs(offsetMs) > CLOCK_WARNING_MS;
    if (isWrong && !wasClockWrong) {
      const side = offsetMs > 0 ? 'ahead of' : 'behind';
      const distanceS = (Math.abs(offsetMs) / 1000).toFixed(1);
      log(`the clock of this computer is ${distanceS} s ${side} the exchange's; the exchange's is used`, { host });
    }
    wasClockWrong = isWrong;
    return serverTimeMs;
  }

  return { host, getJson, getServerTimeMs };
}

/** A series as notes name it. */
export function nameSeries({ symbol, interval }: Pick<CandleSeries, 'symbol' | 'interval'>): string {
  return `${BINANCE.name} ${symbol} ${interval}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
