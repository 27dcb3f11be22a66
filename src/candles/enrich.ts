/**
 * What features look at beside the candles: custom columns and the candles of other symbols, joined to each candle as
 * they were known at its close. Training, prediction, audit, doctor and reproduction all get their series from here.
 */

import { TradeAiError } from '../core/errors.js';
import { parseFeatures } from '../features/catalogue.js';
import { columnKey } from '../features/column-feature.js';
import type { Feature } from '../features/feature.js';
import { extraNamesOf } from '../features/feature-matrix.js';
import { otherSymbolKeys, otherSymbolsOf } from '../features/other-symbol.js';
import { type JoinedInput, joinAsOf } from '../market/as-of-join.js';
import { type CandleSeries, closeTimeMs } from '../market/candle-series.js';
import { parseDuration } from '../market/duration.js';
import { INTERVAL_MS } from '../market/interval.js';
import type { ColumnOptions } from '../options/column-options.js';
import { type DeclaredInputs, featureContextOf } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { checkCustomFeatures } from './check-custom-features.js';

/** The features wanted and what they may look at. Without features nothing is joined. */
export interface EnrichOptions extends DeclaredInputs {
  readonly features?: readonly string[];
  readonly maxGap?: number;
}

export interface Enriched {
  readonly series: CandleSeries;
  readonly notices: readonly string[];
  /** What the new columns of the series were made of. */
  readonly inputs: readonly JoinedInput[];
}

/**
 * The series with what its features need in `extras`, and its custom features tried out.
 *
 * @param collectOther candles of another symbol, of the same interval
 * @throws TradeAiError `FEATURE_INVALID` for a custom feature that misbehaves; what reading columns and collecting throw
 */
export async function enrichSeries(
  series: CandleSeries,
  options: EnrichOptions,
  ports: Pick<Ports, 'readColumnFile'>,
  collectOther: (symbol: string) => Promise<CandleSeries>,
): Promise<Enriched> {
  if (options.features === undefined) return { series, notices: [], inputs: [] };
  const features = parseFeatures(options.features, featureContextOf(options, series.interval));
  const enriched = await joinInputs(series, features, options.columns ?? [], ports, collectOther);
  checkCustomFeatures(enriched.series, features, options);
  return enriched;
}

async function joinInputs(
  series: CandleSeries,
  features: readonly Feature[],
  columns: readonly ColumnOptions[],
  ports: Pick<Ports, 'readColumnFile'>,
  collectOther: (symbol: string) => Promise<CandleSeries>,
): Promise<Enriched> {
  const extraNames = extraNamesOf(features);
  if (extraNames.length === 0) return { series, notices: [], inputs: [] };
  const inputs: JoinedInput[] = [];
  const notices: string[] = [];
  for (const column of columns.filter(({ name }) => extraNames.includes(columnKey(name)))) {
    const { name, delay, maxAge } = column;
    const { records, notices: found } = await ports.readColumnFile(column.file, column);
    const maxAgeMs = maxAge === undefined ? undefined : parseDuration(maxAge);
    inputs.push({ name: columnKey(name), ...records, delayMs: parseDuration(delay), maxAgeMs });
    notices.push(...found.map((notice) => `column ${name}: ${notice}`));
  }
  for (const symbol of otherSymbolsOf(extraNames)) {
    inputs.push(...inputsOfSymbol(symbol === series.symbol ? series : await collectOther(symbol)));
  }
  const closeTimesMs = Float64Array.from(series.openTimeMs, (_, row) => closeTimeMs(series, row));
  const extras: Record<string, Float64Array> = { ...series.extras };
  for (const input of inputs) {
    extras[input.name] = joinAsOf(closeTimesMs, input, input);
    if (extras[input.name].every(Number.isNaN)) throw nothingJoined(input, series);
  }
  return { series: { ...series, extras }, notices, inputs };
}

/** The columns of another symbol's candles: each is known at its close, and is that candle's until the next one. */
function inputsOfSymbol(other: CandleSeries): JoinedInput[] {
  const keys = otherSymbolKeys(other.symbol);
  const intervalMs = INTERVAL_MS[other.interval];
  return (['open', 'high', 'low', 'close', 'volume'] as const).map((part) => ({
    name: keys[part],
    timeMs: other.openTimeMs,
    value: other[part],
    delayMs: intervalMs,
    maxAgeMs: intervalMs,
  }));
}

function nothingJoined({ name, timeMs }: JoinedInput, series: CandleSeries): TradeAiError {
  const instant = (time: number) => `${new Date(time).toISOString().slice(0, 16)}Z`;
  const { symbol, openTimeMs } = series;
  return new TradeAiError(
    'COLUMN_INVALID',
    `${name}: no candle of ${symbol} has a value: its records are of ${instant(timeMs[0])} to ${instant(timeMs[timeMs.length - 1])}, the candles of ${instant(openTimeMs[0])} to ${instant(openTimeMs[openTimeMs.length - 1])}`,
    { hint: 'bring records of the same time, or look at delay and maxAge of the column in tradeai.config' },
  );
}
