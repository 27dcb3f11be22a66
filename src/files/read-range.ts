/** Parts of files, whole: one read of a network's disk may give less than what is there. */

import type { FileHandle } from 'node:fs/promises';

/** The bytes [start, end) of a file; fewer only where it ends. Throws the system's own error. */
export async function readRange(file: Pick<FileHandle, 'read'>, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  for (let count = 0; count < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, count, bytes.length - count, start + count);
    if (bytesRead === 0) return bytes.subarray(0, count);
    count += bytesRead;
  }
  return bytes;
}
