/** Whether the stored candles can be trusted: how far they reach, what is missing, what was found, how the last update went. */

import { useState } from 'preact/hooks';
import { describeSpreadRange, formatShare, formatSpread } from '../../text/market-figures.js';
import { countOf, formatBytes, formatCount, formatPercent, formatStep } from '../../text/numbers.js';
import { makeSentence } from '../../text/sentences.js';
import { formatDay, formatLongTime, formatTime, type Precision, precisionOf } from '../../text/times.js';
import type { DataHealth, FindingAnswer } from '../../wire/wire.js';
import { api } from '../api.js';
import { Age } from '../parts/age.js';
import { Badge } from '../parts/badge.js';
import { Empty, Failure, Skeleton } from '../parts/states.js';
import { TableFrame } from '../parts/table.js';
import { useReloadOn } from '../state/live-resource.js';
import { useResource } from '../state/resource.js';
import { judgeData, sortData } from '../view/data-health.js';

/** Every series is looked through for an answer. */
const RELOAD_MS = 10_000;

export function DataPage() {
  const data = useResource('data', () => api.dataHealth());
  useReloadOn(data.reload, ({ kind }) => kind === 'candle' || kind === 'data-gap', { everyMs: RELOAD_MS });
  return (
    <>
      <h1 tabIndex={-1}>Data health</h1>
      {data.value !== undefined ? (
        data.value.length === 0 ? (
          <Empty title="No candles are stored">
            <p>
              Fetch some: <code>tradeai data fetch --symbol BTCUSDT</code>.
            </p>
          </Empty>
        ) : (
          <Series all={data.value} />
        )
      ) : data.error !== undefined ? (
        <Failure error={data.error} onRetry={data.reload} />
      ) : (
        <div class="card">
          <Skeleton rows={8} label="Loading the data health" />
        </div>
      )}
    </>
  );
}

function Series({ all }: { all: readonly DataHealth[] }) {
  const bad = all.filter((series) => judgeData(series).tone !== 'good').length;
  return (
    <>
      <p class="lead">
        {countOf(all.length, 'series', 'series')} of candles,{' '}
        {bad === 0 ? 'all of them current and without a hole.' : `${bad} of them with something to know about.`}
      </p>
      <div class="card flush">
        <TableFrame label="Stored candles">
          <table class="rows">
            <caption class="unseen">Stored series of candles, those with problems first</caption>
            <thead>
              <tr>
                <th scope="col">Series</th>
                <th scope="col">State</th>
                <th scope="col" class="number">
                  Candles
                </th>
                <th scope="col" class="number">
                  Missing
                </th>
                <th scope="col" class="number">
                  Tick
                  <span class="unseen"> size, and its share of the price</span>
                </th>
                <th scope="col" class="number">
                  Spread
                  <span class="unseen">, effective, as a share of the price</span>
                </th>
                <th scope="col" class="number">
                  Reaches (UTC)
                </th>
                <th scope="col" class="number">
                  Age
                </th>
                <th scope="col" class="number">
                  Last update
                </th>
                <th scope="col" class="number">
                  Size
                </th>
              </tr>
            </thead>
            <tbody>
              {sortData(all).map((series) => (
                <SeriesRows key={`${series.source} ${series.symbol} ${series.interval}`} series={series} />
              ))}
            </tbody>
          </table>
        </TableFrame>
      </div>
    </>
  );
}

function SeriesRows({ series }: { series: DataHealth }) {
  const [isOpen, setOpen] = useState(false);
  const { findings, lastUpdate, ageIntervals, rowCount, gapCount, missingShare } = series;
  const { firstOpenTimeMs, lastOpenTimeMs, tickSize, effectiveSpread } = series;
  const hasMore = findings.length > 0 || lastUpdate?.problem != null;
  const id = `findings-${series.source}-${series.symbol}-${series.interval}`;
  return (
    <>
      <tr>
        <th scope="row">
          {series.symbol}
          <span class="below">
            {series.interval} · {series.source}
          </span>
        </th>
        <td>
          <Badge word={judgeData(series)} isQuiet={judgeData(series).tone === 'good'} />
          {hasMore && (
            <button
              type="button"
              class="link-button"
              aria-expanded={isOpen}
              aria-controls={id}
              onClick={() => setOpen(!isOpen)}
            >
              {isOpen ? 'Hide' : 'Show'} what was found
              <span class="unseen"> in {series.symbol}</span>
            </button>
          )}
        </td>
        <td class="number">{rowCount === null ? '–' : formatCount(rowCount)}</td>
        <td class="number">
          {gapCount === null ? '–' : gapCount === 0 ? 'none' : countOf(gapCount, 'gap')}
          {gapCount !== null && gapCount > 0 && <span class="below">{formatPercent(missingShare, 2)}</span>}
        </td>
        <td class="number">
          {tickSize === null ? '–' : formatStep(tickSize.size)}
          {tickSize !== null && <span class="below">{formatShare(tickSize.share)}</span>}
        </td>
        <td class="number">
          {effectiveSpread === null ? '–' : formatSpread(effectiveSpread)}
          {effectiveSpread !== null && <span class="below">{describeSpreadRange(effectiveSpread)}</span>}
        </td>
        <td class="number">
          {lastOpenTimeMs === null ? '–' : formatLongTime(lastOpenTimeMs, precisionOf(series.interval))}
          {firstOpenTimeMs !== null && <span class="below">from {formatDay(firstOpenTimeMs)}</span>}
        </td>
        <td class="number">
          {ageIntervals === null ? '–' : ageIntervals < 1 ? 'current' : countOf(Math.floor(ageIntervals), 'candle')}
          {ageIntervals !== null && ageIntervals >= 1 && <span class="below">behind</span>}
        </td>
        <td class="number">
          {lastUpdate === null ? <span class="quiet">never</span> : <Age timeMs={lastUpdate.atMs} />}
          {lastUpdate !== null && (
            <span class="below">
              {lastUpdate.problem === null
                ? `${countOf(lastUpdate.addedRows, 'candle')} added${lastUpdate.revisedRows === 0 ? '' : `, ${formatCount(lastUpdate.revisedRows)} revised`}`
                : 'failed'}
            </span>
          )}
        </td>
        <td class="number">{formatBytes(series.sizeBytes)}</td>
      </tr>
      {isOpen && (
        <tr class="more" id={id}>
          <td colSpan={10}>
            <ul class="findings">
              {lastUpdate?.problem != null && (
                <li class="finding error">
                  <strong>The last update failed.</strong> {makeSentence(lastUpdate.problem)}
                </li>
              )}
              {findings.map((finding) => (
                <Finding
                  key={`${finding.code} ${finding.message}`}
                  finding={finding}
                  precision={precisionOf(series.interval)}
                />
              ))}
            </ul>
          </td>
        </tr>
      )}
    </>
  );
}

const TIMES_SHOWN = 8;
const SEVERITIES = { info: 'Note', warning: 'Warning', error: 'Error' } as const;

interface FindingProps {
  readonly finding: FindingAnswer;
  readonly precision: Precision;
}

function Finding({ finding: { severity, message, timesMs }, precision }: FindingProps) {
  const shown = timesMs
    .slice(0, TIMES_SHOWN)
    .map((timeMs) => formatTime(timeMs, precision))
    .join(' · ');
  return (
    <li class={`finding ${severity}`}>
      <strong>{SEVERITIES[severity]}.</strong> {makeSentence(message)}
      {timesMs.length > 0 && (
        <span class="below wrap">
          {shown}
          {timesMs.length > TIMES_SHOWN && ` and ${formatCount(timesMs.length - TIMES_SHOWN)} more`}
        </span>
      )}
    </li>
  );
}
