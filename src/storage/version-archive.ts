/**
 * A version as one file, to be carried elsewhere: a zip of its manifest and files, stored and not compressed. What the
 * files hold does not shrink, and a reader that refuses compressed entries cannot be made to unpack a bomb.
 */

import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import { ZipFile as ZipWriter } from 'yazl';
import { TradeAiError } from '../core/errors.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { writeFileAtomically } from '../files/write-atomically.js';
import type { ModelVersion } from '../ports/registry.js';
import { VERSION_FILE_NAMES, type VersionFileName } from '../registry/manifest.js';
import { sealJson, sha256Of } from './sealed-json.js';
import { MANIFEST_NAME, parseManifest } from './version-folder.js';

/** Larger than any model that can be trained here in reasonable time. */
const MAXIMUM_ARCHIVE_BYTES = 512 * 1024 * 1024;
const STORED = 0;
/** The oldest time a zip can hold: the same version makes the same bytes, whenever and wherever it is exported. */
const ENTRY_TIME = new Date(Date.UTC(1980, 0, 1));

/** The bytes of the archive. */
export async function encodeVersionArchive({ manifest, files }: ModelVersion): Promise<Uint8Array> {
  const zip = new ZipWriter();
  const options = { compress: false, mtime: ENTRY_TIME, forceDosTimestamp: true };
  zip.addBuffer(Buffer.from(sealJson(manifest)), MANIFEST_NAME, options);
  for (const [name, bytes] of files) zip.addBuffer(Buffer.from(bytes), name, options);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Writes the archive. @throws TradeAiError `STORAGE_UNWRITABLE` */
export async function writeVersionArchive(path: string, version: ModelVersion): Promise<void> {
  await writeFileAtomically(path, await encodeVersionArchive(version));
}

/**
 * Reads an archive and checks every file against the manifest, and the manifest against its own hash.
 *
 * @throws TradeAiError `FILE_NOT_FOUND`; `MODEL_CORRUPT` for anything but what `writeVersionArchive` writes
 */
export async function readVersionArchive(path: string): Promise<ModelVersion> {
  const entries = await readEntries(path, await readWhole(path));
  const manifestBytes = entries.get(MANIFEST_NAME);
  if (manifestBytes === undefined) throw corrupt(path, `it has no ${MANIFEST_NAME}`);
  const manifest = parseManifest(path, manifestBytes);
  const files = new Map<VersionFileName, Uint8Array>();
  for (const name of VERSION_FILE_NAMES) {
    const expected = manifest.files[name];
    const bytes = entries.get(name);
    if ((expected === undefined) !== (bytes === undefined)) {
      throw corrupt(path, `${name} is ${bytes === undefined ? 'missing' : 'there, but not in its manifest'}`);
    }
    if (expected === undefined || bytes === undefined) continue;
    const found = sha256Of(bytes);
    if (found !== expected.sha256) throw corrupt(path, `${name}: expected SHA-256 ${expected.sha256}, was ${found}`);
    files.set(name, bytes);
  }
  return { manifest, files };
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const stats = await stat(path);
    const { size } = stats;
    if (!stats.isFile()) throw corrupt(path, 'it is not a file');
    if (size > MAXIMUM_ARCHIVE_BYTES)
      throw corrupt(path, `it has ${size} bytes, at most ${MAXIMUM_ARCHIVE_BYTES} expected`);
    const file = await open(path);
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TradeAiError) throw error;
    if (systemCodeOf(error) === 'ENOENT') {
      throw new TradeAiError('FILE_NOT_FOUND', `there is no file ${path}`, {
        commandHint: 'export one with `tradeai models export`',
      });
    }
    throw toReadError(path, error);
  }
}

async function readEntries(path: string, bytes: Buffer): Promise<Map<string, Uint8Array>> {
  const known: readonly string[] = [MANIFEST_NAME, ...VERSION_FILE_NAMES];
  const entries = new Map<string, Uint8Array>();
  let entryBytes = 0;
  try {
    const zip = await promisify<Buffer, object, ZipFile>(fromBuffer)(bytes, {
      lazyEntries: true,
      strictFileNames: true,
    });
    for await (const entry of entriesOf(zip)) {
      const { fileName, compressionMethod, compressedSize, uncompressedSize } = entry;
      if (!known.includes(fileName) || entries.has(fileName)) {
        throw corrupt(
          path,
          `expected each of ${known.join(', ')} at most once, there is ${JSON.stringify(fileName.slice(0, 80))}`,
        );
      }
      if (compressionMethod !== STORED || compressedSize !== uncompressedSize)
        throw corrupt(path, `${fileName} is compressed`);
      entryBytes += uncompressedSize;
      if (entryBytes > bytes.length) throw corrupt(path, 'its entries lie over each other');
      entries.set(fileName, await readEntry(zip, entry));
    }
  } catch (error) {
    if (error instanceof TradeAiError) throw error;
    throw corrupt(path, error instanceof Error ? error.message : String(error));
  }
  return entries;
}

async function* entriesOf(zip: ZipFile): AsyncIterable<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      zip
        .once('entry', resolve)
        .once('end', () => resolve(undefined))
        .once('error', reject);
      zip.readEntry();
    });
    zip.removeAllListeners();
    if (entry === undefined) return;
    yield entry;
  }
}

async function readEntry(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const stream = await promisify<Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip))(entry);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function corrupt(path: string, found: string): TradeAiError {
  return new TradeAiError('MODEL_CORRUPT', `${path} is not a version that \`tradeai models export\` wrote: ${found}`);
}
