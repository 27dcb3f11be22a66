import { makeSentence } from '../../../text/sentences.js';
import { formatDuration } from '../../../text/times.js';
import { describeJob, describeTrigger, describeVerdict } from '../../../text/words.js';
import type { Job } from '../../../wire/wire.js';
import { Age } from '../../parts/age.js';
import { Badge, Tag } from '../../parts/badge.js';
import { TableFrame } from '../../parts/table.js';
import { hrefOf } from '../../router.js';

const SHOWN = 50;

export function PastJobs({ jobs }: { jobs: readonly Job[] }) {
  if (jobs.length === 0) return null;
  return (
    <div class="card flush">
      <div class="card-head">
        <h2>Ended</h2>
        {jobs.length > SHOWN && <p class="quiet">The newest {SHOWN}.</p>}
      </div>
      <TableFrame label="Ended trainings">
        <table class="rows">
          <caption class="unseen">Trainings that have ended, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Ended as</th>
              <th scope="col">What came of it</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col" class="number">
                Ended
              </th>
            </tr>
          </thead>
          <tbody>
            {jobs.slice(0, SHOWN).map((job) => (
              <tr key={job.id}>
                <th scope="row">
                  <a href={hrefOf('models', job.name)}>{job.name}</a>
                  <span class="below">{describeTrigger(job.trigger)}</span>
                </th>
                <td>
                  <Badge word={describeJob(job.state)} isQuiet={job.state !== 'failed'} />
                </td>
                <td class="wrap">
                  <Outcome job={job} />
                </td>
                <td class="number">
                  {job.startedAtMs === null || job.endedAtMs === null
                    ? '–'
                    : formatDuration((job.endedAtMs - job.startedAtMs) / 1000)}
                </td>
                <td class="number">{job.endedAtMs === null ? '–' : <Age timeMs={job.endedAtMs} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </div>
  );
}

function Outcome({ job: { result, error, state } }: { job: Job }) {
  if (error !== null && state !== 'cancelled') {
    return (
      <>
        {makeSentence(error.message)}
        {error.hint !== null && <span class="below wrap">{makeSentence(error.hint)}</span>}
      </>
    );
  }
  if (result === null) return <span class="quiet">Nothing was changed.</span>;
  return (
    <>
      Version {result.version}{' '}
      <Tag text={result.promoted ? 'Promoted' : 'Not promoted'} kind={result.promoted ? 'strong' : 'plain'} />{' '}
      <Badge word={describeVerdict(result.verdict)} isQuiet />
      <span class="below wrap">{result.reasons.map(makeSentence).join(' ')}</span>
    </>
  );
}
