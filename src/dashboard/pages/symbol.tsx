/** One model: its candles with the forecasts where they were made, the newest forecast in words, and what the served ones were worth. */

import { changeDigits, formatChange, formatChangeRange, formatPercent, formatPrice } from '../../text/numbers.js';
import { makeSentence } from '../../text/sentences.js';
import { formatShortTime, precisionOf } from '../../text/times.js';
import { describeHealth, describeVerdict } from '../../text/words.js';
import type { ModelSummary } from '../../wire/wire.js';
import { api } from '../api.js';
import { Age } from '../parts/age.js';
import { Badge, SignalBadge } from '../parts/badge.js';
import { RangeBar } from '../parts/range-bar.js';
import { Empty, Failure, Skeleton } from '../parts/states.js';
import { hrefOf, route } from '../router.js';
import { useReloadOn } from '../state/live-resource.js';
import { useResource } from '../state/resource.js';
import { models, modelsError, retryNow } from '../state/service.js';
import { History } from './symbol/history.js';
import { TrackRecord } from './symbol/track-record.js';

/** A record of seconds moves all the time; nobody reads faster. */
const RECORD_MS = 5_000;

export function SymbolPage() {
  const name = route.value.name!;
  const model = models.value?.find((candidate) => candidate.name === name);
  if (model === undefined) {
    return (
      <>
        <h1 tabIndex={-1}>{name}</h1>
        {models.value !== undefined ? (
          <Empty title="There is no such model">
            <p>
              <a href={hrefOf('overview')}>See all models</a>
            </p>
          </Empty>
        ) : modelsError.value !== undefined ? (
          <Failure error={modelsError.value} onRetry={retryNow} />
        ) : (
          <Skeleton rows={10} label="Loading the model" />
        )}
      </>
    );
  }
  return <Model model={model} />;
}

function Model({ model }: { model: ModelSummary }) {
  const { lastCandle, prediction, champion } = model;
  return (
    <>
      <div class="page-head">
        <div>
          <p class="crumbs">
            <a href={hrefOf('overview')}>Overview</a>
          </p>
          <h1 tabIndex={-1}>{model.name}</h1>
          <p class="quiet">
            {model.name === model.symbol ? '' : `${model.symbol} · `}
            {model.interval} candles of {model.source}
          </p>
        </div>
        {lastCandle !== null && (
          <p class="head-price">
            <span class="figure">{formatPrice(lastCandle.close)}</span>
            <span class="quiet">
              {lastCandle.change24h !== null && `${formatChange(lastCandle.change24h)} in 24\u00a0h · `}
              closed <Age timeMs={lastCandle.closeTimeMs} />
            </span>
          </p>
        )}
      </div>
      {model.health !== 'ok' && (
        <div class="notice health">
          <Badge word={describeHealth(model.health)} />
          <p>{model.problem === null ? describeHealth(model.health).meaning : makeSentence(model.problem)}</p>
        </div>
      )}
      <div class="symbol-grid">
        <History model={model} />
        <aside class="card forecast-panel" aria-label="Newest forecast">
          {prediction === null ? <NoForecast /> : <Forecast prediction={prediction} />}
          {champion !== null && <Verdict model={model} champion={champion} />}
        </aside>
      </div>
      {champion !== null && <Record name={model.name} version={champion.version} />}
      <footer class="attribution">
        Price chart by TradingView Lightweight Charts™, © 2026 TradingView, Inc.{' '}
        <a href="https://www.tradingview.com/" rel="noreferrer">
          tradingview.com
        </a>
      </footer>
    </>
  );
}

function NoForecast() {
  return (
    <>
      <h2>No forecast</h2>
      <p class="quiet">No version is in charge. Promote one, or train.</p>
    </>
  );
}

function Forecast({ prediction }: { prediction: NonNullable<ModelSummary['prediction']> }) {
  const { interval80, interval, lastClose, predictedChange } = prediction;
  const digits = changeDigits(...interval80);
  const precision = precisionOf(interval);
  const [low, high] = interval80;
  const limit = 1.15 * Math.max(Math.abs(low), Math.abs(high));
  // What makes it hold stands above.
  const warnings = prediction.warnings.filter((warning) => !prediction.reasons.includes(warning));
  return (
    <>
      <div class="panel-head">
        <h2>Forecast</h2>
        <SignalBadge signal={prediction.signal} />
      </div>
      <p class="headline">
        <span class="figure">{formatChange(predictedChange, digits)}</span>
        <span class="quiet">to {formatPrice(prediction.predictedPrice)}</span>
      </p>
      <RangeBar change={predictedChange} interval={interval80} limit={limit} />
      <dl class="lines">
        <div>
          <dt>In 8 of 10 cases</dt>
          <dd>
            {formatChangeRange(interval80, digits)}
            <span class="below">
              {formatPrice(lastClose * (1 + low))} to {formatPrice(lastClose * (1 + high))}
            </span>
          </dd>
        </div>
        <div>
          <dt>Confidence</dt>
          <dd>{formatPercent(prediction.confidence)}</dd>
        </div>
        <div>
          <dt>Made at the close</dt>
          <dd>
            {formatShortTime(prediction.asOfMs, precision)} UTC
            <span class="below">
              <Age timeMs={prediction.asOfMs} />
            </span>
          </dd>
        </div>
        <div>
          <dt>About the close</dt>
          <dd>
            {formatShortTime(prediction.targetTimeMs, precision)} UTC
            <span class="below">
              <Age timeMs={prediction.targetTimeMs} />
            </span>
          </dd>
        </div>
        <div>
          <dt>By</dt>
          <dd>
            <a href={hrefOf('models', prediction.name)}>version {prediction.version}</a>
          </dd>
        </div>
      </dl>
      {prediction.reasons.length > 0 && (
        <>
          <h3>Why {prediction.signal}</h3>
          <ul class="sentences reasons">
            {prediction.reasons.map((reason) => (
              <li key={reason}>{makeSentence(reason)}</li>
            ))}
          </ul>
        </>
      )}
      {warnings.length > 0 && (
        <>
          <h3>Warnings</h3>
          <ul class="sentences warnings">
            {warnings.map((warning) => (
              <li key={warning}>{makeSentence(warning)}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Verdict({ model, champion }: { model: ModelSummary; champion: NonNullable<ModelSummary['champion']> }) {
  const word = describeVerdict(champion.verdict);
  return (
    <div class={`verdict ${word.tone}`}>
      <p>
        <strong>{word.text}</strong>
      </p>
      <p>{word.meaning}</p>
      <p class="quiet">
        Version {champion.version}: trained <Age timeMs={champion.createdAtMs} />, promoted{' '}
        <Age timeMs={champion.promotedAtMs} />
        {champion.reasons.length > 0 ? ' because:' : '.'}
      </p>
      {champion.reasons.length > 0 && (
        <ul class="sentences">
          {champion.reasons.map((reason) => (
            <li key={reason}>{makeSentence(reason)}</li>
          ))}
        </ul>
      )}
      {model.shadowVersion !== null && <p class="quiet">Version {model.shadowVersion} forecasts beside it, unseen.</p>}
    </div>
  );
}

function Record({ name, version }: { name: string; version: number }) {
  const record = useResource(`${name} ${version}`, () => api.record(name));
  useReloadOn(record.reload, (event) => event.kind === 'outcome' && event.entry.name === name, { everyMs: RECORD_MS });
  if (record.value !== undefined) return <TrackRecord record={record.value} />;
  if (record.error !== undefined) return <Failure error={record.error} onRetry={record.reload} />;
  return (
    <div class="card">
      <Skeleton rows={6} label="Loading the track record" />
    </div>
  );
}
