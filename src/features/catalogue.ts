/**
 * The catalogue: every feature by its name. `return_6` is the family `return` with 6 candles; `rsi_14_lag_3` is the
 * value of `rsi_14` three candles ago.
 */

import { closest } from 'fastest-levenshtein';
import { TradeAiError } from '../core/errors.js';
import { calendarFeatures } from './calendar-features.js';
import type { Feature } from './feature.js';
import {
  atr,
  bollinger,
  closeInRange,
  emaDistance,
  macd,
  macdHistogram,
  range,
  returnOver,
  rsi,
  scaledReturnOver,
  smaDistance,
  volatilityOver,
  volatilityRatio,
} from './price-features.js';
import { RollingWindow } from './rolling-window.js';
import { onBalanceVolume, volumeZScore } from './volume-features.js';

interface FeatureFamily {
  readonly create: (rows: number) => Feature;
  readonly minimumRows: number;
  /** Length used where an example is printed. */
  readonly exampleRows: number;
}

const MAXIMUM_ROWS = 2_000;

const FAMILIES: Readonly<Record<string, FeatureFamily>> = {
  return: { create: returnOver, minimumRows: 1, exampleRows: 6 },
  scaled_return: { create: scaledReturnOver, minimumRows: 1, exampleRows: 6 },
  volatility: { create: volatilityOver, minimumRows: 2, exampleRows: 24 },
  volatility_ratio: { create: volatilityRatio, minimumRows: 2, exampleRows: 24 },
  rsi: { create: rsi, minimumRows: 2, exampleRows: 14 },
  sma: { create: smaDistance, minimumRows: 2, exampleRows: 20 },
  ema: { create: emaDistance, minimumRows: 2, exampleRows: 20 },
  atr: { create: atr, minimumRows: 2, exampleRows: 14 },
  bollinger: { create: bollinger, minimumRows: 2, exampleRows: 20 },
  volume_z: { create: volumeZScore, minimumRows: 2, exampleRows: 168 },
  obv: { create: onBalanceVolume, minimumRows: 1, exampleRows: 24 },
};

const SINGLE_FEATURES: ReadonlyMap<string, Feature> = new Map(
  [range, closeInRange, macd, macdHistogram, ...calendarFeatures].map((feature) => [feature.name, feature]),
);

/** The features of the default model, in order. */
export const DEFAULT_FEATURE_NAMES: readonly string[] = [
  'return_1',
  'return_2',
  'return_3',
  'return_6',
  'return_12',
  'return_24',
  'return_72',
  'range',
  'close_in_range',
  'volatility_24',
  'volatility_168',
  'volume_z_168',
  'rsi_14',
  'macd',
  'macd_histogram',
  'sma_20',
  'bollinger_20',
];

/** One example of every feature and family, for help texts and the contract test. */
export function listCatalogue(): Feature[] {
  return [
    ...Object.values(FAMILIES).map((family) => family.create(family.exampleRows)),
    ...SINGLE_FEATURES.values(),
    delayed(returnOver(1), 3),
  ];
}

/**
 * Reads one feature name.
 *
 * @throws TradeAiError `FEATURE_UNKNOWN` with the nearest known name
 */
export function parseFeature(name: string): Feature {
  const lag = /^(.+)_lag_(\d+)$/.exec(name);
  if (lag) return delayed(parseFeature(lag[1]), checkRows(name, Number(lag[2]), 1));
  const single = SINGLE_FEATURES.get(name);
  if (single) return single;
  const parts = /^([a-z_]+)_(\d+)$/.exec(name);
  if (parts && Object.hasOwn(FAMILIES, parts[1])) {
    const family = FAMILIES[parts[1]];
    return family.create(checkRows(name, Number(parts[2]), family.minimumRows));
  }
  const known = listCatalogue().map((feature) => feature.name);
  throw new TradeAiError('FEATURE_UNKNOWN', `unknown feature ${JSON.stringify(name)}`, {
    hint: `did you mean ${closest(name, known)}? The catalogue: ${known.join(', ')} (any number of candles, any _lag_)`,
  });
}

/** Reads a list of names; an empty list and a name given twice are refused. */
export function parseFeatures(names: readonly string[]): Feature[] {
  if (names.length === 0) {
    throw new TradeAiError('FEATURE_UNKNOWN', 'at least one feature is needed, there are none');
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TradeAiError('FEATURE_UNKNOWN', `feature ${twice} is named twice`);
  return names.map(parseFeature);
}

function checkRows(name: string, rows: number, minimum: number): number {
  if (rows >= minimum && rows <= MAXIMUM_ROWS) return rows;
  throw new TradeAiError(
    'FEATURE_UNKNOWN',
    `feature ${name}: expected ${minimum} to ${MAXIMUM_ROWS} candles, was ${rows}`,
  );
}

function delayed(feature: Feature, rows: number): Feature {
  return {
    name: `${feature.name}_lag_${rows}`,
    description: `${feature.name}, ${rows} candles ago`,
    warmUpRows: feature.warmUpRows + rows,
    createStream() {
      const next = feature.createStream();
      const values = new RollingWindow(rows + 1);
      return (candle) => {
        values.push(next(candle));
        return values.isFull ? values.oldest() : Number.NaN;
      };
    },
  };
}
