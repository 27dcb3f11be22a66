/** Hints that name flags and verbs are told where there are some: on the command line. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../../src');
/** What only the command line tells. */
const OF_COMMANDS = /^(cli|doctor|dashboard)\//;
const COMMAND = /tradeai [a-z]|(?<![\w-])--[a-z]/;
/** A hint that is told everywhere, to the end of the line that ends it. */
const HINT = /(?<![\w.])hint\s*[:=].*?[,;}]$/gims;

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !OF_COMMANDS.test(path),
);

test('no hint that may reach the API names a flag or a verb of the command line', () => {
  const named = files.flatMap((path) =>
    (readFileSync(join(SOURCE, path), 'utf8').match(HINT) ?? [])
      .filter((line) => COMMAND.test(line))
      .map((line) => `${path}: ${line}`),
  );
  expect(files.length).toBeGreaterThan(300);
  expect(named).toEqual([]);
});
