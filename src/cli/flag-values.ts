/** Flags that are not options of a training, from what commander parsed to what they mean; absent ones stay `undefined`. */

import { TradeAiError } from '../core/errors.js';
import { ENGINE_CHOICES, type EngineChoice } from '../options/train-options.js';

/** What commander parsed, by option name. */
export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

type FlagValue = FlagValues[string];

export function readText(value: FlagValue): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** @throws TradeAiError `USAGE` for anything but a positive whole number */
export function readWholeNumber(value: string | boolean, where: string): number;
export function readWholeNumber(value: FlagValue, where: string): number | undefined;
export function readWholeNumber(value: FlagValue, where: string): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(String(value)) && number > 0 && Number.isSafeInteger(number)) return number;
  throw new TradeAiError('USAGE', `${where}: expected a whole number from 1, was ${JSON.stringify(value)}`);
}

/** Reads `--engine`. @throws TradeAiError `USAGE` */
export function readEngine(value: FlagValue): EngineChoice | undefined {
  if (value === undefined) return undefined;
  const choice = ENGINE_CHOICES.find((known) => known === value);
  if (choice !== undefined) return choice;
  throw new TradeAiError(
    'USAGE',
    `--engine: expected one of ${ENGINE_CHOICES.join(', ')}, was ${JSON.stringify(value)}`,
  );
}
