/**
 * A small exchange for tests: answers the market-data requests of Binance's spot API over real HTTP on the loopback
 * address, from klines it is given, and misbehaves on demand.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CandleSeries } from '../../src/market/candle-series.js';
import { INTERVAL_MS, type Interval } from '../../src/market/interval.js';

/** Twelve fields, as `GET /api/v3/klines` gives them. */
export type Kline = readonly unknown[];

/** What to answer instead of the truth, once. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  /** Cuts the connection before an answer. */
  | { readonly kind: 'reset' }
  /** Announces a whole body and cuts the connection in the middle of it. */
  | { readonly kind: 'truncated' }
  /** Does not answer before the client gives up. */
  | { readonly kind: 'silent' }
  /** An empty page, a page of at most so many rows, or the page that starts at another time. */
  | { readonly kind: 'page'; readonly maxRows?: number; readonly startTime?: number };

export interface BinanceServerOptions {
  /** Klines by `SYMBOL interval`, ascending by open time. */
  readonly klines: Readonly<Record<string, readonly Kline[]>>;
  readonly serverTimeMs: number;
  /** What `x-mbx-used-weight-1m` says, by the number of requests so far. */
  readonly usedWeightOf?: (requestCount: number) => number;
}

export interface BinanceServer {
  readonly url: string;
  /** Every request, in order. */
  readonly requests: readonly { readonly path: string; readonly query: Readonly<Record<string, string>> }[];
  /** Queues faults for the next requests of a path; `undefined` in the queue lets one request pass. */
  misbehave(path: string, faults: readonly (Fault | undefined)[]): void;
  close(): Promise<void>;
}

/** The klines of a series, and behind them the candle that is still open, if `withOpenCandle`. */
export function klinesOf(series: CandleSeries, withOpenCandle = true): Kline[] {
  const lengthMs = INTERVAL_MS[series.interval];
  const rows = Array.from(series.openTimeMs, (openTimeMs, row) => {
    const { open, high, low, close, volume } = series;
    return klineOf(openTimeMs, lengthMs, [open[row], high[row], low[row], close[row], volume[row]]);
  });
  if (!withOpenCandle || rows.length === 0) return rows;
  const last = rows.length - 1;
  const price = series.close[last];
  return [...rows, klineOf(series.openTimeMs[last] + lengthMs, lengthMs, [price, price, price, price, 0.5])];
}

/** Starts the server on a free port. */
export async function startBinanceServer(options: BinanceServerOptions): Promise<BinanceServer> {
  const requests: { path: string; query: Record<string, string> }[] = [];
  const faults = new Map<string, (Fault | undefined)[]>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    requests.push({ path: url.pathname, query: Object.fromEntries(url.searchParams) });
    const weight = options.usedWeightOf?.(requests.length) ?? 2 * requests.length;
    response.setHeader('x-mbx-used-weight-1m', String(weight));
    const fault = faults.get(url.pathname)?.shift();
    if (fault && fault.kind !== 'page') return misbehaveNow(fault, request, response);
    const [status, body] = answer(url, options, fault);
    response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    misbehave: (path, queued) => faults.set(path, [...(faults.get(path) ?? []), ...queued]),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function klineOf(openTimeMs: number, lengthMs: number, values: readonly number[]): Kline {
  const [open, high, low, close, volume] = values.map((value) => value.toFixed(8));
  const quoteVolume = (values[3] * values[4]).toFixed(8);
  return [
    openTimeMs,
    open,
    high,
    low,
    close,
    volume,
    openTimeMs + lengthMs - 1,
    quoteVolume,
    7,
    '0.10000000',
    '1.00000000',
    '0',
  ];
}

function answer(url: URL, { klines, serverTimeMs }: BinanceServerOptions, fault: Fault | undefined): [number, unknown] {
  if (url.pathname === '/api/v3/time') return [200, { serverTime: serverTimeMs }];
  if (url.pathname === '/api/v3/exchangeInfo') {
    const symbols = [...new Set(Object.keys(klines).map((key) => key.split(' ')[0]))];
    return [200, { symbols: symbols.map((symbol) => ({ symbol, status: 'TRADING' })) }];
  }
  if (url.pathname !== '/api/v3/klines') return [404, { code: -1, msg: 'no such path' }];
  const query = url.searchParams;
  const symbol = query.get('symbol') ?? '';
  const interval = query.get('interval') ?? '';
  if (symbol === '')
    return [400, { code: -1102, msg: "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed." }];
  if (!/^[A-Z0-9-_.]{1,20}$/.test(symbol)) {
    return [
      400,
      { code: -1100, msg: "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'." },
    ];
  }
  if (!Object.keys(klines).some((key) => key.startsWith(`${symbol} `)))
    return [400, { code: -1121, msg: 'Invalid symbol.' }];
  if (!Object.hasOwn(INTERVAL_MS, interval)) return [400, { code: -1120, msg: 'Invalid interval.' }];
  const rows = klines[`${symbol} ${interval as Interval}`] ?? [];
  return [200, selectPage(rows, query, fault?.kind === 'page' ? fault : undefined)];
}

/** Neither bound: the newest; start: the oldest from there; end: the newest up to there; both: as start, up to end. */
function selectPage(
  rows: readonly Kline[],
  query: URLSearchParams,
  fault: Extract<Fault, { kind: 'page' }> | undefined,
): Kline[] {
  const limit = fault?.maxRows ?? Math.min(1000, Number(query.get('limit') ?? 500));
  const startTime = fault?.startTime ?? Number(query.get('startTime') ?? Number.NaN);
  const endTime = Number(query.get('endTime') ?? Number.NaN);
  const inRange = rows.filter(([openTime]) => !((openTime as number) < startTime) && !((openTime as number) > endTime));
  if (limit === 0) return [];
  return Number.isNaN(startTime) ? inRange.slice(-limit) : inRange.slice(0, limit);
}

function misbehaveNow(
  fault: Exclude<Fault, { kind: 'page' }>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (fault.kind === 'status') {
    response.writeHead(fault.status, fault.headers).end(fault.body);
  } else if (fault.kind === 'reset') {
    request.socket.resetAndDestroy();
  } else if (fault.kind === 'truncated') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('[[1499040000000,"0.01', () => request.socket.destroy());
  }
}
