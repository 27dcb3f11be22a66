/** From a forecast service to a listening server, and back: the order of starting and of stopping. */

import type { Logger } from 'pino';
import { TradeAiError, throwIfAborted } from '../core/errors.js';
import type { ForecastService } from '../ports/forecast-service.js';
import { isLoopbackHost } from './host-allow-list.js';
import { createServer, type ServerSettings } from './server.js';
import { startWebhooks, type WebhookTarget } from './webhooks/webhook-sender.js';

export interface RunOptions extends ServerSettings {
  /** 0 takes any free one. */
  readonly port?: number;
  /** Told of events from the start on; see `readWebhookTargets`. */
  readonly webhooks?: readonly WebhookTarget[];
}

export interface RunningServer {
  /** With the port that was taken. */
  readonly url: string;
  /** Lets what is under way finish, then stops the forecast service. Can be called again: it is the same stop. */
  close(): Promise<void>;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8_080;
const DRAIN_STEP_MS = 20;

/**
 * Listens, then starts the forecast service: `/readyz` says when it is ready.
 *
 * @throws TradeAiError `CONFIG_INVALID` for an address that others can reach without a token, or one that is taken; `INTERRUPTED`
 * when `signal` ends the start, after the forecast service was stopped
 */
export async function runServer({
  service,
  options,
  log,
  signal,
}: {
  service: ForecastService;
  options: RunOptions;
  log?: Logger;
  /** Breaks off the start; afterwards it does nothing: call `close`. */
  signal?: AbortSignal;
}): Promise<RunningServer> {
  const { host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
  if (!isLoopbackHost(host) && options.token === undefined) {
    throw new TradeAiError('CONFIG_INVALID', `expected a token, because ${host} can be reached by others`, {
      hint: 'set TRADEAI_TOKEN, or listen on 127.0.0.1',
    });
  }
  const server = await createServer({ service, settings: options, log });
  const { app, limits } = server;
  let requestCount = 0;
  app.server.on('request', (_request, response) => {
    requestCount += 1;
    response.once('close', () => {
      requestCount -= 1;
    });
  });
  let url: string;
  try {
    url = await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw toListenError(cause, host, port);
  }
  const webhooks = startWebhooks({ targets: options.webhooks ?? [], log });
  const unsubscribe = service.subscribe((event) => webhooks.send(event));
  let closing: Promise<void> | undefined;
  const close = async () => {
    server.drain();
    await drainRequests();
    await app.close();
    await service.stop();
    unsubscribe();
    await webhooks.close();
  };
  try {
    throwIfAborted(signal);
    await Promise.race([service.start(), rejectOnAbort(signal)]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    close() {
      closing ??= close();
      return closing;
    },
  };

  /** Waits until no request is under way, or the time is up. New ones are answered 503 meanwhile. */
  async function drainRequests(): Promise<void> {
    const endMs = Date.now() + limits.drainMs;
    while (requestCount > 0) {
      if (Date.now() >= endMs) {
        log?.warn({ requests: requestCount, milliseconds: limits.drainMs }, 'requests under way were cut off');
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    }
  }
}

function rejectOnAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new TradeAiError('INTERRUPTED', 'interrupted')), { once: true });
  });
}

function toListenError(cause: unknown, host: string, port: number): TradeAiError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const reason = code === 'EADDRINUSE' ? 'it is taken' : code === 'EACCES' ? 'it is not allowed' : code;
  return new TradeAiError('CONFIG_INVALID', `cannot listen on ${host}, port ${port}: ${reason}`, {
    commandHint: 'choose another port with --port',
    cause,
  });
}
