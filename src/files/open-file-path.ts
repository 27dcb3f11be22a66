/** A path for a file that is open, for those who can open a file by its name only, whatever has that name by now. */

import { existsSync } from 'node:fs';
import { type FileHandle, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux has a name for each open file, which leads to that one. */
const DESCRIPTORS = '/proc/self/fd';

/**
 * Runs `use` with a path of an open file, which is valid meanwhile: of the file itself on Linux, else of a copy.
 *
 * @param descriptors the folder with the names of the open files
 */
export async function withPathOf<T>(
  file: FileHandle,
  use: (path: string) => Promise<T>,
  descriptors = DESCRIPTORS,
): Promise<T> {
  const path = join(descriptors, String(file.fd));
  if (existsSync(path)) return use(path);
  const folder = await mkdtemp(join(tmpdir(), 'tradeai-'));
  try {
    const copy = join(folder, 'copy');
    await writeFile(copy, file.createReadStream({ start: 0, autoClose: false }));
    return await use(copy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
