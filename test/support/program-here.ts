/**
 * The command line inside of this process: much quicker than a process of its own, and its steps can be watched. Signals,
 * closed pipes and what the system does with a process are for `runTradeAi` of built-program.
 */

import { CommanderError } from 'commander';
import { buildProgram } from '../../src/cli/program.js';
import { programEnvironment } from './built-program.js';

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams as they were written. */
  readonly output: string;
}

export interface HereOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const USAGE_STATUS = 2;

let isRunning = false;

/** Runs `tradeai` with these arguments, one call at a time: streams, environment and folder are those of the process. */
export async function runHere(
  args: readonly string[],
  { environment = {}, cwd = process.cwd() }: HereOptions = {},
): Promise<Outcome> {
  if (isRunning) throw new Error('expected the last command to have ended: two at once need runTradeAi');
  isRunning = true;
  const parts: { readonly stream: 'stdout' | 'stderr'; readonly text: string }[] = [];
  const restores = [takeWrites('stdout'), takeWrites('stderr'), takeEnvironment(programEnvironment(environment))];
  const formerFolder = process.cwd();
  if (cwd !== formerFolder) process.chdir(cwd);
  const textOf = (wanted?: string) =>
    parts.map(({ stream, text }) => (wanted === undefined || stream === wanted ? text : '')).join('');
  const outcomeOf = (status: number): Outcome => ({
    status,
    stdout: textOf('stdout'),
    stderr: textOf('stderr'),
    output: textOf(),
  });
  try {
    await buildProgram().parseAsync([process.execPath, 'tradeai', ...args]);
    return outcomeOf(Number(process.exitCode ?? 0));
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return outcomeOf(error.exitCode === 0 ? 0 : USAGE_STATUS);
  } finally {
    for (const restore of restores) restore();
    if (cwd !== formerFolder) process.chdir(formerFolder);
    process.exitCode = undefined;
    isRunning = false;
  }

  function takeWrites(name: 'stdout' | 'stderr'): () => void {
    const stream = process[name];
    const { write } = stream;
    stream.write = ((text: string | Uint8Array) =>
      parts.push({ stream: name, text: String(text) }) > 0) as typeof write;
    return () => {
      stream.write = write;
    };
  }
}

/** Changes the environment of the process; what is returned puts it back. */
function takeEnvironment(wanted: NodeJS.ProcessEnv): () => void {
  const former = { ...process.env };
  Object.assign(process.env, wanted);
  return () => {
    for (const name of Object.keys(wanted)) delete process.env[name];
    Object.assign(process.env, former);
  };
}
