/** The signal rule: a forecast becomes BUY or SELL only when it pays for its costs and is likely enough to be right. */

import type { Signal } from '../wire/vocabulary.js';

export interface SignalOptions {
  /** Fees and slippage of one side, in hundredths of a percent. */
  readonly costBpsPerSide: number;
  /** Smallest confidence that is acted on, 0.5 to 1. */
  readonly minimumConfidence: number;
}

export interface SignalDecision {
  readonly signal: Signal;
  /** Why, in words. */
  readonly reasons: readonly string[];
}

/**
 * Decides on one forecast.
 *
 * @param predictedChange as a fraction: 0.012 = +1.2 %
 */
export function decideSignal(predictedChange: number, confidence: number, options: SignalOptions): SignalDecision {
  const roundTrip = (2 * options.costBpsPerSide) / 10_000;
  const change = formatPercent(predictedChange);
  const reasons: string[] = [];
  if (Math.abs(predictedChange) <= roundTrip) {
    reasons.push(`expected ${change} is less than the ${formatPercent(roundTrip, false)} a round trip costs`);
  }
  if (confidence < options.minimumConfidence) {
    reasons.push(`confidence ${confidence.toFixed(3)} is below the threshold ${options.minimumConfidence}`);
  }
  if (reasons.length > 0) return { signal: 'HOLD', reasons };
  const signal = predictedChange > 0 ? 'BUY' : 'SELL';
  return {
    signal,
    reasons: [
      `expected ${change} exceeds the ${formatPercent(roundTrip, false)} a round trip costs, with confidence ${confidence.toFixed(3)}`,
    ],
  };
}

/** A fraction as percent with its sign: `+0.04 %`; more digits where two would show nothing. */
export function formatPercent(fraction: number, withSign = true, digits = percentDigits(fraction)): string {
  const percent = Math.abs(fraction * 100);
  const sign = fraction < 0 ? '−' : withSign ? '+' : '';
  return `${sign}${percent.toFixed(digits)} %`;
}

/** Digits that fractions beside each other need as percent. */
export function percentDigits(...fractions: readonly number[]): number {
  return fractions.some((fraction) => fraction !== 0 && Math.abs(100 * fraction) < 0.01) ? 4 : 2;
}
