// One JSON request per line on stdin, one JSON answer per line on stdout; the same as in pytorch_peer.py.
// Request: { batch, window, features, hidden, mode, seconds }.
// Answer: { sequences, seconds, best }, `best` being the rate of the fastest single step; or { error }.
import { createInterface } from 'node:readline';

/**
 * @param {{ name: string, modes: string[] }} description
 * @param {(shape: object) => Promise<Record<string, () => unknown>>} build one step per mode; a step returns its number of
 *   sequences, or nothing when that is the batch
 */
export async function servePeer(description, build) {
  console.log(JSON.stringify(description));
  const models = new Map();
  const warm = new Set();
  for await (const line of createInterface({ input: process.stdin })) {
    const { mode, seconds, ...shape } = JSON.parse(line);
    try {
      const key = JSON.stringify(shape);
      if (!models.has(key)) models.set(key, new Map(Object.entries(await build(shape))));
      const step = models.get(key).get(mode);
      if (!warm.has(step)) await step();
      warm.add(step);
      console.log(JSON.stringify(await measure(step, shape.batch, seconds)));
    } catch (error) {
      console.log(JSON.stringify({ error: `${error.name}: ${error.message}`.split('\n')[0] }));
    }
  }
}

async function measure(step, batch, seconds) {
  const start = performance.now();
  let sequences = 0;
  let best = 0;
  let now = start;
  do {
    const before = now;
    const result = await step();
    const count = typeof result === 'number' && Number.isInteger(result) ? result : batch;
    now = performance.now();
    sequences += count;
    best = Math.max(best, (1000 * count) / (now - before));
  } while (now - start < 1000 * seconds);
  return { sequences, seconds: (now - start) / 1000, best };
}

/** Seeded numbers in [-1, 1). */
export function drawNumbers(count, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
