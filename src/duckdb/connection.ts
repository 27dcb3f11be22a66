/**
 * DuckDB as a library: an in-memory instance that lives for one use, so no database file and no lock. The module is
 * loaded on first use because loading it takes longer than everything else a short command does.
 */

import { createRequire } from 'node:module';
import type { DuckDBConnection } from '@duckdb/node-api';

const require = createRequire(import.meta.url);

/** The module. It is CommonJS: `import()` would first search its hundred files for names, 180 ms instead of 80 ms. */
export function loadDuckDb(): typeof import('@duckdb/node-api') {
  return require('@duckdb/node-api');
}

/** Runs `use` with a connection of its own; closes it afterwards. Times without an offset are UTC. */
export async function withDuckDb<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const { DuckDBInstance } = loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:', {
    // Nothing is ever fetched from the network, and nothing spills into the working folder.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: '',
  });
  try {
    const connection = await instance.connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      return await use(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
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
