import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpackLz4Frame } from './lz4-frame.js';

type Sequence = readonly [literals: Uint8Array, distance: number, length: number];

const HEAD = [0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0];
const uint32 = (value: number) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
const frameOf = (...blocks: readonly (readonly number[])[]) =>
  Uint8Array.from([...HEAD, ...blocks.flatMap((block) => [...uint32(block.length), ...block]), ...uint32(0)]);

/** The rest of a length behind its four bits. */
function more(length: number): number[] {
  if (length < 15) return [];
  const rest = length - 15;
  return [...Array(Math.floor(rest / 255)).fill(255), rest % 255];
}

/** Packs as the format says, with the literals and matches that are given. */
function pack(sequences: readonly Sequence[], last: Uint8Array): { block: number[]; bytes: number[] } {
  const bytes: number[] = [];
  const block: number[] = [];
  for (const [literals, distance, length] of [...sequences, [last, 0, 0] as const]) {
    bytes.push(...literals);
    const isLast = length === 0;
    block.push((Math.min(literals.length, 15) << 4) | (isLast ? 0 : Math.min(length - 4, 15)));
    block.push(...more(literals.length), ...literals);
    if (isLast) continue;
    const back = 1 + (distance % bytes.length);
    block.push(back & 255, back >> 8, ...more(length - 4));
    for (let at = 0; at < length; at++) bytes.push(bytes[bytes.length - back]);
  }
  return { block, bytes };
}

test('a frame of the lz4 program is unpacked', () => {
  // printf aaaaaaaaaaaaaaaaaaaabcabcabcabcabcabcabc > x; lz4 -9 --content-size -c x | xxd -p
  const frame = Buffer.from(
    '04224d186c4028000000000000008f100000001f61010000296263030050626361626300000000039a3115',
    'hex',
  );
  expect(Buffer.from(unpackLz4Frame(frame, 40)).toString()).toBe('aaaaaaaaaaaaaaaaaaaabcabcabcabcabcabcabc');
});

test('what was packed is unpacked, over several blocks', () => {
  const literals = fc.uint8Array({ minLength: 1, maxLength: 600 });
  const sequence = fc.tuple(literals, fc.nat(65_534), fc.integer({ min: 4, max: 900 }));
  fc.assert(
    fc.property(fc.array(sequence, { maxLength: 12 }), literals, (sequences, last) => {
      const { block, bytes } = pack(sequences, last);
      expect([...unpackLz4Frame(frameOf(block), bytes.length)]).toEqual(bytes);
      // A second block that is a match with the first one.
      const again = [0x10, 7, 1, 0, 0x10, 8];
      const both = unpackLz4Frame(frameOf(block, again), bytes.length + 6);
      expect([...both]).toEqual([...bytes, 7, 7, 7, 7, 7, 8]);
    }),
    { numRuns: 40 },
  );
});

test('a block that is stored as it is is copied', () => {
  const frame = Uint8Array.from([...HEAD, ...uint32(0x80000003), 1, 2, 3, ...uint32(0)]);
  expect([...unpackLz4Frame(frame, 3)]).toEqual([1, 2, 3]);
});

describe('is refused', () => {
  test.each([
    ['another magic number', Uint8Array.from([...[1, 2, 3, 4], ...HEAD.slice(4), ...uint32(0)]), 0, 'no LZ4 frame'],
    ['another version', Uint8Array.from([...HEAD.slice(0, 4), 0, 0x40, 0, ...uint32(0)]), 0, 'unknown version'],
    ['more than it says', frameOf([0x30, 1, 2, 3]), 2, 'more than it says'],
    ['less than it says', frameOf([0x30, 1, 2, 3]), 4, 'holds 3 bytes instead of 4'],
    ['a match before the beginning', frameOf([0x10, 1, 2, 0, 0x10, 1]), 6, 'refers to nothing'],
    ['a match with itself', frameOf([0x10, 1, 0, 0, 0x10, 1]), 6, 'refers to nothing'],
    ['literals that are cut off', frameOf([0x50, 1, 2]), 5, 'block is cut off'],
    ['a length that is cut off', frameOf([0xf0, 255, 255]), 5, 'block is cut off'],
    ['a block that is cut off', frameOf([0x30, 1, 2, 3]).subarray(0, 13), 3, 'frame is cut off'],
  ])('%s', (_, frame, sizeBytes, message) => {
    expect(() => unpackLz4Frame(frame, sizeBytes)).toThrow(message);
    expect(() => unpackLz4Frame(frame, sizeBytes)).toThrow(RangeError);
  });

  test('anything else, with a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(2_000), (noise, sizeBytes) => {
        const frame = Uint8Array.from([...HEAD, ...noise]);
        try {
          expect(unpackLz4Frame(frame, sizeBytes).length).toBe(sizeBytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
