/** Trainings: what runs, how its losses fall, what waits, what came of the last ones; starting one and stopping one. */

import { useState } from 'preact/hooks';
import { countOf } from '../../text/numbers.js';
import { formatAge, formatTime } from '../../text/times.js';
import type { Job } from '../../wire/wire.js';
import { api } from '../api.js';
import { Confirmation } from '../parts/confirmation.js';
import { Empty, Failure, Skeleton } from '../parts/states.js';
import { showToast } from '../parts/toast.js';
import { nowMs } from '../state/clock.js';
import { jobs, jobsError, models, putJob, retryNow, status } from '../state/service.js';
import { sortJobs } from '../view/job-progress.js';
import { countTotals } from '../view/overview-rows.js';
import { PastJobs } from './training/past-jobs.js';
import { RunningJob } from './training/running-job.js';

export function TrainingPage() {
  const all = jobs.value;
  const [cancelled, setCancelled] = useState<Job | undefined>();
  const active = sortJobs(all ?? []).filter(({ state }) => state === 'running' || state === 'queued');
  const past = sortJobs(all ?? []).filter(({ state }) => state !== 'running' && state !== 'queued');
  return (
    <>
      <div class="page-head">
        <div>
          <h1 tabIndex={-1}>Training</h1>
          <p class="quiet">{describeSchedule()}</p>
        </div>
        <StartTraining />
      </div>
      {all === undefined ? (
        jobsError.value === undefined ? (
          <div class="card">
            <Skeleton rows={6} label="Loading the trainings" />
          </div>
        ) : (
          <Failure error={jobsError.value} onRetry={retryNow} />
        )
      ) : (
        <>
          {active.length === 0 ? (
            <Empty title="Nothing is training">
              <p>Forecasts are never held up by a training: it runs beside the server, at low priority.</p>
            </Empty>
          ) : (
            <div class="jobs">
              {active.map((job) => (
                <RunningJob key={job.id} job={job} onCancel={() => setCancelled(job)} />
              ))}
            </div>
          )}
          <PastJobs jobs={past} />
        </>
      )}
      {cancelled !== undefined && (
        <Confirmation
          title={`Cancel the training of ${cancelled.name}?`}
          verb="Cancel the training"
          act={async () => {
            putJob(await api.cancelJob(cancelled.id));
            showToast(`The training of ${cancelled.name} is cancelled.`);
          }}
          onClose={() => setCancelled(undefined)}
        >
          <ul class="sentences">
            <li>
              {cancelled.state === 'queued'
                ? 'It has not begun; it is taken out of the queue.'
                : 'It stops after the epoch it is in. What it has learned so far is not published.'}
            </li>
            <li>The champion of {cancelled.name} goes on forecasting as before.</li>
          </ul>
        </Confirmation>
      )}
    </>
  );
}

function describeSchedule(): string {
  const schedule = status.value?.schedule ?? null;
  if (schedule === null) return 'No schedule is set: models are trained when somebody asks.';
  const nextMs = schedule.nextMs ?? countTotals(models.value ?? []).nextRetrainMs;
  const next = nextMs === null ? '' : ` Next at ${formatTime(nextMs)}, ${formatAge(nextMs, nowMs.value)}.`;
  return `${schedule.retrain === null ? 'Scheduled.' : `Scheduled: ${schedule.retrain}.`}${next}`;
}

const EVERY = '';

function StartTraining() {
  const [name, setName] = useState(EVERY);
  const [isAsked, setAsked] = useState(false);
  const all = models.value ?? [];
  if (all.length === 0) return null;
  const what = name === EVERY ? countOf(all.length, 'model') : name;
  return (
    <div class="head-actions">
      <label class="field">
        <span>Model</span>
        <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
          <option value={EVERY}>All models</option>
          {all.map((model) => (
            <option key={model.name} value={model.name}>
              {model.name}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="button primary" onClick={() => setAsked(true)}>
        Train again…
      </button>
      {isAsked && (
        <Confirmation
          title={`Train ${what} again?`}
          verb="Start the training"
          act={async () => {
            const started = await api.retrain(name === EVERY ? undefined : [name]);
            for (const job of started) putJob(job);
            showToast(
              started.length === 1
                ? `The training of ${started[0].name} is queued.`
                : `${started.length} trainings are queued.`,
            );
          }}
          onClose={() => setAsked(false)}
        >
          <ul class="sentences">
            <li>
              {name === EVERY
                ? `${countOf(all.length, 'training is', 'trainings are')} queued; they run one after another, beside the server.`
                : 'One training is queued; it runs beside the server.'}
            </li>
            <li>
              A new version takes over only when it is better by the promotion rule. Until then the champion forecasts.
            </li>
            <li>A model that is already queued or training is not queued twice.</li>
          </ul>
        </Confirmation>
      )}
    </div>
  );
}
