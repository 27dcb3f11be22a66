/** The terminal: data on stdout, everything else on stderr; colours and live lines only where a person looks. */

import { createColors } from 'picocolors';
import { plain } from '../text/sentences.js';

export type Colors = ReturnType<typeof createColors>;

export interface Console {
  /** The result: one JSON document, or text. */
  printData(text: string): void;
  /** News, warnings and progress. */
  printNote(text: string): void;
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
  let drawnLines = 0;
  return {
    isLive: Boolean(stderr.isTTY) && !isContinuousIntegration && environment.TERM !== 'dumb',
    canAsk: Boolean(stdin.isTTY && stdout.isTTY) && !isContinuousIntegration,
    get columns() {
      return stderr.columns || 80;
    },
    colors: createColors(Boolean(stdout.isTTY) && !isPlain),
    noteColors: createColors(Boolean(stderr.isTTY) && !isPlain),
    printData: (text) => void stdout.write(`${text}\n`),
    printNote: (text) => void stderr.write(`${plain(text)}\n`),
    redraw(lines) {
      // Up to the first line drawn, and clear from there to the end of the screen.
      const erase = drawnLines > 0 ? `\x1b[${drawnLines}A\x1b[0J` : '';
      stderr.write(`${erase}${lines.map((line) => `${plain(line)}\n`).join('')}`);
      drawnLines = lines.length;
    },
    settle() {
      drawnLines = 0;
    },
  };
}
