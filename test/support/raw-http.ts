/** HTTP written by hand over a socket, for what no client would send. */

import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly text: string;
  /** Whether the server ended the connection. */
  readonly isClosed: boolean;
  /** How many of the parts were sent before the end. */
  readonly sentParts: number;
}

/** Sends `parts` with a wait between them and reads until the server closes or, of one that never does, the time is up. */
export async function sendRaw(
  port: number,
  parts: readonly string[],
  { waitMs = 0, timeoutMs = 120_000 } = {},
): Promise<RawAnswer> {
  const socket = await openSocket(port);
  let text = '';
  let sentParts = 0;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
  const writing = (async () => {
    for (const part of parts) {
      if (socket.destroyed) return;
      socket.write(part, 'latin1');
      sentParts += 1;
      if (waitMs > 0) await wait(waitMs);
    }
  })();
  const isClosed = await Promise.race([closed, wait(timeoutMs).then(() => false)]);
  socket.destroy();
  await writing;
  return { text, isClosed, sentParts };
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
