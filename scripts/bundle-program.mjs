// Puts what starts as a process of its own, or is imported by others, into few files, the packages it needs included: most
// of the time that a program of a thousand modules takes to start goes into finding them.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const ENTRIES = ['app/index', 'app/training-worker', 'cli/main', 'client/client'];
/** A native part, files of its own that it reads, or an optional package of the user's. */
const LEFT_OUT = [/^@duckdb\//, 'jiti', 'ccxt'];

/**
 * Replaces the modules that are entered by bundles of them. What they share lies in `chunks`: one folder deep, as every
 * module does that looks for a file of the program by its own place. `LICENSES.txt` names the packages that lie in them.
 *
 * @param dist the folder of the compiled modules
 */
export async function bundleProgram(dist) {
  rmSync(join(dist, 'chunks'), { recursive: true, force: true });
  const input = Object.fromEntries(ENTRIES.map((name) => [name, join(dist, `${name}.js`)]));
  const bundle = await rolldown({ input, external: LEFT_OUT, platform: 'node', logLevel: 'warn' });
  const { output } = await bundle.write({
    dir: dist,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  const folders = output.flatMap(({ moduleIds = [] }) => moduleIds.flatMap(packageFolderOf));
  writeFileSync(
    join(dist, 'LICENSES.txt'),
    [...new Set(folders.sort().map(licenceOf))].join(`\n${'-'.repeat(80)}\n\n`),
  );
}

function packageFolderOf(moduleId) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(moduleId)?.[0] ?? [];
}

/** Name, version and licence of a package, with the text of the licence where it brings one. */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? 'The text stands in NOTICE.' : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
