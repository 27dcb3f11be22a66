/**
 * Text on its way to a terminal. What is told may come from anywhere (a report, a file's name, a header, an exchange), and a
 * terminal obeys some characters instead of showing them: they can move the cursor, rename the window, or turn a line round.
 */

const SPELLED = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
/** The colours of this program after their escape character: bold, dim, red, green, yellow, and their ends. */
const COLOR = /^\[(?:1|2|22|31|32|33|39)m/;
const LONGEST_COLOR = 4;

export interface PrintableOptions {
  /** Whether the text is coloured already: the program's colours stay, whoever wrote them. */
  readonly keepsColors?: boolean;
}

/**
 * Spells control characters (C0, DEL, C1), those that change the direction of writing, and separators of lines and
 * paragraphs as JSON does; ends of lines stay. JSON stays the same document.
 *
 * @example printable('a\u202eb') // 'a\\u202eb'
 */
export function printable(text: string, { keepsColors = false }: PrintableOptions = {}): string {
  return text.replace(SPELLED, (character, position: number) => {
    if (character === '\n') return character;
    if (keepsColors && character === '\u001b' && COLOR.test(text.slice(position + 1, position + 1 + LONGEST_COLOR)))
      return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
