/** The track record against the report, and whether the confidence means what it says. */

import { countOf, formatPercent } from '../../../text/numbers.js';
import { formatDay } from '../../../text/times.js';
import type { TrackRecordAnswer } from '../../../wire/wire.js';
import { Reliability } from '../../charts/reliability.js';
import { TableFrame } from '../../parts/table.js';
import { hrefOf } from '../../router.js';
import { judgeRecord, recordRows } from '../../view/track-record.js';

function describeDays(fromMs: number, toMs: number): string {
  const [from, to] = [fromMs, toMs].map(formatDay);
  return from === to ? `on ${from}` : `${from} to ${to}`;
}

export function TrackRecord({ record }: { record: TrackRecordAnswer }) {
  const judgement = judgeRecord(record);
  return (
    <div class="pair">
      <section class="card" aria-labelledby="record-heading">
        <h2 id="record-heading">Track record against the report</h2>
        <p class="quiet">
          {countOf(record.forecasts, 'forecast')} of version {record.version} served, {record.scored} with an outcome
          {record.fromMs !== null && record.toMs !== null && `, ${describeDays(record.fromMs, record.toMs)}`}.{' '}
          <a href={hrefOf('ledger', undefined, { name: record.name })}>Open the ledger</a>
        </p>
        <div class={`notice ${judgement.tone}`}>
          <p>
            <strong>{judgement.title}.</strong> {judgement.text}
          </p>
        </div>
        <TableFrame label="Track record">
          <table class="rows plain">
            <caption class="unseen">What was served beside what the report of the version says</caption>
            <thead>
              <tr>
                <th scope="col">Figure</th>
                <th scope="col" class="number">
                  Served
                </th>
                <th scope="col" class="number">
                  Reported
                </th>
              </tr>
            </thead>
            <tbody>
              {recordRows(record).map(({ name, served, range, reported, meaning }) => (
                <tr key={name}>
                  <th scope="row">
                    {name}
                    <span class="below">{meaning}</span>
                  </th>
                  <td class="number">
                    {served}
                    {range !== undefined && <span class="below">{range}</span>}
                  </td>
                  <td class="number">{reported}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
      </section>
      <section class="card" aria-labelledby="reliability-heading">
        <h2 id="reliability-heading">Does the confidence mean what it says?</h2>
        {record.reliability.length === 0 ? (
          <p class="quiet">Nothing to draw yet: there are no outcomes.</p>
        ) : (
          <>
            <p class="quiet">
              Share of right directions by stated confidence. On the dashed line the two agree; a larger point stands
              for more forecasts.
            </p>
            <Reliability points={record.reliability} />
            <details>
              <summary>The same as a table</summary>
              <table class="rows plain">
                <caption class="unseen">Right directions by stated confidence</caption>
                <thead>
                  <tr>
                    <th scope="col">Confidence</th>
                    <th scope="col" class="number">
                      Right
                    </th>
                    <th scope="col" class="number">
                      Forecasts
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {record.reliability.map(({ confidence, hitRate, count }) => (
                    <tr key={confidence}>
                      <th scope="row">{formatPercent(confidence)}</th>
                      <td class="number">{formatPercent(hitRate)}</td>
                      <td class="number">{count}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </details>
          </>
        )}
      </section>
    </div>
  );
}
