/** Options from their four places: flags, environment, config file, defaults; the former go before the latter. */

import { readWorkspaceConfig } from '../app/workspace-config.js';
import { TradeAiError } from '../core/errors.js';
import { mergePlain, type PlainObject } from '../core/plain-data.js';
import { parseInterval } from '../market/interval.js';
import type { WorkspaceConfig } from '../options/config.js';
import {
  DEFAULT_INTERVAL,
  modelNameOf,
  parseTrainOptions,
  type TrainOptionName,
  type TrainOptions,
} from '../options/train-options.js';
import type { FlagValues } from './flag-values.js';
import { flagOf, readFlagValue, TRAIN_FLAGS, variableOf } from './train-flags.js';

/** The options that somebody gave, each with where it was given: `--lr`, `TRADEAI_LR`, `lr in …/tradeai.config.ts`. */
export interface GivenOptions {
  readonly values: Readonly<PlainObject>;
  readonly places: ReadonlyMap<string, string>;
}

/**
 * The options of a training in force.
 *
 * @param flags only what was given on the command line
 * @param verb that needs them, for messages
 * @throws TradeAiError `USAGE`, `CONFIG_INVALID`
 */
export async function readTrainOptions(
  flags: FlagValues,
  home: string,
  environment: NodeJS.ProcessEnv,
  verb = 'train',
): Promise<TrainOptions> {
  const config = await readWorkspaceConfig(home);
  const given = gatherOptions(flags, environment, config);
  if (given.values.symbol === undefined) {
    const { symbols } = config;
    throw new TradeAiError('USAGE', `${verb} needs a symbol`, {
      hint: `for example \`tradeai ${verb} --symbol ${symbols[0] ?? 'BTCUSDT'}\`${symbols.length > 1 ? `; the config names ${symbols.join(', ')}` : ''}`,
    });
  }
  return parseTrainOptions(given.values, (name) => given.places.get(name) ?? flagOf(name), config);
}

/** What flags, environment and config give, merged. The one symbol of a config is taken where none is named. */
export function gatherOptions(
  flags: FlagValues,
  environment: NodeJS.ProcessEnv,
  config: WorkspaceConfig,
): GivenOptions {
  const fromEnvironment: PlainObject = Object.create(null);
  const fromFlags: PlainObject = Object.create(null);
  for (const definition of TRAIN_FLAGS) {
    const { name } = definition;
    const variable = environment[variableOf(name)];
    if (variable !== undefined) fromEnvironment[name] = readFlagValue(definition, variable, variableOf(name));
    const flag = flags[name];
    if (flag !== undefined) fromFlags[name] = readFlagValue(definition, flag, flagOf(name));
  }
  const only: PlainObject = config.symbols.length === 1 ? { symbol: config.symbols[0] } : {};
  const general = mergePlain(only, config.train, fromEnvironment, fromFlags);
  const model = nameOf(general);
  const ofModel = (model === undefined ? undefined : config.models.get(model)) ?? {};
  const places = new Map<string, string>();
  const note = (part: Readonly<PlainObject>, spell: (name: TrainOptionName) => string) => {
    for (const name of Object.keys(part)) places.set(name, spell(name as TrainOptionName));
  };
  note(only, () => `symbols in ${config.path}`);
  note(config.train, (name) => `${name} in ${config.path}`);
  note(ofModel, (name) => `models.${model}.${name} in ${config.path}`);
  note(fromEnvironment, variableOf);
  note(fromFlags, flagOf);
  return { values: mergePlain(only, config.train, ofModel, fromEnvironment, fromFlags), places };
}

/** The model that options speak of, where they are whole enough to tell. */
function nameOf({ symbol, interval, name }: PlainObject): string | undefined {
  if (typeof name === 'string') return name;
  if (typeof symbol !== 'string') return undefined;
  return modelNameOf(symbol, interval === undefined ? DEFAULT_INTERVAL : parseInterval(String(interval)));
}
