/** Whether anything has changed of the models of a registry, told by what the file system says of their folders: no file is read. */

import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runLimited } from '../core/concurrency.js';
import { isName } from '../core/names.js';
import { identityOf } from '../files/file-identity.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { CHAMPION_NAME } from './champion-file.js';
import { isVersionFolder, readEntries } from './version-folder.js';

/** Folders looked at at once. */
const LOOKS_AT_ONCE = 8;
/** The coarsest times of the file systems in use, FAT's: what has changed so lately may change again and look the same. */
const TIME_STEP_MS = 2_000;

export class RegistryStamps {
  readonly #versionsFolder: string;
  /** By name: what was said of a folder that had a version and no pointer when it was listed. */
  readonly #listed = new Map<string, string>();
  #lookCount = 0;

  constructor(versionsFolder: string) {
    this.#versionsFolder = versionsFolder;
  }

  /** @throws TradeAiError `STORAGE_UNREADABLE` */
  async read(): Promise<ReadonlyMap<string, string>> {
    this.#lookCount += 1;
    const folders = (await readEntries(this.#versionsFolder)).filter(
      (entry) => entry.isDirectory() && isName(entry.name),
    );
    const names = folders.map(({ name }) => name).sort();
    const stamps = await runLimited(names.length, LOOKS_AT_ONCE, (index) => this.#stampOf(names[index]));
    const found = names.map((name, index) => [name, stamps[index]] as const);
    return new Map(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
  }

  /** `undefined` where the folder has neither a champion nor a version. */
  async #stampOf(name: string): Promise<string | undefined> {
    const folder = join(this.#versionsFolder, name);
    const stats = await statsOf(folder);
    if (stats === undefined) return undefined;
    const pointer = await statsOf(join(folder, CHAMPION_NAME));
    const stamp = `${this.#textOf(stats)} ${pointer === undefined ? '' : this.#textOf(pointer)}`;
    if (pointer !== undefined || this.#listed.get(name) === stamp) return stamp;
    this.#listed.delete(name);
    if (!(await readEntries(folder)).some(isVersionFolder)) return undefined;
    this.#listed.set(name, stamp);
    return stamp;
  }

  /** Never the same text again for what has changed just now. */
  #textOf(stats: BigIntStats): string {
    const isOld = Date.now() - Number(stats.mtimeMs) > TIME_STEP_MS;
    return isOld ? identityOf(stats) : `${identityOf(stats)} look ${this.#lookCount}`;
  }
}

async function statsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return undefined;
    throw toReadError(path, error);
  }
}
