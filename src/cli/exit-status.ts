import { type ErrorKind, TradeAiError } from '../core/errors.js';

const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  failure: 1,
  usage: 2,
  'not-found': 3,
  data: 4,
  model: 5,
  exchange: 6,
  interrupted: 130,
};

export function exitStatusOf(error: unknown): number {
  return error instanceof TradeAiError ? STATUS_OF_KIND[error.kind] : 1;
}

/** An error as `--json` prints it. */
export function describeError(error: unknown): { code: string; message: string; hint: string | null } {
  if (error instanceof TradeAiError) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), hint: null };
}
