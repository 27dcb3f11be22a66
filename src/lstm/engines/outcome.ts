import { TradeAiError } from '../../core/errors.js';

/** How a call into the kernel ended; the numbers are those of `Outcome` in kernel/native-network.h. */
export const OUTCOME = { done: 0, cancelled: 1, diverged: 2 } as const;

/** @throws TradeAiError `INTERRUPTED` or `TRAINING_DIVERGED` */
export function throwUnlessDone(outcome: number): void {
  if (outcome === OUTCOME.cancelled) throw new TradeAiError('INTERRUPTED', 'interrupted');
  if (outcome === OUTCOME.diverged) {
    throw new TradeAiError('TRAINING_DIVERGED', 'expected a finite training loss, was not', {
      commandHint: 'lower --lr, or clip the gradient',
    });
  }
}
