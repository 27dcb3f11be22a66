import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  makeCandles,
  openDoctorWorkspace,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { lengthen, mergeInto } from '../../test/support/mixed-candles.js';
import { MARKET_DATA, needsMarketData } from '../../test/support/needs.js';
import { type CandleSeries, rowCountOf, selectCandles, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { parseTrainOptions } from '../options/train-options.js';
import { readCandleFile } from '../sources/file/read-candle-file.js';
import { retrain } from '../training/retrain.js';
import { findExceededLimits, passDataGate } from './data-gate.js';

const HOUR_MS = INTERVAL_MS['1h'];
const whole = makeCandles({ symbol: 'WHOLE', rowCount: 1_500 });

function without(series: CandleSeries, isGone: (row: number) => boolean): CandleSeries {
  return selectCandles(
    series,
    Array.from({ length: rowCountOf(series) }, (_, row) => row).filter((row) => !isGone(row)),
  );
}

function limitsOf(series: CandleSeries, faults = {}, nowMs?: number): string[] {
  return findExceededLimits({ series, faults, maximumGapRows: 24, nowMs }).map(({ override }) => override);
}

describe('the limits', () => {
  test('let a whole market pass', () => {
    expect(limitsOf(whole)).toEqual([]);
  });

  test('count what is missing within the segments used: a long halt splits the series', () => {
    expect(limitsOf(without(whole, (row) => row % 120 === 7))).toEqual([]);
    expect(limitsOf(without(whole, (row) => row % 80 === 7))).toEqual(['allowGaps']);
    expect(limitsOf(without(whole, (row) => row >= 300 && row < 1_000))).toEqual([]);
  });

  test('name figures, limit and times', () => {
    const [{ finding }] = findExceededLimits({
      series: without(whole, (row) => row % 50 === 7),
      faults: {},
      maximumGapRows: 24,
    });
    expect(finding).toBe(
      '30 candles missing within the segments used (2 %, limit 1 %), the first at 2024-01-01 07:00 UTC, 2024-01-03 09:00 UTC, 2024-01-05 11:00 UTC',
    );
  });

  test('take no conflict and no row that cannot be a candle, but rows off the grid, which are only missing', () => {
    expect(limitsOf(whole, { conflictingTimes: 1, conflictTimesMs: [0] })).toEqual(['allowConflicts']);
    const row = { openTimeMs: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 };
    expect(limitsOf(whole, { rejected: [{ ...row, fault: 'high-below-low' }] })).toEqual(['allowOhlcErrors']);
    expect(limitsOf(whole, { rejected: [{ ...row, fault: 'off-grid' }] })).toEqual([]);
  });

  test('ask for trades in nine of ten candles', () => {
    const quiet = { ...whole, volume: whole.volume.map((volume, row) => (row % 10 === 0 ? 0 : volume)) };
    expect(limitsOf(quiet)).toEqual([]);
    expect(limitsOf({ ...quiet, volume: quiet.volume.map((v, row) => (row % 9 === 1 ? 0 : v)) })).toEqual([
      'allowZeroVolume',
    ]);
  });

  test('ask a live series to be no older than two intervals', () => {
    const closeMs = whole.openTimeMs[1_499] + HOUR_MS;
    expect(limitsOf(whole, {}, closeMs + 2 * HOUR_MS)).toEqual([]);
    expect(limitsOf(whole, {}, closeMs + 2 * HOUR_MS + 1)).toEqual(['allowStale']);
  });

  test('leave true crashes alone', () => {
    const series = makeCandles({ symbol: 'CRASH', rowCount: 1_500 });
    // 2020-03-12: half of the price within a day, with wicks beyond.
    for (let row = 700; row < 1_500; row++) {
      const factor = 0.5 ** Math.min(1, (row - 699) / 24);
      for (const name of ['open', 'high', 'low', 'close'] as const) series[name][row] *= factor;
    }
    series.low[710] *= 0.6;
    expect(limitsOf(series)).toEqual([]);
  });
});

describe('which series must be current', () => {
  const closeMs = whole.openTimeMs[1_499] + HOUR_MS;
  const lateMs = closeMs + 100 * HOUR_MS;
  const live = { series: whole, source: 'binance', notices: [], faults: {} };
  const options = parseTrainOptions({ symbol: 'WHOLE' });

  test('only one that was collected up to now', () => {
    expect(() => passDataGate(live, options, lateMs)).toThrow(/closed 100 intervals ago \(limit 2\)/);
    for (const history of [{ data: 'file.csv' }, { to: '2024-03-01' }, { offline: true }]) {
      expect(passDataGate(live, { ...options, ...history }, lateMs).overrides).toEqual([]);
    }
    for (const source of ['file', 'demo']) {
      expect(passDataGate({ ...live, source }, options, lateMs).overrides).toEqual([]);
    }
  });

  test('by the clock of the exchange, where it is known', () => {
    expect(passDataGate({ ...live, exchangeTimeMs: closeMs }, options, lateMs).warnings).toEqual([]);
    expect(() => passDataGate({ ...live, exchangeTimeMs: lateMs }, options, closeMs)).toThrow(/100 intervals/);
  });
});

test.each([
  [undefined, '`tradeai data check`'],
  ['gappy.csv', '`tradeai data check --data FILE`'],
])('the hint names the command that looks at the candles there are, with --data %s', (data, command) => {
  const collected = { series: without(whole, (row) => row % 50 === 7), source: 'file', notices: [], faults: {} };
  const options = { ...parseTrainOptions({ symbol: 'WHOLE' }), data };
  expect(() => passDataGate(collected, options, 0)).toThrow(
    expect.objectContaining({
      hint: `look at them with ${command}; to train all the same, add --allow-gaps to \`tradeai train\``,
    }),
  );
});

describe('a training on candles beyond a limit', () => {
  let workspace: DoctorWorkspace;
  beforeAll(async () => {
    workspace = openDoctorWorkspace();
    const gappy = without(whole, (row) => row % 50 === 7);
    await workspace.store({ ...gappy, symbol: 'GAPPY' });
  });
  afterAll(() => workspace.remove());

  test('is refused as data, with the flag that lets it go on', async () => {
    await expect(trainSmall(workspace, { symbol: 'GAPPY', epochs: 1 })).rejects.toMatchObject({
      code: 'DATA_REFUSED',
      kind: 'data',
      message: expect.stringContaining('30 candles missing'),
      hint: expect.stringContaining('--allow-gaps'),
    });
    expect(await workspace.ports.registry.listNames()).toEqual([]);
  });

  test('goes on when allowed, and manifest and report say so; a retraining is allowed the same', async () => {
    const report = await trainSmall(workspace, { symbol: 'GAPPY', epochs: 1, allowGaps: true, allowStale: true });
    expect(report.warnings.join('\n')).toMatch(/trained all the same \(--allow-gaps\): 30 candles missing/);
    const { data } = await workspace.ports.registry.readManifest('GAPPY', 1);
    expect(data.overrides).toEqual([{ override: 'allowGaps', finding: expect.stringContaining('2 %, limit 1 %') }]);
    const [outcome] = await retrain(['GAPPY'], { offline: true }, workspace.ports);
    expect(outcome).toMatchObject({ report: { version: 2 } });
  });

  test('has no overrides in its manifest when none was needed', async () => {
    await workspace.store(whole);
    await trainSmall(workspace, { symbol: 'WHOLE', epochs: 1, allowGaps: true });
    expect((await workspace.ports.registry.readManifest('WHOLE', 1)).data.overrides).toBeUndefined();
  });

  test('is refused where 3-hour candles stand among hours, and goes on only with that said', async () => {
    // Once an import read three hours as hours, and overwrote every third of them: the model saw the future, and had skill.
    const mixed = mergeInto(makeCandles({ symbol: 'MIXED', rowCount: 1_500 }), {
      ...lengthen(sliceCandles(whole, 0, 750), 3),
      symbol: 'MIXED',
    });
    await workspace.store(mixed);
    const options = { symbol: 'MIXED', epochs: 1 };
    await expect(trainSmall(workspace, options)).rejects.toMatchObject({
      code: 'DATA_REFUSED',
      message: expect.stringContaining('250 candles of another length (3-hour) among the others'),
      hint: expect.stringContaining('--allow-mixed'),
    });
    const report = await trainSmall(workspace, { ...options, allowMixed: true });
    expect(report.warnings.join('\n')).toMatch(/trained all the same \(--allow-mixed\): 250 candles of another length/);
  });

  test('is refused for a row that the store set aside, until a sound one takes its place', async () => {
    const series = makeCandles({ symbol: 'BAD', rowCount: 1_500 });
    const close = series.close[700];
    series.close[700] = -1;
    await workspace.store(series);
    const options = { symbol: 'BAD', epochs: 1 };
    await expect(trainSmall(workspace, options)).rejects.toMatchObject({
      code: 'DATA_REFUSED',
      hint: expect.stringContaining('--allow-ohlc-errors'),
    });
    expect(await trainSmall(workspace, { ...options, allowOhlcErrors: true })).toMatchObject({
      data: { rows: 1_499, missingRows: 1 },
    });
    series.close[700] = close;
    await workspace.store(series);
    expect(await trainSmall(workspace, options)).toMatchObject({ data: { rows: 1_500, missingRows: 0 } });
  });
});

const histories = ['BTCUSDT', 'ETHUSDT'].map((symbol) => join(MARKET_DATA, `BINANCE_${symbol}_1h.csv.gz`));
test('eight real years of two pairs pass', needsMarketData, async () => {
  for (const path of histories) {
    const { series, faults } = await readCandleFile(path);
    expect(findExceededLimits({ series, faults, maximumGapRows: 24 })).toEqual([]);
  }
});
