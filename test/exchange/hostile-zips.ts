/**
 * Zips that no honest archive holds; the checksum beside each is its own, as an attacker's would be. Offsets are those of
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 and 4.3.12.
 */

import { type ArchiveFile, csvOf, type ZipMaker } from './archive.js';
import { makeZip, type ZipEntry } from './zip.js';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const LOCAL_NAME_OFFSET = 30;
const CENTRAL_NAME_OFFSET = 46;

const entryOf = ({ csvName, rows }: ArchiveFile): ZipEntry => ({ name: csvName, content: Buffer.from(csvOf(rows)) });

/** Zeros that shrink to a thousandth; `declaredBytes` lies about how many they are. */
export function zipBomb({
  sizeBytes = 2 ** 28,
  declaredBytes,
}: {
  sizeBytes?: number;
  declaredBytes?: number;
} = {}): ZipMaker {
  return async ({ csvName }) => {
    const bytes = await makeZip([{ name: csvName, content: Buffer.alloc(sizeBytes, '0') }]);
    eachHeader(bytes, (at, isCentral) => bytes.writeUInt32LE(declaredBytes ?? sizeBytes, at + (isCentral ? 24 : 22)));
    return bytes;
  };
}

/** The true rows under another name, such as `../../evil.csv`. */
export function zipNamed(name: string): ZipMaker {
  return async (file) => {
    const nameBytes = Buffer.from(name);
    // The writer refuses such names, so one of the same length takes its place until the bytes are made.
    const bytes = await makeZip([{ ...entryOf(file), name: 'x'.repeat(nameBytes.length) }]);
    eachHeader(bytes, (at, isCentral) => {
      nameBytes.copy(bytes, at + (isCentral ? CENTRAL_NAME_OFFSET : LOCAL_NAME_OFFSET));
    });
    return bytes;
  };
}

/** The true rows and something else. */
export function zipWithSecondEntry(name = 'README.txt'): ZipMaker {
  return (file) => makeZip([entryOf(file), { name, content: Buffer.from('hello') }]);
}

/** Nothing inside. */
export const emptyZip: ZipMaker = () => makeZip([]);

/** Another zip inside. */
export const nestedZip: ZipMaker = async (file) =>
  makeZip([{ name: file.csvName, content: await makeZip([entryOf(file)]) }]);

/** The first entry is a symbolic link to a file of the reader's. */
export const symlinkZip: ZipMaker = async ({ csvName }) => {
  const bytes = await makeZip([{ name: csvName, content: Buffer.from('/etc/passwd'), compress: false }]);
  eachHeader(bytes, (at, isCentral) => {
    if (isCentral) bytes.writeUInt32LE((0o120777 << 16) >>> 0, at + 38);
  });
  return bytes;
};

/** Two entries that are the same bytes. */
export const overlappingZip: ZipMaker = async (file) => {
  const bytes = await makeZip([entryOf(file), { ...entryOf(file), name: `again-${file.csvName}` }]);
  eachHeader(bytes, (at, isCentral) => {
    if (isCentral) bytes.writeUInt32LE(0, at + 42);
  });
  return bytes;
};

/** Content that is not what its CRC says. */
export const zipWithBadCrc: ZipMaker = async (file) => {
  const bytes = await makeZip([entryOf(file)]);
  eachHeader(bytes, (at, isCentral) => bytes.writeUInt32LE(0xdeadbeef, at + (isCentral ? 16 : 14)));
  return bytes;
};

/** The first half of the file, as it was when somebody copied it into the archive. */
export const truncatedZip: ZipMaker = async (file) => {
  const bytes = await makeZip([entryOf(file)]);
  return bytes.subarray(0, bytes.length >> 1);
};

/** A CSV whose first line names the columns, as newer files have it. */
export const zipWithHeaderRow: ZipMaker = ({ csvName, rows }) => {
  const header =
    'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
  return makeZip([{ name: csvName, content: Buffer.from(`${header}\n${csvOf(rows)}`) }]);
};

/** A file of this text instead of the rows. */
export function zipOfText(text: string): ZipMaker {
  return ({ csvName }) => makeZip([{ name: csvName, content: Buffer.from(text) }]);
}

/** Visits the headers of all entries, local and central, by following the central directory. */
function eachHeader(bytes: Buffer, visit: (at: number, isCentral: boolean) => void): void {
  const directoryAt = bytes.readUInt32LE(bytes.length - 6);
  for (let at = directoryAt; bytes.readUInt32LE(at) === CENTRAL_HEADER; ) {
    const localAt = bytes.readUInt32LE(at + 42);
    if (bytes.readUInt32LE(localAt) !== LOCAL_HEADER) throw new Error(`no local header at ${localAt}`);
    const lengths = bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    visit(localAt, false);
    visit(at, true);
    at += CENTRAL_NAME_OFFSET + lengths;
  }
}
