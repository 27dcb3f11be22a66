import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type ArchiveFile, type ZipMaker, zipOf } from '../../../test/exchange/archive.js';
import {
  emptyZip,
  nestedZip,
  overlappingZip,
  symlinkZip,
  truncatedZip,
  zipBomb,
  zipNamed,
  zipWithBadCrc,
  zipWithSecondEntry,
} from '../../../test/exchange/hostile-zips.js';
import { makeZip } from '../../../test/exchange/zip.js';
import { readZippedCsv } from './zip-csv.js';

const MAX_BYTES = 14_000_000;
/** Four times what may be read, and quick to make. */
const BOMB = { sizeBytes: 2 ** 26 };
const MAX_GROWTH_BYTES = 100e6;
const FILE: ArchiveFile = {
  zipName: 'BTCUSDT-1m-2024-12.zip',
  csvName: 'BTCUSDT-1m-2024-12.csv',
  rows: [[1735689540000, '1.0', '1.0', '1.0', '1.0', '1.0', 1735689599999, '1.0', 1, '1.0', '1.0', '0']],
};

function writeZip(bytes: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'tradeai-zip-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, FILE.zipName);
  writeFileSync(path, bytes);
  return path;
}

async function readAll(path: string, maxBytes = MAX_BYTES): Promise<number> {
  let sizeBytes = 0;
  for await (const part of readZippedCsv(path, { maxBytes })) {
    sizeBytes += part.length;
    expect(sizeBytes).toBeLessThanOrEqual(maxBytes);
  }
  return sizeBytes;
}

test('a sound zip gives the bytes of its CSV', async () => {
  expect(await readAll(writeZip(await zipOf(FILE)))).toBe(64);
});

const stored: ZipMaker = ({ csvName }) => makeZip([{ name: csvName, content: Buffer.alloc(2000), compress: false }]);
const random: ZipMaker = async () => Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251));

test.each<[string, ZipMaker, string | RegExp]>([
  ['a bomb', zipBomb(BOMB), 'unpacks to more than'],
  ['a bomb that says it is small', zipBomb({ ...BOMB, declaredBytes: 1000 }), 'unpacks to more than 1000 bytes'],
  ['a bomb that says it is empty', zipBomb({ ...BOMB, declaredBytes: 0 }), 'unpacks to more than 0 bytes'],
  ['a smaller bomb by its ratio', zipBomb({ sizeBytes: 13e6 }), /unpacks to more than 25\d{5} bytes/],
  ['a name that climbs', zipNamed('../../evil.csv'), 'invalid relative path'],
  ['a name that climbs with backslashes', zipNamed('..\\..\\evil.csv'), 'invalid characters in fileName'],
  ['an absolute name', zipNamed('/etc/evil.csv'), 'absolute path'],
  ['a name of another drive', zipNamed('C:/evil.csv'), 'absolute path'],
  ['a name in a folder', zipNamed('folder/evil.csv'), 'expected a CSV, was "folder/evil.csv"'],
  ['a script', zipNamed('evil.sh'), 'expected a CSV, was "evil.sh"'],
  ['a link', symlinkZip, 'is no regular file'],
  ['a second entry', zipWithSecondEntry(), 'expected one file in the zip, was 2'],
  ['overlapping entries', overlappingZip, 'expected one file in the zip, was 2'],
  ['nothing inside', emptyZip, 'expected one file in the zip, was 0'],
  ['a wrong CRC', zipWithBadCrc, 'the checksum inside the zip is wrong'],
  ['a cut file', truncatedZip, 'End of central directory record signature not found'],
  ['no zip at all', random, 'End of central directory record signature not found'],
])(
  '%s is refused with a typed error, after no more bytes than allowed and in little memory',
  async (_, make, message) => {
    const path = writeZip(await make(FILE));
    const startBytes = process.memoryUsage().rss;
    const error = await readAll(path).catch((thrown) => thrown);
    expect(process.memoryUsage().rss - startBytes).toBeLessThan(MAX_GROWTH_BYTES);
    expect(error).toMatchObject({ code: 'EXCHANGE_RESPONSE_INVALID', kind: 'exchange' });
    expect(error.message).toMatch(message);
  },
);

test('more than the period can hold is refused even without compression', async () => {
  await expect(readAll(writeZip(await stored(FILE)), 1999)).rejects.toThrow('unpacks to more than 1999 bytes');
});

test('a zip inside the zip is no text: its lines are refused where they are read', async () => {
  expect(await readAll(writeZip(await nestedZip(FILE)))).toBeGreaterThan(100);
});

test('no byte of a sound zip can be changed to harm', async () => {
  const sound = await zipOf(FILE);
  for (let at = 0; at < sound.length; at++) {
    const bytes = Buffer.from(sound);
    bytes[at] ^= 1 << (at % 8);
    const outcome = await readAll(writeZip(bytes)).catch((error) => error);
    if (typeof outcome !== 'number') expect(outcome).toMatchObject({ code: 'EXCHANGE_RESPONSE_INVALID' });
  }
});
