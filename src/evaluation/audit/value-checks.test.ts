import { describe, expect, test } from 'vitest';
import { makeSeries, makeSubject } from '../../../test/fixtures/audit-subject.js';
import { parseFeatures } from '../../features/catalogue.js';
import type { Feature } from '../../features/feature.js';
import { candleByCandle } from './candle-by-candle.js';
import { createFullContext, createQuickContext } from './context.js';
import { futureShuffle } from './future-shuffle.js';
import { hiddenData } from './hidden-data.js';
import { prefixInvariance } from './prefix-invariance.js';
import type { AuditSubject } from './subject.js';

const series = makeSeries();

function contextOf(subject: AuditSubject, seed = 1) {
  return createFullContext(subject, series, subject.prepare(series), seed);
}

/** The subject with the first feature at each row changed to something of a later row. */
function lookAhead(rows: number): AuditSubject {
  const honest = makeSubject();
  const build: AuditSubject['build'] = (candles) => {
    const dataset = honest.build(candles);
    const { close } = candles;
    const values = dataset.matrix.values.slice();
    for (let row = 0; row < close.length; row++) values[row * 2] = close[Math.min(close.length - 1, row + rows)];
    return { ...dataset, matrix: { ...dataset.matrix, values } };
  };
  return { ...honest, build, prepare: (candles) => ({ ...honest.prepare(candles), dataset: build(candles) }) };
}

describe('prefix invariance', () => {
  test.each([1, 5, 40])('says by how many candles a look ahead of %i comes too late', (rows) => {
    const [finding] = prefixInvariance.find(contextOf(lookAhead(rows)));
    expect(finding.column).toBe('return_1');
    const found = /^at (\S+) expected .* settled only at the close of the candle of (\S+)$/.exec(finding.message)!;
    expect(Date.parse(found[1])).toBe(finding.timeMs);
    expect((Date.parse(found[2]) - finding.timeMs) / 3_600_000).toBe(rows);
  });

  test('reports a column once, at the first time found', () => {
    const findings = prefixInvariance.find(contextOf(lookAhead(1)));
    expect(findings.map(({ column }) => column)).toEqual(['return_1']);
  });

  test('cuts at the same rows for the same seed', () => {
    const cuts = (seed: number) => contextOf(makeSubject(), seed).probes.map((probe) => probe.cuts);
    expect(cuts(1)).toEqual(cuts(1));
    expect(cuts(1)).not.toEqual(cuts(2));
  });

  test('looks at the newest excerpt only in the fast part', () => {
    const subject = makeSubject();
    const { probes, wholeProbe } = createQuickContext(subject, series, subject.prepare(series), 1);
    expect(wholeProbe).toBeUndefined();
    expect(probes.map((probe) => probe.series.openTimeMs.at(-1))).toEqual([series.openTimeMs.at(-1)]);
  });
});

test('a shuffled future shows a look ahead, with the time from which candles were altered', () => {
  const [finding] = futureShuffle.find(contextOf(lookAhead(3)));
  expect(finding.column).toBe('return_1');
  const alteredFrom = Date.parse(/once the candles from (\S+) on/.exec(finding.message)![1]);
  expect(finding.timeMs).toBeLessThan(alteredFrom);
  expect(finding.timeMs).toBeGreaterThanOrEqual(alteredFrom - 3 * 3_600_000);
});

describe('one candle at a time', () => {
  test('shows a single value that was touched afterwards', () => {
    const honest = makeSubject();
    const build: AuditSubject['build'] = (candles) => {
      const dataset = honest.build(candles);
      const values = dataset.matrix.values.slice();
      values[2 * 431 + 1] += 1e-17 + Number.EPSILON;
      return { ...dataset, matrix: { ...dataset.matrix, values } };
    };
    const subject = { ...honest, build, prepare: (s: typeof series) => ({ ...honest.prepare(s), dataset: build(s) }) };
    const findings = candleByCandle.find(contextOf(subject));
    expect(findings.map(({ column, timeMs }) => [column, timeMs])).toEqual([['sma_20', series.openTimeMs[431]]]);
  });

  test('shows two streams that know of each other', () => {
    let previous = 1;
    const feature: Feature = {
      name: 'change',
      description: 'log of the close over the last close that any stream saw',
      warmUpRows: 2,
      createStream: () => (candle) => {
        const value = Math.log(candle.close / previous);
        previous = candle.close;
        return value;
      },
    };
    const [finding] = candleByCandle.find(contextOf(makeSubject({ features: [feature] })));
    expect(finding).toMatchObject({ column: 'change', hint: expect.stringContaining('inside createStream') });
  });
});

describe('hidden data', () => {
  const find = (feature: Feature) => hiddenData.find(contextOf(makeSubject({ features: [feature] })));
  const ofCalendar = (name: string, value: (date: Date) => number): Feature => ({
    name,
    description: name,
    warmUpRows: 1,
    createStream: () => (candle) => value(new Date(candle.openTimeMs)),
  });

  test.each(parseFeatures(['hour_sin', 'weekday_cos', 'rsi_14', 'obv_24_lag_3', 'volatility_ratio_24']))(
    'is not suspected in $name',
    (feature) => {
      expect(find(feature)).toEqual([]);
    },
  );

  test('is not suspected in the month, a leap day or a constant', () => {
    expect(find(ofCalendar('month', (date) => date.getUTCMonth()))).toEqual([]);
    expect(
      find(ofCalendar('leap_day', (date) => Number(date.getUTCMonth() === 1 && date.getUTCDate() === 29))),
    ).toEqual([]);
    expect(find(ofCalendar('one', () => 1))).toEqual([]);
  });

  test('is named where a feature knows the year', () => {
    const [finding] = find(ofCalendar('year', (date) => date.getUTCFullYear()));
    expect(finding.message).toContain(
      'expected 2024 from the same candles at the same place of the calendar, was 2424',
    );
  });

  test('is named where a feature counts rows', () => {
    const [finding] = find({
      name: 'row',
      description: 'rows so far',
      warmUpRows: 1,
      createStream: () => {
        let row = 0;
        return () => row++;
      },
    });
    expect(finding.message).toContain('it looks values up by row');
  });

  test('is named where the series is read behind the back, with the first time', () => {
    const [finding] = find({
      name: 'newest_close',
      description: 'the close over the newest close there is',
      warmUpRows: 1,
      createStream: () => (candle) => candle.close / series.close[series.close.length - 1],
    });
    expect(finding.column).toBe('newest_close');
    expect(finding.message).toContain('behind its back');
    expect(series.openTimeMs).toContain(finding.timeMs);
  });
});
