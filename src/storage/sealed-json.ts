/**
 * JSON documents that carry the hash of themselves, so that a flipped byte is found. It guards against accidents, not
 * against someone who writes the hash anew.
 */

import { createHash } from 'node:crypto';

const SEAL = 'sha256';

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
