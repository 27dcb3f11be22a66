/** The shell of a command on a workspace that asks nothing and keeps what is printed. */

import { createColors } from 'picocolors';
import { composeWorkspace } from '../../src/app/workspace.js';
import type { Shell } from '../../src/cli/shell.js';
import type { Ports } from '../../src/ports/ports.js';

export interface RecordingShellOptions {
  readonly home: string;
  readonly isJson: boolean;
  readonly printed: string[];
  readonly noted?: string[];
  /** In the place of those of the workspace. */
  readonly ports?: Partial<Ports>;
}

export function openRecordingShell({ home, isJson, printed, noted = [], ports }: RecordingShellOptions): Shell {
  const colors = createColors(false);
  return {
    console: {
      printData: (text) => printed.push(text),
      printNote: (text) => noted.push(text),
      isTerminal: false,
      isLive: false,
      canAsk: false,
      columns: 80,
      colors,
      noteColors: colors,
      redraw: () => undefined,
      settle: () => undefined,
    },
    environment: {},
    workspace: composeWorkspace({ home, environment: {} }, { isCommandLine: true, ports }),
    isJson,
    signal: new AbortController().signal,
  };
}
