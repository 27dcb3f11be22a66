/**
 * Standard output and standard error, whose readers may be gone before the program is, or not read on. Whatever happens
 * there decides nothing: a pager that was quit ends no training, a dead log collector no server.
 */

import type { Writable } from 'node:stream';

/** The streams of a process, and what ends it. */
export interface OutputProcess {
  readonly stdout: Writable;
  readonly stderr: Writable;
  exitCode?: number | string | null;
  exit(): void;
}

/** What the system says of a pipe or a socket without a reader. */
const GONE_CODES = new Set(['EPIPE', 'ECONNRESET']);
const FAILURE_STATUS = 1;
/** How long an interrupted process waits for those who read it. */
const LAST_WORDS_MS = 1_000;

/**
 * Takes what goes wrong at the output. A reader that is gone wanted no more, which is no failure; a result that found no
 * place, as on a full disk, is one.
 */
export function guardStandardStreams(owner: OutputProcess = process): void {
  owner.stderr.on('error', () => undefined);
  owner.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (GONE_CODES.has(error.code ?? '')) return;
    owner.exitCode ||= FAILURE_STATUS;
    owner.stderr.write(`error: the output cannot be written: ${error.message}\n`);
  });
}

/** Lets an interrupted process end though nobody reads what it has written: what is not read within a second is lost. */
export function endWithoutReaders(owner: OutputProcess = process): void {
  if (owner.stdout.writableLength + owner.stderr.writableLength === 0) return;
  setTimeout(() => owner.exit(), LAST_WORDS_MS).unref();
}
