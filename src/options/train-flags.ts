/** The flags of `train`, and the variables of the same meaning, made from the options. */

import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import type { PlainObject } from '../core/plain-data.js';
import {
  OPTION_GROUPS,
  OPTION_HELP,
  type OptionGroupName,
  type OptionHelp,
  type TrainOptionName,
} from './option-groups.js';

export interface FlagDefinition extends OptionHelp {
  readonly name: TrainOptionName;
  readonly group: OptionGroupName;
  readonly kind: 'text' | 'number' | 'list' | 'switch';
}

/** In the order of the groups. */
export const TRAIN_FLAGS: readonly FlagDefinition[] = Object.entries(OPTION_GROUPS).flatMap(([group, schema]) => {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries<z.ZodType>(schema.shape).map(([name, option]) => ({
    ...OPTION_HELP.get(option)!,
    name: name as TrainOptionName,
    group: group as OptionGroupName,
    kind: kindOf(properties[name]),
  }));
});

function kindOf(schema: z.core.JSONSchema._JSONSchema): FlagDefinition['kind'] {
  switch (typeof schema === 'object' ? schema.type : undefined) {
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'switch';
    case 'array':
      return 'list';
    default:
      return 'text';
  }
}

/** How an option is called on the command line: `maxGap` is `--max-gap`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** How an option is called in the environment: `maxGap` is `TRADEAI_MAX_GAP`. */
export function variableOf(name: string): string {
  return `TRADEAI_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

const NUMBER_PATTERN = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads the text of a flag or a variable.
 *
 * @param where how the option was called, for the message
 * @throws TradeAiError `USAGE` for text where a number is expected
 */
export function readFlagValue(definition: FlagDefinition, text: string | boolean, where: string): unknown {
  if (typeof text === 'boolean') return text;
  switch (definition.kind) {
    case 'text':
      return text;
    case 'list':
      return text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '');
    case 'switch':
      if (['1', 'true', 'yes'].includes(text)) return true;
      if (['0', 'false', 'no', ''].includes(text)) return false;
      throw new TradeAiError('USAGE', `${where}: expected true or false, was ${JSON.stringify(text)}`);
    case 'number':
      if (NUMBER_PATTERN.test(text)) return Number(text);
      throw new TradeAiError('USAGE', `${where}: expected a number, was ${JSON.stringify(text)}`);
    default:
      return definition.kind satisfies never;
  }
}

/**
 * Reads all of these flags that were given.
 *
 * @param flags by option name: text, `true` for a switch
 * @throws TradeAiError `USAGE`
 */
export function readTrainFlags(flags: Readonly<Record<string, string | boolean | undefined>>): PlainObject {
  return readAll((name) => flags[name], flagOf);
}

/** Reads the variables of the environment that stand for options. @throws TradeAiError `USAGE` */
export function readTrainVariables(environment: Readonly<Record<string, string | undefined>>): PlainObject {
  return readAll((name) => environment[variableOf(name)], variableOf);
}

function readAll(
  find: (name: TrainOptionName) => string | boolean | undefined,
  spell: (name: string) => string,
): PlainObject {
  const values: PlainObject = Object.create(null);
  for (const definition of TRAIN_FLAGS) {
    const text = find(definition.name);
    if (text !== undefined) values[definition.name] = readFlagValue(definition, text, spell(definition.name));
  }
  return values;
}
