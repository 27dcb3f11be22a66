/** Above the models: what they are all together, and which of them to show. */

import { useMemo } from 'preact/hooks';
import { countOf } from '../../../text/numbers.js';
import { formatAge } from '../../../text/times.js';
import { describeVerdict } from '../../../text/words.js';
import { SIGNALS, VERDICTS } from '../../../wire/vocabulary.js';
import type { ModelSummary } from '../../../wire/wire.js';
import { Fact } from '../../parts/facts.js';
import { nowMs } from '../../state/clock.js';
import { hasRoomForTable } from '../../state/screen.js';
import { type Column, countTotals, type Filter, nextSort } from '../../view/overview-rows.js';
import { filter, HEADINGS, sort } from './choice.js';

export function Totals({ all }: { all: readonly ModelSummary[] }) {
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

export function Controls({ shown, all }: { shown: number; all: number }) {
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
