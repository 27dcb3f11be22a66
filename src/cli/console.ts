/** The terminal: data on stdout, everything else on stderr; colours and live lines only where a person looks. */

import { createColors } from 'picocolors';
import { printable } from '../text/printable.js';
import { plain } from '../text/sentences.js';

export type Colors = ReturnType<typeof createColors>;

export interface Console {
  /** The result: one JSON document, or text. */
  printData(text: string): void;
  /** News, warnings and progress; further lines are indented, so that none passes for another note. */
  printNote(text: string): void;
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  /** Whether lines of stderr may be rewritten. */
  readonly isLive: boolean;
  /** Whether a question can be asked. */
  readonly canAsk: boolean;
  /** Columns of stderr. */
  readonly columns: number;
  /** For stdout. */
  readonly colors: Colors;
  /** For stderr. */
  readonly noteColors: Colors;
  /** Replaces the lines written last by this function, none erases them; for live terminals only. */
  redraw(lines: readonly string[]): void;
  /** Leaves the redrawn lines where they are. */
  settle(): void;
}

/** The console of this process. Honours NO_COLOR, CI and pipes. */
export function openConsole(environment: NodeJS.ProcessEnv = process.env): Console {
  const isPlain = Boolean(environment.NO_COLOR) || environment.TERM === 'dumb';
  const isContinuousIntegration = Boolean(environment.CI);
  const { stdout, stderr, stdin } = process;
  const colors = createColors(Boolean(stdout.isTTY) && !isPlain);
  const noteColors = createColors(Boolean(stderr.isTTY) && !isPlain);
  const printableNote = (text: string) => printable(plain(text), { keepsColors: noteColors.isColorSupported });
  let drawnLines = 0;
  return {
    isTerminal: Boolean(stderr.isTTY),
    isLive: Boolean(stderr.isTTY) && !isContinuousIntegration && environment.TERM !== 'dumb',
    canAsk: Boolean(stdin.isTTY && stdout.isTTY) && !isContinuousIntegration,
    get columns() {
      return stderr.columns || 80;
    },
    colors,
    noteColors,
    printData: (text) => void stdout.write(`${printable(text, { keepsColors: colors.isColorSupported })}\n`),
    printNote: (text) => void stderr.write(`${printableNote(text).replaceAll('\n', '\n  ')}\n`),
    redraw(lines) {
      // Up to the first line drawn, and clear from there to the end of the screen.
      const erase = drawnLines > 0 ? `\x1b[${drawnLines}A\x1b[0J` : '';
      stderr.write(`${erase}${lines.map((line) => `${printableNote(line)}\n`).join('')}`);
      drawnLines = lines.length;
    },
    settle() {
      drawnLines = 0;
    },
  };
}
