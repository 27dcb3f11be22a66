import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collectPath, holdSignals } from './positions.js';
import { followPositions, measureDrawdown, measureStrategy, solveBreakEvenCostBps } from './strategy.js';

const settings = { costBpsPerSide: 10, periodsInYear: 8760, horizonSteps: 1, seed: 1 };

function hold(close: number[], signals: number[]) {
  const rows = Int32Array.from(signals.keys());
  const path = collectPath(Float64Array.from(close), rows, 1);
  return { path, positions: holdSignals(path, rows, Int8Array.from(signals), 1) };
}

/** Closes from moves in percent, starting at 100. */
function closes(...moves: number[]): number[] {
  let close = 100;
  return [
    close,
    ...moves.map((move) => {
      close *= 1 + move / 100;
      return close;
    }),
  ];
}

describe('net and gross', () => {
  test('are the moves held, less costs on what was traded', () => {
    const { path, positions } = hold(closes(10, -10, 3, 10), [1, 1, 0, -1]);
    const result = measureStrategy(path, positions, settings);
    const expected = [0.099, -0.1, -0.001, -0.102];
    for (const [i, value] of expected.entries()) expect(result.net.returns[i]).toBeCloseTo(value, 12);
    expect(result.netReturn).toBeCloseTo(1.099 * 0.9 * 0.999 * 0.898 - 1, 12);
    expect(result.grossReturn).toBeCloseTo(1.1 * 0.9 * 0.9 - 1, 12);
    expect(result).toMatchObject({ trades: 2, turnover: 4, exposure: 0.75 });
    // Peak 1.099 after the first step, the end is the deepest point.
    expect(result.maxDrawdown).toBeCloseTo(1 - 0.9 * 0.999 * 0.898, 12);
  });

  test('a trade pays its own way in and out', () => {
    // +0.5 % and −0.1 % before 0.2 % of costs: one gains 0.3 %, one loses 0.3 %.
    const { path, positions } = hold(closes(0.5, 1, -0.1, 0), [1, 0, 1, 0]);
    const { winRate, profitFactor } = measureStrategy(path, positions, settings);
    expect(winRate).toBe(0.5);
    expect(profitFactor).toBeCloseTo(1, 9);
  });

  test('fall as costs rise', () => {
    const moves = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(moves, fc.infiniteStream(fc.integer({ min: -1, max: 1 })), (given, stream) => {
        const { path, positions } = hold(closes(...given), [...stream.take(given.length)]);
        const finals = [0, 5, 20, 80].map((cost) => followPositions(path, positions, cost).equity.at(-1)!);
        for (let i = 1; i < finals.length; i++) expect(finals[i]).toBeLessThanOrEqual(finals[i - 1]);
      }),
      { seed: 5 },
    );
  });

  test('end at nothing when a short position loses more than there is', () => {
    const { path, positions } = hold(closes(150, 10, 10), [-1, 1, 0]);
    const result = measureStrategy(path, positions, settings);
    expect([...result.net.equity]).toEqual([0, 0, 0]);
    expect(result).toMatchObject({ netReturn: -1, maxDrawdown: 1, breakEvenCostBps: null });
    expect(result.reasons['breakEvenCostBps']).toBe('the capital was lost in one step, at any cost');
  });
});

describe('the break-even cost', () => {
  test('of one trade over one step is half its gain', () => {
    const { path, positions } = hold(closes(0.5, 1), [1, 0]);
    // In at the start of step 0, out at the start of step 1: (1.005 − c)(1 − c) = 1.
    const exact = (2.005 - Math.sqrt(2.005 ** 2 - 4 * 0.005)) / 2;
    expect(solveBreakEvenCostBps(path, positions).value).toBeCloseTo(exact * 10_000, 8);
    expect(exact * 10_000).toBeCloseTo(25, 0);
  });

  test('leaves nothing, whatever the positions', () => {
    const moves = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(moves, fc.infiniteStream(fc.integer({ min: -1, max: 1 })), (given, stream) => {
        const { path, positions } = hold(closes(...given), [1, ...stream.take(given.length - 1)]);
        const cost = solveBreakEvenCostBps(path, positions).value!;
        expect(followPositions(path, positions, cost).equity.at(-1)).toBeCloseTo(1, 9);
      }),
      { seed: 6 },
    );
  });

  test('is negative where the positions lose before costs', () => {
    const { path, positions } = hold(closes(-1, 1), [1, 0]);
    expect(solveBreakEvenCostBps(path, positions).value).toBeLessThan(-40);
  });
});

describe('what cannot be computed', () => {
  test('is null with the reason where there were no trades', () => {
    const { path, positions } = hold(closes(1, -1, 1), [0, 0, 0]);
    const result = measureStrategy(path, positions, settings);
    expect(result).toMatchObject({ netReturn: 0, grossReturn: 0, maxDrawdown: 0, trades: 0, turnover: 0, exposure: 0 });
    const why = 'there were no trades';
    expect(result.reasons).toEqual({
      sharpe: why,
      sharpeCi95: why,
      winRate: why,
      profitFactor: why,
      breakEvenCostBps: why,
    });
    for (const name of Object.keys(result.reasons)) expect(result[name as keyof typeof result]).toBeNull();
  });

  test('is null with the reason where no trade lost', () => {
    const { path, positions } = hold(closes(1, 0, 1, 0), [1, 0, 1, 0]);
    const { profitFactor, winRate, reasons } = measureStrategy(path, positions, settings);
    expect([profitFactor, winRate]).toEqual([null, 1]);
    expect(reasons['profitFactor']).toContain('no trade lost');
  });

  test('is null where there are no rows', () => {
    const { path, positions } = hold([100], []);
    expect(measureStrategy(path, positions, settings)).toMatchObject({ netReturn: 0, sharpe: null, exposure: 0 });
  });
});

test('the drawdown is the deepest fall from a peak, the start included', () => {
  expect(measureDrawdown(Float64Array.of(0.9, 1.2, 0.6, 1.3, 1.0))).toBe(0.5);
  expect(measureDrawdown(Float64Array.of(0.9, 0.95))).toBeCloseTo(0.1, 14);
  expect(measureDrawdown(Float64Array.of(1, 1.1))).toBe(0);
});
