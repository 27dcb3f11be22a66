/** The copies of a champion that other programs read, and their healing. */

import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { collectAbandoned } from '../files/temporary-names.js';
import { makeFolder, type StagedFile, stageFile } from '../files/write-atomically.js';
import type { ModelVersion } from '../ports/registry.js';

const FEATURE_NAMES = 'feature_names.json';

interface ChampionCopy {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Where the copies of a champion lie. */
function championCopies(home: string, { manifest, files }: ModelVersion): ChampionCopy[] {
  return [
    { path: join(home, FEATURE_NAMES), bytes: Buffer.from(`${JSON.stringify(manifest.featureNames, null, 2)}\n`) },
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
  return stageAll(championCopies(home, champion));
}

/** Puts staged copies in their places; an error says that the champion was switched all the same. */
export async function commitCopies(copies: readonly StagedFile[], state: string): Promise<void> {
  try {
    for (const file of copies) await file.commit();
  } catch (error) {
    if (!(error instanceof TradeAiError)) throw error;
    const { code, message, hintDetails, cause } = error;
    throw new TradeAiError(code, `${state}, but its copies for other programs are not complete: ${message}`, {
      ...hintDetails,
      cause,
    });
  }
}

/**
 * Makes the copies that are not the champion's anew: those a kill left behind the pointer, and those that something else
 * has changed.
 *
 * @param ownsFeatureNames asked when `feature_names.json`, which all names share, is of other features: whether this
 *   champion was promoted last
 * @returns paths in the workspace
 */
export async function healCopies(
  home: string,
  champion: ModelVersion,
  ownsFeatureNames: () => Promise<boolean>,
): Promise<string[]> {
  const wrong: ChampionCopy[] = [];
  for (const copy of championCopies(home, champion)) {
    const found = await readFile(copy.path).catch(() => undefined);
    if (found?.equals(copy.bytes)) continue;
    if (copy.path === join(home, FEATURE_NAMES) && found !== undefined && !(await ownsFeatureNames())) continue;
    wrong.push(copy);
  }
  if (wrong.length === 0) return [];
  const { name, version } = champion.manifest;
  await collectBesideCopies(home, champion);
  await commitCopies(await stageAll(wrong), `${name} version ${version} is the champion`);
  return wrong.map(({ path }) => relative(home, path).split('\\').join('/'));
}

/** Removes what killed processes left beside the copies. */
export async function collectBesideCopies(home: string, champion: ModelVersion): Promise<void> {
  for (const { path } of championCopies(home, champion)) {
    await makeFolder(dirname(path));
    await collectAbandoned(dirname(path));
  }
}

async function stageAll(copies: readonly ChampionCopy[]): Promise<StagedFile[]> {
  const staged: StagedFile[] = [];
  try {
    for (const { path, bytes } of copies) staged.push(await stageFile(path, bytes));
    return staged;
  } catch (error) {
    for (const file of staged) await file.discard();
    throw error;
  }
}
