/** The ledger: what was forecast, when, by which version, and what came of it. Nothing in it is ever changed. */

import { useState } from 'preact/hooks';
import { changeDigits, formatChange, formatChangeRange, formatPercent, formatPrice } from '../../text/numbers.js';
import { formatClock, formatDay, formatShortTime, formatTime, type Precision, precisionOf } from '../../text/times.js';
import type { LedgerEntryAnswer, ModelSummary } from '../../wire/wire.js';
import { api } from '../api.js';
import { SignalBadge, Tag } from '../parts/badge.js';
import { Empty, Failure, Skeleton } from '../parts/states.js';
import { TableFrame } from '../parts/table.js';
import { hrefOf, navigate, route } from '../router.js';
import { useAttention, useReloadOn } from '../state/live-resource.js';
import { useResource } from '../state/resource.js';
import { models, modelsError, retryNow } from '../state/service.js';

const PAGE = 50;
/** As often as the newest page may move. */
const FOLLOW_MS = 1_000;

export function LedgerPage() {
  const all = models.value;
  return (
    <>
      <h1 tabIndex={-1}>Ledger</h1>
      {all === undefined ? (
        modelsError.value === undefined ? (
          <div class="card">
            <Skeleton rows={10} label="Loading the ledger" />
          </div>
        ) : (
          <Failure error={modelsError.value} onRetry={retryNow} />
        )
      ) : all.length === 0 ? (
        <Empty title="No forecasts yet">
          <p>Forecasts are written down here when the first model is in charge.</p>
        </Empty>
      ) : (
        <Ledger all={all} />
      )}
    </>
  );
}

function Ledger({ all }: { all: readonly ModelSummary[] }) {
  const { query } = route.value;
  const name = query.get('name') ?? all[0].name;
  const version = toVersion(query.get('version'));
  const filter = (parts: { name?: string; version?: string }) =>
    navigate(
      hrefOf('ledger', undefined, {
        name: parts.name ?? name,
        version: parts.version === '' ? undefined : parts.version,
      }),
      { replace: true },
    );
  return (
    <>
      <p class="lead">Every forecast that was served, frozen before its answer was sent, and what came of it.</p>
      <search class="controls">
        <label class="field">
          <span>Model</span>
          <select value={name} onChange={(event) => filter({ name: event.currentTarget.value })}>
            {!all.some((model) => model.name === name) && <option value={name}>{name}</option>}
            {all.map((model) => (
              <option key={model.name} value={model.name}>
                {model.name}
              </option>
            ))}
          </select>
        </label>
        <label class="field short">
          <span>Version</span>
          <input
            type="number"
            min={1}
            step={1}
            placeholder="Any"
            value={version ?? ''}
            onChange={(event) => filter({ version: event.currentTarget.value })}
          />
        </label>
      </search>
      <Entries
        key={`${name} ${version}`}
        name={name}
        version={version}
        precision={precisionOf(all.find((model) => model.name === name)?.interval ?? '')}
      />
    </>
  );
}

interface EntriesProps {
  readonly name: string;
  readonly version: number | undefined;
  readonly precision: Precision;
}

function Entries({ name, version, precision }: EntriesProps) {
  /** Where each page begins, the newest first; the last is the one that is shown. */
  const [starts, setStarts] = useState<readonly (number | undefined)[]>([undefined]);
  const beforeMs = starts[starts.length - 1];
  const page = useResource(`${beforeMs}`, () => api.ledger({ name, version, beforeMs, limit: PAGE }));
  const { reload } = page;
  const isNewest = starts.length === 1;
  const { isLooked, handlers } = useAttention();
  useReloadOn(
    reload,
    (event) =>
      isNewest &&
      ((event.kind === 'outcome' && event.entry.name === name) ||
        (event.kind === 'prediction' && event.prediction.name === name)),
    { everyMs: FOLLOW_MS, isHeld: isLooked },
  );
  if (page.value === undefined) {
    return page.error !== undefined ? (
      <Failure error={page.error} onRetry={reload} />
    ) : (
      <div class="card">
        <Skeleton rows={10} label="Loading the ledger" />
      </div>
    );
  }
  const { entries, nextBeforeMs } = page.value;
  if (entries.length === 0 && isNewest) {
    return (
      <Empty title="Nothing was served yet">
        <p>
          {version === undefined ? name : `Version ${version} of ${name}`} has no forecast in the ledger. The first one
          comes with the next candle.
        </p>
      </Empty>
    );
  }
  const digits = changeDigits(...entries.flatMap(({ interval80 }) => interval80));
  return (
    <div class="card flush">
      <TableFrame label="Served forecasts">
        <table class="rows">
          <caption class="unseen">Served forecasts of {name}, newest first, with their outcomes</caption>
          <thead>
            <tr>
              <th scope="col">Made at (UTC)</th>
              <th scope="col" class="wide-only">
                About (UTC)
              </th>
              <th scope="col" class="number wide-only">
                Close
              </th>
              <th scope="col" class="number">
                Forecast
              </th>
              <th scope="col" class="number wide-only">
                80 % interval
              </th>
              <th scope="col" class="number">
                Confidence
              </th>
              <th scope="col">Signal</th>
              <th scope="col" class="number">
                Came
              </th>
              <th scope="col">Direction</th>
              <th scope="col">Interval</th>
            </tr>
          </thead>
          <tbody {...handlers}>
            {entries.map((entry) => (
              <EntryRow
                key={`${entry.asOfMs} ${entry.version} ${entry.role}`}
                entry={entry}
                precision={precision}
                digits={digits}
              />
            ))}
          </tbody>
        </table>
      </TableFrame>
      <nav class="pager" aria-label="Pages of the ledger">
        <button type="button" class="button small" disabled={isNewest} onClick={() => setStarts(starts.slice(0, -1))}>
          Newer
        </button>
        <span class="quiet">
          {entries.length > 1 && `${formatTime(entries[entries.length - 1].asOfMs, precision)} to `}
          {entries.length > 0 && formatTime(entries[0].asOfMs, precision)}
          {isNewest && isLooked && ' · keeps still while you look'}
        </span>
        <button
          type="button"
          class="button small"
          disabled={nextBeforeMs === null}
          onClick={() => nextBeforeMs !== null && setStarts([...starts, nextBeforeMs])}
        >
          Older
        </button>
      </nav>
    </div>
  );
}

function EntryRow({
  entry,
  precision,
  digits,
}: {
  entry: LedgerEntryAnswer;
  precision: Precision;
  /** Behind the points of changes, the same in all rows. */
  digits: number;
}) {
  const { outcome, interval80 } = entry;
  return (
    <tr>
      <th scope="row">
        <time dateTime={new Date(entry.asOfMs).toISOString()} title={formatTime(entry.asOfMs, precision)}>
          {formatShortTime(entry.asOfMs, precision)}
        </time>
        <span class="below">
          version {entry.version} {entry.role === 'shadow' && <Tag text="Shadow" kind="dashed" />}
        </span>
      </th>
      <td class="wide-only">{formatTarget(entry, precision)}</td>
      <td class="number wide-only">{formatPrice(entry.lastClose)}</td>
      <td class="number">{formatChange(entry.predictedChange, digits)}</td>
      <td class="number wide-only">{formatChangeRange(interval80, digits)}</td>
      <td class="number">{formatPercent(entry.confidence)}</td>
      <td>
        <SignalBadge signal={entry.signal} />
      </td>
      {outcome === null ? (
        <td colSpan={3} class="quiet">
          open until {formatTarget(entry, precision)}
        </td>
      ) : (
        <>
          <td class="number">{formatChange(outcome.change, digits)}</td>
          <td>
            {outcome.isHit === null ? (
              <span class="quiet">no direction</span>
            ) : (
              <Mark isGood={outcome.isHit} words={['Right', 'Wrong']} />
            )}
          </td>
          <td>
            <Mark isGood={outcome.isInside} words={['Inside', 'Outside']} />
          </td>
        </>
      )}
    </tr>
  );
}

/** The day is said where it is another than that of the making. */
function formatTarget({ asOfMs, targetTimeMs }: LedgerEntryAnswer, precision: Precision): string {
  const isSameDay = formatDay(asOfMs) === formatDay(targetTimeMs);
  return isSameDay ? formatClock(targetTimeMs, precision) : formatShortTime(targetTimeMs, precision);
}

/** A word with a mark of its own shape. */
function Mark({ isGood, words }: { isGood: boolean; words: readonly [good: string, bad: string] }) {
  return (
    <span class={isGood ? 'mark good' : 'mark bad'}>
      <span aria-hidden="true">{isGood ? '✓' : '✕'}</span> {words[isGood ? 0 : 1]}
    </span>
  );
}

function toVersion(text: string | null): number | undefined {
  const version = Number(text);
  return text !== null && Number.isInteger(version) && version > 0 ? version : undefined;
}
