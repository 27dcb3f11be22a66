/** The hostile zips are what they say, or tests against them prove nothing. */

import { expect, test } from 'vitest';
import { type Entry, fromBuffer } from 'yauzl';
import type { ArchiveFile, ZipMaker } from './archive.js';
import * as hostile from './hostile-zips.js';

const FILE: ArchiveFile = {
  zipName: 'BTCUSDT-1h-2024-12.zip',
  csvName: 'BTCUSDT-1h-2024-12.csv',
  rows: [[1733011200000, '1', '2', '0.5', '1.5', '10', 1733014799999, '15', 7, '5', '7.5', '0']],
};

/** The entries as the directory states them, names unchecked. */
async function listEntries(make: ZipMaker): Promise<Entry[]> {
  const bytes = await make(FILE);
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { decodeStrings: false }, (error, zip) => {
      if (error) return reject(error);
      const entries: Entry[] = [];
      zip.on('entry', (entry) => entries.push(entry));
      zip.on('end', () => resolve(entries));
      zip.on('error', reject);
    });
  });
}

const nameOf = (entry: Entry) => (entry.fileName as unknown as Buffer).toString();

test('a bomb is a thousand times its size, and may lie about it', async () => {
  const [honest] = await listEntries(hostile.zipBomb({ sizeBytes: 2 ** 22 }));
  expect(honest.uncompressedSize / honest.compressedSize).toBeGreaterThan(900);
  const [liar] = await listEntries(hostile.zipBomb({ sizeBytes: 2 ** 22, declaredBytes: 0 }));
  expect(liar.uncompressedSize).toBe(0);
  expect(liar.compressedSize).toBe(honest.compressedSize);
});

test('names go where they should not', async () => {
  for (const name of ['../../evil.csv', '/etc/evil.csv', '..\\evil.csv', 'C:evil.csv']) {
    expect((await listEntries(hostile.zipNamed(name))).map(nameOf)).toEqual([name]);
  }
});

test('entries are a second one, none, a link, the same bytes twice, or half a file', async () => {
  expect(await listEntries(hostile.zipWithSecondEntry())).toHaveLength(2);
  expect(await listEntries(hostile.emptyZip)).toEqual([]);
  const [link] = await listEntries(hostile.symlinkZip);
  expect((link.externalFileAttributes >>> 16) & 0o170000).toBe(0o120000);
  const [first, second] = await listEntries(hostile.overlappingZip);
  expect(second.relativeOffsetOfLocalHeader).toBe(first.relativeOffsetOfLocalHeader);
  expect((await listEntries(hostile.zipWithBadCrc))[0].crc32).toBe(0xdeadbeef);
  await expect(listEntries(hostile.truncatedZip)).rejects.toThrow('End of central directory record');
});
