/** The command line inside of this process: much quicker than a process of its own, and its steps can be watched. */

import { CommanderError } from 'commander';
import { buildProgram } from '../../src/cli/program.js';

export interface Outcome {
  readonly status: number;
  readonly output: string;
}

const USAGE_STATUS = 2;

/** Runs `tradeai` with these arguments; what it prints goes into the outcome. */
export async function runHere(args: readonly string[]): Promise<Outcome> {
  const parts: string[] = [];
  const { stdout, stderr } = process;
  const [writeOut, writeError] = [stdout.write, stderr.write];
  const keep = (text: string | Uint8Array) => parts.push(String(text)) > 0;
  stdout.write = keep as typeof stdout.write;
  stderr.write = keep as typeof stderr.write;
  try {
    await buildProgram().parseAsync([process.execPath, 'tradeai', ...args]);
    return { status: Number(process.exitCode ?? 0), output: parts.join('') };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { status: error.exitCode === 0 ? 0 : USAGE_STATUS, output: parts.join('') };
  } finally {
    Object.assign(stdout, { write: writeOut });
    Object.assign(stderr, { write: writeError });
    process.exitCode = undefined;
  }
}
