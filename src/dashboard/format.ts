/**
 * Numbers and times as the dashboard writes them: a true minus, no-break spaces before units, `–` for what is not known,
 * times in UTC. The page is in English, so is its `Intl`.
 */

const LOCALE = 'en-GB';
const SPACE = '\u00a0';
export const MISSING = '–';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Below this an age is now: clocks of browser and server are never nearer than that. */
const NOW_MS = 10_000;

const count = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const dayFormat = new Intl.DateTimeFormat(LOCALE, {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const MINUTES = { timeZone: 'UTC', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const;
const SECONDS = { ...MINUTES, second: '2-digit' } as const;
const YEAR = { year: 'numeric' } as const;
const timeFormats = {
  minute: new Intl.DateTimeFormat(LOCALE, MINUTES),
  second: new Intl.DateTimeFormat(LOCALE, SECONDS),
};
const fullTimeFormats = {
  minute: new Intl.DateTimeFormat(LOCALE, { ...MINUTES, ...YEAR }),
  second: new Intl.DateTimeFormat(LOCALE, { ...SECONDS, ...YEAR }),
};

/** The smallest unit of a time of the clock. */
export type Precision = 'minute' | 'second';

/** What tells neighbouring candles of an interval apart: candles of seconds need seconds. */
export function precisionOf(interval: string): Precision {
  return interval.endsWith('s') ? 'second' : 'minute';
}

const fixedFormats = new Map<string, Intl.NumberFormat>();

/** `0.054`; with `isSigned` `+0.054`. What rounds to zero has no sign. */
export function formatNumber(value: number | null, digits: number, { isSigned = false } = {}): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  const key = `${digits}${isSigned}`;
  let format = fixedFormats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALE, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: isSigned ? 'exceptZero' : 'negative',
    });
    fixedFormats.set(key, format);
  }
  return format.format(value).replace('-', '−');
}

export function formatCount(value: number): string {
  return count.format(value).replace('-', '−');
}

/** `1 fold`, `4 folds`. */
export function countOf(value: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(value)}${SPACE}${value === 1 ? noun : plural}`;
}

/** A fraction as percent: 0.521 is `52.1 %`. */
export function formatPercent(fraction: number | null, digits = 1, options: { isSigned?: boolean } = {}): string {
  const text = formatNumber(fraction === null ? null : 100 * fraction, digits, options);
  return text === MISSING ? text : `${text}${SPACE}%`;
}

/** A change of price: `+1.20 %`; with the digits of `changeDigits`, `+0.0031 %`. */
export function formatChange(fraction: number | null, digits = 2): string {
  return formatPercent(fraction, digits, { isSigned: true });
}

/** Two changes as a range: `−0.94 to +0.89 %`. */
export function formatChangeRange(range: readonly [number, number], digits = changeDigits(...range)): string {
  return `${formatNumber(100 * range[0], digits, { isSigned: true })} to ${formatChange(range[1], digits)}`;
}

/**
 * Digits behind the point for changes of this size in percent: two, four from a tenth of a percent down, six from a thousandth.
 * Figures that stand together take those of the largest, so that they line up and keep their width while they move.
 */
export function changeDigits(...fractions: readonly number[]): number {
  const percent = 100 * Math.max(...fractions.map(Math.abs));
  // What is nothing to a float needs no digits.
  if (!(percent > 1e-8)) return 2;
  return Math.max(2, Math.min(8, 2 - 2 * Math.floor((Math.log10(percent) + 1) / 2)));
}

/** A chance: `0.042`, and `< 0.001` for what is smaller: no chance is nothing. */
export function formatChance(value: number | null): string {
  return value !== null && value < 0.001 ? `<${SPACE}0.001` : formatNumber(value, 3);
}

/** Enough digits to tell neighbouring prices apart: `97,123.45`, `3.142`, `0.00001234`. */
export function formatPrice(price: number | null): string {
  return formatNumber(price, price === null ? 0 : priceDigits(price));
}

/** Digits behind the point of a price: two from a hundred on, else four figures in all. */
export function priceDigits(price: number): number {
  const size = Math.abs(price);
  if (size >= 100 || size === 0) return 2;
  return Math.min(10, 3 - Math.floor(Math.log10(size)));
}

/** `19 Feb 2026`, UTC. */
export function formatDay(timeMs: number): string {
  return dayFormat.format(timeMs).replaceAll(' ', SPACE);
}

/** `19 Feb 2026, 03:00 UTC`. */
export function formatTime(timeMs: number, precision: Precision = 'minute'): string {
  return `${formatLongTime(timeMs, precision)}${SPACE}UTC`;
}

/** `19 Feb 2026, 03:00`, where UTC is said elsewhere. */
export function formatLongTime(timeMs: number, precision: Precision = 'minute'): string {
  return fullTimeFormats[precision].format(timeMs).replaceAll(' ', SPACE);
}

/** `19 Feb, 03:00`, where UTC is said elsewhere. */
export function formatShortTime(timeMs: number, precision: Precision = 'minute'): string {
  return timeFormats[precision].format(timeMs).replaceAll(' ', SPACE);
}

/** The same without the day, where that is said: `03:00`. */
export function formatClock(timeMs: number, precision: Precision = 'minute'): string {
  return new Date(timeMs).toISOString().slice(11, precision === 'second' ? 19 : 16);
}

/** `45 s`, `12 min`, `3 h`, `5 d`: one unit, rounded down. */
export function formatSpan(spanMs: number): string {
  const size = Math.abs(spanMs);
  if (size < MINUTE_MS) return `${Math.floor(size / 1000)}${SPACE}s`;
  if (size < HOUR_MS) return `${Math.floor(size / MINUTE_MS)}${SPACE}min`;
  if (size < 2 * DAY_MS) return `${Math.floor(size / HOUR_MS)}${SPACE}h`;
  return `${Math.floor(size / DAY_MS)}${SPACE}d`;
}

/** `12 min ago`, `in 3 h`, `now`. */
export function formatAge(timeMs: number, nowMs: number): string {
  const spanMs = nowMs - timeMs;
  if (Math.abs(spanMs) < NOW_MS) return 'now';
  return spanMs > 0 ? `${formatSpan(spanMs)} ago` : `in${SPACE}${formatSpan(spanMs)}`;
}

/** How old something is, where `ago` is said elsewhere: `12 min`, `< 10 s`. */
export function formatShortAge(timeMs: number, nowMs: number): string {
  return nowMs - timeMs < NOW_MS ? `<${SPACE}${formatSpan(NOW_MS)}` : formatSpan(nowMs - timeMs);
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}${SPACE}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${SPACE}min ${whole % 60}${SPACE}s`;
  return `${Math.floor(whole / 3600)}${SPACE}h ${Math.floor((whole % 3600) / 60)}${SPACE}min`;
}

/** `812 B`, `4.2 kB`, `1.3 MB`. */
export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = sizeBytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${formatNumber(size, unit === 0 || size >= 100 ? 0 : 1)}${SPACE}${units[unit]}`;
}

/** A text of the server as a sentence: with a full stop, and a capital unless it begins with a name such as `api.binance.com`. */
export function makeSentence(text: string): string {
  const begun = /^[a-z]+(?=[\s,:;]|$)/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
