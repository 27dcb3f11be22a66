/** Options from their four places: flags, environment, config file, defaults; the former go before the latter. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TradeAiError } from '../core/errors.js';
import { parseTrainOptions, type TrainOptions } from '../pipeline/train-options.js';
import type { FlagValues } from './flag-values.js';
import { flagOf, readFlagValue, TRAIN_FLAGS, variableOf } from './train-flags.js';

const CONFIG_FILES = ['tradeai.config.ts', 'tradeai.config.js', 'tradeai.config.mjs', 'tradeai.config.json'];

/**
 * The options of a training in force.
 *
 * @param flags only what was given on the command line
 * @throws TradeAiError `USAGE`, `CONFIG_INVALID`
 */
export async function readTrainOptions(
  flags: FlagValues,
  home: string,
  environment: NodeJS.ProcessEnv,
): Promise<TrainOptions> {
  const config = await readConfigFile(home);
  const fromEnvironment: Record<string, unknown> = {};
  const fromFlags: Record<string, unknown> = {};
  for (const definition of TRAIN_FLAGS) {
    const { name } = definition;
    const variable = environment[variableOf(name)];
    if (variable !== undefined) fromEnvironment[name] = readFlagValue(definition, variable, variableOf(name));
    const flag = flags[name];
    if (flag !== undefined) fromFlags[name] = readFlagValue(definition, flag, flagOf(name));
  }
  const spell = (name: string) => {
    if (name in fromFlags || !(name in fromEnvironment || name in config.options)) return flagOf(name);
    return name in fromEnvironment ? variableOf(name) : `${name} in ${config.path}`;
  };
  return parseTrainOptions({ ...config.options, ...fromEnvironment, ...fromFlags }, spell);
}

interface ConfigFile {
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Reads `tradeai.config.{ts,js,mjs,json}` of the workspace: an object of options, exported as default.
 *
 * @throws TradeAiError `CONFIG_INVALID`
 */
export async function readConfigFile(home: string): Promise<ConfigFile> {
  const path = CONFIG_FILES.map((name) => join(resolve(home), name)).find(existsSync);
  if (path === undefined) return { path: '', options: {} };
  let options: unknown;
  try {
    options = await importConfig(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TradeAiError('CONFIG_INVALID', `${path} cannot be read: ${reason}`, { cause });
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TradeAiError('CONFIG_INVALID', `${path}: expected an object of options as the default export`, {
      hint: 'for example `export default { epochs: 30, hidden: 64 }`',
    });
  }
  return { path, options: options as Record<string, unknown> };
}

async function importConfig(path: string): Promise<unknown> {
  if (path.endsWith('.json')) return JSON.parse(readFileSync(path, 'utf8'));
  if (!path.endsWith('.ts')) return (await import(pathToFileURL(path).href)).default;
  const { createJiti } = await import('jiti');
  return createJiti(import.meta.url).import(path, { default: true });
}
