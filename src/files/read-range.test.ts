import { type FileHandle, open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readRange } from './read-range.js';

test.each([1, 7, 1_000])('a part is whole where the system gives %i bytes at a time', async (mostBytes) => {
  const file = await open(import.meta.filename, 'r');
  try {
    const slow = {
      read: (bytes: Buffer, offset: number, length: number, position: number) =>
        file.read(bytes, offset, Math.min(length, mostBytes), position),
    } as Pick<FileHandle, 'read'>;
    const all = await file.readFile();
    expect(await readRange(slow, 5, 100)).toEqual(all.subarray(5, 100));
    expect(await readRange(slow, all.length - 9, all.length + 50)).toEqual(all.subarray(-9));
    expect(await readRange(slow, 5, 5)).toEqual(Buffer.alloc(0));
  } finally {
    await file.close();
  }
});
