import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly inBundle?: boolean;
  readonly license?: string;
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly bundleDependencies: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
}

const readJson = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
const manifest: Manifest = readJson('package.json');
const lock: { lockfileVersion: number; packages: Record<string, Locked> } = readJson('package-lock.json');
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

test('every package of the lock file has a hash, and none names a place of its own to come from', () => {
  expect(lock.lockfileVersion).toBe(3);
  expect(packages.length).toBeGreaterThan(100);
  const wrong = packages.filter(
    ([, { integrity, resolved, link }]) =>
      link === true || resolved !== undefined || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''),
  );
  expect(wrong.map(([path]) => path)).toEqual([]);
});

test('every package runs on Node 20', () => {
  const wrong = packages.filter(([, { engines }]) => /^>=\s*(2[1-9]|[3-9]\d)/.test(engines?.node ?? ''));
  expect(wrong.map(([path]) => path)).toEqual([]);
});

/** The scripts are ccxt's banner and the native part of its WebSockets; only tests install it here. */
test('nothing that is installed by default runs a script when it is; of the rest these do', () => {
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript);
  expect(scripted.filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)).toEqual([]);
  expect(scripted.map(([path]) => path).sort()).toEqual(['node_modules/bufferutil', 'node_modules/ccxt']);
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
    expect(manifest.scripts[script]).toBeUndefined();
  }
});

test('dependencies are versions of packages, no addresses, files or other people’s branches', () => {
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(range, name).toMatch(/^[\^~]?\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
    expect(lock.packages[`node_modules/${name}`]?.version, name).toBeDefined();
  }
  // A dependency more is a decision, not an accident.
  expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(4);
});

const bundled = packages.filter(([, { inBundle }]) => inBundle);
/** Name, version and licence, as the build has written them, of the packages whose code lies in the program's own files. */
const builtIn = [
  ...readFileSync(join(ROOT, 'dist/LICENSES.txt'), 'utf8').matchAll(
    /^(@?[a-z][a-z0-9@/.-]*) (\d+\.\d\S*) \((.*)\)\n\n(.*)$/gm,
  ),
].map(([, name, version, license, text]) => ({ name, version, license, text }));

/** An override of this repository reaches nobody who installs the package, and npm 12 reads no lock file of a package. */
test('every dependency lies in the package, but the one with a native part for each platform, whose version is exact', () => {
  const apart = Object.keys(manifest.dependencies).filter((name) => !manifest.bundleDependencies.includes(name));
  expect(apart).toEqual(['@duckdb/node-api']);
  expect(manifest.dependencies['@duckdb/node-api']).toMatch(/^\d/);
  const loose = packages.filter(
    ([, { inBundle, dev, optional, devOptional }]) => !inBundle && !dev && !optional && !devOptional,
  );
  expect(loose.map(([path]) => path.replace('node_modules/', ''))).toEqual([
    '@duckdb/node-api',
    '@duckdb/node-bindings',
    'detect-libc',
  ]);
});

test('what is built into the program is of the lock file, and runs no script anywhere', () => {
  expect(builtIn.length).toBeGreaterThan(50);
  for (const { name, version } of builtIn) {
    const locked = packages.filter(
      ([path, entry]) => path.endsWith(`node_modules/${name}`) && entry.version === version,
    );
    expect(locked.length, `${name} ${version}`).toBeGreaterThan(0);
    expect(locked.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  }
});

test('what lies in the package has its licence beside it, or is named in NOTICE', () => {
  const notice = readFileSync(join(ROOT, 'NOTICE'), 'utf8');
  const licences = new Set([...bundled.map(([, { license }]) => license), ...builtIn.map(({ license }) => license)]);
  expect([...licences].sort()).toEqual([
    '(Apache-2.0 AND BSD-3-Clause)',
    'Apache-2.0',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'ISC',
    'MIT',
  ]);
  const bare = bundled.filter(([path]) => !readdirSync(join(ROOT, path)).some((name) => /^licen[cs]e/i.test(name)));
  const bareNames = bare.map(([path]) => path.replace('node_modules/', ''));
  for (const { name, text } of builtIn) if (text.startsWith('The text stands')) bareNames.push(name);
  expect(bareNames.filter((name) => !notice.includes(`. ${name}`))).toEqual([]);
});

test('the package holds the program, its documents and its dependencies: no tests, no keys, no candles', () => {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const packed: unknown = JSON.parse(printed);
  // npm 12 prints an object by name, older ones a list.
  const [{ files }] = Object.values(packed as Record<string, { files: { path: string; size: number }[] }>);
  const all = files.map(({ path }) => path);
  const folders = all.filter((path) => path.startsWith('node_modules/') && path.endsWith('/package.json'));
  expect(folders).toEqual(expect.arrayContaining(bundled.map(([path]) => `${path}/package.json`)));
  const names = new Set(bundled.map(([path]) => path.split('/node_modules/')[0]));
  const strange = all.filter(
    (path) => path.startsWith('node_modules/') && ![...names].some((name) => path.startsWith(`${name}/`)),
  );
  expect(strange).toEqual([]);
  const paths = all.filter((path) => !path.startsWith('node_modules/'));
  const tops = [...new Set(paths.map((path) => path.split('/')[0]))].filter((top) => top !== 'dist').sort();
  const known = ['CHANGELOG.md', 'LICENSE', 'NOTICE', 'README.md', 'deploy', 'docs', 'examples', 'package.json'];
  expect(tops.filter((top) => !known.includes(top))).toEqual([]);
  expect(tops).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'docs', 'package.json']));
  const unwanted =
    /\.(env|pem|key|p12|pfx|parquet|csv(\.gz)?|zip|map|tsbuildinfo)$|\.test\.|(^|\/)\.|id_rsa|\.npmrc|node_modules/;
  expect(paths.filter((path) => unwanted.test(path) && !path.startsWith('examples/'))).toEqual([]);
  expect(paths.filter((path) => /(^|\/)(node_modules|\.env|\.npmrc)(\/|$)/.test(path))).toEqual([]);
});
