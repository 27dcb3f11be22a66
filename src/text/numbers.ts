/**
 * Numbers as people read them, on the command line and on pages: a true minus, thousands, no-break spaces before units,
 * `–` for what is not known. What rounds to zero has no sign, and what may not look like nothing has the digits it needs.
 */

/** Numbers are written the English way, as the words around them are. */
const LOCALE = 'en-GB';
export const SPACE = '\u00a0';
export const MISSING = '–';

const fixedFormats = new Map<string, Intl.NumberFormat>();

/** `0.054`; with `isSigned` `+0.054`. */
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

export function formatSigned(value: number | null, digits: number): string {
  return formatNumber(value, digits, { isSigned: true });
}

export function formatCount(value: number): string {
  return formatNumber(value, 0);
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

/** A change of price, or a return: `+1.20 %`; with the digits of `changeDigits`, `+0.0031 %`. */
export function formatChange(fraction: number | null, digits = 2): string {
  return formatPercent(fraction, digits, { isSigned: true });
}

/** Two changes as a range: `−0.94 to +0.89 %`. */
export function formatChangeRange(range: readonly [number, number], digits = changeDigits(...range)): string {
  return `${formatSigned(100 * range[0], digits)} to ${formatChange(range[1], digits)}`;
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

/** R² as percent: three digits, one where it is far from zero, as a forecast on the wrong scale has it. */
export function formatR2(value: number | null): string {
  return formatChange(value, value !== null && Math.abs(value) >= 0.1 ? 1 : 3);
}

/** A chance: `0.042`, and `< 0.001` for what is smaller: no chance is nothing. */
export function formatChance(value: number | null): string {
  return value !== null && value < 0.001 ? `<${SPACE}0.001` : formatNumber(value, 3);
}

/** Enough digits to tell neighbouring prices apart: `97,123.45`, `3.142`, `0.00001234`. */
export function formatPrice(price: number | null): string {
  return formatNumber(price, price === null ? 0 : priceDigits(price));
}

/** What `Intl` can write behind the point on every Node and browser. */
const MAXIMUM_DIGITS = 20;

/** Digits behind the point of a price: two from a hundred on, else four figures in all. */
export function priceDigits(price: number): number {
  const size = Math.abs(price);
  if (size >= 100 || size === 0) return 2;
  return Math.min(MAXIMUM_DIGITS, 3 - Math.floor(Math.log10(size)));
}

const stepFormat = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 14 });

/** A step that prices move in, with every digit it has: `0.01`, `0.0000025`. */
export function formatStep(size: number): string {
  return stepFormat.format(size);
}

/** A cost in hundredths of a percent: `10 bps`, `15.8 bps`. */
export function formatBps(value: number | null): string {
  if (value === null) return MISSING;
  return `${formatNumber(value, Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1)}${SPACE}bps`;
}

/** `−0.004 to 0.051`. */
export function formatRange(range: readonly [number, number] | null, format: (bound: number) => string): string {
  return range === null ? MISSING : `${format(range[0])} to ${format(range[1])}`;
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
