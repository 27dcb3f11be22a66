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

/** Trains on the rows before the change, then lets the rest come. */
async function trainBeforeChange(symbol: string, change?: { volatility?: number; volume?: number }) {
  const series = makeCandles({
    symbol,
    rowCount: trainedRows + 300,
    change: change && { row: trainedRows, ...change },
  });
  await workspace.store(sliceCandles(series, 0, trainedRows));
  await trainSmall(workspace, { symbol, epochs: 1 });
  await workspace.store(series);
  return examine(workspace, symbol, 'feature-drift');
}

describe('the check of the drift of features', () => {
  test('passes a market that goes on as it was', async () => {
    const { status, finding, evidence } = await trainBeforeChange('SAME');
    expect(status).toBe('ok');
    expect(finding).toContain('lie as the train rows did');
    expect(evidence['psi.return_1']).toBeLessThan(0.25);
  });

  test('names the features of a market that moves more, the furthest first', async () => {
    const { status, evidence, finding, command } = await trainBeforeChange('WILDER', { volatility: 0.03 });
    expect(status).toBe('warning');
    expect(evidence.drifted).toEqual(['volatility_24', 'return_1']);
    expect(finding).toMatch(/2 of 3 features have drifted .* stability index of volatility_24 \d/);
    expect(command).toBe('tradeai retrain WILDER');
  });

  test('finds a market where the model has never been', async () => {
    const { status, cause } = await trainBeforeChange('ELSEWHERE', { volatility: 0.5 });
    expect(status).toBe('problem');
    expect(cause).toContain('where no train row was');
  });

  test('is not made on too few rows', async () => {
    await workspace.store(makeCandles({ symbol: 'FEW', rowCount: 700 }));
    await trainSmall(workspace, { symbol: 'FEW', epochs: 1, folds: 1, validationShare: 0.1 });
    expect(await examine(workspace, 'FEW', 'feature-drift')).toMatchObject({
      status: 'not-checked',
      finding: expect.stringMatching(/^100 rows after the train rows are needed, there are 7\d$/),
    });
  });
});
