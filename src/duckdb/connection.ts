/**
 * DuckDB as a library: one in-memory instance a process, so no database file and no lock. The module is loaded on first
 * use because loading it takes longer than everything else a short command does.
 */

import { createRequire } from 'node:module';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { registerColumnSource } from './column-source.js';

const require = createRequire(import.meta.url);

/** The module. It is CommonJS: `import()` would first search its hundred files for names, 180 ms instead of 80 ms. */
export function loadDuckDb(): typeof import('@duckdb/node-api') {
  return require('@duckdb/node-api');
}

interface SharedInstance {
  readonly opened: Promise<DuckDBInstance>;
  userCount: number;
  isRetired: boolean;
}

/** Opening and closing an instance takes 8 ms, which an append of one candle would pay each time. */
let shared: SharedInstance | undefined;

/**
 * Runs `use` with a connection of its own, whose temporary tables nobody else sees; closes it afterwards. Times without
 * an offset are UTC.
 *
 * After an error the instance is given up, for DuckDB refuses all further work in one that had an internal error, and
 * a damaged file can cause one.
 */
export async function withDuckDb<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  shared ??= { opened: openInstance(), userCount: 0, isRetired: false };
  const instance = shared;
  instance.userCount += 1;
  try {
    const connection = await (await instance.opened).connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      return await use(connection);
    } finally {
      connection.closeSync();
    }
  } catch (error) {
    instance.isRetired = true;
    if (shared === instance) shared = undefined;
    throw error;
  } finally {
    instance.userCount -= 1;
    if (instance.isRetired && instance.userCount === 0) await closeInstance(instance);
  }
}

async function openInstance(): Promise<DuckDBInstance> {
  const duckDb = loadDuckDb();
  const instance = await duckDb.DuckDBInstance.create(':memory:', {
    // Nothing is ever fetched from the network, and nothing spills into the working folder.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: '',
    // It knows files by name and time; a name may lead to another one a moment later.
    enable_external_file_cache: 'false',
  });
  const connection = await instance.connect();
  registerColumnSource(duckDb, connection);
  connection.closeSync();
  return instance;
}

async function closeInstance({ opened }: SharedInstance): Promise<void> {
  const instance = await opened.catch(() => undefined);
  instance?.closeSync();
}

/** An SQL string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An SQL identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A path as the literal of a reading function, where `*`, `?` and `[` would otherwise be a pattern. */
export function quotePathPattern(path: string): string {
  return quoteText(path.replace(/[*?[]/g, '[$&]'));
}

/** The first line of what DuckDB says, without its SQL excerpt. */
export function duckDbReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0].replace(/^(Invalid Input|IO|Conversion|Binder|Serialization) Error: /, '');
}
