/** Models: which versions there are, which is in charge, and changing that. */

import { countOf, formatPercent } from '../../text/numbers.js';
import { describeVerdict } from '../../text/words.js';
import type { ModelSummary } from '../../wire/wire.js';
import { Age } from '../parts/age.js';
import { Badge } from '../parts/badge.js';
import { Empty, Failure, Skeleton } from '../parts/states.js';
import { TableFrame } from '../parts/table.js';
import { hrefOf, route } from '../router.js';
import { models, modelsError, retryNow } from '../state/service.js';
import { sortModels } from '../view/overview-rows.js';
import { ModelVersions } from './models/model-versions.js';

export function ModelsPage() {
  const { name } = route.value;
  return name === undefined ? <ModelList /> : <ModelVersions name={name} />;
}

function ModelList() {
  const all = models.value;
  return (
    <>
      <h1 tabIndex={-1}>Models</h1>
      {all === undefined ? (
        modelsError.value === undefined ? (
          <div class="card">
            <Skeleton rows={8} label="Loading the models" />
          </div>
        ) : (
          <Failure error={modelsError.value} onRetry={retryNow} />
        )
      ) : all.length === 0 ? (
        <Empty title="No models yet">
          <p>
            Train the first one: <code>tradeai train --symbol BTCUSDT</code>. It appears here by itself.
          </p>
        </Empty>
      ) : (
        <div class="card flush">
          <TableFrame label="Models">
            <table class="rows">
              <caption class="unseen">Models with the version in charge; the name opens the versions</caption>
              <thead>
                <tr>
                  <th scope="col">Model</th>
                  <th scope="col">Champion</th>
                  <th scope="col">Verdict</th>
                  <th scope="col">Shadow</th>
                  <th scope="col" class="number">
                    Served: right
                  </th>
                  <th scope="col" class="number">
                    Promoted
                  </th>
                  <th scope="col" class="number">
                    Trained
                  </th>
                </tr>
              </thead>
              <tbody>
                {sortModels(all, { column: 'name', isDescending: false }).map((model) => (
                  <ModelRow key={model.name} model={model} />
                ))}
              </tbody>
            </table>
          </TableFrame>
        </div>
      )}
    </>
  );
}

function ModelRow({
  model: { name, interval, champion, shadowVersion, versionCount, record },
}: {
  model: ModelSummary;
}) {
  return (
    <tr>
      <th scope="row">
        <a class="row-link" href={hrefOf('models', name)}>
          {name}
        </a>
        <span class="below">
          {interval} · {countOf(versionCount, 'version')}
        </span>
      </th>
      <td>{champion === null ? <span class="quiet">none</span> : `version ${champion.version}`}</td>
      <td>{champion === null ? '–' : <Badge word={describeVerdict(champion.verdict)} isQuiet />}</td>
      <td>{shadowVersion === null ? <span class="quiet">none</span> : `version ${shadowVersion}`}</td>
      <td class="number">
        {formatPercent(record?.hitRate ?? null)}
        <span class="below">{record === null ? '' : `of ${record.scored}`}</span>
      </td>
      <td class="number">{champion === null ? '–' : <Age timeMs={champion.promotedAtMs} />}</td>
      <td class="number">{champion === null ? '–' : <Age timeMs={champion.createdAtMs} />}</td>
    </tr>
  );
}
