/** Options from their four places: the call, the environment, the config file, the defaults; the former go before the latter. */

import { TradeAiError } from '../core/errors.js';
import { mergePlain, type PlainObject } from '../core/plain-data.js';
import { parseInterval } from '../market/interval.js';
import type { WorkspaceConfig } from './config.js';
import { readTrainVariables, variableOf } from './train-flags.js';
import { DEFAULT_INTERVAL, modelNameOf, parseTrainOptions, type TrainOptions } from './train-options.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The places beside the call. */
export interface OptionPlaces {
  readonly config: WorkspaceConfig;
  /** Where `TRADEAI_…` variables stand for options; nowhere when absent. */
  readonly environment?: Environment;
  /** How the caller spells an option, for messages: `lr` is `--lr` on the command line. */
  readonly spell?: (name: string) => string;
}

/** The options that somebody gave, each with where it was given: `--lr`, `TRADEAI_LR`, `lr in …/tradeai.config.ts`. */
export interface GivenOptions {
  readonly values: Readonly<PlainObject>;
  readonly places: ReadonlyMap<string, string>;
}

/** What call, environment and config give, merged. The one symbol of a config is taken where none is named. */
export function gatherOptions(call: object, { config, environment = {}, spell = asItIs }: OptionPlaces): GivenOptions {
  const given = mergePlain(Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined)));
  const variables = readTrainVariables(environment);
  const only: PlainObject = config.symbols.length === 1 ? { symbol: config.symbols[0] } : {};
  const model = nameOf(mergePlain(only, config.train, variables, given));
  const ofModel = (model === undefined ? undefined : config.models.get(model)) ?? {};
  const layers: readonly [Readonly<PlainObject>, (name: string) => string][] = [
    [only, () => `symbols in ${config.path}`],
    [config.train, (name) => `${name} in ${config.path}`],
    [ofModel, (name) => `models.${model}.${name} in ${config.path}`],
    [variables, variableOf],
    [given, spell],
  ];
  const spelled = layers.flatMap(([values, spellIt]) =>
    Object.keys(values).map((name) => [name, spellIt(name)] as const),
  );
  return { values: mergePlain(...layers.map(([values]) => values)), places: new Map(spelled) };
}

/**
 * The options of a training in force.
 *
 * @param call only what was given there
 * @param verb that needs them, for messages
 * @throws TradeAiError `USAGE`, `CONFIG_INVALID`, `INTERVAL_INVALID`, `FEATURE_UNKNOWN`, `NAME_INVALID`
 */
export function readTrainOptions(call: object, places: OptionPlaces, verb = 'train'): TrainOptions {
  const { config, spell = asItIs } = places;
  const given = gatherOptions(call, places);
  if (given.values.symbol === undefined) {
    const { symbols } = config;
    throw new TradeAiError('USAGE', `${verb} needs a symbol`, {
      commandHint: `for example \`tradeai ${verb} --symbol ${symbols[0] ?? 'BTCUSDT'}\`${symbols.length > 1 ? `; the config names ${symbols.join(', ')}${verb === 'train' ? ', `tradeai train --all` trains them all' : ''}` : ''}`,
    });
  }
  return parseTrainOptions(given.values, (name) => given.places.get(name) ?? spell(name), config);
}

/** The model that options speak of, where they are whole enough to tell. */
function nameOf({ symbol, interval, name }: PlainObject): string | undefined {
  if (typeof name === 'string') return name;
  if (typeof symbol !== 'string') return undefined;
  return modelNameOf(symbol, interval === undefined ? DEFAULT_INTERVAL : parseInterval(String(interval)));
}

function asItIs(name: string): string {
  return name;
}
