import { TradeAiError } from '../core/errors.js';
import { ENGINE_CHOICES, type EngineChoice } from '../pipeline/train-options.js';

/** Reads `--engine`. @throws TradeAiError `USAGE` */
export function readEngineFlag(text: string | boolean | undefined): EngineChoice | undefined {
  if (text === undefined) return undefined;
  const choice = ENGINE_CHOICES.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw new TradeAiError(
    'USAGE',
    `--engine: expected one of ${ENGINE_CHOICES.join(', ')}, was ${JSON.stringify(text)}`,
  );
}
