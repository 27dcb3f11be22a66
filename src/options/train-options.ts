/** The options of a training, checked, and what is derived from them. */

import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { checkName, checkSourceName } from '../core/names.js';
import { checkTimeZone } from '../core/time-zone.js';
import { type FeatureContext, parseFeatures } from '../features/catalogue.js';
import { columnKey } from '../features/column-feature.js';
import type { CustomFeature } from '../features/custom-feature.js';
import { extraNamesOf } from '../features/feature-matrix.js';
import { INTERVAL_MS, type Interval, parseInterval } from '../market/interval.js';
import { readSymbol } from '../market/spelling.js';
import { LAST_TIME_MS } from '../wire/parts.js';
import { type ColumnOptions, columnsOfSymbol } from './column-options.js';
import {
  type DataOptions,
  type FeatureOptions,
  type JudgingOptions,
  type ModelOptions,
  type RuntimeOptions,
  type TrainingOptions,
  trainOptionsSchema,
} from './option-groups.js';

export {
  type DataOptions,
  ENGINE_CHOICES,
  type EngineChoice,
  type FeatureOptions,
  type JudgingOptions,
  type ModelOptions,
  type RuntimeOptions,
  type TrainingOptions,
  type TrainOptionName,
  trainOptionsSchema,
} from './option-groups.js';

/** Interval of a model without one in its name. */
export const DEFAULT_INTERVAL: Interval = '1h';

/** Options as given: what is absent takes its default. */
export type TrainOptionsInput = z.input<typeof trainOptionsSchema>;
/**
 * What the workspace's config declares beside the options. Columns name files and features are functions, so neither is
 * an option that a request from elsewhere may bring.
 */
export interface DeclaredInputs {
  readonly columns?: readonly ColumnOptions[];
  readonly customFeatures?: readonly CustomFeature[];
}

/** Options in force, with those declared columns and features that they use. */
export type TrainOptions = DataOptions &
  FeatureOptions &
  ModelOptions &
  TrainingOptions &
  JudgingOptions &
  RuntimeOptions &
  DeclaredInputs;

/**
 * Checks the options and fills in the defaults.
 *
 * @param spell how an option is called where it was given, for messages: `lr` is `--lr` on the command line
 * @param declared columns and features of the workspace that the options may name
 * @throws TradeAiError `USAGE`, `INTERVAL_INVALID`, `FEATURE_UNKNOWN`, `NAME_INVALID`
 */
export function parseTrainOptions(
  input: Record<string, unknown>,
  spell: (name: string) => string = (name) => name,
  declared: DeclaredInputs = {},
): TrainOptions {
  const result = trainOptionsSchema.safeParse(input);
  if (!result.success) {
    const [issue] = result.error.issues;
    if (issue.code === 'unrecognized_keys') {
      throw new TradeAiError('CONFIG_INVALID', `unknown option ${issue.keys.map(spell).join(', ')}`, {
        hint: `the options are ${Object.keys(trainOptionsSchema.shape).join(', ')}`,
      });
    }
    const name = String(issue.path[0]);
    throw new TradeAiError('USAGE', `${spell(name)}: expected ${describeExpected(name)}, was ${show(input[name])}`);
  }
  const options = result.data;
  const symbol = readSymbol(options.symbol);
  if (options.name !== undefined) checkName(options.name, 'model name');
  if (options.source !== undefined) checkSourceName(options.source);
  if (options.timeZone !== undefined) checkTimeZone(options.timeZone);
  const interval =
    options.interval === undefined && options.data !== undefined
      ? undefined
      : parseInterval(options.interval ?? DEFAULT_INTERVAL);
  const columns = columnsOfSymbol(declared.columns ?? [], symbol);
  const used = selectUsed(options.features, { ...declared, columns }, interval);
  const rangeStart = parseTime(options.from, spell('from'));
  const rangeEnd = parseTime(options.to, spell('to'));
  if (rangeStart !== undefined && rangeEnd !== undefined && rangeStart >= rangeEnd) {
    throw emptyRange(spell('from'), rangeStart, spell('to'), rangeEnd);
  }
  if (options.testShare + options.validationShare >= 1) {
    throw new TradeAiError(
      'USAGE',
      `${spell('testShare')} and ${spell('validationShare')} leave no rows to train on: expected a sum below 1, was ${options.testShare + options.validationShare}`,
    );
  }
  return { ...options, symbol, ...used };
}

/** The declared inputs of options, how the times of a file are read and what is accepted of it, without anything else of them. */
export function inputsOf(
  options: Pick<
    TrainOptions,
    'features' | 'maxGap' | 'timeZone' | 'allowConflicts' | 'allowOhlcErrors' | keyof DeclaredInputs
  >,
) {
  const { features, maxGap, columns, customFeatures, timeZone, allowConflicts, allowOhlcErrors } = options;
  return { features, maxGap, columns, customFeatures, timeZone, allowConflicts, allowOhlcErrors };
}

/** What parsing the feature names of a training needs to know. */
export function featureContextOf(
  { columns = [], customFeatures, maxGap }: DeclaredInputs & { readonly maxGap?: number },
  interval: Interval | undefined,
): FeatureContext {
  return { interval, maximumGapRows: maxGap, columns: columns.map(({ name }) => name), customFeatures };
}

/** Those declared columns and features that the features of a training look at; no key for none. */
function selectUsed(
  names: readonly string[],
  { columns = [], customFeatures = [] }: DeclaredInputs,
  interval: Interval | undefined,
): DeclaredInputs {
  const extraNames = extraNamesOf(parseFeatures(names, featureContextOf({ columns, customFeatures }, interval)));
  const usedColumns = columns.filter(({ name }) => extraNames.includes(columnKey(name)));
  const usedFeatures = customFeatures.filter(({ name }) => names.map(customNameOf).includes(name));
  return {
    ...(usedColumns.length > 0 ? { columns: usedColumns } : {}),
    ...(usedFeatures.length > 0 ? { customFeatures: usedFeatures } : {}),
  };
}

/** What a feature is called without lag, symbol and interval. */
export function customNameOf(name: string): string {
  return name.split('@')[0].replace(/(?:_lag_\d{1,4})+$/, '');
}

/** The error for a range that ends before it begins. */
export function emptyRange(from: string, fromMs: number, to: string, toMs: number): TradeAiError {
  const [start, end] = [fromMs, toMs].map((timeMs) => new Date(timeMs).toISOString());
  return new TradeAiError('USAGE', `${from} must lie before ${to}, was ${start} and ${end}`);
}

/** Reads an ISO date (UTC) or epoch milliseconds. @throws TradeAiError `USAGE` */
export function parseTime(value: string | number | undefined, what: string): number | undefined {
  if (value === undefined) return undefined;
  const isIsoDate =
    typeof value === 'string' && /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z?)?$/.test(value);
  const text = isIsoDate && value.includes('T') && !value.endsWith('Z') ? `${value}Z` : value;
  const isNumber = typeof value === 'number' || /^-?\d{1,16}$/.test(value);
  const timeMs = isIsoDate ? Date.parse(String(text)) : isNumber ? Number(value) : Number.NaN;
  if (Math.abs(timeMs) <= LAST_TIME_MS) return timeMs;
  throw new TradeAiError(
    'USAGE',
    `${what}: expected a UTC date such as 2024-01-31 or 2024-01-31T12:00Z, was ${show(value)}`,
  );
}

/** The model's name: the symbol, with the interval when it is not the default one, unless another name is given. */
export function modelNameOf(symbol: string, interval: Interval, name?: string): string {
  return name ?? (interval === DEFAULT_INTERVAL ? symbol : `${symbol}_${interval}`);
}

/**
 * The flags of a training that makes a model of this name, as far as the name tells.
 *
 * @example trainFlagsOf('BTCUSDT_4h') // ['--symbol', 'BTCUSDT', '--interval', '4h']
 */
export function trainFlagsOf(name: string): string[] {
  const interval = Object.keys(INTERVAL_MS).find((known) => name.endsWith(`_${known}`));
  if (interval === undefined) return ['--symbol', name];
  return ['--symbol', name.slice(0, -interval.length - 1), '--interval', interval];
}

/** What a value of the option must be, in words: `a whole number from 1 to 100000`. */
export function describeExpected(name: string): string {
  const schema = z.toJSONSchema(trainOptionsSchema, { io: 'input' }).properties?.[name];
  if (schema === undefined || typeof schema === 'boolean') return 'a known option';
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'integer') return `a whole number from ${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'number') {
    return schema.exclusiveMinimum === undefined
      ? `a number from ${schema.minimum} to ${schema.maximum}`
      : `a number above ${schema.exclusiveMinimum}, at most ${schema.maximum}`;
  }
  if (schema.type === 'array') return 'a list of at most 1000 feature names';
  if (schema.type === 'boolean') return 'true or false';
  return 'text';
}

function show(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}
