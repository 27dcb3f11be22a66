/**
 * `tradeai.config`: what the file of a workspace may say. Its top level holds options of a training, as always, and
 * sections beside them.
 */

import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { copyPlain, type PlainObject } from '../core/plain-data.js';
import { isCatalogueName } from '../features/catalogue.js';
import { type CustomFeature, defineFeature, type FeatureDefinition } from '../features/custom-feature.js';
import type { Schedule } from '../lstm/trainer.js';
import { type Interval, parseInterval } from '../market/interval.js';
import { readSymbol } from '../market/spelling.js';
import { type ColumnOptions, type ColumnOptionsInput, columnSchema } from './column-options.js';
import { type ConfigPlace, configError, unknownKeyError } from './config-errors.js';
import {
  type ScheduleOptions,
  type ScheduleOptionsInput,
  type ServeOptions,
  type ServeOptionsInput,
  scheduleOptionsSchema,
  serveOptionsSchema,
} from './serve-options.js';
import { type TrainOptionName, type TrainOptionsInput, trainOptionsSchema } from './train-options.js';

type TrainPart = Partial<Omit<TrainOptionsInput, 'schedule'>>;

/** What `defineConfig` takes. */
export interface TradeAiConfig extends TrainPart {
  /** Pairs of this workspace: what `data fetch` and `data update` work on when none is named. */
  readonly symbols?: readonly string[];
  /** Candle lengths of this workspace. */
  readonly intervals?: readonly string[];
  /** Other options for single models, by model name. */
  readonly models?: Readonly<Record<string, Partial<TrainOptionsInput>>>;
  readonly columns?: readonly ColumnOptionsInput[];
  readonly customFeatures?: readonly (CustomFeature | FeatureDefinition)[];
  /** When models are trained again; or, as text, the learning rate over the epochs. */
  readonly schedule?: Schedule | (ScheduleOptionsInput & { readonly learningRate?: Schedule });
  readonly serve?: ServeOptionsInput;
}

/** A config that was read and checked. */
export interface WorkspaceConfig {
  /** The file; empty where there is none. */
  readonly path: string;
  /** Options of a training that the file gives, and no others. */
  readonly train: Readonly<PlainObject>;
  readonly symbols: readonly string[];
  readonly intervals: readonly Interval[];
  readonly models: ReadonlyMap<string, Readonly<PlainObject>>;
  readonly columns: readonly ColumnOptions[];
  readonly customFeatures: readonly CustomFeature[];
  readonly schedule: ScheduleOptions;
  readonly serve: ServeOptions;
  /** The keys that the file itself gives, as paths: `epochs`, `serve.port`. */
  readonly given: ReadonlySet<string>;
}

/** Types a config for editors; returns it as it is. */
export function defineConfig(config: TradeAiConfig): TradeAiConfig {
  return config;
}

/** Options of a training without their defaults, all optional. */
const trainPartSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(trainOptionsSchema.shape).map(([name, schema]) => [
      name,
      (schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema).optional(),
    ]),
  ),
);

const symbolList = z.array(z.string().min(1)).max(1_000);
const sectionsSchema = z.strictObject({
  symbols: symbolList.default([]),
  intervals: z.array(z.string()).max(20).default([]),
  models: z.record(z.string(), trainPartSchema).default({}),
  columns: z.array(columnSchema).max(1_000).default([]),
  customFeatures: z.array(z.unknown()).max(1_000).default([]),
  schedule: scheduleOptionsSchema.prefault({}),
  serve: serveOptionsSchema.prefault({}),
});

const SECTION_NAMES = Object.keys(sectionsSchema.shape);

/**
 * Checks a config.
 *
 * @param value what the file exports
 * @param path of the file, for messages
 * @throws TradeAiError `CONFIG_INVALID` with the path of the wrong key, what was expected and what was found; an unknown
 *   key names the nearest right one
 */
export function parseConfig(value: unknown, path: string): WorkspaceConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TradeAiError('CONFIG_INVALID', `${path}: expected an object of options as the default export`, {
      hint: 'for example `export default { epochs: 30, hidden: 64 }`',
    });
  }
  const place: ConfigPlace = { path, trainNames: Object.keys(trainOptionsSchema.shape), sectionNames: SECTION_NAMES };
  const { train, sections } = separate(copyPlain(value, path) as PlainObject, place);
  const trainResult = trainPartSchema.safeParse(train);
  if (!trainResult.success) throw configError(trainResult.error, train, place);
  const result = sectionsSchema.safeParse(sections);
  if (!result.success) throw configError(result.error, sections, place);
  const { symbols, intervals, models, customFeatures, schedule, serve } = result.data;
  const columns = readColumns(result.data.columns, path);
  return {
    path,
    train,
    symbols: symbols.map((symbol, index) => at(`${path}: symbols[${index}]`, () => readSymbol(symbol))),
    intervals: intervals.map((interval, index) => at(`${path}: intervals[${index}]`, () => parseInterval(interval))),
    models: new Map(Object.entries(models).map(([name, part]) => [name, copyPlain(part, path) as PlainObject])),
    columns,
    customFeatures: readCustomFeatures(customFeatures, path),
    schedule,
    serve,
    given: new Set([...Object.keys(train), ...listPaths(sections)]),
  };
}

/** A config that says nothing. */
export function emptyConfig(): WorkspaceConfig {
  return { ...parseConfig({}, ''), path: '' };
}

/** Options of a training from the sections; `schedule` as text is the learning rate's. */
function separate(values: PlainObject, place: ConfigPlace): { train: PlainObject; sections: PlainObject } {
  const train: PlainObject = Object.create(null);
  const sections: PlainObject = Object.create(null);
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (key === 'schedule' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const { learningRate, ...section } = value as PlainObject;
      sections.schedule = section;
      if (learningRate !== undefined) train.schedule = learningRate;
    } else if (place.trainNames.includes(key as TrainOptionName)) train[key] = value;
    else if (SECTION_NAMES.includes(key)) sections[key] = value;
    else throw unknownKeyError([], key, place);
  }
  return { train, sections };
}

/** The columns, their symbols as they are spelled. */
function readColumns(given: readonly ColumnOptions[], path: string): ColumnOptions[] {
  const columns = given.map((column, index) => {
    const { symbol } = column;
    if (symbol === undefined) return column;
    return { ...column, symbol: at(`${path}: columns[${index}].symbol`, () => readSymbol(symbol)) };
  });
  const seen = new Set<string>();
  for (const [index, { name, symbol }] of columns.entries()) {
    const key = `${name} ${symbol ?? ''}`;
    if (seen.has(key)) {
      throw new TradeAiError('CONFIG_INVALID', `${path}: columns[${index}].name: column ${name} is declared twice`, {
        hint: 'give one of them another name, or each a symbol of its own',
      });
    }
    seen.add(key);
  }
  return columns;
}

function readCustomFeatures(values: readonly unknown[], path: string): CustomFeature[] {
  const names = new Set<string>();
  return values.map((value, index) => {
    const where = `${path}: customFeatures[${index}]`;
    if (typeof value !== 'object' || value === null) {
      throw new TradeAiError(
        'CONFIG_INVALID',
        `${where}: expected what defineFeature({ … }) returns, was ${typeof value}`,
      );
    }
    const feature = at(where, () => defineFeature(value as FeatureDefinition));
    if (isCatalogueName(feature.name) || names.has(feature.name)) {
      const why = names.has(feature.name) ? 'two features have this name' : 'the catalogue has a feature of this name';
      throw new TradeAiError('CONFIG_INVALID', `${where}: ${feature.name}: ${why}`, { hint: 'give it another name' });
    }
    names.add(feature.name);
    return feature;
  });
}

/** Runs a check and says where in the file its failure is. */
function at<Result>(where: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof TradeAiError)) throw error;
    throw new TradeAiError('CONFIG_INVALID', `${where}: ${error.message}`, { ...error.hintDetails, cause: error });
  }
}

function listPaths(values: PlainObject, prefix = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    const isNested = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isNested ? [path, ...listPaths(value as PlainObject, `${path}.`)] : [path];
  });
}
