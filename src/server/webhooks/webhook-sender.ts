/**
 * Webhooks: every target has a queue of its own and is served one event at a time, so a slow one holds nobody but
 * itself. A queue that is full loses its oldest event, and says so. What could not be delivered is tried again after
 * growing waits with jitter; what a target refuses (status 3xx and 4xx) is not.
 */

import { randomUUID } from 'node:crypto';
import { lookup as resolveName } from 'node:dns/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { TradeAiError } from '../../core/errors.js';
import { answerAt } from '../../live/freshness.js';
import type { WebhookEvent, WebhookOptions } from '../../options/serve-options.js';
import type { ServerEvent } from '../../wire/wire.js';
import { type Lookup, parseWebhookUrl, resolveTarget } from './address-check.js';
import { postWebhook } from './delivery.js';
import { signPayload } from './signature.js';

export interface WebhookTarget {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Key of the signature; unsigned without one. */
  readonly secret?: string;
  readonly allowPrivate: boolean;
}

export interface WebhookTiming {
  readonly queueLength: number;
  readonly attempts: number;
  /** Of one attempt, from looking up the name to the end of the answer. */
  readonly timeoutMs: number;
  /** The first wait; each further one is twice as long. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

export const WEBHOOK_TIMING: WebhookTiming = {
  queueLength: 256,
  attempts: 6,
  timeoutMs: 10_000,
  firstWaitMs: 1_000,
  longestWaitMs: 60_000,
};

export interface WebhookSender {
  send(event: ServerEvent): void;
  /** Breaks off what is under way; what is queued is lost and counted in the log. */
  close(): Promise<void>;
}

/** Statuses that another attempt can change. */
const RETRIED_STATUSES = new Set([408, 425, 429]);

/**
 * Reads the keys of the targets from the environment.
 *
 * @throws TradeAiError `CONFIG_INVALID` for a variable that is not set, or an address that cannot be a target
 */
export function readWebhookTargets(
  options: readonly WebhookOptions[],
  environment: Readonly<Record<string, string | undefined>>,
): WebhookTarget[] {
  return options.map(({ url, events, secretEnv, allowPrivate }) => {
    const { host } = parseWebhookUrl(url);
    const secret = secretEnv === undefined ? undefined : environment[secretEnv];
    if (secretEnv !== undefined && (secret === undefined || secret === '')) {
      throw new TradeAiError('CONFIG_INVALID', `webhook ${host}: expected its key in ${secretEnv}, which is not set`);
    }
    return { url, events, secret, allowPrivate };
  });
}

/** @param lookup resolves names; the system's own when absent */
export function startWebhooks({
  targets,
  log,
  lookup = lookUpAll,
  timing = WEBHOOK_TIMING,
  now = Date.now,
}: {
  targets: readonly WebhookTarget[];
  log?: Logger;
  lookup?: Lookup;
  timing?: WebhookTiming;
  now?: () => number;
}): WebhookSender {
  const stop = new AbortController();
  const queues = targets.map((target) => openQueue({ target, lookup, timing, stopped: stop.signal, log, now }));
  return {
    send(event) {
      for (const queue of queues) queue.push(event);
    },
    async close() {
      stop.abort();
      await Promise.all(queues.map((queue) => queue.settled()));
    },
  };
}

interface QueueParts {
  readonly target: WebhookTarget;
  readonly lookup: Lookup;
  readonly timing: WebhookTiming;
  readonly stopped: AbortSignal;
  readonly log: Logger | undefined;
  readonly now: () => number;
}

function openQueue({ target, lookup, timing, stopped, log, now }: QueueParts) {
  const url = parseWebhookUrl(target.url);
  // Paths of webhooks are often secrets themselves: only the host is told.
  const where = { webhook: url.host };
  const waiting: ServerEvent[] = [];
  let running: Promise<void> | undefined;

  const run = async () => {
    while (!stopped.aborted) {
      const event = waiting.shift();
      if (event === undefined) break;
      await deliver(event);
    }
    running = undefined;
  };

  /** Never rejects: a target that is gone is the target's affair. */
  async function deliver(event: ServerEvent): Promise<void> {
    const id = randomUUID();
    for (let attempt = 1; attempt <= timing.attempts && !stopped.aborted; attempt++) {
      const problem = await attemptDelivery(JSON.stringify(eventAt(event, now())), id, event.kind);
      if (problem === undefined) return;
      if (problem.isFinal || attempt === timing.attempts) {
        log?.warn({ ...where, kind: event.kind, attempts: attempt, reason: problem.reason }, 'webhook not delivered');
        return;
      }
      const waitMs = Math.min(timing.longestWaitMs, timing.firstWaitMs * 2 ** (attempt - 1));
      // Half fixed, half by chance: targets that come back are not met by everybody at once.
      await wait(waitMs * (0.5 + Math.random() / 2), undefined, { signal: stopped, ref: false }).catch(() => undefined);
    }
  }

  async function attemptDelivery(
    body: string,
    id: string,
    kind: string,
  ): Promise<{ reason: string; isFinal: boolean } | undefined> {
    try {
      // Looked up anew for every attempt, because addresses of a name change; checked every time.
      const signal = AbortSignal.any([stopped, AbortSignal.timeout(timing.timeoutMs)]);
      const address = await unlessAborted(resolveTarget(url, target.allowPrivate, lookup), signal);
      const status = await postWebhook({
        url,
        address,
        body,
        headers: {
          'user-agent': 'tradeai',
          'x-tradeai-event': kind,
          'x-tradeai-delivery': id,
          ...(target.secret === undefined ? {} : { 'x-tradeai-signature': signPayload(target.secret, now(), body) }),
        },
        signal,
      });
      if (status >= 200 && status < 300) return undefined;
      return { reason: `status ${status}`, isFinal: status < 500 && !RETRIED_STATUSES.has(status) };
    } catch (error) {
      if (error instanceof TradeAiError) return { reason: error.message, isFinal: error.code === 'EXCHANGE_REFUSED' };
      const { code } = error as { code?: unknown };
      return { reason: typeof code === 'string' ? code : 'no answer in time', isFinal: false };
    }
  }

  return {
    push(event: ServerEvent) {
      if (stopped.aborted || !isWanted(target, event)) return;
      if (waiting.length >= timing.queueLength) {
        waiting.shift();
        log?.warn({ ...where, queueLength: timing.queueLength }, 'webhook queue full: the oldest event is lost');
      }
      waiting.push(event);
      running ??= run();
    },
    async settled() {
      if (waiting.length > 0) log?.warn({ ...where, lost: waiting.length }, 'webhook events lost at the stop');
      await running;
    },
  };
}

/** An event as it may be told now: a forecast that has become stale in the queue is delivered as one. */
function eventAt(event: ServerEvent, nowMs: number): ServerEvent {
  return event.kind === 'prediction' ? { ...event, prediction: answerAt(event.prediction, nowMs) } : event;
}

/** Of jobs only their end is told: progress comes many times a second. */
function isWanted(target: WebhookTarget, event: ServerEvent): boolean {
  if (!(target.events as readonly string[]).includes(event.kind)) return false;
  return event.kind !== 'job' || event.job.endedAtMs !== null;
}

/** A look-up cannot be broken off: what comes of it after the signal is left alone. */
async function unlessAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  result.catch(() => undefined);
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function lookUpAll(hostname: string): Promise<string[]> {
  const addresses = await resolveName(hostname, { all: true });
  return addresses.map(({ address }) => address);
}
