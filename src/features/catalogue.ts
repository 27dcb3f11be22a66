/**
 * The catalogue: every feature by its name. `return_6` is the family `return` with 6 candles; `rsi_14_lag_3` is the
 * value of `rsi_14` three candles ago; `rsi_14@ETHUSDT@4h` is that of another symbol's candles, of a longer interval.
 */

import { closest } from 'fastest-levenshtein';
import { TradeAiError } from '../core/errors.js';
import { checkName } from '../core/names.js';
import { INTERVAL_MS, type Interval } from '../market/interval.js';
import { calendarFeatures } from './calendar-features.js';
import { columnFeature, columnOfName } from './column-feature.js';
import { type CustomFeature, customFeature } from './custom-feature.js';
import type { Feature } from './feature.js';
import { onHigherInterval } from './higher-interval.js';
import { onOtherSymbol } from './other-symbol.js';
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
const MAXIMUM_NAME_LENGTH = 200;

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

/** What the names of features may speak of beside the catalogue. */
export interface FeatureContext {
  /** Interval of the candles; without one a name can be checked, but a longer interval not be computed. */
  readonly interval?: Interval;
  /** Longest gap of missing candles that a feature looks across. */
  readonly maximumGapRows?: number;
  /** Declared columns; any name when absent. */
  readonly columns?: readonly string[];
  readonly customFeatures?: readonly CustomFeature[];
}

/** Gap that features of another symbol look across where none is given. */
const DEFAULT_MAXIMUM_GAP_ROWS = 24;

/**
 * Reads one feature name.
 *
 * @throws TradeAiError `FEATURE_UNKNOWN` with the nearest known name; `MODEL_MISMATCH` for a custom feature of which
 *   only the record is known
 */
export function parseFeature(name: string, context: FeatureContext = {}): Feature {
  if (name.length > MAXIMUM_NAME_LENGTH) {
    throw new TradeAiError('FEATURE_UNKNOWN', `unknown feature ${JSON.stringify(name.slice(0, 40))}…`, {
      hint: `a name has at most ${MAXIMUM_NAME_LENGTH} letters`,
    });
  }
  const [base, ...suffixes] = name.split('@');
  if (suffixes.length > 0) return { ...parseSuffixed(name, base, suffixes, context), name };
  const lag = LAG_PATTERN.exec(name);
  if (lag) return delayed(parseFeature(lag[1], context), checkRows(name, Number(lag[2]), 1));
  const single = SINGLE_FEATURES.get(name);
  if (single) return single;
  const parts = /^([a-z_]+)_(\d+)$/.exec(name);
  if (parts && Object.hasOwn(FAMILIES, parts[1])) {
    const family = FAMILIES[parts[1]];
    return family.create(checkRows(name, Number(parts[2]), family.minimumRows));
  }
  const column = columnOfName(name);
  if (column !== undefined && (context.columns === undefined || context.columns.includes(column))) {
    return columnFeature(column);
  }
  const custom = context.customFeatures?.find((candidate) => candidate.name === name);
  if (custom) {
    const missing = custom.columns.find((wanted) => context.columns?.includes(wanted) === false);
    if (missing === undefined) return customFeature(custom);
    throw new TradeAiError('FEATURE_UNKNOWN', `custom feature ${name}: there is no column ${JSON.stringify(missing)}`, {
      hint: `declare it in columns of tradeai.config; there are ${context.columns?.join(', ') || 'none'}`,
    });
  }
  const known = listKnownNames(context);
  throw new TradeAiError('FEATURE_UNKNOWN', `unknown feature ${JSON.stringify(name)}`, {
    hint: `did you mean ${closest(name, known)}? There are ${known.join(', ')} (any number of candles, any _lag_, @SYMBOL, @4h)`,
  });
}

/** Whether the catalogue itself has a feature of this name, so that nobody else may take it. */
export function isCatalogueName(name: string): boolean {
  try {
    return parseFeature(name, { columns: [] }) !== undefined;
  } catch {
    return false;
  }
}

/** Reads a list of names; an empty list and a name given twice are refused. */
export function parseFeatures(names: readonly string[], context: FeatureContext = {}): Feature[] {
  if (names.length === 0) {
    throw new TradeAiError('FEATURE_UNKNOWN', 'at least one feature is needed, there are none');
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TradeAiError('FEATURE_UNKNOWN', `feature ${twice} is named twice`);
  return names.map((name) => parseFeature(name, context));
}

const LAG_PATTERN = /^(.+)_lag_(\d+)$/;

function listKnownNames({ columns = [], customFeatures = [] }: FeatureContext): string[] {
  return [
    ...listCatalogue().map((feature) => feature.name),
    ...columns.map((column) => columnFeature(column).name),
    ...customFeatures.map((custom) => custom.name),
  ];
}

/** `base@SYMBOL`, `base@4h` or `base@SYMBOL@4h`, each with a lag behind the whole. */
function parseSuffixed(name: string, base: string, suffixes: readonly string[], context: FeatureContext): Feature {
  const lag = LAG_PATTERN.exec(suffixes[suffixes.length - 1]);
  if (lag) {
    const whole = parseFeature([base, ...suffixes.slice(0, -1), lag[1]].join('@'), context);
    return delayed(whole, checkRows(name, Number(lag[2]), 1));
  }
  const [intervals, symbols] = [suffixes.filter(isInterval), suffixes.filter((suffix) => !isInterval(suffix))];
  const isOrdered = intervals.length === 0 || isInterval(suffixes[suffixes.length - 1]);
  if (intervals.length > 1 || symbols.length > 1 || !isOrdered) {
    throw new TradeAiError('FEATURE_UNKNOWN', `feature ${name}: expected name@SYMBOL, name@4h or name@SYMBOL@4h`);
  }
  let feature = parseFeature(base, context);
  if (feature.extraNames !== undefined) {
    throw new TradeAiError('FEATURE_UNKNOWN', `feature ${name}: ${base} has columns of its own beside the candles`, {
      hint: 'only features of candles can be taken of another symbol or a longer interval',
    });
  }
  if (intervals.length === 1) {
    feature =
      context.interval === undefined
        ? unplaced(feature, intervals[0])
        : onHigherInterval(feature, intervals[0], context.interval);
  }
  for (const symbol of symbols) {
    checkOtherSymbol(name, symbol);
    const { interval = '1h', maximumGapRows = DEFAULT_MAXIMUM_GAP_ROWS } = context;
    feature = onOtherSymbol(feature, symbol, { interval, maximumGapRows });
  }
  return feature;
}

function isInterval(suffix: string): suffix is Interval {
  return Object.hasOwn(INTERVAL_MS, suffix);
}

/** The interval of the same unit with the nearest count, else the one spelled most alike. */
function nearestInterval(text: string): string {
  const intervals = Object.keys(INTERVAL_MS);
  const count = Number.parseInt(text, 10);
  const distance = (interval: string) => Math.abs(Number.parseInt(interval, 10) - count);
  const ofUnit = intervals.filter((interval) => interval.endsWith(text.slice(-1)) && Number.isFinite(count));
  if (text === '' || ofUnit.length === 0) return closest(text.toLowerCase(), intervals);
  return ofUnit.reduce((best, interval) => (distance(interval) < distance(best) ? interval : best));
}

/** @throws TradeAiError `FEATURE_UNKNOWN` */
function checkOtherSymbol(name: string, symbol: string): void {
  const likely = nearestInterval(symbol);
  if (/^\d/.test(symbol) && symbol.length <= 3) {
    throw new TradeAiError('FEATURE_UNKNOWN', `feature ${name}: unknown interval ${JSON.stringify(symbol)}`, {
      hint: `did you mean ${likely}? There are ${Object.keys(INTERVAL_MS).join(' ')}`,
    });
  }
  if (symbol === symbol.toUpperCase() && symbol !== '') {
    checkName(symbol, 'symbol');
    return;
  }
  throw new TradeAiError('FEATURE_UNKNOWN', `feature ${name}: expected a symbol in capitals or an interval after @`, {
    hint: `did you mean @${symbol === '' ? 'ETHUSDT' : symbol.toUpperCase()}, or @${likely}?`,
  });
}

/** A feature of a longer interval whose own interval is not known yet: its name is right, it cannot run. */
function unplaced(feature: Feature, interval: Interval): Feature {
  return {
    ...feature,
    name: `${feature.name}@${interval}`,
    createStream() {
      throw new TradeAiError('INTERNAL', `feature ${feature.name}@${interval} needs the interval of the candles`);
    },
  };
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
    extraNames: feature.extraNames,
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
