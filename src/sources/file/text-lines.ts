/** The lines of a text that hold rows of data: how many there are, and where a row stands. Blank lines hold none. */

export interface TextLine {
  /** Counted from 1. */
  readonly lineNumber: number;
  readonly text: string;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Counts the rows; `skipLines` lines stand before the first one. */
export function countRows(text: Buffer, skipLines: number): number {
  let rows = 0;
  walkRows(text, skipLines, () => {
    rows += 1;
    return false;
  });
  return rows;
}

/**
 * Finds a row's line. Used for messages only, so it walks the text each time.
 *
 * @param skipLines lines before the first row of data
 * @param row the row, counted from 0
 */
export function locateRow(text: Buffer, skipLines: number, row: number): TextLine {
  let found: TextLine = { lineNumber: 0, text: '' };
  let rowsSeen = 0;
  walkRows(text, skipLines, (lineNumber, start, end) => {
    if (rowsSeen++ !== row) return false;
    found = { lineNumber, text: text.toString('utf8', start, end).trimEnd() };
    return true;
  });
  return found;
}

/** Visits the lines with rows until `visit` returns true. */
function walkRows(
  text: Buffer,
  skipLines: number,
  visit: (lineNumber: number, start: number, end: number) => boolean,
): void {
  const separator = text.includes(LINE_FEED) ? LINE_FEED : CARRIAGE_RETURN;
  let lineNumber = 0;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf(separator, start);
    const end = found < 0 ? text.length : found;
    lineNumber += 1;
    const isBlank = end === start || (end === start + 1 && text[start] === CARRIAGE_RETURN);
    if (lineNumber > skipLines && !isBlank && visit(lineNumber, start, end)) return;
    start = end + 1;
  }
}
