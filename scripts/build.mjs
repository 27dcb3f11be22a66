// Builds dist/: the TypeScript sources, and the kernel as far as this machine can.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { buildKernel } from './build-kernel.mjs';
import { bundleProgram } from './bundle-program.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');

// The kernel keeps its own hash and is built again only when its sources have changed.
for (const entry of readdirSafely(dist)) {
  if (entry !== 'kernel') rmSync(join(dist, entry), { recursive: true, force: true });
}
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit', cwd: root });
await bundleProgram(dist);
await build({ configFile: join(root, 'src/dashboard/vite.config.ts') });
cpSync(join(root, 'src/files/touching-thread.mjs'), join(dist, 'files/touching-thread.mjs'));
cpSync(join(root, 'src/report/page'), join(dist, 'report/page'), { recursive: true });
chmodSync(join(dist, 'cli/main.js'), 0o755);
linkProgram();
for (const problem of await buildKernel()) console.error(`build: ${problem}`);

// `npx tradeai` in this folder then finds the program at once; npm links the programs of dependencies only.
function linkProgram() {
  if (process.platform === 'win32') return;
  const folder = join(root, 'node_modules/.bin');
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, 'tradeai'), { force: true });
  symlinkSync('../../dist/cli/main.js', join(folder, 'tradeai'));
}

function readdirSafely(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
