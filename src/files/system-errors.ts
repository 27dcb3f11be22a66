/** The file system's refusals, in words: what was wanted, what the system said, what to do. */

import { TradeAiError } from '../core/errors.js';

const WRITE_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space and run the command again',
  EDQUOT: 'the disk quota is used up: free some space and run the command again',
  EFBIG: 'the file is larger than this system allows: raise `ulimit -f`',
  EROFS: 'the file system is read-only: choose another folder with --home',
  EACCES: 'give yourself write permission there, or choose another folder with --home',
  EPERM: 'give yourself write permission there, or choose another folder with --home',
  EMFILE: 'too many files are open: raise `ulimit -n`',
  ENFILE: 'too many files are open on this machine: close some programs',
  ENOTDIR: 'a file stands where a folder is needed: move it away, or choose another folder with --home',
  EEXIST: 'a file stands where a folder is needed: move it away, or choose another folder with --home',
  EISDIR: 'a folder stands where a file is needed: move it away',
  EIO: 'the disk reports an error: check it before going on',
};

/** The `errno` name of a system error, such as `ENOENT`; `undefined` for anything else. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Turns a system error met while writing `path` into `STORAGE_UNWRITABLE`; anything else is returned as it is. */
export function toWriteError(path: string, error: unknown): unknown {
  const code = systemCodeOf(error);
  if (code === undefined) return error;
  return new TradeAiError('STORAGE_UNWRITABLE', `cannot write ${path}: ${(error as Error).message}`, {
    commandHint: WRITE_HINTS[code] ?? 'check the folder, or choose another one with --home',
    cause: error,
  });
}

/** Turns a system error met while reading `path` into `STORAGE_UNREADABLE`; anything else is returned as it is. */
export function toReadError(path: string, error: unknown): unknown {
  if (systemCodeOf(error) === undefined) return error;
  return new TradeAiError('STORAGE_UNREADABLE', `cannot read ${path}: ${(error as Error).message}`, {
    commandHint: 'check that the folder exists and that you may read it, or choose another one with --home',
    cause: error,
  });
}
