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
