/** Numbers and lists in the sentences of a diagnosis. */

/** A fraction as percent, to three digits: `4.21 %`. */
export function percent(fraction: number): string {
  return `${figure(fraction * 100)} %`;
}

/** A number to three digits; an exponent only where the number is very small. */
export function figure(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(1);
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(rounded);
}

/** A loss over that of predicting no change: the interesting digits come late. */
export function ratio(value: number): string {
  return value.toFixed(4);
}

/** `1 candle`, `2,000 candles`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

const NAMES_SHOWN = 4;

/** `a, b, c, d and 3 more` */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}

/** UTC, to the minute. */
export function timeText(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
