/**
 * What the whole page knows: the models, the jobs, the status of the server, and whether all that is current.
 *
 * `connecting` until the stream of events first opens; then `live`; `reconnecting` from the moment it breaks. While it is
 * broken what is shown stays, marked with its age, and after every opening all of it is asked for anew: an event that was
 * sent in between is lost, its effect is not.
 */

import { batch, computed, signal } from '@preact/signals';
import type { Job, ModelSummary, ServerEvent, StatusAnswer } from '../../wire/wire.js';
import { api } from '../api.js';
import { ageModels } from '../view/aged-models.js';
import { nowMs, setServerTime } from './clock.js';
import { applyToModels, movesFigures, needsReload } from './model-events.js';
import { noteServerVersion } from './upgrade.js';

export type Connection = 'connecting' | 'live' | 'reconnecting';

/** After a stream that was refused; one that breaks is opened again by the client. */
const REFUSED_WAIT_MS = 15_000;
/** Health and ages move without an event. */
const RELOAD_EVERY_MS = 60_000;
/** One list for a burst of events. */
const BURST_MS = 300;
/** Records move with every outcome; candles of seconds have one each second. */
const FIGURES_MS = 10_000;

export const connection = signal<Connection>('connecting');
/** When what is shown was last known to be current. */
export const currentAtMs = signal<number | undefined>(undefined);
export const status = signal<StatusAnswer | undefined>(undefined);
/** As the server has told of them last. */
const told = signal<readonly ModelSummary[] | undefined>(undefined);
/** As they are now. */
export const models = computed(() => (told.value === undefined ? undefined : ageModels(told.value, nowMs.value)));
export const modelsError = signal<unknown>(undefined);
export const jobs = signal<readonly Job[] | undefined>(undefined);
export const jobsError = signal<unknown>(undefined);
/** Counts the moments at which pages must ask anew for what they show. */
export const reloadCount = signal(0);

const listeners = new Set<(event: ServerEvent) => void>();
let reloadTimer: ReturnType<typeof setTimeout> | undefined;
let reloadAtMs = 0;
let stream = new AbortController();
let wakeUp: (() => void) | undefined;

/** Calls back with every event from now on. @returns the end of it */
export function onEvent(listener: (event: ServerEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begins to ask and to listen, for as long as the page lives. */
export function startService(): void {
  void reloadService();
  void listen();
  setInterval(() => {
    if (document.visibilityState === 'visible') void reloadService();
  }, RELOAD_EVERY_MS);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void reloadService();
  });
  addEventListener('online', retryNow);
}

/** Asks for everything anew, at once: after a token, after a wait, or because the reader wants it. */
export function retryNow(): void {
  reloadCount.value += 1;
  void reloadService();
  if (connection.value !== 'live') stream.abort();
  wakeUp?.();
}

export async function reloadService(): Promise<void> {
  await Promise.all([
    take(api.status(), (answer) => {
      status.value = answer;
      setServerTime(answer.nowMs);
      noteServerVersion(answer.version);
    }),
    take(
      api.models(),
      (answer) => {
        told.value = answer;
        modelsError.value = undefined;
        currentAtMs.value = nowMs.value;
      },
      (error) => {
        modelsError.value = error;
      },
    ),
    take(
      api.jobs(),
      (answer) => {
        jobs.value = answer;
        jobsError.value = undefined;
      },
      (error) => {
        jobsError.value = error;
      },
    ),
  ]);
}

/** Puts a job into the list before its first event arrives. */
export function putJob(job: Job): void {
  const known = jobs.value ?? [];
  jobs.value = known.some(({ id }) => id === job.id)
    ? known.map((other) => (other.id === job.id ? job : other))
    : [job, ...known];
}

async function listen(): Promise<void> {
  for (;;) {
    stream = new AbortController();
    try {
      for await (const event of api.events({ signal: stream.signal, onConnection: setConnected })) handle(event);
    } catch {
      // The stream was refused; why is told by the answers the pages ask for. Here it only means to try again.
    }
    if (!stream.signal.aborted) {
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
        setTimeout(resolve, REFUSED_WAIT_MS);
      });
    }
  }
}

function setConnected(isConnected: boolean): void {
  if (isConnected) {
    if (connection.value === 'reconnecting') {
      reloadCount.value += 1;
      void reloadService();
    }
    connection.value = 'live';
  } else {
    if (connection.value === 'live') currentAtMs.value = nowMs.value;
    connection.value = 'reconnecting';
  }
}

function handle(event: ServerEvent): void {
  const before = told.value ?? [];
  batch(() => {
    if (told.value !== undefined) told.value = applyToModels(told.value, event);
    if (event.kind === 'job') putJob(event.job);
    for (const listener of listeners) listener(event);
  });
  if (needsReload(event, before)) scheduleReload(BURST_MS);
  else if (movesFigures(event)) scheduleReload(FIGURES_MS);
}

/** Asks for everything anew after so long, or sooner when that is planned already. */
function scheduleReload(waitMs: number): void {
  const atMs = performance.now() + waitMs;
  if (reloadTimer !== undefined && reloadAtMs <= atMs) return;
  clearTimeout(reloadTimer);
  reloadAtMs = atMs;
  reloadTimer = setTimeout(() => {
    reloadTimer = undefined;
    if (document.visibilityState === 'visible') void reloadService();
  }, waitMs);
}

async function take<T>(answer: Promise<T>, keep: (value: T) => void, refuse?: (error: unknown) => void): Promise<void> {
  try {
    const value = await answer;
    batch(() => keep(value));
  } catch (error) {
    refuse?.(error);
  }
}
