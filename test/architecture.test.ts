import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../src');

/** Modules in the order of the arrows: a module imports from rows above its own only. Modules of one row never meet. */
const ROWS: readonly (readonly string[])[] = [
  ['core'],
  ['wire'],
  ['text'],
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
const PURE_MODULES = [
  'core',
  'wire',
  'text',
  'market',
  'features',
  'dataset',
  'forecast',
  'evaluation',
  'registry',
  'options',
];
/** What of Node a pure module may use: arithmetic only. */
const PURE_NODE = ['node:crypto'];
const IMPURE_WORDS = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bfetch\(/;
/** Bans beyond the order. */
const BANS: readonly [module: string, banned: string][] = [['evaluation', 'lstm']];
/** What of the wire runs in the browser. */
const WIRE_WORDS = join('wire', 'vocabulary.ts');
const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/.*/g;
const MAXIMUM_LINES = 400;

interface SourceFile {
  readonly path: string;
  readonly module: string;
  readonly text: string;
  /** Paths of files of this project. */
  readonly imports: readonly string[];
  /** Names of packages, and of Node's own modules. */
  readonly packages: readonly string[];
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
      module: path.split(sep)[0],
      text,
      imports,
      packages: specifiers.filter((name) => !name.startsWith('.')),
    };
  });

/** The source that a compiled name stands for. */
function sourceOf(path: string): string {
  const source = path.replace(/\.js$/, '.ts');
  return existsSync(join(SOURCE, source)) ? source : path.replace(/\.js$/, '.tsx');
}

/** The modules there are. */
function folders(): string[] {
  return [...new Set(files.map(({ module }) => module))].sort();
}

const rowOf = (module: string) => ROWS.findIndex((row) => row.includes(module));

test('every file lives in a known module', () => {
  expect(files.filter(({ module }) => rowOf(module) === -1).map(({ path }) => path)).toEqual([]);
});

test('a module imports only from modules above it', () => {
  const wrong = files.flatMap(({ path, module, imports }) =>
    imports
      .map((imported) => ({ imported, target: imported.split(sep)[0] }))
      .filter(({ target }) => target !== module && (rowOf(target) === -1 || rowOf(target) >= rowOf(module)))
      .map(({ imported }) => `${path} imports ${imported}`),
  );
  expect(wrong).toEqual([]);
});

test.each(BANS)('%s does not see %s', (module, banned) => {
  const wrong = files.filter(
    (file) => file.module === module && file.imports.some((path) => path.split(sep)[0] === banned),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('the dashboard sees the client, the texts, and the types and words of the wire, nothing else of this project', () => {
  const seen = files
    .filter(({ module }) => module === 'dashboard')
    .flatMap(({ path, imports }) =>
      imports
        .filter((imported) => !['dashboard', 'client', 'text'].includes(imported.split(sep)[0]))
        .filter((imported) => ![join('wire', 'wire.ts'), WIRE_WORDS].includes(imported))
        .map((imported) => `${path} imports ${imported}`),
    );
  expect(seen).toEqual([]);
  const values = files.filter(
    ({ module, text }) => module === 'dashboard' && /import \{[^}]*\} from '[^']*wire\/wire\.js'/.test(text),
  );
  expect(values.map(({ path }) => path)).toEqual([]);
  // Schemas would bring zod into the page.
  const words = files.find(({ path }) => path === WIRE_WORDS);
  expect(words).toMatchObject({ imports: [], packages: [] });
});

test('docs/architecture.md has a row for every module, in this order', () => {
  const page = readFileSync(join(SOURCE, '../docs/architecture.md'), 'utf8');
  const table = /^\| module \|[\s\S]*?\n\n/m.exec(page)![0];
  const told = [...table.matchAll(/^\| `([^|`]+)` \|/gm)].map((match) => match[1]);
  expect([...told].sort()).toEqual(folders());
  expect(told.map(rowOf)).toEqual(told.map(rowOf).sort((a, b) => a - b));
});

test('pure modules touch no disk, network or clock', () => {
  const pure = files.filter(({ module }) => PURE_MODULES.includes(module));
  const wrong = pure.filter(
    ({ text, packages }) =>
      IMPURE_WORDS.test(text.replace(COMMENTS, '')) ||
      packages.some((name) => name.startsWith('node:') && !PURE_NODE.includes(name)),
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
  const long = files.filter(({ text }) => text.split('\n').length - 1 > MAXIMUM_LINES);
  expect(long.map(({ path }) => path)).toEqual([]);
});

test('nothing exports a default', () => {
  expect(files.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => path)).toEqual([]);
});
