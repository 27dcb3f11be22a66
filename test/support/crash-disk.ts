/**
 * What a disk may hold after a power cut: a folder's operations are recorded, and any prefix of them is played back
 * into a tree that knows what was synced and what was not. After SQLite's crash tests
 * (https://www.sqlite.org/testing.html#crash_testing).
 */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

export type DiskOperation =
  | { kind: 'makeFolder' | 'create' | 'remove' | 'syncFile' | 'syncFolder'; path: string }
  | { kind: 'write'; path: string; bytes: Uint8Array }
  | { kind: 'rename'; path: string; to: string };

/**
 * - `killed`: the process died, the system did not: everything done is there.
 * - `data-lost`: names are there at once, the bytes of files that were not synced are not.
 * - `names-lost`: what happened to a folder since it was last synced is undone.
 */
export type CrashModel = 'killed' | 'data-lost' | 'names-lost';
export const CRASH_MODELS: readonly CrashModel[] = ['killed', 'data-lost', 'names-lost'];

interface FileNode {
  bytes: Uint8Array;
  syncedBytes: Uint8Array;
}
interface FolderNode {
  entries: Map<string, DiskNode>;
  syncedEntries: Map<string, DiskNode>;
}
type DiskNode = FileNode | FolderNode;

const EMPTY = new Uint8Array();

/** Reads a real folder; everything in it counts as synced. */
export async function readDisk(path: string): Promise<FolderNode> {
  const entries = new Map<string, DiskNode>();
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) {
      entries.set(entry.name, await readDisk(child));
    } else {
      const bytes = await readFile(child);
      entries.set(entry.name, { bytes, syncedBytes: bytes });
    }
  }
  return { entries, syncedEntries: new Map(entries) };
}

/** Plays operations, whose paths lie below `root`, into the tree. */
export function play(disk: FolderNode, root: string, operations: readonly DiskOperation[]): void {
  const folderAt = (path: string): FolderNode => {
    let node: DiskNode = disk;
    for (const part of relative(root, path).split('/').filter(Boolean)) {
      node = (node as FolderNode).entries.get(part)!;
    }
    return node as FolderNode;
  };
  const parentOf = (path: string) => folderAt(dirname(path)).entries;
  const fileAt = (path: string) => parentOf(path).get(basename(path)) as FileNode;

  for (const operation of operations) {
    const { kind, path } = operation;
    if (kind === 'makeFolder') {
      const parent = parentOf(path);
      if (!parent.has(basename(path))) parent.set(basename(path), { entries: new Map(), syncedEntries: new Map() });
    } else if (kind === 'create') {
      const parent = parentOf(path);
      const old = parent.get(basename(path)) as FileNode | undefined;
      if (old === undefined) parent.set(basename(path), { bytes: EMPTY, syncedBytes: EMPTY });
      else old.bytes = EMPTY;
    } else if (kind === 'write') {
      fileAt(path).bytes = operation.bytes;
    } else if (kind === 'syncFile') {
      const file = fileAt(path);
      file.syncedBytes = file.bytes;
    } else if (kind === 'syncFolder') {
      const folder = folderAt(path);
      folder.syncedEntries = new Map(folder.entries);
    } else if (kind === 'rename') {
      const node = parentOf(path).get(basename(path))!;
      parentOf(path).delete(basename(path));
      parentOf(operation.to).set(basename(operation.to), node);
    } else if (kind === 'remove') {
      parentOf(path).delete(basename(path));
    } else {
      kind satisfies never;
    }
  }
}

/** Writes what is left after the crash into a real folder. */
export async function restore(disk: FolderNode, model: CrashModel, path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const [name, node] of model === 'names-lost' ? disk.syncedEntries : disk.entries) {
    if ('entries' in node) await restore(node, model, join(path, name));
    else await writeFile(join(path, name), model === 'killed' ? node.bytes : node.syncedBytes);
  }
}
