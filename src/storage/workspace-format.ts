/**
 * The format of a workspace's files: `data/workspace.json` says which one it is, and which version of the program wrote it.
 * Format 1 had no such file, and each series of candles as one file; it is read as it is, and brought up to date where it
 * is written.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { writeFileAtomically } from '../files/write-atomically.js';

/** The one that this program writes. */
export const FORMAT_VERSION = 2;

const markSchema = z.object({ formatVersion: z.int().positive(), writtenBy: z.string() });

/**
 * Refuses a workspace that a newer program has written, and which this one would misread. Takes one small file, at once.
 *
 * @returns the format; 1 where nothing says another
 * @throws TradeAiError `WORKSPACE_NEWER` naming the version that is needed
 */
export function checkWorkspaceFormat(home: string): number {
  const mark = readMark(pathOf(home));
  if (mark === undefined) return 1;
  if (mark.formatVersion <= FORMAT_VERSION) return mark.formatVersion;
  throw new TradeAiError(
    'WORKSPACE_NEWER',
    `${home} was written by TradeAI ${mark.writtenBy} in format ${mark.formatVersion}; this program reads formats up to ${FORMAT_VERSION}`,
    { commandHint: `install TradeAI ${mark.writtenBy} or later, or choose another workspace with --home` },
  );
}

/**
 * Says that files of this program's format are in the workspace.
 *
 * @throws TradeAiError `WORKSPACE_NEWER`, `STORAGE_UNWRITABLE`
 */
export async function markWorkspaceFormat(home: string, programVersion: string): Promise<void> {
  if (checkWorkspaceFormat(home) === FORMAT_VERSION) return;
  const mark: z.infer<typeof markSchema> = { formatVersion: FORMAT_VERSION, writtenBy: programVersion };
  await writeFileAtomically(pathOf(home), `${JSON.stringify(mark, null, 2)}\n`);
}

function readMark(path: string): z.infer<typeof markSchema> | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return undefined;
    throw toReadError(path, error);
  }
  try {
    return markSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TradeAiError(
      'STORAGE_UNREADABLE',
      `${path}: expected {"formatVersion": ${FORMAT_VERSION}, "writtenBy": "…"}, was ${text.slice(0, 80)}`,
      { hint: 'move the file away: it is written again with the next candles', cause },
    );
  }
}

function pathOf(home: string): string {
  return join(home, 'data', 'workspace.json');
}
