/** Numbers as the report writes them: a true minus, no-break spaces, `–` for what is not defined. */

const SPACE = '\u00a0';
const MISSING = '–';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function formatCount(value: number): string {
  return withSign(Math.round(value), Math.round(Math.abs(value)).toLocaleString('en-US'), false);
}

export function formatNumber(value: number | null, digits: number): string {
  return value === null ? MISSING : withSign(value, Math.abs(value).toFixed(digits), false);
}

export function formatSigned(value: number | null, digits: number): string {
  return value === null ? MISSING : withSign(value, Math.abs(value).toFixed(digits), true);
}

/** A fraction as percent: 0.521 is `52.1 %`. */
export function formatPercent(fraction: number | null, digits = 1): string {
  return fraction === null ? MISSING : `${formatNumber(100 * fraction, digits)}${SPACE}%`;
}

export function formatSignedPercent(fraction: number | null, digits = 1): string {
  return fraction === null ? MISSING : `${formatSigned(100 * fraction, digits)}${SPACE}%`;
}

/** R² as percent: three digits, one where it is far from zero, as a forecast on the wrong scale has it. */
export function formatR2(value: number | null): string {
  return formatSignedPercent(value, value !== null && Math.abs(value) >= 0.1 ? 1 : 3);
}

/** A cost in hundredths of a percent. */
export function formatBps(value: number | null): string {
  return value === null
    ? MISSING
    : `${formatNumber(value, Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1)}${SPACE}bps`;
}

/** `−0.004 to 0.051`. */
export function formatRange(range: readonly [number, number] | null, format: (bound: number) => string): string {
  return range === null ? MISSING : `${format(range[0])} to ${format(range[1])}`;
}

/** `19 Feb 2026`, UTC. */
export function formatDay(timeMs: number): string {
  const time = new Date(timeMs);
  return [time.getUTCDate(), MONTHS[time.getUTCMonth()], time.getUTCFullYear()].join(SPACE);
}

/** `19 Feb 2026, 03:00`, UTC. */
export function formatTime(timeMs: number): string {
  return `${formatDay(timeMs)}, ${new Date(timeMs).toISOString().slice(11, 16)}`;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (seconds < 10) return `${formatNumber(seconds, 1)}${SPACE}s`;
  if (whole < 60) return `${whole}${SPACE}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${SPACE}min ${whole % 60}${SPACE}s`;
  return `${Math.floor(whole / 3600)}${SPACE}h ${Math.floor((whole % 3600) / 60)}${SPACE}min`;
}

/** A text as a sentence: with a capital and a full stop. */
export function makeSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** `1 fold`, `4 folds`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** No sign on what rounds to zero: `−0.000` says nothing. */
function withSign(value: number, digits: string, always: boolean): string {
  if (!/[1-9]/.test(digits)) return digits;
  if (value < 0) return `−${digits}`;
  return always ? `+${digits}` : digits;
}
