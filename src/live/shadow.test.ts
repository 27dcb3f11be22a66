import { expect, test } from 'vitest';
import { makeForecast } from '../../test/support/ledger-forecasts.js';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { type LedgerEntry, outcomeOf } from '../evaluation/ledger.js';
import { decideShadow } from './shadow.js';

const options = {
  championVersion: 1,
  verdict: 'skill',
  requiresSkill: false,
  horizonSteps: 1,
  minimumRows: 200,
} as const;

/** Two versions on the same market, whose scores have so much of what comes, beside noise of their own. */
function makePair(rows: number, seed: number, champion: number, challenger: number, size = 0.3) {
  const random = new Random(seed, RANDOM_STREAM.test);
  const volatility = 0.01;
  const entries: [LedgerEntry[], LedgerEntry[]] = [[], []];
  for (let hour = 0; hour < rows; hour++) {
    const signal = random.nextNormal();
    const outcome = size * signal + random.nextNormal();
    for (const [i, skill] of [champion, challenger].entries()) {
      const score = size * (skill * signal + (1 - skill) * random.nextNormal());
      const forecast = makeForecast(hour, { version: i + 1, score, volatility });
      const scored = outcomeOf(forecast, 100 * Math.exp(outcome * volatility), 0);
      entries[i].push({ ...forecast, outcome: scored, isUnscorable: false });
    }
  }
  return entries;
}

test('waits while neither leads clearly and few candles are shared', () => {
  const [champion, challenger] = makePair(100, 1, 0.5, 0.5);
  const decision = decideShadow(champion, challenger, options);
  expect(decision).toMatchObject({ state: 'undecided', rows: 100 });
  expect(decision.reasons[0]).toContain('100 of the 200');
});

test('the rule looks once: whenever it is asked, the first 200 shared candles decide', () => {
  const states = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const [champion, challenger] = makePair(600, seed, 0.5, 0.5);
    const decisions = [200, 201, 350, 600].map((rows) => {
      return decideShadow(champion.slice(0, rows), challenger.slice(0, rows), options);
    });
    expect(new Set(decisions.map(({ state }) => state)).size).toBe(1);
    expect(new Set(decisions.map(({ reasons }) => reasons.join())).size).toBe(1);
    states.add(decisions[0].state);
  }
  expect(states).toEqual(new Set(['promote', 'dismiss']));
});

test('a clear lead decides before that, for either side', () => {
  const better = decideShadow(...makePair(150, 3, 0, 1, 1.5), options);
  expect(better).toMatchObject({ state: 'promote', rows: 150 });
  expect(better.reasons[0]).toContain('at every look');
  const worse = decideShadow(...makePair(150, 3, 1, 0, 1.5), options);
  expect(worse).toMatchObject({ state: 'dismiss', rows: 150 });
});

test('equals are hardly ever told apart before the rule looks', () => {
  let early = 0;
  const runs = Number(process.env.TRADEAI_SHADOW_RUNS ?? 200);
  for (let seed = 0; seed < runs; seed++) {
    const [champion, challenger] = makePair(199, seed, 0.5, 0.5);
    if (decideShadow(champion, challenger, options).state !== 'undecided') early += 1;
  }
  expect(early / runs).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
});

test('a challenger that must have skill and has none is never promoted', () => {
  const [champion, challenger] = makePair(300, 3, 0, 1, 1.5);
  const decision = decideShadow(champion, challenger, {
    ...options,
    verdict: 'no-demonstrated-skill',
    requiresSkill: true,
  });
  expect(decision.state).toBe('dismiss');
  expect(decision.reasons.join()).toContain('skill is required');
});

test('only candles count that both have scored for the same horizon', () => {
  const [champion, challenger] = makePair(300, 1, 0.5, 0.5);
  const gaps = challenger.map((entry, hour): LedgerEntry => (hour % 3 === 0 ? { ...entry, outcome: null } : entry));
  expect(decideShadow(champion, gaps, { ...options, minimumRows: 1_000 }).rows).toBe(200);
  const longer = challenger.map((entry) => ({ ...entry, targetTimeMs: entry.targetTimeMs + 1 }));
  expect(decideShadow(champion, longer, options)).toMatchObject({ state: 'undecided', rows: 0 });
});
