import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../src');

/** Modules in the order of the arrows: a module imports from rows above its own only. Modules of one row never meet. */
const ROWS: readonly (readonly string[])[] = [
  ['core'],
  ['wire'],
  ['market'],
  ['features'],
  ['dataset'],
  ['lstm'],
  ['forecast'],
  ['evaluation'],
  ['report'],
  ['registry'],
  ['options'],
  ['ports'],
  ['candles'],
  ['versions'],
  ['training'],
  ['checks'],
  ['live'],
  ['doctor'],
  ['duckdb', 'files'],
  ['sources', 'storage', 'queue'],
  ['app'],
  ['server', 'client'],
  ['cli', 'dashboard'],
];
/** Modules that know nothing of disk, network and clock. */
const PURE_ROOMS = ['core', 'wire', 'market', 'features', 'dataset', 'forecast', 'evaluation', 'registry', 'options'];
/** Modules of Node that a pure room may use: arithmetic only. */
const PURE_MODULES = ['node:crypto'];
const IMPURE_WORDS = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bfetch\(/;
/** Bans beyond the order. */
const BANS: readonly [room: string, banned: string][] = [['evaluation', 'lstm']];
/** What of the wire runs in the browser. */
const WIRE_WORDS = join('wire', 'vocabulary.ts');
const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/.*/g;
const MAXIMUM_LINES = 500;

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  /** Paths of files of this project. */
  readonly imports: readonly string[];
  /** Names of modules from elsewhere. */
  readonly modules: readonly string[];
}

const files: SourceFile[] = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.ts') && !path.endsWith('.contract.ts'))
  // Vite asks for a default export.
  .filter((path) => path !== join('dashboard', 'vite.config.ts'))
  .map((path) => {
    const text = readFileSync(join(SOURCE, path), 'utf8');
    const specifiers = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1]);
    const imports = specifiers
      .filter((name) => name.startsWith('.'))
      .map((name) => sourceOf(relative(SOURCE, resolve(SOURCE, dirname(path), name))));
    return {
      path,
      room: path.split(sep)[0],
      text,
      imports,
      modules: specifiers.filter((name) => !name.startsWith('.')),
    };
  });

/** The source that a compiled name stands for. */
function sourceOf(path: string): string {
  const source = path.replace(/\.js$/, '.ts');
  return existsSync(join(SOURCE, source)) ? source : path.replace(/\.js$/, '.tsx');
}

const rowOf = (room: string) => ROWS.findIndex((row) => row.includes(room));

test('every file lives in a known room', () => {
  expect(files.filter(({ room }) => rowOf(room) === -1).map(({ path }) => path)).toEqual([]);
});

test('a room imports only from rooms above it', () => {
  const wrong = files.flatMap(({ path, room, imports }) =>
    imports
      .map((imported) => ({ imported, target: imported.split(sep)[0] }))
      .filter(({ target }) => target !== room && (rowOf(target) === -1 || rowOf(target) >= rowOf(room)))
      .map(({ imported }) => `${path} imports ${imported}`),
  );
  expect(wrong).toEqual([]);
});

test.each(BANS)('%s does not see %s', (room, banned) => {
  const wrong = files.filter(
    (file) => file.room === room && file.imports.some((path) => path.split(sep)[0] === banned),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('the dashboard sees the client and the types and words of the wire, nothing else of this project', () => {
  const seen = files
    .filter(({ room }) => room === 'dashboard')
    .flatMap(({ path, imports }) =>
      imports
        .filter((imported) => !['dashboard', 'client'].includes(imported.split(sep)[0]))
        .filter((imported) => ![join('wire', 'wire.ts'), WIRE_WORDS].includes(imported))
        .map((imported) => `${path} imports ${imported}`),
    );
  expect(seen).toEqual([]);
  const values = files.filter(
    ({ room, text }) => room === 'dashboard' && /import \{[^}]*\} from '[^']*wire\/wire\.js'/.test(text),
  );
  expect(values.map(({ path }) => path)).toEqual([]);
  // Schemas would bring zod into the page.
  const words = files.find(({ path }) => path === WIRE_WORDS);
  expect(words).toMatchObject({ imports: [], modules: [] });
});

test('pure rooms touch no disk, network or clock', () => {
  const pure = files.filter(({ room }) => PURE_ROOMS.includes(room));
  const wrong = pure.filter(
    ({ text, modules }) =>
      IMPURE_WORDS.test(text.replace(COMMENTS, '')) ||
      modules.some((name) => name.startsWith('node:') && !PURE_MODULES.includes(name)),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('no file is part of a cycle', () => {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]));
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (done.has(path) || trail.includes(path)) return;
    for (const imported of importsOf.get(path) ?? []) visit(imported, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  expect(cycles).toEqual([]);
});

test('no file is too long to read', () => {
  const long = files.filter(({ text }) => text.split('\n').length > MAXIMUM_LINES);
  expect(long.map(({ path }) => path)).toEqual([]);
});

test('nothing exports a default', () => {
  expect(files.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => path)).toEqual([]);
});

/** Its banner and the native module of its WebSockets are the scripts; nothing runs them, and only tests install it here. */
const TOLERATED_SCRIPTS = ['node_modules/ccxt', 'node_modules/bufferutil'];

test('no dependency has an install script, and all run on Node 20', () => {
  const lock = JSON.parse(readFileSync(join(SOURCE, '../package-lock.json'), 'utf8'));
  const wrong = Object.entries<{ hasInstallScript?: boolean; engines?: { node?: string } }>(lock.packages)
    .filter(([path]) => path !== '' && !TOLERATED_SCRIPTS.includes(path))
    .filter(
      ([, { hasInstallScript, engines }]) =>
        hasInstallScript === true || /^>=\s*(2[1-9]|[3-9]\d)/.test(engines?.node ?? ''),
    );
  expect(wrong.map(([path]) => path)).toEqual([]);
});
