import { mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withPathOf } from './open-file-path.js';

const folder = await mkdtemp(join(tmpdir(), 'tradeai-open-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['by its name among the open ones, where the system has that', undefined],
  ['by a copy elsewhere', join(folder, 'nowhere')],
])('an open file is found %s, whatever has its name by then', async (_, descriptors) => {
  const path = join(folder, 'file');
  await writeFile(path, 'the old one');
  const file = await open(path, 'r');
  try {
    await file.read(new Uint8Array(3), 0, 3, 0);
    await writeFile(join(folder, 'other'), 'the new one');
    await rename(join(folder, 'other'), path);
    let place = '';
    const seen = await withPathOf(
      file,
      (found) => {
        place = found;
        return readFile(found, 'utf8');
      },
      descriptors,
    );
    expect(seen).toBe('the old one');
    expect(place).not.toBe(path);
    if (descriptors !== undefined) await expect(stat(place)).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    await file.close();
  }
});
