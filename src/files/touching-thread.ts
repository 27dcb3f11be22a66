/**
 * Signs of life that do not wait for this process: a training may compute for longer than an owner may be silent. One
 * thread for all that the process holds for long; it starts with the first of it, and ends with the process.
 */

import { Worker } from 'node:worker_threads';

let thread: Worker | undefined;
let lastId = 0;

/**
 * Touches a file from another thread, for as long as the name of its owner stands in it.
 *
 * @returns what ends it
 */
export function touchFromThread(path: string, owner: string, intervalMs: number): () => void {
  try {
    thread ??= startThread(intervalMs);
  } catch {
    // A system without room for one more thread: whoever holds it touches it, too.
    return () => undefined;
  }
  const id = ++lastId;
  thread.postMessage({ id, path, owner });
  return () => thread?.postMessage({ id });
}

function startThread(intervalMs: number): Worker {
  const worker = new Worker(new URL('../files/touching-thread.mjs', import.meta.url), {
    workerData: { intervalMs },
    execArgv: [],
  });
  worker.on('error', () => undefined);
  worker.unref();
  return worker;
}
