import { TradeAiError } from '../core/errors.js';

export function isCorrupt(error: unknown): boolean {
  return error instanceof TradeAiError && error.code === 'MODEL_CORRUPT';
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
