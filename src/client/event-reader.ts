/**
 * Server-sent events over `fetch`, because `EventSource` cannot send a token. A stream that breaks is opened again after
 * waits that grow; one that was refused (status 4xx) ends with the refusal.
 */

import type { ServerEvent } from '../wire/wire.js';

export interface EventReading {
  readonly signal?: AbortSignal;
  readonly onConnection?: (isConnected: boolean) => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The server sends a heartbeat every 15 seconds. */
const SILENCE_MS = 45_000;
/** Of one event; no event of ours is near it. */
const MAXIMUM_EVENT_LENGTH = 1_000_000;

/** @param connect opens one connection; rejects with an error that has `status` when it is refused */
export async function* readEvents(
  connect: (signal: AbortSignal) => Promise<Response>,
  { signal, onConnection }: EventReading,
): AsyncGenerator<ServerEvent> {
  let waitMs = FIRST_WAIT_MS;
  const isAborted = () => signal?.aborted === true;
  while (!isAborted()) {
    const connection = new AbortController();
    const stop = () => connection.abort();
    signal?.addEventListener('abort', stop, { once: true });
    let isConnected = false;
    try {
      const response = await connect(connection.signal);
      isConnected = true;
      onConnection?.(true);
      for await (const event of parseStream(response, connection)) {
        waitMs = FIRST_WAIT_MS;
        yield event;
      }
    } catch (error) {
      if (isAborted()) return;
      const { status } = error as { status?: number };
      if (status !== undefined && status >= 400 && status < 500) throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      connection.abort();
      if (isConnected) onConnection?.(false);
    }
    await wait(waitMs, signal);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}

/** Ends when the server ends the stream, or rejects when it breaks or falls silent. */
async function* parseStream(response: Response, connection: AbortController): AsyncGenerator<ServerEvent> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  // Node's fetch forgets its signal once the garbage collector has been by: the stream itself has to be ended.
  connection.signal.addEventListener('abort', () => void reader.cancel().catch(() => undefined), { once: true });
  let text = '';
  for (;;) {
    const silence = setTimeout(() => connection.abort(), SILENCE_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    if (text.length > MAXIMUM_EVENT_LENGTH) throw new Error('an event is longer than any of ours');
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

/** Comments, and fields that are not data, give nothing. */
function parseBlock(block: string): ServerEvent | undefined {
  const data = block
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart());
  return data.length === 0 ? undefined : (JSON.parse(data.join('\n')) as ServerEvent);
}

/** Half fixed, half by chance, so that all clients of a server that was started again do not come at once. */
function wait(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, waitMs * (0.5 + Math.random() / 2));
    signal?.addEventListener('abort', end, { once: true });
  });
}
