// What dashboards, bots and a Prometheus ask of the server, all the time, and the events it tells them.
import { setTimeout as wait } from 'node:timers/promises';

const EVENT_STREAMS = 3;
const RECONNECT_MS = 1_000;
/** What a dashboard asks for after a look around. */
const PAGES = (name, symbol) => [
  '/v1/models',
  '/v1/status',
  `/v1/models/${name}`,
  `/v1/ledger?name=${name}&limit=100`,
  `/v1/ledger/${name}/record`,
  `/v1/candles?symbol=${symbol}&interval=1s&limit=500`,
  '/v1/data',
  '/v1/jobs',
];

/** Begins at once. @returns what has come of it so far, and its end */
export function startLoad(baseUrl, models) {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = { requests: 0, failures: new Map(), latenciesMs: [], reconnects: 0 };
  /** Forecasts that were told of, by stream, model and candle. */
  const told = new Set();
  const ask = async (path) => {
    const startMs = performance.now();
    try {
      const response = await fetch(`${baseUrl}${path}`);
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      seen.latenciesMs.push(performance.now() - startMs);
    } catch (error) {
      if (signal.aborted) return;
      const what = `${path.replace(/\?.*/, '')}: ${error.message}`;
      seen.failures.set(what, (seen.failures.get(what) ?? 0) + 1);
    }
    seen.requests += 1;
  };
  const every = async (milliseconds, paths) => {
    for (let i = 0; !signal.aborted; i++) {
      await ask(paths[i % paths.length]);
      await wait(milliseconds, undefined, { signal }).catch(() => undefined);
    }
  };
  const listen = async (stream) => {
    while (!signal.aborted) {
      await readEvents(`${baseUrl}/v1/events`, signal, (event) => {
        if (event.kind !== 'prediction') return;
        const { name, asOfMs } = event.prediction;
        told.add(`${stream} ${name} ${asOfMs}`);
      }).catch(() => undefined);
      if (signal.aborted) return;
      seen.reconnects += 1;
      await wait(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const done = Promise.all([
    ...Array.from({ length: EVENT_STREAMS }, (_, stream) => listen(stream)),
    every(
      25,
      models.map(({ name }) => `/v1/predictions/${name}`),
    ),
    every(
      500,
      models.flatMap(({ name, symbol }) => PAGES(name, symbol)),
    ),
    every(5_000, ['/metrics', '/readyz', '/healthz']),
  ]);
  return {
    /** What has been seen since the last time this was called, and every forecast told of. */
    take() {
      const { requests, latenciesMs, reconnects } = seen;
      const failures = new Map(seen.failures);
      Object.assign(seen, { requests: 0, latenciesMs: [], reconnects: 0 });
      seen.failures.clear();
      return { requests, failures, latenciesMs, reconnects, told, streams: EVENT_STREAMS };
    },
    async stop() {
      controller.abort();
      await done;
    },
  };
}

async function readEvents(url, signal, onEvent) {
  const response = await fetch(url, { signal, headers: { accept: 'text/event-stream' } });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of response.body) {
    const blocks = (rest + decoder.decode(part, { stream: true })).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data:'));
      if (data !== undefined) onEvent(JSON.parse(data.slice(5)));
    }
  }
}
