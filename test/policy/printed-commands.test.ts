/** Every command and every flag that the program or its documents name is one that the command line has. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';

const ROOT = join(import.meta.dirname, '../..');

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const filesIn = (folder: string, ending: RegExp) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !name.endsWith('.test.ts'))
    .map((name) => join(ROOT, folder, name));
const SOURCES = filesIn('src', /\.tsx?$/);
const DOCUMENTS = [join(ROOT, 'README.md'), ...filesIn('docs', /\.md$/)];

/** What a name or an expression in a text stands for in a command. */
const VALUE = 'X1';

/** The texts that an expression may make, each of its alternatives taken. */
function textsOf(node: Node): string[] {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' ? [node.value] : [VALUE];
    case 'TemplateLiteral': {
      const { quasis, expressions } = node as unknown as {
        quasis: { value: { cooked: string } }[];
        expressions: Node[];
      };
      return expressions.reduce<string[]>(
        (texts, expression, index) =>
          texts.flatMap((text) => textsOf(expression).map((more) => text + more + quasis[index + 1].value.cooked)),
        [quasis[0].value.cooked],
      );
    }
    case 'BinaryExpression':
      return textsOf(node.left as Node).flatMap((left) => textsOf(node.right as Node).map((right) => left + right));
    case 'ConditionalExpression':
      return [...textsOf(node.consequent as Node), ...textsOf(node.alternate as Node)];
    case 'CallExpression':
      // The flags that a name stands for.
      return JSON.stringify(node.callee).includes('"trainFlagsOf"') ? [`--symbol ${VALUE}`] : [VALUE];
    default:
      return [VALUE];
  }
}

/** Every text of a source, as whole as it stands there. */
function textsIn(path: string): string[] {
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      const node = value as Node;
      const isText = node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
      if (isText || node.type === 'BinaryExpression') texts.push(...textsOf(node));
      else Object.values(node).forEach(visit);
      if (node.type === 'TemplateLiteral')
        visit((node.expressions as Node[]).filter(({ type }) => !type.startsWith('Cond')));
    }
  };
  visit(parseSync(path, readFileSync(path, 'utf8')).program.body);
  return texts;
}

interface Named {
  readonly command: string;
  readonly place: string;
}

const inBackticks = (text: string) => Array.from(text.matchAll(/`(tradeai [^`]+)`/g), ([, command]) => command);
/** An example of a help, or a command that is built: what follows it after a wide gap says what it does. */
const standingAlone = (text: string) => (/^tradeai [a-z]/.test(text) ? [text.split(/ {2,}/)[0]] : []);

const PRINTED: Named[] = SOURCES.flatMap((path) =>
  textsIn(path).flatMap((text) =>
    [...inBackticks(text), ...standingAlone(text)].map((command) => ({ command, place: relative(ROOT, path) })),
  ),
);
const DOCUMENTED: Named[] = DOCUMENTS.flatMap((path) => {
  const text = readFileSync(path, 'utf8');
  const blocks = Array.from(text.matchAll(/^(?: {4}|)(?:\$ )?(?:npx )?(tradeai [a-z].*)$/gm), ([, line]) => line);
  return [...inBackticks(text), ...blocks].map((command) => ({
    command: command.split(/ {2,}| #|[|>;&]/)[0],
    place: relative(ROOT, path),
  }));
});

/** The program, whose verbs do nothing. */
function buildIdle(): Command {
  const program = buildProgram();
  const silence = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
    for (const verb of command.commands) silence(verb);
  };
  silence(program);
  return program;
}

/** What commander says against a command; a verb by its name alone is no call of it. */
async function findFault(command: string): Promise<string | undefined> {
  const words = command
    .replaceAll('…', VALUE)
    .split(' ')
    .slice(1)
    .filter((word) => word !== '')
    .map((word) => word.replace(/^'(.*)'$/, '$1').replace(/^\[|[\].,:]+$/g, ''));
  // Several verbs need a symbol, and say so alike.
  if (words[0] === VALUE) words[0] = 'train';
  try {
    await buildIdle().parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const isVerbAlone = words.every((word) => /^[a-z]+$/.test(word));
    return error.exitCode === 0 || (error.code === 'commander.missingArgument' && isVerbAlone)
      ? undefined
      : error.message;
  }
}

async function findFaults(all: readonly Named[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { command, place } of all) {
    const fault = await findFault(command);
    if (fault !== undefined) faults.push(`${place}: ${command}: ${fault}`);
  }
  return faults;
}

test('every command that the program prints is one', async () => {
  expect(PRINTED.length).toBeGreaterThan(100);
  expect(await findFaults(PRINTED)).toEqual([]);
});

test('every command of README and documents is one', async () => {
  expect(DOCUMENTED.length).toBeGreaterThan(50);
  expect(await findFaults(DOCUMENTED)).toEqual([]);
});

/** Flags of other programs. */
const FOREIGN = ['--help', '--ignore-scripts', '--experimental-wasm-relaxed-simd'];
const STYLES = /src\/(dashboard|report)\/|docs-style/;

/** The flags of every verb, by the words that call it. */
function flagsByVerb(command: Command, words: readonly string[] = []): [verb: string, flags: string[]][] {
  const own: [string, string[]] = [words.join(' '), command.options.map(({ long }) => long ?? '')];
  return [own, ...command.commands.flatMap((verb) => flagsByVerb(verb, [...words, verb.name()]))];
}

const flagsIn = (text: string) => text.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [];

test('every flag that a text of the program names is one; what a verb says speaks of its own', () => {
  const verbs = flagsByVerb(buildProgram());
  const all = new Set(verbs.flatMap(([, flags]) => flags));
  const unknown = SOURCES.filter((path) => !STYLES.test(path)).flatMap((path) => {
    const place = relative(ROOT, path);
    const verb = /^src\/cli\/commands\/(.+)\.ts$/.exec(place)?.[1].replace('-', ' ') ?? '';
    const said = verbs
      .filter(([name]) => verb !== '' && `${name} `.startsWith(`${verb} `))
      .flatMap(([, flags]) => flags);
    const own = said.length > 0 ? new Set(said) : all;
    return textsIn(path)
      .flatMap((text) => flagsIn(text.replaceAll(/`[^`]*`|tradeai [a-z].*/g, '')))
      .filter((flag) => !own.has(flag) && !FOREIGN.includes(flag))
      .map((flag) => `${place}: ${flag}`);
  });
  expect(unknown).toEqual([]);
});
