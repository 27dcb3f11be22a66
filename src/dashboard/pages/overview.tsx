/** All models at a glance: rows on a wide screen, cards on a narrow one. */

import { signal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import { SIGNALS, VERDICTS } from '../../wire/vocabulary.js';
import type { ModelSummary } from '../../wire/wire.js';
import {
  changeDigits,
  countOf,
  formatAge,
  formatChange,
  formatChangeRange,
  formatPercent,
  formatPrice,
} from '../format.js';
import { Age } from '../parts/age.js';
import { Badge, SignalBadge } from '../parts/badge.js';
import { Fact } from '../parts/facts.js';
import { RangeBar } from '../parts/range-bar.js';
import { Sparkline } from '../parts/sparkline.js';
import { Empty, Failure, Skeleton } from '../parts/states.js';
import { SortHeading, TableFrame } from '../parts/table.js';
import { hrefOf } from '../router.js';
import { nowMs } from '../state/clock.js';
import { models, modelsError, retryNow } from '../state/desk.js';
import { useAttention } from '../state/live-resource.js';
import { hasRoomForTable } from '../state/screen.js';
import {
  type Column,
  countTotals,
  type Filter,
  filterModels,
  keepRows,
  NO_FILTER,
  nextSort,
  type Sort,
  scaleLimit,
  sortModels,
} from '../view/overview-rows.js';
import { describeHealth, describeVerdict } from '../words.js';

const HEADINGS: Record<Column, string> = {
  name: 'Model',
  price: 'Price, 24\u00a0h',
  forecast: 'Forecast, 80 % interval',
  signal: 'Signal',
  confidence: 'Confidence',
  verdict: 'Verdict',
  record: 'Served: right',
  age: 'Age',
  health: 'Health',
};

const sort = signal<Sort>({ column: 'name', isDescending: false });
const filter = signal<Filter>(NO_FILTER);

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

function Totals({ all }: { all: readonly ModelSummary[] }) {
  const totals = countTotals(all);
  return (
    <dl class="tiles">
      <Fact name="Models" figure={totals.models} note={`${countOf(totals.champions, 'champion')} in charge`} />
      <Fact
        name="Signals now"
        figure={totals.buys + totals.sells}
        note={`${totals.buys} BUY, ${totals.sells} SELL, the rest HOLD`}
      />
      <Fact
        name="Demonstrated skill"
        figure={`${totals.skilled} of ${totals.champions}`}
        note={totals.skilled === totals.champions ? 'champions' : 'champions; the others have shown none'}
      />
      <Fact
        name="Need attention"
        figure={totals.attention}
        note={totals.attention === 0 ? 'everything is well' : 'see their health'}
      />
      <Fact
        name="Next retraining"
        figure={totals.nextRetrainMs === null ? 'none' : formatDue(totals.nextRetrainMs)}
        note={totals.nextRetrainMs === null ? 'no schedule is set' : 'by the schedule'}
      />
    </dl>
  );
}

/** What is due is not `ago`: it begins with the next candle. */
function formatDue(timeMs: number): string {
  return timeMs <= nowMs.value ? 'now' : formatAge(timeMs, nowMs.value);
}

function Controls({ shown, all }: { shown: number; all: number }) {
  const change = (parts: Partial<Filter>) => {
    filter.value = { ...filter.value, ...parts };
  };
  const count = shown === all ? countOf(all, 'model') : `${shown} of ${countOf(all, 'model')}`;
  // Read out after a choice of the reader, not whenever a signal changes.
  const told = useMemo(() => count, [filter.value]);
  return (
    <search class="controls">
      <label class="field grow">
        <span>Find</span>
        <input
          id="find"
          type="search"
          placeholder="Name or symbol"
          autocomplete="off"
          spellcheck={false}
          value={filter.value.text}
          onInput={(event) => change({ text: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>Signal</span>
        <select
          value={filter.value.signal}
          onChange={(event) => change({ signal: event.currentTarget.value as Filter['signal'] })}
        >
          <option value="any">Any</option>
          {SIGNALS.map((side) => (
            <option key={side} value={side}>
              {side}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Show</span>
        <select
          value={filter.value.state}
          onChange={(event) => change({ state: event.currentTarget.value as Filter['state'] })}
        >
          <option value="any">All models</option>
          <option value="attention">Need attention</option>
          {VERDICTS.map((verdict) => (
            <option key={verdict} value={verdict}>
              {describeVerdict(verdict).text}
            </option>
          ))}
        </select>
      </label>
      {!hasRoomForTable.value && (
        <label class="field">
          <span>Sort by</span>
          <select
            value={sort.value.column}
            onChange={(event) =>
              (sort.value = nextSort({ column: 'name', isDescending: true }, event.currentTarget.value as Column))
            }
          >
            {Object.entries(HEADINGS).map(([column, heading]) => (
              <option key={column} value={column}>
                {heading}
              </option>
            ))}
          </select>
        </label>
      )}
      <span class="quiet controls-count" aria-hidden="true">
        {count}
      </span>
      <output class="unseen">{told}</output>
    </search>
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

function ModelRow({ model, limit }: { model: ModelSummary; limit: number }) {
  const { prediction, champion, lastCandle, record } = model;
  return (
    <tr>
      <th scope="row">
        <a class="row-link" href={hrefOf('symbol', model.name)}>
          {model.name}
        </a>
        <span class="below">
          {model.name === model.symbol ? '' : `${model.symbol} · `}
          {model.interval} · {model.source}
        </span>
      </th>
      <td class="number">
        {formatPrice(lastCandle?.close ?? null)}
        <Change value={lastCandle?.change24h ?? null} />
      </td>
      <td>
        <Sparkline values={model.recentCloses} label={trendLabel(model)} />
      </td>
      <td class="forecast-cell">
        <Forecast model={model} limit={limit} />
      </td>
      <td>{prediction === null ? '–' : <SignalBadge signal={prediction.signal} />}</td>
      <td class="number">{formatPercent(prediction?.confidence ?? null)}</td>
      <td class="verdict-cell">
        {champion === null ? '–' : <Badge word={describeVerdict(champion.verdict)} isQuiet />}
      </td>
      <td class="number">
        {formatPercent(record?.hitRate ?? null)}
        <span class="below">{record === null ? '' : `of ${record.scored}`}</span>
      </td>
      <td class="number">
        {champion === null ? (
          '–'
        ) : (
          <>
            model <Age timeMs={champion.createdAtMs} isShort />
          </>
        )}
        <span class="below">
          {lastCandle !== null && (
            <>
              data <Age timeMs={lastCandle.closeTimeMs} isShort />
            </>
          )}
        </span>
      </td>
      <td title={model.problem ?? undefined}>
        <Badge word={describeHealth(model.health)} isQuiet={model.health === 'ok'} />
      </td>
    </tr>
  );
}

function ModelCard({ model, limit }: { model: ModelSummary; limit: number }) {
  const { prediction, champion, lastCandle } = model;
  return (
    <li class="card model-card">
      <div class="model-card-top">
        <div>
          <a class="row-link" href={hrefOf('symbol', model.name)}>
            {model.name}
          </a>
          <span class="below">
            {model.interval} · {model.source}
          </span>
        </div>
        {prediction === null ? null : <SignalBadge signal={prediction.signal} />}
      </div>
      <div class="model-card-price">
        <div class="figure">
          {formatPrice(lastCandle?.close ?? null)}
          <Change value={lastCandle?.change24h ?? null} />
        </div>
        <Sparkline values={model.recentCloses} label={trendLabel(model)} />
      </div>
      <Forecast model={model} limit={limit} />
      <div class="model-card-foot">
        {prediction !== null && <span>Confidence {formatPercent(prediction.confidence)}</span>}
        {champion !== null && <Badge word={describeVerdict(champion.verdict)} isQuiet />}
        {model.health !== 'ok' && <Badge word={describeHealth(model.health)} />}
      </div>
      <p class="below">
        {champion !== null && (
          <>
            Model <Age timeMs={champion.createdAtMs} isShort /> old ·{' '}
          </>
        )}
        {lastCandle !== null && (
          <>
            data <Age timeMs={lastCandle.closeTimeMs} isShort /> old
          </>
        )}
      </p>
    </li>
  );
}

function Forecast({ model: { prediction }, limit }: { model: ModelSummary; limit: number }) {
  if (prediction === null) return <span class="quiet">No forecast</span>;
  const digits = changeDigits(...prediction.interval80);
  return (
    <div class="forecast">
      <span class="forecast-change">{formatChange(prediction.predictedChange, digits)}</span>
      <RangeBar change={prediction.predictedChange} interval={prediction.interval80} limit={limit} />
      <span class="below">{formatChangeRange(prediction.interval80, digits)}</span>
    </div>
  );
}

/** A change with an arrow: the arrow says the direction without the colour. */
function Change({ value }: { value: number | null }) {
  // Less than a day is stored.
  if (value === null) return null;
  const [tone, arrow] = value > 0 ? ['up', '▲'] : value < 0 ? ['down', '▼'] : ['', ''];
  return (
    <span class={`below change ${tone}`}>
      <span class="arrow" aria-hidden="true">
        {arrow}
      </span>{' '}
      {formatChange(value)}
    </span>
  );
}

function trendLabel({ recentCloses }: ModelSummary): string {
  if (recentCloses.length < 2) return 'No closes';
  const change = recentCloses[recentCloses.length - 1] / recentCloses[0] - 1;
  return `${formatChange(change)} over ${recentCloses.length} candles`;
}
