/**
 * JSON documents that carry the hash of themselves, so that a flipped byte is found. It guards against accidents, not
 * against someone who writes the hash anew.
 */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { systemCodeOf, toReadError } from '../files/system-errors.js';

const SEAL = 'sha256';
/** Such files hold some numbers and sentences. */
const MAXIMUM_BYTES = 2 ** 20;

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The document with its seal as last field: the SHA-256 of the document without it and without white space. */
export function sealJson(document: object): string {
  return `${JSON.stringify({ ...document, [SEAL]: sha256Of(JSON.stringify(document)) }, null, 2)}\n`;
}

/** Reads a sealed document, without its seal. Throws an `Error` that says what is wrong. */
export function unsealJson(text: string): unknown {
  const json: unknown = JSON.parse(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('expected a JSON object');
  const { [SEAL]: seal, ...document } = json as Record<string, unknown>;
  const found = sha256Of(JSON.stringify(document));
  if (seal !== found) throw new Error(`changed since it was written: expected SHA-256 ${seal}, was ${found}`);
  return document;
}

export interface SealedFile<Document> {
  readonly path: string;
  readonly schema: z.ZodType<Document>;
  /** What it is, for the error: `the pointer to the champion of BTCUSDT`. */
  readonly what: string;
  /** What to do with a damaged one. */
  readonly commandHint: string;
}

/**
 * Reads a sealed file; `undefined` when there is none.
 *
 * @throws TradeAiError `MODEL_CORRUPT` when it is not what was sealed, `STORAGE_UNREADABLE`
 */
export async function readSealedFile<Document>({
  path,
  schema,
  what,
  commandHint,
}: SealedFile<Document>): Promise<Document | undefined> {
  const toError = (found: string, cause?: unknown) =>
    new TradeAiError('MODEL_CORRUPT', `${path}: expected ${what}, was: ${found}`, { commandHint, cause });
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAXIMUM_BYTES) throw toError(`${size} bytes, more than the ${MAXIMUM_BYTES} such a file may have`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw toReadError(path, error);
  }
  try {
    return schema.parse(unsealJson(text));
  } catch (error) {
    const found = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw toError(found, error);
  }
}
