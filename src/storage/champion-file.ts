/** `champion.json`, the one pointer of a name, and the copies of the champion that other programs read. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';
import { type StagedFile, stageFile } from '../files/write-atomically.js';
import type { ChampionPointer, ModelVersion } from '../ports/registry.js';
import { sealJson, unsealJson } from './sealed-json.js';

export const CHAMPION_NAME = 'champion.json';

const championPointerSchema = z.object({
  version: z.int().positive(),
  generation: z.int().positive(),
  promotedAtMs: z.number(),
  reasons: z.array(z.string()),
  previousVersion: z.int().positive().optional(),
}) satisfies z.ZodType<ChampionPointer>;

/**
 * Reads the pointer of a name; `undefined` when it has none.
 *
 * @throws TradeAiError `MODEL_CORRUPT` when the file is not a pointer, `STORAGE_UNREADABLE`
 */
export async function readChampion(modelFolder: string, name: string): Promise<ChampionPointer | undefined> {
  const path = join(modelFolder, CHAMPION_NAME);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw toReadError(path, error);
  }
  try {
    return championPointerSchema.parse(unsealJson(text));
  } catch (error) {
    const found = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new TradeAiError('MODEL_CORRUPT', `${path}: expected the pointer to the champion of ${name}, was: ${found}`, {
      hint: `remove that file and choose a champion with \`tradeai models promote ${name} VERSION\``,
      cause: error,
    });
  }
}

/** The pointer as it stands on disk. */
export function formatChampion(pointer: ChampionPointer): string {
  return sealJson(pointer);
}

/** Where the copies of a champion lie, the model last: when it is the champion's, the others are too. */
export function championCopies(home: string, champion: ModelVersion): { path: string; bytes: Uint8Array }[] {
  const { manifest, files } = champion;
  return [
    {
      path: join(home, 'feature_names.json'),
      bytes: Buffer.from(`${JSON.stringify(manifest.featureNames, null, 2)}\n`),
    },
    { path: join(home, 'scalers', `${manifest.name}_scaler.json`), bytes: files.get('scaler.json')! },
    { path: join(home, 'models', `${manifest.name}_lstm_model.onnx`), bytes: files.get('model.onnx')! },
  ];
}

/**
 * Stages all copies of a champion, so that a full disk is met before anything is switched.
 *
 * @throws TradeAiError `STORAGE_UNWRITABLE`; nothing is then staged
 */
export async function stageCopies(home: string, champion: ModelVersion): Promise<StagedFile[]> {
  const staged: StagedFile[] = [];
  try {
    for (const { path, bytes } of championCopies(home, champion)) staged.push(await stageFile(path, bytes));
    return staged;
  } catch (error) {
    for (const file of staged) await file.discard();
    throw error;
  }
}
