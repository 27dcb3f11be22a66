/**
 * A small exchange for tests: Binance's spot market data over REST and as archive files, over real HTTP on the loopback
 * address, from candles it is given; it counts request weight and misbehaves by script.
 */

import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Interval } from '../../src/market/interval.js';
import { createArchive, type ZipMaker } from './archive.js';
import { createFaultScript, type ExchangeRequest, type FaultScript } from './faults.js';
import { deliver, listenOnLoopback } from './http.js';
import type { Kline } from './kline.js';
import { createMarket, type MarketOptions } from './market.js';
import { answerRest, refuseForWeight, weightOf } from './rest.js';
import { createWeightMeter } from './weight.js';

export interface ExchangeOptions extends MarketOptions {
  /** The time the exchange starts with, UTC milliseconds; it stands still unless told. By default just after the last close. */
  readonly nowMs?: number;
  /** Request weight an address may use in a minute. */
  readonly weightPerMinute?: number;
  /** The clock whose minutes limit the weight, and that `Retry-After` is told by: this computer's by default. */
  readonly weightClock?: () => number;
}

export interface CountedRequest extends ExchangeRequest {
  /** 0 for the archive, which has no limit. */
  readonly weight: number;
  /** When it came in, by `performance.now`. */
  readonly arrivalMs: number;
}

export interface Exchange extends Pick<FaultScript, 'misbehave' | 'behave'> {
  /** Base of the REST paths, for `TRADEAI_BINANCE_URL`. */
  readonly url: string;
  /** Base of the archive's paths, for `TRADEAI_BINANCE_ARCHIVE_URL`. */
  readonly archiveUrl: string;
  /** Both, for a program in another process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Every request, in order. */
  readonly requests: readonly CountedRequest[];
  /** Resolves once `count` requests have come in, from the start. */
  awaitRequests(count: number): Promise<void>;
  /** The most request weight that one minute has seen. */
  readonly maximumWeightInAMinute: number;
  /** The exchange's time, UTC milliseconds. */
  readonly nowMs: number;
  /** Stands still at a time, or goes with a clock. */
  setNow(time: number | (() => number)): void;
  /** Goes on to the moment the next candle has closed. */
  closeNextCandle(): void;
  /** Weight used by other programs on this address. */
  useWeight(weight: number): void;
  /** History changes: from now on every kline is what `edit` makes of it, over REST and in the archive. */
  revise(symbol: string, interval: Interval, edit: (kline: Kline) => Kline): void;
  /** From now on the archive's files whose path matches are made by `make`, and so is their checksum. */
  replaceFiles(paths: RegExp, make: ZipMaker): void;
  close(): Promise<void>;
}

const WEIGHT_PER_MINUTE = 6000;
const MOMENT_MS = 500;

/** Starts the exchange on two free ports, one for REST and one for the archive. */
export async function startExchange({
  weightPerMinute = WEIGHT_PER_MINUTE,
  weightClock = Date.now,
  ...options
}: ExchangeOptions): Promise<Exchange> {
  const market = createMarket(options);
  const archive = createArchive(market);
  const faults = createFaultScript();
  const meter = createWeightMeter(weightPerMinute, weightClock);
  const requests: CountedRequest[] = [];
  const arrivals = new EventEmitter();
  let now = standAt(options.nowMs ?? market.endMs + MOMENT_MS);

  function count(request: ExchangeRequest, weight: number): void {
    requests.push({ ...request, weight, arrivalMs: performance.now() });
    arrivals.emit('request');
  }

  async function serveRest(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = requestOf('rest', incoming);
    const weight = weightOf(request.path);
    count(request, weight);
    const charge = meter.charge(weight);
    response.setHeader('x-mbx-used-weight', String(charge.used));
    response.setHeader('x-mbx-used-weight-1m', String(charge.used));
    if (charge.status !== 200) return deliver(refuseForWeight(charge, weightPerMinute), undefined, response);
    const fault = faults.next(request);
    const isMicroseconds = incoming.headers['x-mbx-time-unit']?.toString().toUpperCase() === 'MICROSECOND';
    await deliver(
      answerRest(request, { market, nowMs: now(), weightPerMinute, isMicroseconds }, fault),
      fault,
      response,
    );
  }

  async function serveArchive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = requestOf('archive', incoming);
    count(request, 0);
    const fault = faults.next(request);
    await deliver(await archive.answer(request.path, now(), fault), fault, response);
  }

  const rest = await listenOnLoopback(serveRest);
  const files = await listenOnLoopback(serveArchive);
  return {
    url: rest.url,
    archiveUrl: files.url,
    environment: { TRADEAI_BINANCE_URL: rest.url, TRADEAI_BINANCE_ARCHIVE_URL: files.url },
    requests,
    async awaitRequests(count) {
      while (requests.length < count) await once(arrivals, 'request');
    },
    get maximumWeightInAMinute() {
      return meter.maximumInAMinute;
    },
    get nowMs() {
      return now();
    },
    setNow(time) {
      now = typeof time === 'number' ? standAt(time) : time;
    },
    closeNextCandle() {
      now = standAt(market.nextCloseMs(now()));
    },
    useWeight: (weight) => void meter.charge(weight),
    misbehave: faults.misbehave,
    behave: faults.behave,
    revise: market.revise,
    replaceFiles: archive.replace,
    close: async () => {
      await Promise.all([rest.close(), files.close()]);
    },
  };
}

const standAt = (timeMs: number) => () => timeMs;

function requestOf(host: ExchangeRequest['host'], { url = '/' }: IncomingMessage): ExchangeRequest {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  return { host, path: decodeURIComponent(pathname), query: Object.fromEntries(searchParams) };
}
