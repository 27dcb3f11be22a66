// Before packing: the packages that go into the tarball are those of the lock file, which are the ones that were tested.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

for (const [path, { version, inBundle }] of Object.entries(readJson('package-lock.json').packages)) {
  if (!inBundle) continue;
  const installed = readJson(join(path, 'package.json')).version;
  if (installed === version) continue;
  console.error(`pack: expected ${path} ${version}, which is in package-lock.json, it is ${installed}: run npm ci`);
  process.exitCode = 1;
}
