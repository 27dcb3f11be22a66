/** What every source file of this repository keeps to. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../../src');
const MOST_FIELDS = 8;
const COMMENTS = /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g;

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !/\.(test|contract)\.tsx?$/.test(path))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(SOURCE, path), 'utf8') }));

/** Classes at the left margin with more private fields than that, and no reason in the comment above them. */
function findLargeClasses(text: string): string[] {
  return [...text.matchAll(/^((?:\/\*\*(?:[^*]|\*(?!\/))*\*\/\n)?)(?:export )?class (\w+)[\s\S]*?^}/gm)]
    .filter(([body]) => [...body.matchAll(/^ {2}(?:static )?(?:readonly )?#\w+(?=[:;?! ])/gm)].length > MOST_FIELDS)
    .filter(([, comment]) => !comment.replaceAll(/\s+\*?\s*/g, ' ').includes('Many fields, because '))
    .map(([, , name]) => name);
}

test(`a class of more than ${MOST_FIELDS} private fields says why`, () => {
  expect(files.flatMap(({ path, text }) => findLargeClasses(text).map((name) => `${path} ${name}`))).toEqual([]);
});

test('a large class would be found, and one with a reason is not', () => {
  const fields = Array.from({ length: MOST_FIELDS + 1 }, (_, index) => `  readonly #f${index} = 0;`).join('\n');
  expect(findLargeClasses(`class A {\n${fields}\n\n  #call(): void {}\n}\n`)).toEqual(['A']);
  expect(findLargeClasses(`/**\n * Is large. Many\n * fields, because it is.\n */\nclass A {\n${fields}\n}\n`)).toEqual(
    [],
  );
});

test('command line and server ask a use case, never a port', () => {
  const callers = files
    .filter(({ path }) => /^(cli|server)\//.test(path))
    .filter(({ text }) => /\bports\b(?!\/)/.test(text.replace(COMMENTS, '')));
  expect(callers.map(({ path }) => path)).toEqual([]);
});

/** Every way to the terminal, each with `printable` before it; the last writes what Node says of a stream. */
const TERMINAL_WRITERS = ['cli/console.ts', 'cli/program.ts', 'cli/standard-streams.ts', 'server/server-log.ts'];

test('what is written to the terminal goes through one place each', () => {
  const writers = files
    .filter(({ path }) => !path.startsWith('dashboard/'))
    .filter(({ text }) =>
      /\bstd(?:out|err)\b(?!\?\.)|\bconsole\.(?:log|info|warn|error)\(/.test(text.replace(COMMENTS, '')),
    );
  expect(writers.map(({ path }) => path).sort()).toEqual(TERMINAL_WRITERS);
});
