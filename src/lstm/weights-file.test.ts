import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.js';
import { countWeights, describeWeights, type LstmArchitecture } from './weights.js';
import { membersFromSafetensors, membersToSafetensors } from './weights-file.js';

const ARCHITECTURE: LstmArchitecture = { featureCount: 3, hiddenUnits: 5, layerCount: 2 };

describe('a member as safetensors', () => {
  test('names the tensors as describeWeights does, in its order, as F32', () => {
    const { tensors, metadata } = decodeSafetensors(
      membersToSafetensors(ARCHITECTURE, [draw(1)], { symbol: 'BTCUSDT' }),
    );
    expect(tensors.map(({ name, shape, dtype }) => ({ name, shape, dtype }))).toEqual(
      describeWeights(ARCHITECTURE).map(({ name, shape }) => ({ name: `member.0.${name}`, shape, dtype: 'F32' })),
    );
    expect(metadata).toEqual({ symbol: 'BTCUSDT' });
  });

  test('refuses weights that would be rounded', () => {
    const weights = draw(1);
    weights[7] = 0.1;
    expect(() => membersToSafetensors(ARCHITECTURE, [weights])).toThrow(
      'tensor "member.0.lstm.0.wx" has the value 0.1 at 7, expected a float32',
    );
  });

  test('refuses a buffer of another size', () => {
    expect(() => membersToSafetensors(ARCHITECTURE, [new Float64Array(4)])).toThrow(
      expect.objectContaining({ code: 'MODEL_MISMATCH', message: 'expected 406 weights, was 4' }),
    );
  });
});

describe('a member from safetensors', () => {
  test('gives back every weight, bit for bit', () => {
    const weights = draw(1);
    weights[0] = -0;
    expect(membersFromSafetensors(membersToSafetensors(ARCHITECTURE, [weights]), ARCHITECTURE)).toEqual([weights]);
  });

  test('does not mind the order of the tensors in the file', () => {
    const weights = draw(1);
    const { tensors } = decodeSafetensors(membersToSafetensors(ARCHITECTURE, [weights]));
    const reversed = encodeSafetensors([...tensors].reverse());
    expect(membersFromSafetensors(reversed, ARCHITECTURE)).toEqual([weights]);
  });

  const tensorsOf = () => [...decodeSafetensors(membersToSafetensors(ARCHITECTURE, [draw(1)])).tensors];
  const scalar: NamedTensor = { name: 'extra', shape: [], dtype: 'F32', data: Float32Array.of(1) };
  test.each<[string, (tensors: NamedTensor[]) => NamedTensor[], string]>([
    [
      'is missing',
      (all) => all.filter(({ name }) => name !== 'member.0.lstm.1.wh'),
      '"member.0.lstm.1.wh": expected F32 [5,20], was absent',
    ],
    [
      'is missing because one is too many',
      (all) => [...all, scalar],
      '"member.1.lstm.0.wx": expected F32 [3,20], was absent',
    ],
    [
      'has another shape',
      (all) => all.map((tensor) => (tensor.name === 'member.0.lstm.0.wx' ? { ...tensor, shape: [20, 3] } : tensor)),
      '"member.0.lstm.0.wx": expected F32 [3,20], was F32 [20,3]',
    ],
    [
      'has another type',
      (all) =>
        all.map((tensor) =>
          tensor.name === 'member.0.head.b'
            ? { ...tensor, dtype: 'F64', data: Float64Array.from(tensor.data) }
            : tensor,
        ),
      '"member.0.head.b": expected F32 [1], was F64 [1]',
    ],
  ])('names the tensor that %s', (_, change, message) => {
    const bytes = encodeSafetensors(change(tensorsOf()));
    expect(() => membersFromSafetensors(bytes, ARCHITECTURE)).toThrow(
      expect.objectContaining({ code: 'MODEL_MISMATCH', message: expect.stringContaining(message) }),
    );
  });

  test('refuses an absurd architecture at once', () => {
    const bytes = membersToSafetensors(ARCHITECTURE, [draw(1)]);
    expect(() => membersFromSafetensors(bytes, { ...ARCHITECTURE, layerCount: 1e12 })).toThrow(
      'expected 1000000000000 layers, was a file of 8 tensors',
    );
    expect(() => membersFromSafetensors(bytes, { ...ARCHITECTURE, hiddenUnits: 1e7 })).toThrow(
      'expected F32 [3,40000000], was F32 [3,20]',
    );
  });
});

describe('an ensemble', () => {
  test.each([1, 2, 11])('gives back an ensemble of %i in its order', (memberCount) => {
    const members = Array.from({ length: memberCount }, (_, member) => draw(member));
    const bytes = membersToSafetensors(ARCHITECTURE, members, { symbol: 'BTCUSDT' });
    expect(membersFromSafetensors(bytes, ARCHITECTURE)).toEqual(members);
  });

  test('refuses an ensemble without members', () => {
    expect(() => membersToSafetensors(ARCHITECTURE, [])).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH' }));
  });

  test('names the first tensor of a member that is cut off', () => {
    const { tensors } = decodeSafetensors(membersToSafetensors(ARCHITECTURE, [draw(1), draw(2)]));
    expect(() => membersFromSafetensors(encodeSafetensors(tensors.slice(0, 9)), ARCHITECTURE)).toThrow(
      '"member.1.lstm.0.wh": expected F32 [5,20], was absent',
    );
    expect(() => membersFromSafetensors(encodeSafetensors([]), { ...ARCHITECTURE, layerCount: 0 })).toThrow(
      '"member.0.head.w": expected F32 [5], was absent',
    );
  });
});

function draw(seed: number): Float64Array {
  const random = new Random(seed, RANDOM_STREAM.test);
  return Float64Array.from({ length: countWeights(ARCHITECTURE) }, () => Math.fround(random.nextNormal()));
}
