import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measured, undefinedBecause } from '../evaluation/measured.js';
import type { SkillTests } from '../evaluation/verdict.js';
import { type DecisionCase, decide, decideEarly } from './decide.js';

const skillOf = (pValue: number | null): SkillTests => ({
  againstZero:
    pValue === null ? undefinedBecause('too few rows') : measured({ statistic: pValue < 0.5 ? 2 : -1, pValue }),
  baselines: new Map(),
});
const caseOf = (pValue: number | null, more: Partial<DecisionCase> = {}): DecisionCase => ({
  skill: skillOf(pValue),
  requiresSkill: false,
  champion: undefined,
  ...more,
});

test('adjusts the p-values of a batch together, and leaves a single one as it is', () => {
  expect(decide([caseOf(0.03)])[0]).toMatchObject({
    pValue: 0.03,
    adjustedPValue: 0.03,
    verdict: { verdict: 'skill' },
  });
  // Holm by hand: 3 · 0.01, then 2 · 0.03, then 1 · 0.2.
  const batch = decide([caseOf(0.03), caseOf(0.01), caseOf(0.2)]);
  expect(batch.map(({ adjustedPValue }) => adjustedPValue)).toEqual([0.06, 0.03, 0.2]);
  expect(batch.map(({ verdict }) => verdict.verdict)).toEqual([
    'no-demonstrated-skill',
    'skill',
    'no-demonstrated-skill',
  ]);
});

test('a test that is undefined claims nothing and is not counted', () => {
  const [undefinedOne, other] = decide([caseOf(null), caseOf(0.04)]);
  expect(undefinedOne).toMatchObject({ pValue: null, adjustedPValue: null });
  expect(undefinedOne.verdict.reason).toContain('too few rows');
  expect(other.verdict.verdict).toBe('skill');
});

test('where skill is required, the adjusted verdict decides on the promotion', () => {
  const champion = { version: 4, isExpired: true };
  const strict = { requiresSkill: true, champion };
  const promoted = (batch: DecisionCase[]) => decide(batch).map(({ promotion }) => promotion.isPromoted);
  expect(promoted([caseOf(0.03, strict)])).toEqual([true]);
  expect(promoted([caseOf(0.03, strict), caseOf(0.9, strict)])).toEqual([false, false]);
  expect(promoted([caseOf(0.9, { champion })])).toEqual([true]);
});

test('a verdict given before the others are tested is never taken back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 12 }),
      (pValues) => {
        const decided = decide(pValues.map((pValue) => caseOf(pValue)));
        for (const [i, pValue] of pValues.entries()) {
          const early = decideEarly(skillOf(pValue), pValues.length);
          if (early.verdict === 'skill') expect(decided[i].verdict.verdict).toBe('skill');
          if (pValues.length === 1) expect(early).toEqual(decided[i].verdict);
        }
      },
    ),
  );
});
