import { describe, expect, test } from 'vitest';
import { makeSeries, makeSubject } from '../../../test/fixtures/audit-subject.js';
import { selectCandles } from '../../market/candle-series.js';
import { availability } from './availability.js';
import { createFullContext, createQuickContext } from './context.js';
import { scalerScope } from './scaler-scope.js';
import { splitOrder } from './split-order.js';
import type { AuditedSplit, AuditedTraining, AuditSubject } from './subject.js';
import { suspiciousCorrelation } from './suspicious-correlation.js';
import { targetTiming } from './target-timing.js';
import { warmStart } from './warm-start.js';

const series = makeSeries();
const HOUR_MS = 3_600_000;

function quickContext(subject: AuditSubject, training: AuditedTraining = subject.prepare(series)) {
  return createQuickContext(subject, series, training, 1);
}

function withSplit(subject: AuditSubject, change: (split: AuditedSplit) => Partial<AuditedSplit>): AuditedTraining {
  const { dataset, splits } = subject.prepare(series);
  return { dataset, splits: splits.map((split) => ({ ...split, ...change(split) })) };
}

const rowsFrom = (start: number, end: number) => Int32Array.from({ length: end - start }, (_, i) => start + i);

describe('split order', () => {
  const subject = makeSubject({ horizonSteps: 3 });
  const find = (change: (split: AuditedSplit) => Partial<AuditedSplit>) =>
    splitOrder.find(quickContext(subject, withSplit(subject, change)));

  test('accepts a gap of twice the horizon and no less', () => {
    const gap = (rows: number) =>
      find(({ validation }) => ({ train: rowsFrom(200, validation[0] - rows + 1) })).map(({ column }) => column);
    expect(gap(2 * 3)).toEqual([]);
    expect(gap(2 * 3 - 1)).toEqual(['split: train']);
  });

  test('says where the label of the row ends', () => {
    const [finding] = find(({ test: rows }) => ({ validation: rowsFrom(rows[0] - 50, rows[0]) }));
    const [first] = subject.prepare(series).splits[0].test;
    expect(finding.timeMs).toBe(series.openTimeMs[first - 5]);
    const labelEnd = new Date(series.openTimeMs[first - 5] + 4 * HOUR_MS).toISOString().replace('.000Z', 'Z');
    expect(finding.message).toContain(`whose label ends at ${labelEnd}`);
  });

  test('names a row that comes twice, and one that two parts share', () => {
    const twice = find(({ train }) => ({ train: Int32Array.of(...train, train[5]) }));
    expect(twice.map(({ message }) => message)[0]).toContain('each train row once, was one twice');
    const shared = find(({ train, test: rows }) => ({ train: Int32Array.of(...train, rows[7]) }));
    expect(shared[0].message).toContain('was one not before, in test too');
    expect(shared[0].timeMs).toBe(series.openTimeMs[subject.prepare(series).splits[0].test[7]]);
  });

  test('accepts a final refit without test rows', () => {
    expect(find(() => ({ test: new Int32Array(0) }))).toEqual([]);
  });

  test('names a window that crosses a long gap', () => {
    const gapped = selectCandles(series, [...rowsFrom(0, 300), ...rowsFrom(330, 700)]);
    const honest = makeSubject();
    const { dataset, splits } = honest.prepare(gapped);
    expect(splitOrder.find(createQuickContext(honest, gapped, { dataset, splits }, 1))).toEqual([]);
    const short = { ...honest, maximumGapRows: 24, windowRows: 4 };
    const train = Int32Array.of(...splits[0].train, 301);
    const training = { dataset: { ...dataset, matrix: fill(dataset.matrix) }, splits: [{ ...splits[0], train }] };
    const [finding] = splitOrder.find(createQuickContext(short, gapped, training, 1));
    expect(finding.timeMs).toBe(gapped.openTimeMs[301]);
    expect(finding.message).toContain('was 2');
  });

  /** As if something had invented the features behind the gap. */
  function fill(matrix: AuditedTraining['dataset']['matrix']) {
    return { ...matrix, values: matrix.values.map((value) => (Number.isNaN(value) ? 0 : value)) };
  }
});

describe('scaler scope', () => {
  const subject = makeSubject();

  test('names every feature whose numbers are not those of the train rows', () => {
    const training = withSplit(subject, ({ scaler }) => ({
      scaler: { ...scaler, mean: [scaler.mean[0], scaler.mean[1] * (1 + 1e-6)] },
    }));
    const findings = scalerScope.find(quickContext(subject, training));
    expect(findings.map(({ column }) => column)).toEqual(['sma_20']);
    expect(findings[0].timeMs).toBe(series.openTimeMs[training.splits[0].validation[0]]);
  });

  test('accepts the scale of a constant feature', () => {
    const constant = { name: 'one', description: 'one', warmUpRows: 1, createStream: () => () => 0.1 };
    const flat = makeSubject({ features: [constant] });
    expect(scalerScope.find(createFullContext(flat, series, flat.prepare(series), 1))).toEqual([]);
  });

  test('prepares again with other candles behind the train rows', () => {
    const peeking: AuditSubject = {
      ...subject,
      prepare(candles) {
        const { dataset, splits } = subject.prepare(candles);
        // one train row is chosen by the newest close
        const keep = Math.round(candles.close[candles.close.length - 1]) % 2;
        return { dataset, splits: splits.map((split) => ({ ...split, train: split.train.subarray(keep) })) };
      },
    };
    const seeds = [1, 2, 3, 4].map((seed) =>
      scalerScope.find(createFullContext(peeking, series, peeking.prepare(series), seed)),
    );
    expect(seeds.flat().map(({ column }) => column)).toContain('split: train');
  });
});

describe('target timing', () => {
  const honest = makeSubject({ horizonSteps: 2 });
  const find = (change: (row: number) => number | undefined) => {
    const { dataset, splits } = honest.prepare(series);
    const logReturn = dataset.target.logReturn.map((value, row) => change(row) ?? value);
    return targetTiming.find(
      quickContext(honest, { dataset: { ...dataset, target: { ...dataset.target, logReturn } }, splits }),
    );
  };

  test('says which return the target is instead', () => {
    const { close, openTimeMs } = series;
    const [finding] = find((row) => (row === 300 ? Math.log(close[301] / close[299]) : undefined));
    expect(finding.timeMs).toBe(openTimeMs[300]);
    const instant = (row: number) => new Date(openTimeMs[row]).toISOString().replace('.000Z', 'Z');
    expect(finding.message).toContain(`the return from the close of ${instant(299)} to that of ${instant(301)}`);
  });

  test('goes by the clock where candles are missing', () => {
    const gapped = selectCandles(series, [...rowsFrom(0, 500), ...rowsFrom(502, 700)]);
    const subject = makeSubject({ horizonSteps: 2 });
    const training = subject.prepare(gapped);
    expect(targetTiming.find(createFullContext(subject, gapped, training, 1))).toEqual([]);
    const { target } = training.dataset;
    const logReturn = target.logReturn.map((value, row) =>
      row === 499 ? Math.log(gapped.close[501] / gapped.close[499]) : value,
    );
    const counting = { ...training, dataset: { ...training.dataset, target: { ...target, logReturn } } };
    const [finding] = targetTiming.find(createQuickContext(subject, gapped, counting, 1));
    expect(finding.timeMs).toBe(gapped.openTimeMs[499]);
    expect(finding.message).toContain('expected a log return over the horizon of no value');
  });
});

describe('suspicious correlation', () => {
  const copyOf = (noise: number) => {
    const subject = makeSubject();
    const { dataset, splits } = subject.prepare(series);
    const values = dataset.matrix.values.map((value, i) => {
      const scaled = dataset.target.scaled[Math.floor(i / 2)];
      return i % 2 === 0 && !Number.isNaN(scaled) ? scaled + noise * Math.sin(7 * i) : value;
    });
    const training = { dataset: { ...dataset, matrix: { ...dataset.matrix, values } }, splits };
    return suspiciousCorrelation.find(quickContext(subject, training)).map(({ column }) => column);
  };

  test('names a copy of the target, with noise too, and no feature that knows a little', () => {
    expect(copyOf(0)).toEqual(['return_1']);
    expect(copyOf(1)).toEqual(['return_1']);
    expect(copyOf(8)).toEqual([]);
  });

  test('is not found where there are too few independent labels to say', () => {
    const subject = makeSubject({ horizonSteps: 60 });
    expect(suspiciousCorrelation.find(quickContext(subject))).toEqual([]);
  });
});

describe('availability', () => {
  const subject = makeSubject();
  const lastCloseMs = series.openTimeMs[699] + HOUR_MS;

  test.each([
    [lastCloseMs, []],
    [lastCloseMs - 1, [series.openTimeMs[699]]],
    [lastCloseMs - HOUR_MS - 1, [series.openTimeMs[698]]],
  ])('at %i the first open candle is %j', (nowMs, expected) => {
    expect(availability.find(quickContext({ ...subject, nowMs })).map(({ timeMs }) => timeMs)).toEqual(expected);
  });

  test('names the first row that is decided before its close', () => {
    const early: AuditSubject = {
      ...subject,
      decisionTimeMs: (candles, row) => candles.openTimeMs[row] + (row < 100 ? HOUR_MS : HOUR_MS / 2),
    };
    const [finding] = availability.find(quickContext(early));
    expect(finding).toMatchObject({ column: 'close', timeMs: series.openTimeMs[100] });
  });
});

describe('a warm start', () => {
  const subject = makeSubject();
  const startFrom = (row: number, seenUntilRow: number): AuditSubject => ({
    ...subject,
    warmStart: {
      version: 2,
      seenUntilMs: series.openTimeMs[seenUntilRow] + HOUR_MS,
      train: rowsFrom(row, 600),
      validation: rowsFrom(602, 640),
      test: rowsFrom(642, 690),
    },
  });

  test('may decide first at the close until which its champion saw outcomes', () => {
    expect(warmStart.find(quickContext(startFrom(500, 500)))).toEqual([]);
    const [finding] = warmStart.find(quickContext(startFrom(500, 501)));
    expect(finding).toMatchObject({ column: 'warm start: train', timeMs: series.openTimeMs[500] });
    expect(finding.message).toContain('version 2');
  });

  test('names each part that its champion saw', () => {
    const columns = warmStart.find(quickContext(startFrom(500, 650))).map(({ column }) => column);
    expect(columns).toEqual(['warm start: train', 'warm start: validation', 'warm start: test']);
  });
});
