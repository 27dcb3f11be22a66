/** Figures, times and lists within sentences, such as findings and reasons: plain spaces, and as many digits as matter. */

import { formatChance, formatCount, SPACE } from './numbers.js';

/** With plain spaces for no-break ones: for terminals, where text is searched and copied. */
export function plain(text: string): string {
  return text.replaceAll(SPACE, ' ');
}

/** A number to three digits; an exponent only where the number is very small. */
export function figure(value: number): string {
  const size = Math.abs(value);
  const text =
    size !== 0 && size < 1e-4
      ? size.toExponential(1)
      : size >= 999.5
        ? formatCount(size)
        : `${Number(size.toPrecision(3))}`;
  return value < 0 ? `-${text}` : text;
}

/** A fraction as percent, to three digits: `4.21 %`. */
export function percent(fraction: number): string {
  return `${figure(100 * fraction)} %`;
}

/** A loss over that of predicting no change: the interesting digits come late. */
export function ratio(value: number): string {
  return value.toFixed(4);
}

/** `1 candle`, `2,000 candles`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A p-value by its name: `p = 0.031`, `p < 0.001`. */
export function formatPValue(value: number): string {
  const chance = plain(formatChance(value));
  return chance.startsWith('<') ? `p ${chance}` : `p = ${chance}`;
}

const NAMES_SHOWN = 4;

/** `a, b, c, d and 3 more` */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}

/** `2024-01-31 12:00 UTC`, with seconds where the time has some. */
export function utcTime(timeMs: number): string {
  const time = new Date(timeMs);
  // A row that was set aside may carry anything as its time.
  if (Number.isNaN(time.getTime())) return `time ${timeMs}`;
  const text = time.toISOString().replace('T', ' ');
  return `${timeMs % 60_000 === 0 ? text.slice(0, 16) : text.slice(0, 23).replace(/\.000$/, '')} UTC`;
}

/** A text as a sentence: with a full stop, and a capital unless it begins with a name such as `api.binance.com`. */
export function makeSentence(text: string): string {
  const begun = /^[a-z]+(?=[\s,:;]|$)/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
