/**
 * The ways in which programs for people write numbers: `16,541.77`, `16.541,77`, `25.66K`. A file keeps to one of them,
 * which its prices and volumes decide together. Pure.
 */

import { TradeAiError } from '../../core/errors.js';
import { quoteText } from '../../duckdb/connection.js';

export interface NumberStyle {
  /** A whole cell; the source of a regular expression, read alike by RE2 and JavaScript. */
  readonly pattern: string;
  /** Characters that may stand between groups of digits. */
  readonly groups: string;
  readonly decimal: '.' | ',';
}

/** A blank, a no-break space, a narrow one, an apostrophe. */
const BLANK_LETTERS = " \u00a0\u202f'";
const wholeNumber = (group: string) => `\\d+|\\d{1,3}(?:${group}\\d{3})+|\\d{1,3}(?:[${BLANK_LETTERS}]\\d{3})+`;

export const NUMBER_STYLES: readonly NumberStyle[] = [
  {
    pattern: `[+-]?(?:(?:${wholeNumber(',')})(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?`,
    groups: `,${BLANK_LETTERS}`,
    decimal: '.',
  },
  {
    pattern: `[+-]?(?:(?:${wholeNumber('\\.')})(?:,\\d*)?|,\\d+)(?:[eE][+-]?\\d+)?`,
    groups: `.${BLANK_LETTERS}`,
    decimal: ',',
  },
];

/** Thousands, millions, billions, as `25.66K`. */
const UNIT = {
  pattern: '[KMBkmb]',
  exponents: [
    ['K', 'e3'],
    ['M', 'e6'],
    ['B', 'e9'],
  ],
} as const;

/** Whether a cell is a number in any of the styles, with a unit or without. */
export function isStyledNumber(cell: string): boolean {
  return NUMBER_STYLES.some(({ pattern }) => new RegExp(`^(?:${pattern})${UNIT.pattern}?$`).test(cell));
}

export interface CellKind {
  /** Whether a unit may follow, as with volumes; a price with one has lost too much. */
  readonly hasUnit: boolean;
}

/** SQL that reads a cell; NULL for text that is no number of this style. */
export function numberSql(style: NumberStyle, cell: string, { hasUnit }: CellKind): string {
  const plain = `translate(${cell}, ${quoteText(style.decimal + style.groups)}, '.')`;
  // The unit becomes an exponent, so that 25.66K is the number nearest to 25660 and no product of roundings.
  const number = hasUnit
    ? UNIT.exponents.reduce((text, [unit, exponent]) => `replace(${text}, '${unit}', '${exponent}')`, `upper(${plain})`)
    : plain;
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

/** The styles that have the highest count. */
export function bestStyles(styles: readonly NumberStyle[], counts: readonly number[]): NumberStyle[] {
  const most = Math.max(...counts);
  return styles.filter((_, at) => counts[at] === most);
}

/** @param cell one that the two styles read differently */
export function ambiguousNumbers(fileName: string, { cell, readings }: AmbiguousNumber): TradeAiError {
  return new TradeAiError(
    'CANDLE_VALUE_INVALID',
    `${fileName}: its numbers have two readings: ${JSON.stringify(cell)} is ${readings.join(' or ')}, and nothing else in the file tells which`,
    { hint: 'export it without separators between thousands and with decimal points: 16541 or 16.541' },
  );
}
