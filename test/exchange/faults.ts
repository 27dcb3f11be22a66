/** What an exchange does wrong, and when. */

import type { Kline } from './kline.js';

export interface ExchangeRequest {
  readonly host: 'rest' | 'archive';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** What to answer instead of the truth. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Cuts the connection before an answer. */
  | { readonly kind: 'reset' }
  /** Announces a whole body and cuts the connection in the middle of it. */
  | { readonly kind: 'truncated' }
  /** Does not answer before the client gives up. */
  | { readonly kind: 'silent' }
  /** The true answer, a few bytes at a time. */
  | { readonly kind: 'drip'; readonly chunkBytes: number; readonly everyMs: number }
  /** An empty page, a page of at most so many rows, or the page that starts at another time. */
  | { readonly kind: 'page'; readonly maxRows?: number; readonly startTime?: number }
  /** Other rows than the true ones, in a page of klines or in the CSV of an archive file. */
  | { readonly kind: 'rows'; readonly edit: (rows: readonly Kline[]) => readonly Kline[] }
  /** Other bytes than the true ones. */
  | { readonly kind: 'bytes'; readonly edit: (body: Buffer) => Buffer }
  /** A clock that is so far ahead. */
  | { readonly kind: 'clock'; readonly offsetMs: number };

/** A path, or the requests that are meant. */
export type Target = string | RegExp | ((request: ExchangeRequest) => boolean);

export interface FaultScript {
  /**
   * With a list, the next requests of this target meet these faults, one each; `undefined` lets one pass. With a single
   * fault, all of them do, until `behave` is called.
   */
  misbehave(target: Target, faults: Fault | readonly (Fault | undefined)[]): void;
  /** Forgets all faults. */
  behave(): void;
  /** The fault this request meets, taken from the script. */
  next(request: ExchangeRequest): Fault | undefined;
}

export function createFaultScript(): FaultScript {
  let rules: { target: Target; queue: (Fault | undefined)[]; always?: Fault }[] = [];
  return {
    misbehave(target, faults) {
      const isList = Array.isArray(faults);
      rules.push({ target, queue: isList ? [...faults] : [], always: isList ? undefined : (faults as Fault) });
    },
    behave() {
      rules = [];
    },
    next(request) {
      for (const { target, queue, always } of rules) {
        if (!isMeant(target, request)) continue;
        if (queue.length > 0) return queue.shift();
        if (always) return always;
      }
      return undefined;
    },
  };
}

function isMeant(target: Target, request: ExchangeRequest): boolean {
  if (typeof target === 'string') return request.path === target;
  return target instanceof RegExp ? target.test(request.path) : target(request);
}
