import { expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { decideVerdict, testSkill } from './verdict.js';

const ROWS = 4_000;
const random = new Random(4, RANDOM_STREAM.test);
const signal = Float64Array.from({ length: ROWS }, () => 0.2 * random.nextNormal());
const outcomes = signal.map((value) => value + random.nextNormal());
const noise = Float64Array.from({ length: ROWS }, () => 0.2 * random.nextNormal());
const weak = signal.map((value) => 0.2 * value);
const judge = (scores: Float64Array, baseline: Float64Array, adjusted?: number) =>
  decideVerdict(testSkill(outcomes, scores, new Map([['ridge', baseline]]), 1), adjusted);

test('a forecast that knows the signal has skill', () => {
  expect(judge(signal, weak)).toMatchObject({ verdict: 'skill' });
});

test('noise has none, and the sentence says so', () => {
  expect(judge(noise, weak)).toEqual({
    verdict: 'no-demonstrated-skill',
    reason: 'no demonstrated skill: out of sample it is no better than predicting no change',
  });
});

test('a forecast that a baseline beats has none, though it beats no change', () => {
  const { verdict, reason } = judge(weak, signal);
  expect(verdict).toBe('no-demonstrated-skill');
  expect(reason).toMatch(/the baseline ridge is better \(p/);
});

test('an adjusted p-value decides where several models are judged', () => {
  expect(judge(signal, weak, 0.2)).toMatchObject({ verdict: 'no-demonstrated-skill' });
});
