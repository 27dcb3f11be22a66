/** A column whose file has ended, or whose publisher has changed the pace: told wherever a model that looks at it is. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  SMALL_TRAINING,
} from '../../test/support/doctor-workspace.js';
import { serveIn } from '../../test/support/served-model.js';
import { type CandleSeries, sliceCandles } from '../market/candle-series.js';
import { INTERVAL_MS } from '../market/interval.js';
import { parseTrainOptions } from '../options/train-options.js';
import { trainModel } from '../training/train.js';
import type { TrainReport } from '../versions/train-report.js';
import { predictNewest } from './predict.js';

const SYMBOL = 'TESTUSDT';
const HOUR_MS = INTERVAL_MS['1h'];
const ROWS = 1_200;
const series: CandleSeries = makeCandles({ symbol: SYMBOL, rowCount: ROWS, momentum: 0.3 });
let workspace: DoctorWorkspace;

/** Rates at these hours since the first candle. */
function writeFunding(hours: readonly number[]): void {
  const lines = hours.map((hour) => `${series.openTimeMs[0] + hour * HOUR_MS},${Math.sin(hour * hour).toFixed(6)}`);
  writeFileSync(join(workspace.home, 'funding.csv'), `${['time,rate', ...lines].join('\n')}\n`);
}

const every = (step: number, start: number, end: number) =>
  Array.from({ length: Math.ceil((end - start) / step) }, (_, i) => start + i * step);

async function train(): Promise<TrainReport> {
  const file = join(workspace.home, 'funding.csv');
  const columns = [{ name: 'funding', file, time: 'time', value: 'rate', delay: '0s' }];
  // Without costs every forecast is BUY or SELL, unless there is a reason to hold.
  const wanted = {
    symbol: SYMBOL,
    epochs: 2,
    costBps: 0,
    minConfidence: 0.5,
    features: ['return_1', 'column_funding'],
  };
  // A window that sees two values or three.
  const options = parseTrainOptions({ ...SMALL_TRAINING, ...wanted, window: 16 }, undefined, { columns });
  return trainModel(options, workspace.ports);
}

/** The warnings of the newest forecast of a server, which is also what its ledger has. */
async function serveNewest() {
  const { model } = serveIn(workspace.ports, { shadow: false });
  await model.refresh();
  const { prediction } = model.prediction();
  const { entries } = await workspace.ports.ledger.read({ name: SYMBOL, limit: 1 });
  expect(entries[0]).toMatchObject({ asOfMs: prediction.asOfMs, signal: prediction.signal });
  return prediction;
}

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(sliceCandles(series, 0, 1_000));
});
afterAll(() => workspace.remove());

describe('a column of eight hours', () => {
  beforeAll(async () => {
    writeFunding(every(8, 0, 1_000));
    expect((await train()).warnings.join()).not.toContain('funding');
  });

  test('that goes on is told of nowhere', async () => {
    const prediction = await predictNewest({ name: SYMBOL, offline: true }, workspace.ports);
    expect(prediction.signal).not.toBe('HOLD');
    expect(prediction.warnings.join()).not.toContain('funding');
    expect(await examine(workspace, SYMBOL, 'candles')).toMatchObject({ status: 'ok', evidence: { columns: [] } });
  });

  test('that has stopped is told by predict, server and doctor, and the forecast holds', async () => {
    await workspace.store(series);
    const ended = expect.stringMatching(
      /^column funding ends at 2024-02-11 08:00 UTC, 8 d too early, though a value came every 8 h: the model sees nothing but its last value$/,
    );
    const served = await serveNewest();
    expect(served).toMatchObject({ signal: 'HOLD' });
    expect(served.warnings[0]).toEqual(ended);
    expect(served.reasons[0]).toBe(served.warnings[0]);
    const predicted = await predictNewest({ name: SYMBOL, offline: true }, workspace.ports);
    expect(predicted).toMatchObject({ signal: 'HOLD', reasons: served.reasons, warnings: served.warnings });
    const { status, finding } = await examine(workspace, SYMBOL, 'candles');
    expect({ status, finding }).toEqual({ status: 'warning', finding: served.warnings[0] });
    expect((await train()).warnings).toContain(served.warnings[0]);
  });
});

test('a column whose spacing has changed is told by train, predict, server and doctor, and the forecast stands', async () => {
  writeFunding([...every(8, 0, 1_000), ...every(4, 1_000, ROWS)]);
  await workspace.store(series);
  const changed = expect.stringMatching(
    /^column funding: a value every 4 h since 2024-02-11 16:00 UTC, every 8 h before/,
  );
  expect((await train()).warnings).toContainEqual(changed);
  const served = await serveNewest();
  expect(served.warnings[0]).toEqual(changed);
  expect(served.signal).not.toBe('HOLD');
  const predicted = await predictNewest({ name: SYMBOL, offline: true }, workspace.ports);
  expect(predicted).toMatchObject({ signal: served.signal, warnings: served.warnings });
  expect(await examine(workspace, SYMBOL, 'candles')).toMatchObject({ status: 'warning', finding: served.warnings[0] });
});
