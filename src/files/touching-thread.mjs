// The thread of touching-thread.ts. Its calls wait for the disk, and for nothing else: the threads that work off those
// that do not wait may all be busy.
import { readFileSync, utimesSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** Paths, and owners that their files name for as long as they are theirs. */
const held = new Map();

parentPort.on('message', ({ id, path, owner }) => {
  if (path === undefined) held.delete(id);
  else held.set(id, { path, owner });
});

setInterval(() => {
  for (const { path, owner } of held.values()) {
    try {
      const now = new Date();
      if (readFileSync(path, 'utf8').includes(owner)) utimesSync(path, now, now);
    } catch {
      // Gone, or a disk in trouble: the next touch sees more.
    }
  }
}, workerData.intervalMs);
