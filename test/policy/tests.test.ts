/** What every test of this repository keeps to. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const OWN_PATH = join('test', 'policy', 'tests.test.ts');

const lines = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => /\.(test|contract)\.tsx?$/.test(path) && path !== OWN_PATH)
  .flatMap((path) =>
    readFileSync(join(ROOT, path), 'utf8')
      .split('\n')
      .map((text, index) => ({ text, place: `${path}:${index + 1}` })),
  );

const placesOf = (pattern: RegExp) => lines.filter(({ text }) => pattern.test(text)).map(({ place }) => place);

test('no time of day is a bound: a busy machine is not a slow program', () => {
  expect(placesOf(/expect\(.*(performance\.now|Date\.now|hrtime)\(?.*toBeLess/)).toEqual([]);
  expect(placesOf(/expect\(.*(elapsed|milliseconds|took|spent).*toBeLess/i)).toEqual([]);
  expect(placesOf(/expect\(.*Ms - .*\)\.toBeLess/)).toEqual([]);
  expect(placesOf(/toBe(Less|Greater).*Date\.now\(\) [-+]/)).toEqual([]);
});

test('whatever is skipped says why (see support/needs)', () => {
  expect(
    placesOf(/\.(skipIf|runIf|skip|todo)\b(?!\()|\.(skipIf|runIf)\(|\.skip\(\s*['"`)]|\b(test|describe)\.todo\(/),
  ).toEqual([]);
});

test('what is killed is killed at a moment drawn from a seed', () => {
  const files = readdirSync(join(ROOT, 'test/command-line')).filter((name) => name.startsWith('kill-'));
  expect(files.length).toBeGreaterThan(3);
  for (const name of files) {
    const text = readFileSync(join(ROOT, 'test/command-line', name), 'utf8');
    expect(text, name).toContain('seedKills(');
    expect(text, name).not.toContain('Math.random');
  }
});
