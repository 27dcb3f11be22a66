import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effortOf } from '../../test/support/processor-time.js';
import { TradeAiError } from '../core/errors.js';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.js';

/** Mutations per fuzz test; `TRADEAI_FUZZ_RUNS=10000000` for a long run. */
const FUZZ_RUNS = Number(process.env['TRADEAI_FUZZ_RUNS'] ?? 2000);
const FUZZ_TIMEOUT_MS = 300_000 + FUZZ_RUNS;

/**
 * What the reference implementation writes for "attn0", F32 [1, 1, 2, 3] = 0 … 5, header padded with 7 spaces:
 * `test_serialization_forced_alignement`, https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs
 */
const REFERENCE_BYTES = Uint8Array.of(
  ...[72, 0, 0, 0, 0, 0, 0, 0],
  ...new TextEncoder().encode('{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}'.padEnd(72)),
  ...[0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64],
);
const REFERENCE_TENSOR: NamedTensor = {
  name: 'attn0',
  shape: [1, 1, 2, 3],
  dtype: 'F32',
  data: Float32Array.of(0, 1, 2, 3, 4, 5),
};

describe('encodeSafetensors', () => {
  test('writes the bytes of the reference implementation', () => {
    expect(encodeSafetensors([REFERENCE_TENSOR])).toEqual(REFERENCE_BYTES);
  });

  test('gives the same bytes whatever the order of the metadata keys', () => {
    const bytes = encodeSafetensors([REFERENCE_TENSOR], { b: '2', a: '1' });
    expect(encodeSafetensors([REFERENCE_TENSOR], { a: '1', b: '2' })).toEqual(bytes);
  });

  test.each<[string, NamedTensor[], Record<string, string>]>([
    ['expected a float32', [{ ...REFERENCE_TENSOR, shape: [1], data: Float64Array.of(0.1) }], {}],
    ['has the value NaN at 1', [{ name: 'a', shape: [2], dtype: 'F64', data: Float64Array.of(0, NaN) }], {}],
    ['3 values, but 6 were given', [{ ...REFERENCE_TENSOR, shape: [3] }], {}],
    ['appears twice', [REFERENCE_TENSOR, REFERENCE_TENSOR], {}],
    ['"__proto__" is reserved', [{ ...REFERENCE_TENSOR, name: '__proto__' }], {}],
    ['cannot be the name of a tensor', [{ ...REFERENCE_TENSOR, name: '' }], {}],
    ['"constructor" is reserved', [], { constructor: 'x' }],
    ['at most 1000000 are allowed', [], { long: 'x'.repeat(1_000_000) }],
  ])('refuses what could not be read back: %s', (message, tensors, metadata) => {
    expect(() => encodeSafetensors(tensors, metadata)).toThrow(
      expect.objectContaining({ code: 'MODEL_CORRUPT', message: expect.stringContaining(message) }),
    );
  });
});

describe('decodeSafetensors', () => {
  test('reads the bytes of the reference implementation', () => {
    expect(decodeSafetensors(REFERENCE_BYTES)).toEqual({ tensors: [REFERENCE_TENSOR], metadata: {} });
  });

  test('gives back what was written', () => {
    const isFree = (name: string) => !['__proto__', 'constructor', 'prototype'].includes(name);
    const name = fc.stringMatching(/^[a-z.0-9]{1,12}$/).filter(isFree);
    const shape = fc.array(fc.nat(4), { maxLength: 3 });
    const tensor = fc.record({ name, shape, dtype: fc.constantFrom('F32' as const, 'F64' as const) }).chain((head) => {
      const length = head.shape.reduce((product, size) => product * size, 1);
      const options = { minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true };
      const data: fc.Arbitrary<Float32Array | Float64Array> =
        head.dtype === 'F32' ? fc.float32Array(options) : fc.float64Array(options);
      return data.map((data) => ({ ...head, data }));
    });
    const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 5 });
    const metadata = fc.dictionary(fc.string().filter(isFree), fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(tensors, metadata, (tensors, metadata) => {
        const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata));
        expect(decoded.metadata).toEqual(metadata);
        expect(new Map(decoded.tensors.map((tensor) => [tensor.name, tensor]))).toEqual(
          new Map(tensors.map((tensor) => [tensor.name, tensor])),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('reads from any position of a larger buffer and does not alias it', () => {
    const buffer = new Uint8Array(REFERENCE_BYTES.length + 3);
    buffer.set(REFERENCE_BYTES, 3);
    const { tensors } = decodeSafetensors(buffer.subarray(3));
    buffer.fill(0xff);
    expect(tensors[0].data).toEqual(REFERENCE_TENSOR.data);
  });

  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) =>
    `{"dtype":"F32","shape":${JSON.stringify(shape)},"data_offsets":[${begin},${end}]}`;
  test.each([
    ['the data has a hole', `{"a":${f32(0, 4)},"b":${f32(8, 12)}}`, 12, 'bytes 4 to 8 of the data before tensor "b"'],
    ['tensors overlap', `{"a":${f32(0, 8)},"b":${f32(4, 12)}}`, 12, 'tensor "b" begins at byte 4, inside the tensor'],
    ['two tensors share their data', `{"a":${f32(0, 8)},"b":${f32(0, 8)}}`, 8, 'begins at byte 0, inside the tensor'],
    ['a tensor ends behind the file', `{"a":${f32(0, 16)}}`, 12, 'ends at byte 16, the file holds 12 bytes of data'],
    ['bytes follow the last tensor', `{"a":${f32(0, 4)}}`, 12, 'cover 4 bytes, the file holds 12 bytes of data'],
    ['a tensor ends before it begins', `{"a":${f32(8, 4, [1])}}`, 8, 'ends at byte 4, before it begins at 8'],
    ['the shape does not fit the data', `{"a":${f32(0, 8, [3])}}`, 8, 'F32 [3] takes 12 bytes, was given 8'],
    ['the shape overflows', `{"a":${f32(0, 8, [2 ** 40, 2 ** 40])}}`, 8, 'too large a shape'],
    ['the shape overflows behind a zero', `{"a":${f32(0, 8, [2 ** 53, 0])}}`, 8, 'a shape that is not a list of sizes'],
    ['a size is negative', `{"a":${f32(0, 4, [-1])}}`, 4, 'a shape that is not a list of sizes'],
    ['a size is a fraction', `{"a":${f32(0, 4, [1.5])}}`, 4, 'a shape that is not a list of sizes'],
    ['the rank is absurd', `{"a":${f32(0, 4, new Array(9).fill(1))}}`, 4, '9 dimensions, at most 8'],
    [
      'an offset is 2^64',
      `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]}}`,
      4,
      'not two byte',
    ],
    ['an offset is missing', `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, 4, 'not two byte positions'],
    [
      'the dtype is unknown',
      `{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`,
      4,
      'dtype "BF16", expected F32',
    ],
    ['the dtype is missing', `{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4, 'dtype absent, expected F32 or F64'],
    ['a tensor has another key', `{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}`, 4, 'unknown key "x"'],
    ['a tensor is not an object', `{"a":[1]}`, 0, 'tensor "a" is [1], expected an object'],
    ['a tensor has no name', `{"":${f32(0, 4)}}`, 4, '"" cannot be the name of a tensor'],
    ['a name stands twice', `{"a":${f32(0, 4)},"a":${f32(4, 8)}}`, 8, 'the key "a" appears twice'],
    ['a name stands twice, once escaped', `{"a":${f32(0, 4)},"\\u0061":${f32(4, 8)}}`, 8, 'the key "a" appears twice'],
    ['a name is __proto__', `{"__proto__":${f32(0, 4)}}`, 4, 'the name "__proto__" is reserved'],
    ['a metadata key is __proto__', `{"__metadata__":{"__proto__":"x"}}`, 0, 'the name "__proto__" is reserved'],
    ['a metadata value is no text', `{"__metadata__":{"a":1}}`, 0, 'metadata "a" is 1, expected a string'],
    ['the metadata is a list', `{"__metadata__":["a"]}`, 0, '"__metadata__" is ["a"], expected an object'],
    ['the header is nested deeply', `{"a":[[[[[[1]]]]]]}`, 0, 'nested deeper than 3 levels'],
    ['the header is an unclosed object', `{"a"`, 0, 'the header is not JSON'],
    ['the header is an array', `[]`, 0, 'does not begin with "{"'],
    ['the header begins with a space', ` {}`, 0, 'does not begin with "{"'],
  ])('refuses a file when %s', (_, header, dataBytes, message) => {
    expectCorrupt(fileOf(header, dataBytes), message);
  });

  test.each([
    ['the file is empty', new Uint8Array(0), 'the file has 0 bytes'],
    ['the header length is 2^63', headerLengthOf(2n ** 63n), 'the header is 9223372036854775808 bytes long, at most'],
    ['the header is over 1 MB', headerLengthOf(1_000_008n), 'the header is 1000008 bytes long, at most 1000000'],
    ['the header is longer than the file', headerLengthOf(80_000n), 'the file has 96 after its length'],
    ['the header is not padded to 8 bytes', headerLengthOf(65n), 'expected a multiple of 8'],
    ['the header is not UTF-8', fileOf(`{"__metadata__":{"a":"\u00ff"}}`, 0, 'latin1'), 'the header is not UTF-8'],
    ['the file is a pickle', Uint8Array.from({ length: 64 }, (_, i) => [0x80, 4, 0x95, 0x0c][i] ?? 0x2e), 'at most'],
  ])('refuses a file when %s', (_, bytes, message) => {
    expectCorrupt(bytes, message);
  });

  test.each([NaN, Infinity, -Infinity])('refuses a tensor with the value %s', (value) => {
    const bytes = REFERENCE_BYTES.slice();
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, value, true);
    expectCorrupt(bytes, `tensor "attn0" has the value ${value} at 5`);
  });

  test('leaves the prototype of every object alone', () => {
    const bytes = fileOf(`{"__metadata__":{"toString":"x"}}`, 0);
    expect(Object.getPrototypeOf(decodeSafetensors(bytes).metadata)).toBeNull();
    expect({}.toString()).toBe('[object Object]');
  });

  test(
    'throws nothing but MODEL_CORRUPT for flipped bytes',
    () => {
      const valid = encodeSafetensors(
        [REFERENCE_TENSOR, { name: 'b', shape: [2], dtype: 'F64', data: Float64Array.of(1, 2) }],
        { symbol: 'BTCUSDT' },
      );
      const flip = fc.record({ position: fc.nat(valid.length - 1), byte: fc.nat(255) });
      const cut = fc.option(fc.nat(valid.length), { freq: 10 });
      fc.assert(
        fc.property(fc.array(flip, { minLength: 1, maxLength: 4 }), cut, (flips, cut) => {
          const bytes = valid.slice(0, cut ?? valid.length);
          for (const { position, byte } of flips) if (position < bytes.length) bytes[position] = byte;
          expectDecodedOrCorrupt(bytes);
        }),
        { numRuns: FUZZ_RUNS },
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  test(
    'throws nothing but MODEL_CORRUPT for made-up headers',
    () => {
      const number = fc.oneof(fc.nat(40), fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300), fc.constant('x'));
      const entry = fc.record(
        {
          dtype: fc.constantFrom('F32', 'F64', 'BF16', 1),
          shape: fc.oneof(fc.array(number, { maxLength: 3 }), fc.json()),
          data_offsets: fc.array(number, { maxLength: 3 }),
        },
        { requiredKeys: [] },
      );
      const key = fc.oneof(fc.string(), fc.constantFrom('a', '__metadata__', '__proto__', 'constructor'));
      const header = fc.oneof(
        fc
          .dictionary(key, fc.oneof({ weight: 5, arbitrary: entry }, fc.jsonValue()))
          .map((value) => JSON.stringify(value)),
        fc.json(),
        fc.string(),
      );
      fc.assert(
        fc.property(header, fc.nat(64), (header, dataBytes) => expectDecodedOrCorrupt(fileOf(header, dataBytes))),
        { numRuns: FUZZ_RUNS },
      );
    },
    FUZZ_TIMEOUT_MS,
  );

  test('refuses the worst headers of 1 MB with little work', () => {
    const size = 999_990;
    const worst = [
      `{"a":${'['.repeat(size / 2 - 10)}${']'.repeat(size / 2 - 10)}}`,
      `{"${'\\"'.repeat(size / 2 - 10)}":1}`,
      `{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":[]`).join(',')}}`,
      `{"a":{"shape":[${'1,'.repeat(size / 2 - 20)}1]}}`,
    ];
    for (const header of worst) {
      const file = fileOf(header, 0);
      expect(effortOf(() => expectCorrupt(file, 'safetensors: '))).toBeLessThan(100);
    }
  });
});

function fileOf(header: string, dataBytes: number, encoding: 'utf8' | 'latin1' = 'utf8'): Uint8Array {
  const json = Buffer.from(header, encoding);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, 8);
  return bytes.fill(0x20, 8 + json.length, 8 + headerBytes);
}

function headerLengthOf(headerBytes: bigint): Uint8Array {
  const bytes = REFERENCE_BYTES.slice();
  new DataView(bytes.buffer).setBigUint64(0, headerBytes, true);
  return bytes;
}

function expectCorrupt(bytes: Uint8Array, message: string): void {
  expect(() => decodeSafetensors(bytes)).toThrow(
    expect.objectContaining({ code: 'MODEL_CORRUPT', message: expect.stringContaining(message) }),
  );
}

function expectDecodedOrCorrupt(bytes: Uint8Array): void {
  try {
    const { tensors } = decodeSafetensors(bytes);
    for (const { data } of tensors) if (!data.every(Number.isFinite)) throw new Error('a value is not finite');
  } catch (error) {
    if (!(error instanceof TradeAiError) || error.code !== 'MODEL_CORRUPT') throw error;
  }
}
