import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stageFile, writeFileAtomically } from './write-atomically.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-write-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('replaces a file and leaves nothing beside it', async () => {
  const path = join(folder, 'a.json');
  await writeFileAtomically(path, 'a longer first text');
  await writeFileAtomically(path, 'second');
  expect(await readFile(path, 'utf8')).toBe('second');
  expect(await readdir(folder)).toEqual(['a.json']);
});

test('makes the folders above', async () => {
  const path = join(folder, 'x', 'y', 'a.bin');
  await writeFileAtomically(path, Uint8Array.of(1, 2, 3));
  expect([...(await readFile(path))]).toEqual([1, 2, 3]);
});

test('of many writers at once one wins whole', async () => {
  const path = join(folder, 'a.txt');
  const texts = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(10_000));
  await Promise.all(texts.map((text) => writeFileAtomically(path, text)));
  expect(texts).toContain(await readFile(path, 'utf8'));
  expect(await readdir(folder)).toEqual(['a.txt']);
});

test('a staged file is invisible until it is committed and gone when it is discarded', async () => {
  const path = join(folder, 'a.txt');
  await writeFileAtomically(path, 'old');
  const kept = await stageFile(path, 'new');
  const dropped = await stageFile(path, 'never');
  expect(await readFile(path, 'utf8')).toBe('old');
  await dropped.discard();
  await kept.commit();
  await kept.discard();
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['a.txt']);
});

test('a file in the place of a folder is named, with what to do', async () => {
  await writeFile(join(folder, 'models'), '');
  await expect(writeFileAtomically(join(folder, 'models', 'a.txt'), '')).rejects.toMatchObject({
    code: 'STORAGE_UNWRITABLE',
    message: expect.stringContaining(join(folder, 'models')),
    hint: expect.stringContaining('a file stands where a folder is needed'),
  });
});

test('a folder in the place of the file is named, stays, and the hidden file is removed', async () => {
  const path = join(folder, 'a.txt');
  await mkdir(join(path, 'inner'), { recursive: true });
  await expect(writeFileAtomically(path, 'text')).rejects.toMatchObject({ code: 'STORAGE_UNWRITABLE' });
  expect(await readdir(folder)).toEqual(['a.txt']);
  expect(await readdir(path)).toEqual(['inner']);
});
