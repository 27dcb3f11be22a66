/** Prices that do not move: refused as that, or told. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  makeCandles,
  openDoctorWorkspace,
  SMALL_TRAINING,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { type CandleSeries, rowCountOf } from '../market/candle-series.js';
import { parseTrainOptions } from '../options/train-options.js';
import { prepareTraining } from './prepare.js';

const PRICES = ['open', 'high', 'low', 'close'] as const;
let workspace: DoctorWorkspace;

beforeAll(() => {
  workspace = openDoctorWorkspace();
});
afterAll(() => workspace.remove());

/** A market that stands still from a row on, while volume goes on. */
function stillFrom(symbol: string, row: number, rowCount = 1_500): CandleSeries {
  const series = makeCandles({ symbol, rowCount });
  const price = row === 0 ? 1 : series.close[row - 1];
  for (const name of PRICES) series[name].fill(price, row);
  return series;
}

describe('a price that never moves', () => {
  test.each([{}, { allowZeroVolume: true }])('is refused as that, whatever is allowed (%o)', async (overrides) => {
    const series = stillFrom('CONST', 0);
    series.volume.fill(0);
    await workspace.store(series);
    await expect(trainSmall(workspace, { symbol: 'CONST', ...overrides })).rejects.toMatchObject({
      code: 'DATA_REFUSED',
      message: 'CONST 1h: the price never moves: 1,500 candles, all close at 1',
    });
  });

  test('is refused by whatever prepares a training', () => {
    const options = parseTrainOptions({ ...SMALL_TRAINING, symbol: 'CONST' });
    expect(() => prepareTraining(stillFrom('CONST', 0, 100), options)).toThrow(/the price never moves: 100 candles/);
  });
});

test('a part without outcomes is refused for the price that stood still in it, not for gaps', async () => {
  await workspace.store(stillFrom('STOPPED', 900));
  await expect(trainSmall(workspace, { symbol: 'STOPPED' })).rejects.toMatchObject({
    code: 'CANDLES_TOO_FEW',
    message: expect.stringMatching(
      /there are \d+: \d+ rows have no outcome because the price had not moved for 168 candles$/,
    ),
    hint: expect.stringContaining('--to'),
  });
});

test('a dead end is told in the warnings of a training, and so are the rows that are lost by it', async () => {
  const series = stillFrom('DYING', 1_300);
  await workspace.store(series);
  const { warnings, findings } = await trainSmall(workspace, { symbol: 'DYING', epochs: 1 });
  expect(findings.map(({ code }) => code)).toContain('DEAD_MARKET');
  expect(warnings).toContain(findings.find(({ code }) => code === 'DEAD_MARKET')!.message);
  expect(warnings.join('\n')).toMatch(
    /^32 rows have no outcome because the price had not moved for 168 candles, and were left out$/m,
  );
  expect(warnings.join('\n')).not.toContain('gaps');
});

test('coarse ticks are told in the warnings of a training, and report what they are', async () => {
  const series = makeCandles({ symbol: 'COARSE', rowCount: 1_500 });
  for (const name of PRICES) {
    for (let row = 0; row < rowCountOf(series); row++) series[name][row] = Math.round(series[name][row]);
  }
  await workspace.store(series);
  const report = await trainSmall(workspace, { symbol: 'COARSE', epochs: 1 });
  expect(report.warnings.join('\n')).toMatch(/^prices move in steps of 1, .* of the price/m);
  expect(report.data).toMatchObject({ tickSize: { size: 1 }, effectiveSpread: { rows: 1_500 } });
});
