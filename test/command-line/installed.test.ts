import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needs } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');
const ping = spawnSync('npm', ['ping'], { shell: process.platform === 'win32', timeout: 20_000 });

/** `npm run check:install` is the long form: with and without install scripts, on Node 20, 22, 24 and 26. */
test(
  'installed from its tarball, with --engine-strict, the program runs, and nothing warns',
  needs(ping.status === 0, 'npm registry absent'),
  () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/install-matrix.mjs', '--scripts', 'run'], {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 10 * 60_000,
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`${process.version}, scripts run: installed and demonstrated without a warning\n`);
  },
);
