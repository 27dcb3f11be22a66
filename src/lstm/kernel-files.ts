/** Where the built kernel lies: `dist/kernel`, whether this runs from `dist` or, in tests, from `src`. */

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const runsFromSource = import.meta.url.endsWith('.ts');

let folder: Promise<string> | undefined;

/** The folder of the kernel's binaries. From `src` they are built first where they are absent or out of date. */
export function findKernelFolder(): Promise<string> {
  folder ??= runsFromSource ? buildFromSource() : Promise.resolve(join(here, '../kernel'));
  return folder;
}

async function buildFromSource(): Promise<string> {
  const script = join(here, '../../scripts/build-kernel.mjs');
  const { buildKernel } = await import(/* @vite-ignore */ script);
  await buildKernel();
  return join(here, '../../dist/kernel');
}
