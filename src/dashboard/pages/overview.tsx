/** All models at a glance: rows on a wide screen, cards on a narrow one. */

import { useRef } from 'preact/hooks';
import type { ModelSummary } from '../../wire/wire.js';
import { Empty, Failure, Skeleton } from '../parts/states.js';
import { SortHeading, TableFrame } from '../parts/table.js';
import { useAttention } from '../state/live-resource.js';
import { hasRoomForTable } from '../state/screen.js';
import { models, modelsError, retryNow } from '../state/service.js';
import {
  type Column,
  filterModels,
  keepRows,
  NO_FILTER,
  nextSort,
  scaleLimit,
  sortModels,
} from '../view/overview-rows.js';
import { filter, HEADINGS, sort } from './overview/choice.js';
import { Controls, Totals } from './overview/controls.js';
import { ModelCard, ModelRow } from './overview/model-row.js';

export function OverviewPage() {
  const all = models.value;
  return (
    <>
      <h1 tabIndex={-1}>Overview</h1>
      {all === undefined ? (
        modelsError.value === undefined ? (
          <OverviewSkeleton />
        ) : (
          <Failure error={modelsError.value} onRetry={retryNow} />
        )
      ) : all.length === 0 ? (
        <FirstModel />
      ) : (
        <Models all={all} />
      )}
    </>
  );
}

/** A workspace in which nothing was trained yet. */
function FirstModel() {
  return (
    <Empty title="No models yet">
      <p>Train the first one in the folder this server serves, in another terminal:</p>
      <pre>
        <code>tradeai train --symbol BTCUSDT</code>
      </pre>
      <p>
        It fetches the candles, trains, and says whether the model has skill. The model appears here by itself when it
        is published, and forecasts from then on.
      </p>
      <p>
        Or look at a simulated market first: <code>tradeai demo</code>.
      </p>
    </Empty>
  );
}

function OverviewSkeleton() {
  return (
    <>
      <div class="tiles skeleton-tiles" aria-hidden="true" />
      <div class="card">
        <Skeleton rows={8} label="Loading the models" />
      </div>
    </>
  );
}

function Models({ all }: { all: readonly ModelSummary[] }) {
  const { isLooked, handlers } = useAttention();
  const sorted = sortModels(filterModels(all, filter.value), sort.value);
  const choice = JSON.stringify([filter.value, sort.value]);
  const before = useRef({ choice, names: [] as readonly string[] });
  const shown = isLooked && before.current.choice === choice ? keepRows(before.current.names, all, sorted) : sorted;
  before.current = { choice, names: shown.map(({ name }) => name) };
  const limit = scaleLimit(all);
  return (
    <>
      <Totals all={all} />
      <Controls shown={shown.length} all={all.length} />
      {shown.length === 0 ? (
        <Empty title="No model matches">
          <p>
            <button type="button" class="button" onClick={() => (filter.value = NO_FILTER)}>
              Show all {all.length}
            </button>
          </p>
        </Empty>
      ) : !hasRoomForTable.value ? (
        <ul class="model-cards" {...handlers}>
          {shown.map((model) => (
            <ModelCard key={model.name} model={model} limit={limit} />
          ))}
        </ul>
      ) : (
        <ModelTable models={shown} limit={limit} handlers={handlers} />
      )}
    </>
  );
}

interface ModelTableProps {
  readonly models: readonly ModelSummary[];
  readonly limit: number;
  readonly handlers: ReturnType<typeof useAttention>['handlers'];
}

function ModelTable({ models: shown, limit, handlers }: ModelTableProps) {
  const onSort = (column: Column) => {
    sort.value = nextSort(sort.value, column);
  };
  const heading = (column: Column, alignment?: string) => (
    <SortHeading column={column} sort={sort.value} onSort={onSort} class={alignment}>
      {HEADINGS[column]}
    </SortHeading>
  );
  return (
    <div class="card flush">
      <TableFrame label="Models">
        <table class="rows models">
          <caption class="unseen">Every model with its price, newest forecast and health; the name opens it</caption>
          <thead>
            <tr>
              {heading('name')}
              {heading('price', 'number')}
              <th scope="col">48 candles</th>
              {heading('forecast')}
              {heading('signal')}
              {heading('confidence', 'number')}
              {heading('verdict')}
              {heading('record', 'number')}
              {heading('age', 'number')}
              {heading('health')}
            </tr>
          </thead>
          <tbody {...handlers}>
            {shown.map((model) => (
              <ModelRow key={model.name} model={model} limit={limit} />
            ))}
          </tbody>
        </table>
      </TableFrame>
    </div>
  );
}
