/** What happens to models, as lines of the log: trainings, promotions, drift. For whoever asks in the morning what happened at night. */

import type { ServeOptions } from '../options/serve-options.js';
import { isOver } from '../ports/job.js';
import type { Job, JobState, ServerEvent } from '../wire/wire.js';
import type { ServiceLog } from './service-log.js';

const JOB_TEXTS: Readonly<Record<JobState, string>> = {
  queued: 'training queued',
  running: 'training begun',
  done: 'training ended',
  failed: 'training failed',
  cancelled: 'training cancelled',
  interrupted: 'training interrupted',
};

/** @returns a listener of events; progress and forecasts leave no line */
export function createEventLog(
  log: ServiceLog,
  { demoteOnDrift }: Pick<ServeOptions, 'demoteOnDrift'>,
): (event: ServerEvent) => void {
  /** As it was told last, of each job that is not over. */
  const told = new Map<string, JobState>();

  function noteJob(job: Job): void {
    const { id, state } = job;
    if (told.get(id) === state) return;
    if (isOver(job)) told.delete(id);
    else told.set(id, state);
    log[state === 'failed' ? 'warn' : 'info'](factsOf(job), JOB_TEXTS[state]);
  }

  return (event) => {
    if (event.kind === 'job') noteJob(event.job);
    else if (event.kind === 'promotion') {
      const { name, version, previousVersion, reasons } = event;
      log.info({ model: name, version, previousVersion, reasons }, 'version promoted');
    } else if (event.kind === 'drift') {
      const { name, version, reasons } = event;
      log.warn({ model: name, version, reasons }, 'the champion drifts: it has fallen below its report');
      if (demoteOnDrift) log.warn({ model: name, version }, 'model demoted: HOLD until another version is promoted');
    }
  };
}

function factsOf({ id, runId, name, state, trigger, startedAtMs, endedAtMs, result, error }: Job): object {
  const facts = { model: name, job: id, run: runId };
  if (state === 'queued' || state === 'running') return { ...facts, trigger };
  const seconds = startedAtMs === null || endedAtMs === null ? null : Math.round((endedAtMs - startedAtMs) / 100) / 10;
  if (error !== null) return { ...facts, seconds, code: error.code, reason: error.message, hint: error.hint };
  if (result === null) return { ...facts, seconds };
  const { version, verdict, promoted, reasons } = result;
  return { ...facts, seconds, version, verdict, promoted, reasons };
}
