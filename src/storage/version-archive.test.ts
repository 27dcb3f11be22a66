import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { makeDraft } from '../../test/support/version-draft.js';
import type { ModelVersion } from '../ports/registry.js';
import { openFileRegistry } from './file-registry.js';
import { sealJson } from './sealed-json.js';
import { encodeVersionArchive, readVersionArchive, writeVersionArchive } from './version-archive.js';

let folder: string;
let version: ModelVersion;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tradeai-archive-'));
  const registry = openFileRegistry(folder);
  await registry.publish(makeDraft('BTCUSDT', 'carried'));
  version = await registry.load('BTCUSDT', 1);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A zip of these entries, compressed where said. */
async function writeZip(
  entries: readonly (readonly [name: string, bytes: Uint8Array, compress?: boolean])[],
): Promise<string> {
  const zip = new ZipFile();
  for (const [name, bytes, compress = false] of entries) zip.addBuffer(Buffer.from(bytes), name, { compress });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  const path = join(folder, 'hostile.zip');
  await writeFile(path, Buffer.concat(chunks));
  return path;
}

const manifestEntry = () => ['manifest.json', Buffer.from(sealJson(version.manifest))] as const;

test('a version is read as it was written, and the same version is the same bytes', async () => {
  const path = join(folder, 'BTCUSDT-1.zip');
  await writeVersionArchive(path, version);
  const read = await readVersionArchive(path);
  expect(read.manifest).toEqual(version.manifest);
  expect([...read.files].map(([name, bytes]) => [name, Buffer.from(bytes)])).toEqual(
    [...version.files].map(([name, bytes]) => [name, Buffer.from(bytes)]),
  );
  expect(Buffer.from(await encodeVersionArchive(version))).toEqual(await readFile(path));
});

test('every flipped byte of a file or the manifest is found', async () => {
  const bytes = Buffer.from(await encodeVersionArchive(version));
  const path = join(folder, 'flipped.zip');
  for (let at = 0; at < bytes.length; at += 37) {
    const flipped = Buffer.from(bytes);
    flipped[at] ^= 1;
    await writeFile(path, flipped);
    const outcome = await readVersionArchive(path).then(
      (read) =>
        [...read.files].every(([name, file]) => Buffer.from(file).equals(Buffer.from(version.files.get(name)!))),
      (error) => error.code === 'MODEL_CORRUPT',
    );
    expect(outcome, `byte ${at}`).toBe(true);
  }
});

test.each([
  ['a truncated archive', async () => (await encodeVersionArchive(version)).subarray(0, 900)],
  ['an empty file', async () => new Uint8Array(0)],
  ['text', async () => Buffer.from('not a zip at all')],
])('%s is refused', async (_what, bytes) => {
  const path = join(folder, 'bad.zip');
  await writeFile(path, await bytes());
  await expect(readVersionArchive(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
});

test('compressed entries, strange names, repeated and missing files are refused', async () => {
  const files = [...version.files];
  const hostile: [RegExp, Parameters<typeof writeZip>[0]][] = [
    [/compressed/, [manifestEntry(), ['scaler.json', Buffer.alloc(50_000_000), true]]],
    [/at most once/, [manifestEntry(), ['pickle.pkl', Buffer.from('x')]]],
    [/at most once/, [manifestEntry(), manifestEntry()]],
    [/no manifest/, files],
    [/missing/, [manifestEntry(), ...files.slice(1)]],
  ];
  for (const [reason, entries] of hostile) {
    await expect(readVersionArchive(await writeZip(entries))).rejects.toThrow(reason);
  }
});

test('a name that leaves the folder is refused', async () => {
  const path = await writeZip([manifestEntry()]);
  const bytes = await readFile(path);
  const renamed = Buffer.from(bytes.toString('latin1').replaceAll('manifest.json', '../nifest.json'), 'latin1');
  await writeFile(path, renamed);
  await expect(readVersionArchive(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
});

test('a file that is not there is not found', async () => {
  await expect(readVersionArchive(join(folder, 'none.zip'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
