import { expect, test } from 'vitest';
import { type ChampionCase, decidePromotion } from './promotion.js';

const comparison = { rows: 900, challengerMse: 1, championMse: 1.01, championBetterPValue: 0.9 };
const champion: ChampionCase = { version: 3, isExpired: false, comparison };
const worse = { ...comparison, championMse: 0.99, championBetterPValue: 0.3 };
const muchWorse = { ...worse, championBetterPValue: 0.01 };
const skill = { verdict: 'skill', requiresSkill: false } as const;
const none = { verdict: 'no-demonstrated-skill', requiresSkill: false } as const;

test.each([
  ['the first version, whatever its verdict', { ...none, requiresSkill: true }, true],
  ['a lower loss on the same rows', { ...none, champion }, true],
  ['a higher loss', { ...skill, champion: { ...champion, comparison: worse } }, false],
  ['an equal loss', { ...skill, champion: { ...champion, comparison: { ...comparison, championMse: 1 } } }, false],
  [
    'a higher loss than an expired champion, by chance',
    { ...none, champion: { ...champion, isExpired: true, comparison: worse } },
    true,
  ],
  [
    'a significantly higher loss than an expired champion',
    { ...none, champion: { ...champion, isExpired: true, comparison: muchWorse } },
    false,
  ],
  ['a lower loss without skill where skill is required', { ...none, requiresSkill: true, champion }, false],
  ['a lower loss with skill where skill is required', { ...skill, requiresSkill: true, champion }, true],
  ['no rows to compare on', { ...skill, champion: { version: 3, isExpired: false } }, false],
  ['no rows to compare on with an expired champion', { ...skill, champion: { version: 3, isExpired: true } }, true],
] as const)('%s', (_, promotionCase, isPromoted) => {
  const decision = decidePromotion(promotionCase);
  expect(decision.isPromoted).toBe(isPromoted);
  expect(decision.reasons[0].length).toBeGreaterThan(10);
});
