/** Every value of a workspace that is in force, and where it comes from. */

import type { PlainObject } from '../core/plain-data.js';
import type { WorkspaceConfig } from './config.js';
import { type Environment, type GivenOptions, gatherOptions, type OptionPlaces } from './given-options.js';
import { parseTrainOptions, trainOptionsSchema } from './train-options.js';

/** One value in force and where it comes from. */
export interface Setting {
  /** As a path: `epochs`, `serve.port`. */
  readonly key: string;
  readonly value: unknown;
  /** `default`, a flag, a variable, or the path of the config. */
  readonly source: string;
}

const DEFAULT = 'default';
/** Stands for a symbol where nobody named one. */
const ANY_SYMBOL = 'ANY';

/**
 * Lists options of a training, sections of the config, and variables that hold secrets: whether they are set, never what
 * they hold.
 *
 * @param call options as a training would be given them
 * @param environment where the secrets stand
 * @throws TradeAiError what a training would say of the options, for each symbol of the config
 */
export function listSettings(call: object, places: OptionPlaces, environment: Environment): Setting[] {
  const { config, spell = (name) => name } = places;
  const given = gatherOptions(call, places);
  const listed = config.symbols.length > 0 ? config.symbols : [ANY_SYMBOL];
  for (const symbol of typeof given.values.symbol === 'string' ? [given.values.symbol] : listed) {
    parseTrainOptions({ ...given.values, symbol }, (name) => given.places.get(name) ?? spell(name), config);
  }
  return [...trainValues(given), ...sectionValues(config), ...variableValues(config, environment)];
}

function trainValues({ values, places }: GivenOptions): Setting[] {
  const defaults: PlainObject = { ...trainOptionsSchema.parse({ symbol: '-' }), symbol: undefined };
  return Object.keys(trainOptionsSchema.shape).map((key) => ({
    key,
    value: values[key] ?? defaults[key] ?? null,
    source: places.get(key) ?? DEFAULT,
  }));
}

function sectionValues(config: WorkspaceConfig): Setting[] {
  const { symbols, intervals, models, columns, customFeatures, schedule, serve } = config;
  const sourceOf = (key: string) => (config.given.has(key) ? `${key} in ${config.path}` : DEFAULT);
  const section = (name: string, values: object) =>
    Object.entries(values).map(([key, value]) => ({
      key: `${name}.${key}`,
      value,
      source: sourceOf(`${name}.${key}`),
    }));
  return [
    { key: 'symbols', value: symbols, source: sourceOf('symbols') },
    { key: 'intervals', value: intervals, source: sourceOf('intervals') },
    ...[...models].flatMap(([name, part]) => section(`models.${name}`, part)),
    { key: 'columns', value: columns, source: sourceOf('columns') },
    {
      key: 'customFeatures',
      value: customFeatures.map(({ name, warmUp, columns: used, sourceSha256 }) => ({
        name,
        warmUp,
        columns: used,
        sourceSha256,
      })),
      source: sourceOf('customFeatures'),
    },
    ...section('schedule', { retrain: null, ...schedule }),
    ...section('serve', {
      ...serve,
      webhooks: serve.webhooks.map((hook) => ({ ...hook, url: hideSecrets(hook.url) })),
    }),
  ];
}

/** Variables that hold secrets: whether they are set, never what they hold. */
function variableValues({ serve }: WorkspaceConfig, environment: Environment): Setting[] {
  const names = new Set([serve.tokenEnv, ...serve.webhooks.flatMap(({ secretEnv }) => secretEnv ?? [])]);
  return [...names].map((name) => ({
    key: name,
    value: environment[name] ? 'set (not shown)' : 'not set',
    source: 'environment',
  }));
}

/** The addresses of many webhooks are secrets themselves, in their path or their user part. */
function hideSecrets(url: string): string {
  return `${new URL(url).origin}/…`;
}
