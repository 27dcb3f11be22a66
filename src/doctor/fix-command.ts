/** Commands that a person can copy: the model's own options, with the values that are to change. */

import { DEFAULT_SOURCE, originOf } from '../market/candle-origin.js';
import type { ModelConfig } from '../options/model-config.js';
import { flagOf } from '../options/train-flags.js';
import {
  DEFAULT_INTERVAL,
  modelNameOf,
  type TrainOptionName,
  type TrainOptions,
  trainFlagsOf,
  trainOptionsSchema,
} from '../options/train-options.js';

/** What must be said once more for a command to mean the same workspace. */
export interface CommandPlace {
  /** The workspace, where it was named on the command line. */
  readonly home?: string;
}

/** Options with other values; `undefined` leaves one to its default. */
export type OptionChanges = { readonly [Name in TrainOptionName]?: TrainOptions[Name] | undefined };

/**
 * The training that made this model, with other values: every option that is not the default, so that nothing but the
 * change differs. An option that is given as `undefined` is left out.
 *
 * @example trainCommand(config, { lr: 5e-4 }) // 'tradeai train --symbol BTCUSDT --hidden 64 --lr 0.0005'
 */
export function trainCommand(config: ModelConfig, changes: OptionChanges = {}, place: CommandPlace = {}): string {
  const defaults: Record<string, unknown> = trainOptionsSchema.parse({ symbol: config.symbol });
  const wanted: Record<string, unknown> = { ...config, ...changes };
  const words = ['tradeai', 'train', '--symbol', config.symbol];
  for (const option of Object.keys(trainOptionsSchema.shape)) {
    const value = wanted[option];
    const isChanged = option in changes;
    if (value === undefined || option === 'symbol' || isImplied(option, config)) continue;
    if (!isChanged && String(value) === String(defaults[option])) continue;
    if (typeof value === 'boolean') {
      if (value) words.push(flagOf(option));
    } else {
      words.push(flagOf(option), Array.isArray(value) ? value.join(',') : String(value));
    }
  }
  return join(words, place);
}

/** Brings the stored candles of a model up to date. */
export function fetchCommand({ symbol, interval, source }: ModelConfig, place: CommandPlace = {}): string {
  const words = ['tradeai', 'data', 'fetch', '--symbol', symbol];
  if (interval !== DEFAULT_INTERVAL) words.push('--interval', interval);
  if (source !== DEFAULT_SOURCE && !originOf(source).isImported) words.push('--source', source);
  return join(words, place);
}

/** Any other verb. */
export function plainCommand(words: readonly string[], place: CommandPlace = {}): string {
  return join(['tradeai', ...words], place);
}

/** A training of a model of which nothing but its name can be read. */
export function trainByNameCommand(name: string, place: CommandPlace = {}): string {
  return join(['tradeai', 'train', ...trainFlagsOf(name)], place);
}

/** Whether `train` finds the value by itself, or must not have it. */
function isImplied(option: string, { symbol, interval, name, source, data }: ModelConfig): boolean {
  switch (option) {
    case 'name':
      return name === modelNameOf(symbol, interval);
    case 'interval':
      return interval === DEFAULT_INTERVAL;
    case 'warmStart':
      // it would go on from the very model that is to be mended
      return true;
    case 'source':
      return data !== undefined || source === DEFAULT_SOURCE;
    default:
      return false;
  }
}

function join(words: readonly string[], { home }: CommandPlace): string {
  return [...words, ...(home === undefined ? [] : ['--home', home])].map(quote).join(' ');
}

/** As a POSIX shell takes it for one word. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
