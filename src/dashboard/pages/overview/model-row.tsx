/** One model of the overview: a row of the table, or a card on a narrow screen. */

import { changeDigits, formatChange, formatChangeRange, formatPercent, formatPrice } from '../../../text/numbers.js';
import { describeHealth, describeVerdict } from '../../../text/words.js';
import type { ModelSummary } from '../../../wire/wire.js';
import { Age } from '../../parts/age.js';
import { Badge, SignalBadge } from '../../parts/badge.js';
import { RangeBar } from '../../parts/range-bar.js';
import { Sparkline } from '../../parts/sparkline.js';
import { hrefOf } from '../../router.js';

export function ModelRow({ model, limit }: { model: ModelSummary; limit: number }) {
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

export function ModelCard({ model, limit }: { model: ModelSummary; limit: number }) {
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
