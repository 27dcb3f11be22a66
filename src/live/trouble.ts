import { TradeAiError } from '../core/errors.js';

export function isCorrupt(error: unknown): boolean {
  return error instanceof TradeAiError && error.code === 'MODEL_CORRUPT';
}

/** Whether a version is refused for what it is: trying again is of no use. */
export function isRefusal(error: unknown): boolean {
  return error instanceof TradeAiError && error.kind === 'model';
}

export function isInterruption(error: unknown): boolean {
  return error instanceof TradeAiError && error.kind === 'interrupted';
}

export function rethrowInterruption(error: unknown): void {
  if (isInterruption(error)) throw error;
}

export function messageOf(error: unknown): string | undefined {
  return error instanceof Error ? error.message : error === undefined ? undefined : String(error);
}
