/** A workspace with one trained version, and the means to make hostile ones of it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composePorts } from '../../src/app/compose.js';
import { parseTrainOptions } from '../../src/options/train-options.js';
import type { Ports } from '../../src/ports/ports.js';
import type { ModelVersion, VersionFileName } from '../../src/ports/registry.js';
import { sha256Of } from '../../src/storage/sealed-json.js';
import { trainModel } from '../../src/training/train.js';
import { makeCandles, SMALL_TRAINING } from '../support/doctor-workspace.js';

export const NAME = 'TESTUSDT';
export const CANDLES = makeCandles({ symbol: NAME, rowCount: 700, momentum: 0.3 });

export interface TestWorkspace {
  readonly home: string;
  readonly ports: Ports;
  remove(): void;
}

export function openTestWorkspace(): TestWorkspace {
  const home = mkdtempSync(join(tmpdir(), 'tradeai-security-'));
  return {
    home,
    ports: composePorts({ home, environment: {}, onNote: () => undefined }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Stores candles and trains version 1 on them. */
export async function trainVersion({ ports }: TestWorkspace): Promise<ModelVersion> {
  await ports.store.append('file', CANDLES);
  await trainModel(parseTrainOptions({ ...SMALL_TRAINING, symbol: NAME, epochs: 2, allowStale: true }), ports);
  return ports.registry.load(NAME);
}

/** The version with other bytes in some files, its manifest made to fit them: whoever attacks can compute hashes. */
export function withFiles(
  { manifest, files }: ModelVersion,
  changes: Partial<Record<VersionFileName, Uint8Array | string | undefined>>,
  manifestChanges: Record<string, unknown> = {},
): ModelVersion {
  const changed = new Map(files);
  for (const [name, content] of Object.entries(changes) as [VersionFileName, Uint8Array | string | undefined][]) {
    if (content === undefined) changed.delete(name);
    else changed.set(name, typeof content === 'string' ? Buffer.from(content) : content);
  }
  const entries = Object.fromEntries(
    [...changed].map(([name, bytes]) => [name, { sha256: sha256Of(bytes), sizeBytes: bytes.byteLength }]),
  );
  return { manifest: { ...manifest, files: entries, ...manifestChanges }, files: changed };
}

export function jsonOf(version: ModelVersion, name: VersionFileName): Record<string, unknown> {
  return JSON.parse(Buffer.from(version.files.get(name)!).toString('utf8'));
}
