/** Prices that no market made: those of a test network, or made up by a program. */

import type { PriceBreak } from './price-breaks.js';

export interface PlausibilityFigures {
  readonly missingShare: number;
  readonly zeroVolumeShare: number;
  readonly breaks: readonly PriceBreak[];
}

/** On a test network hardly anybody trades, so that half of the candles are missing or empty. */
const DEAD_SHARE = 0.5;

/**
 * Whether a series looks like that: mostly empty candles among missing ones, and a price that becomes another one while
 * nobody trades. Suspended and relisted pairs have the latter, but trade on both sides.
 */
export function looksImplausible({ missingShare, zeroVolumeShare, breaks }: PlausibilityFigures): boolean {
  return breaks.length > 0 && missingShare > DEAD_SHARE && zeroVolumeShare > DEAD_SHARE;
}
