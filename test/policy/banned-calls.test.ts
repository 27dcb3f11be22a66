import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../../src');
/** What turns data into code. */
const CODE_FROM_DATA =
  /\beval\b|\bFunction\s*\(|\bnew Function\b|['"](?:node:)?(?:vm|repl|inspector)['"]|\bimport\((?!\s*['"])|\brequire\((?!\s*['"])|\bcreateRequire\([^)]*\)\((?!\s*['"])|\bdlopen\b/;
/** Code that is loaded by a name: what its user wrote, and parts of the program; never anything beside a model. */
const KNOWN: Readonly<Record<string, string>> = {
  'app/workspace-config.ts': 'tradeai.config.ts of the workspace',
  'lstm/engines/native/binding.ts': 'the kernel for this processor, from the program’s own folder',
  'lstm/kernel-files.ts': 'the build of the kernel, from the program’s own folder',
  'sources/ccxt/exchange.ts': 'the package ccxt, when it is installed and asked for',
};
const COMMENTS = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g;

test('nothing that is read can become code', () => {
  const wrong = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:tsx?|m?js|html)$/.test(path) && !/\.test\.tsx?$/.test(path))
    .filter((path) => CODE_FROM_DATA.test(readFileSync(join(SOURCE, path), 'utf8').replace(COMMENTS, '')));
  expect(wrong.map((path) => path.replaceAll('\\', '/')).sort()).toEqual(Object.keys(KNOWN));
});

test.each([
  'eval(x)',
  '(0, eval)(x)',
  'new Worker(text, { eval: true })',
  'new Function("a")',
  'Function("a")()',
  'import vm from "node:vm"',
  'await import(name)',
  'await import(`./x.js`)',
  'require(name)',
  'createRequire(import.meta.url)(name)',
  'process.dlopen(module, name)',
])('%s would be found', (text) => expect(CODE_FROM_DATA.test(text)).toBe(true));

test('one file only starts processes, and they are the program’s own', () => {
  const starters = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:tsx?|m?js)$/.test(path) && !/\.test\.tsx?$/.test(path))
    .filter((path) => /child_process|['"]node:cluster['"]/.test(readFileSync(join(SOURCE, path), 'utf8')));
  expect(starters.map((path) => path.replaceAll('\\', '/'))).toEqual(['queue/training-process.ts']);
});
