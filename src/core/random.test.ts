import { expect, test } from 'vitest';
import { philox4x32, RANDOM_STREAM, Random } from './random.js';

// Known answers of Random123: https://github.com/DEShawResearch/random123/blob/main/tests/kat_vectors (philox4x32 10)
const KNOWN_ANSWERS = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    expected: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    expected: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    expected: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

test.each(KNOWN_ANSWERS)('philox4x32 agrees with the known answers of Random123', ({ counter, key, expected }) => {
  const [c0, c1, c2, c3] = counter;
  expect([...philox4x32(key[0], key[1], c0, c1, c2, c3, new Uint32Array(4))]).toEqual(expected);
});

test('the same seed gives the same sequence, another stream another one', () => {
  const draw = (seed: number, stream: 0 | 1) => {
    const random = new Random(seed, stream);
    return Array.from({ length: 9 }, () => random.nextUint32());
  };
  expect(draw(7, 0)).toEqual(draw(7, 0));
  expect(draw(7, 0)).not.toEqual(draw(7, 1));
  expect(draw(7, 0)).not.toEqual(draw(8, 0));
});

test('normals have mean 0, variance 1 and kurtosis 3', () => {
  const random = new Random(1, RANDOM_STREAM.test);
  const count = 200_000;
  let sum = 0;
  let squares = 0;
  let fourth = 0;
  for (let i = 0; i < count; i++) {
    const value = random.nextNormal();
    sum += value;
    squares += value * value;
    fourth += value ** 4;
  }
  expect(Math.abs(sum / count)).toBeLessThan(0.01);
  expect(Math.abs(squares / count - 1)).toBeLessThan(0.015);
  expect(Math.abs(fourth / count - 3)).toBeLessThan(0.1);
});

test('shuffle is a permutation', () => {
  const values = Int32Array.from({ length: 100 }, (_, i) => i);
  const shuffled = new Random(3, RANDOM_STREAM.shuffle).shuffle(values.slice());
  expect([...shuffled]).not.toEqual([...values]);
  expect([...shuffled].sort((a, b) => a - b)).toEqual([...values]);
});
