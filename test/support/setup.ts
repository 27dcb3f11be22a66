/** What every test file starts with. */

import fc from 'fast-check';
import { expect } from 'vitest';

/** Property tests try the same values every time; TRADEAI_PROPERTY_SEED names other ones, for looking further. */
fc.configureGlobal({ seed: Number(process.env.TRADEAI_PROPERTY_SEED ?? 1) });

/**
 * `toEqual` takes some five microseconds for each number of a typed array, which is seconds for years of candles. Arrays of
 * the same bytes are equal; whatever differs by a bit (a zero's sign, another NaN) it still looks at itself.
 */
function areSameBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  return bytesOf(a).equals(bytesOf(b)) || undefined;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);

const added = globalThis as { areSameBytes?: typeof areSameBytes };
// Files of one worker share its testers.
if (added.areSameBytes === undefined) expect.addEqualityTesters([areSameBytes]);
added.areSameBytes = areSameBytes;
