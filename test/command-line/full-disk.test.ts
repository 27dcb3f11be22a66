import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needs } from '../support/needs.js';

const SCRIPT = join(import.meta.dirname, '../support/full-disk.mjs');

/** Runs a command with a file system of 256 KiB at `$0` that no one else sees and that goes with the process. */
function runOnSmallDisk(folder: string, command: string) {
  const mounted = `mount -t tmpfs -o size=256k tmpfs "$0" && ${command}`;
  return spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', mounted, folder], {
    encoding: 'utf8',
  });
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'tradeai-mount-'));
  const { status } = runOnSmallDisk(folder, 'true');
  rmSync(folder, { recursive: true });
  return status === 0;
}

test(
  'a full and a read-only disk are told, the champion serves on, and space brings all back',
  needs(canMount(), 'no right to mount a disk of its own'),
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'tradeai-disk-'));
    const { stdout, stderr } = runOnSmallDisk(folder, `exec "${process.execPath}" "${SCRIPT}" "$0"`);
    rmSync(folder, { recursive: true });
    expect(stderr).toBe('');
    const { full, promotedWhileFull, freed, readOnly } = JSON.parse(stdout);
    const unwritable = { code: 'STORAGE_UNWRITABLE', message: expect.stringContaining(folder) };

    expect(full.published).toMatchObject({ ...unwritable, hint: expect.stringContaining('free some space') });
    expect(full.champion).toEqual({ version: 1 });
    expect(full.names).toEqual(['1', 'champion.json']);
    expect(promotedWhileFull).toMatchObject(unwritable);
    expect(freed).toEqual({ published: { version: 2 }, names: ['1', '2', 'champion.json'] });
    expect(readOnly.published).toMatchObject({ ...unwritable, hint: expect.stringContaining('read-only') });
    expect(readOnly.champion).toEqual({ version: 1 });
  },
);
