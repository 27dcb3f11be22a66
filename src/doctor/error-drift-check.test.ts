import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { sliceCandles } from '../market/candle-series.js';

let workspace: DoctorWorkspace;
const trainedRows = 2_000;

beforeAll(() => {
  workspace = openDoctorWorkspace();
});

afterAll(() => workspace.remove());

/** Trains on a market with momentum, which then becomes another one. */
async function trainBeforeChange(symbol: string, momentum: number) {
  const change = { row: trainedRows, momentum };
  const series = makeCandles({ symbol, rowCount: trainedRows + 400, momentum: 0.4, change });
  await workspace.store(sliceCandles(series, 0, trainedRows));
  await trainSmall(workspace, { symbol });
  const before = await examine(workspace, symbol, 'error-drift');
  expect(before).toMatchObject({
    status: 'not-checked',
    finding: '100 rows after the training with a known outcome are needed, there are 0',
  });
  await workspace.store(series);
  return examine(workspace, symbol, 'error-drift');
}

describe('the check of the drift of the error', () => {
  test('passes a market where what was learned still holds', async () => {
    const { status, evidence } = await trainBeforeChange('LASTING', 0.4);
    expect(status).toBe('ok');
    expect(evidence.newerRows).toBe(399);
    expect(evidence.newerLossRatio).toBeLessThan(0.95);
    expect(evidence.testLossRatio).toBeLessThan(0.95);
  });

  test('warns when nothing of it is left', async () => {
    const { status, evidence, cause } = await trainBeforeChange('FADED', 0.05);
    expect(status).not.toBe('ok');
    expect(evidence.worseThanTestPValue).toBeLessThan(0.01);
    expect(cause).toBe('what the model learned holds no longer');
  });

  test('finds it a problem when the model has become worse than no forecast', async () => {
    const { status, evidence, command, finding } = await trainBeforeChange('REVERSED', -0.4);
    expect(status).toBe('problem');
    expect(evidence.newerLossRatio).toBeGreaterThan(1.1);
    expect(evidence.worseThanNoChangePValue).toBeLessThan(0.01);
    expect(finding).toContain('worse than predicting no change');
    expect(command).toBe('tradeai retrain REVERSED');
  });
});
