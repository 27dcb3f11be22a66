// Before packing: the packages that go into the tarball, in a bundle or as they are, are those of the lock file, which are
// the ones that were tested.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

for (const [path, { version }] of Object.entries(readJson('package-lock.json').packages)) {
  // What is not for this machine is not installed.
  if (path === '' || !existsSync(join(root, path, 'package.json'))) continue;
  const installed = readJson(join(path, 'package.json')).version;
  if (installed === version) continue;
  console.error(`pack: expected ${path} ${version}, which is in package-lock.json, it is ${installed}: run npm ci`);
  process.exitCode = 1;
}
