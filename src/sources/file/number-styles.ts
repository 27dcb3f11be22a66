/**
 * The ways in which programs for people write numbers: `16,541.77`, `16.541,77`, `25.66K`. A file keeps to one of them,
 * which its prices and volumes decide together. Pure.
 */

import { TradeAiError } from '../../core/errors.js';
import { quoteText } from '../../duckdb/connection.js';

export interface NumberStyle {
  /** As a message calls it. */
  readonly name: string;
  /** A whole cell; the source of a regular expression, read alike by RE2 and JavaScript. */
  readonly pattern: string;
  /** Characters between groups of digits, a set of a regular expression. */
  readonly groups: string;
  readonly decimal: '.' | ',';
}

/** A blank, a no-break space, a narrow one, an apostrophe. */
const BLANKS = "[ \\x{A0}\\x{202F}']";
const wholeNumber = (group: string) => `\\d+|\\d{1,3}(?:${group}\\d{3})+|\\d{1,3}(?:${BLANKS}\\d{3})+`;

export const NUMBER_STYLES: readonly NumberStyle[] = [
  {
    name: 'decimal points',
    pattern: `[+-]?(?:(?:${wholeNumber(',')})(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?`,
    groups: "[, \\x{A0}\\x{202F}']",
    decimal: '.',
  },
  {
    name: 'decimal commas',
    pattern: `[+-]?(?:(?:${wholeNumber('\\.')})(?:,\\d*)?|,\\d+)(?:[eE][+-]?\\d+)?`,
    groups: "[. \\x{A0}\\x{202F}']",
    decimal: ',',
  },
];

/** Thousands, millions, billions, as `25.66K`. */
const UNIT = { pattern: '[KMBkmb]', exponents: { K: 'e3', M: 'e6', B: 'e9' } } as const;

/** Whether a cell is a number in any of the styles, with a unit or without. */
export function isStyledNumber(cell: string): boolean {
  return NUMBER_STYLES.some(({ pattern }) => toRegExp(`(?:${pattern})${UNIT.pattern}?`).test(cell));
}

export interface CellKind {
  /** Whether a unit may follow, as with volumes; a price with one has lost too much. */
  readonly hasUnit: boolean;
}

/** SQL that reads a cell; NULL for text that is no number of this style. */
export function numberSql(style: NumberStyle, cell: string, { hasUnit }: CellKind): string {
  const bare = `regexp_replace(${cell}, '${UNIT.pattern}$', '')`;
  const joined = `replace(regexp_replace(${bare}, ${quoteText(style.groups)}, '', 'g'), '${style.decimal}', '.')`;
  const exponents = Object.entries(UNIT.exponents).map(([unit, exponent]) => `WHEN '${unit}' THEN '${exponent}'`);
  // The unit becomes an exponent, so that 25.66K is the number nearest to 25660 and no product of roundings.
  const number = `${joined} || CASE upper(right(${cell}, 1)) ${exponents.join(' ')} ELSE '' END`;
  return `CASE WHEN ${fitsSql(style, cell, { hasUnit })} THEN TRY_CAST(${number} AS DOUBLE) END`;
}

/** SQL that says whether a cell is a number of this style. */
export function fitsSql({ pattern }: NumberStyle, cell: string, { hasUnit }: CellKind): string {
  return `regexp_full_match(${cell}, ${quoteText(`(?:${pattern})${hasUnit ? `${UNIT.pattern}?` : ''}`)})`;
}

/** SQL that says whether a cell ends in a unit. */
export function hasUnitSql(cell: string): string {
  return `regexp_matches(${cell}, '${UNIT.pattern}$')`;
}

/** A number that has two readings, for a message. */
export interface AmbiguousNumber {
  readonly cell: string;
  readonly readings: readonly number[];
}

/** What was counted of each style over all prices and volumes of a file. */
export interface StyleCount {
  readonly style: NumberStyle;
  /** Cells that are numbers of this style. */
  readonly cellCount: number;
  /** Rows whose prices are a candle when read in this style. */
  readonly candleCount: number;
}

/**
 * The style that reads most of the cells; of two that read the same, the one in which the rows are candles.
 *
 * `16,541` beside `16,541.77` is sixteen thousand, beside `16,54` it is sixteen and a half. Where every number is as open
 * as that, the neighbours may tell: a high of `1,002` cannot be below an open of `998`.
 *
 * @returns undefined where both readings are candles throughout
 */
export function chooseStyle(counts: readonly StyleCount[]): NumberStyle | undefined {
  const best = (of: readonly StyleCount[], key: 'cellCount' | 'candleCount') => {
    const most = Math.max(...of.map((count) => count[key]));
    return of.filter((count) => count[key] === most);
  };
  const [first, second] = best(best(counts, 'cellCount'), 'candleCount');
  return second === undefined ? first.style : undefined;
}

/** @param cell one that the two styles read differently */
export function ambiguousNumbers(fileName: string, { cell, readings }: AmbiguousNumber): TradeAiError {
  return new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: its numbers have two readings: ${JSON.stringify(cell)} is ${readings.join(' or ')}, and nothing else in the file tells which`,
    { hint: 'export it without separators between thousands and with decimal points: 16541 or 16.541' },
  );
}

/** `\x{A0}` is RE2's spelling; JavaScript writes `\u{A0}`. */
function toRegExp(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern.replaceAll('\\x{', '\\u{')})$`, 'u');
}
