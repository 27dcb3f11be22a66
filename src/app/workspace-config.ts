/** Reading `tradeai.config` of a workspace. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import type { PlainObject } from '../core/plain-data.js';
import { defineFeature } from '../features/custom-feature.js';
import { defineConfig, emptyConfig, parseConfig, type WorkspaceConfig } from '../options/config.js';

export const CONFIG_FILES = ['tradeai.config.ts', 'tradeai.config.js', 'tradeai.config.mjs', 'tradeai.config.json'];

/** The config file of the workspace, the first there is. */
export function findConfigFile(home: string): string | undefined {
  return CONFIG_FILES.map((name) => join(resolve(home), name)).find(existsSync);
}

/**
 * Reads and checks the config of a workspace; an empty one where there is no file. The file is read anew each time.
 *
 * @throws TradeAiError `CONFIG_INVALID`
 */
export async function readWorkspaceConfig(home: string): Promise<WorkspaceConfig> {
  const path = findConfigFile(home);
  if (path === undefined) return emptyConfig();
  return placeFiles(parseConfig(await readExport(path), path), home);
}

/** A file of candles that a config names is found from the folder of the workspace on, as its columns are. */
export function placeFiles(config: WorkspaceConfig, home: string): WorkspaceConfig {
  const place = (options: Readonly<PlainObject>) =>
    typeof options.data === 'string' ? { ...options, data: resolve(home, options.data) } : options;
  const models = new Map(Array.from(config.models, ([name, options]) => [name, place(options)]));
  return { ...config, train: place(config.train), models };
}

async function readExport(path: string): Promise<unknown> {
  try {
    if (path.endsWith('.json')) return JSON.parse(readFileSync(path, 'utf8'));
    return await importConfig(path);
  } catch (cause) {
    if (cause instanceof TradeAiError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TradeAiError('CONFIG_INVALID', `${path} cannot be read: ${reason}`, {
      commandHint: 'mend it, or write a new one with `tradeai init --force`',
      cause,
    });
  }
}

/** `import … from 'tradeai'` is answered by the running program, whether or not the workspace has it installed. */
async function importConfig(path: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, {
    virtualModules: { tradeai: { defineConfig, defineFeature } },
    // No copies of the config in a folder that others can write to, and none of a former state.
    fsCache: false,
    moduleCache: false,
  });
  return jiti.import(path, { default: true });
}
