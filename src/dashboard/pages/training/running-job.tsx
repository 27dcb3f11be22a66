import { useEffect, useRef } from 'preact/hooks';
import { formatNumber, formatPercent } from '../../../text/numbers.js';
import { describeJob, describeTrigger } from '../../../text/words.js';
import type { Job } from '../../../wire/wire.js';
import { createLossChart, type LossChart } from '../../charts/loss-chart.js';
import { Age } from '../../parts/age.js';
import { Badge } from '../../parts/badge.js';
import { Fact } from '../../parts/facts.js';
import { isDark } from '../../state/theme.js';
import { describeEpochs, describeTimeLeft, shareDone } from '../../view/job-progress.js';

export function RunningJob({ job, onCancel }: { job: Job; onCancel: () => void }) {
  const { progress } = job;
  const share = shareDone(job);
  const isRunning = job.state === 'running';
  return (
    <section class="card job" aria-label={`Training of ${job.name}`}>
      <div class="panel-head">
        <div>
          <h2>{job.name}</h2>
          <p class="quiet">
            {isRunning ? 'Started' : 'Asked for'} <Age timeMs={job.startedAtMs ?? job.queuedAtMs} />{' '}
            {describeTrigger(job.trigger)}
          </p>
        </div>
        <div class="job-end">
          <Badge word={describeJob(job.state)} />
          <button type="button" class="button small" onClick={onCancel}>
            Cancel…<span class="unseen"> training of {job.name}</span>
          </button>
        </div>
      </div>
      {isRunning && (
        <>
          <div class="progress-line">
            <progress max={1} value={share} aria-label={`Training of ${job.name}`} />
            <span class="number">{formatPercent(share, 0)}</span>
          </div>
          <dl class="facts">
            <Fact name="Stage" figure={progress?.stage ?? 'preparing'} note={describeEpochs(job)} />
            <Fact name="Time left" figure={describeTimeLeft(job)} />
            <Fact name="Speed" figure={formatNumber(progress?.sequencesPerSecond ?? null, 0)} note="sequences/s" />
            <Fact
              name="Validation loss"
              figure={lastOf(progress?.validationLoss)}
              note={`training ${lastOf(progress?.trainLoss)}`}
            />
          </dl>
          <Losses job={job} />
        </>
      )}
    </section>
  );
}

function Losses({ job }: { job: Job }) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<LossChart | undefined>(undefined);
  const { trainLoss = [], validationLoss = [], epochs = 0, stage = '' } = job.progress ?? {};
  const palette = isDark.value;
  // The palette is read when the chart is made.
  useEffect(() => {
    // Until the stages are known there is no axis.
    if (epochs === 0) return;
    chart.current = createLossChart(element.current!, epochs);
    return () => chart.current?.dispose();
  }, [epochs, palette]);
  // A new chart takes the losses there are.
  useEffect(() => chart.current?.setLosses(trainLoss, validationLoss), [trainLoss, validationLoss, epochs, palette]);
  return (
    <figure class="losses">
      <ul class="legend">
        <li>
          <span class="key line-blue" /> training loss
        </li>
        <li>
          <span class="key line-orange" /> validation loss
        </li>
        <li class="quiet">by epoch of the stage; what a fold learns, the next one does not keep</li>
      </ul>
      <div
        ref={element}
        class="loss-chart"
        role="img"
        aria-label={`Losses of ${job.name}, ${stage}: ${trainLoss.length} epochs, training ${lastOf(trainLoss)}, validation ${lastOf(validationLoss)}`}
      />
    </figure>
  );
}

function lastOf(losses: readonly (number | null)[] | undefined): string {
  return formatNumber(losses?.[losses.length - 1] ?? null, 4);
}
