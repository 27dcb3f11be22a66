/** What a test does to the machine: every path that Node's file functions are given, every program that is started. */

import { createRequire, syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const PATHS_FIRST =
  'access appendFile chmod chown copyFile cp link lstat mkdir mkdtemp open opendir readFile readdir readlink realpath rename rm rmdir stat symlink truncate unlink utimes writeFile'.split(
    ' ',
  );
/** Their second argument is a path, too. */
const TWO_PATHS = new Set(['copyFile', 'cp', 'link', 'rename', 'symlink']);
const PROGRAMS = 'exec execFile execFileSync execSync fork spawn spawnSync'.split(' ');

type Functions = Record<string, (...args: unknown[]) => unknown>;

export interface SystemWatch {
  readonly paths: Set<string>;
  readonly programs: string[];
  stop(): void;
}

/** Puts a listener before the functions of `node:fs`, `node:fs/promises` and `node:child_process`, for this process. */
export function watchSystem(): SystemWatch {
  const paths = new Set<string>();
  const programs: string[] = [];
  const undo: (() => void)[] = [];
  const listen = (module: Functions, name: string, hear: (args: unknown[]) => void) => {
    const original = module[name];
    if (typeof original !== 'function') return;
    module[name] = Object.assign(function (this: unknown, ...args: unknown[]) {
      hear(args);
      return original.apply(this, args);
    }, original);
    undo.push(() => {
      module[name] = original;
    });
  };
  const note = (path: unknown) => {
    if (typeof path === 'string' || Buffer.isBuffer(path)) paths.add(String(path));
    else if (path instanceof URL) paths.add(fileURLToPath(path));
  };
  const fs = require('node:fs') as Functions & { promises: Functions };
  for (const name of PATHS_FIRST) {
    for (const [module, function_] of [
      [fs, name],
      [fs, `${name}Sync`],
      [fs.promises, name],
    ] as const) {
      listen(module, function_, (args) => {
        note(args[0]);
        if (TWO_PATHS.has(name)) note(args[1]);
      });
    }
  }
  const children = require('node:child_process') as Functions;
  for (const name of PROGRAMS) listen(children, name, ([program]) => programs.push(String(program)));
  syncBuiltinESMExports();
  return {
    paths,
    programs,
    stop() {
      for (const put of undo) put();
      syncBuiltinESMExports();
    },
  };
}
