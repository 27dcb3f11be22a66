import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  publishChanged,
  trainBehindScaler,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import type { Scaler } from '../dataset/scaler.js';
import { encodeJson } from '../versions/model-files.js';

let workspace: DoctorWorkspace;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(makeCandles({ symbol: 'WILD', rowCount: 1_500, volatility: 0.05 }));
  await workspace.store(makeCandles({ symbol: 'CALM', rowCount: 1_500, volatility: 0.001 }));
  await trainSmall(workspace, { symbol: 'CALM', epochs: 2 });
});

afterAll(() => workspace.remove());

describe('the check of the scaling', () => {
  test('passes the scaler of the training', async () => {
    expect(await examine(workspace, 'CALM', 'scaling')).toMatchObject({ status: 'ok', command: null });
  });

  test('finds features that are not scaled, and the gates they shut', async () => {
    const features = ['return_1', 'rsi_14', 'volume_z_24'];
    await trainSmall(workspace, { symbol: 'CALM', name: 'UNSCALED', features, epochs: 3 });
    await trainBehindScaler(workspace, 'UNSCALED', (scaler) => ({
      ...scaler,
      mean: scaler.mean.map(() => 0),
      scale: scaler.scale.map(() => 1),
      clip: 1e6,
    }));
    const scaling = await examine(workspace, 'UNSCALED', 'scaling');
    expect(scaling).toMatchObject({ status: 'problem', command: 'tradeai retrain UNSCALED' });
    expect(scaling.finding).toMatch(
      /unscaled: standard deviations from 0\.00\d+ \(return_1\) to \d+(\.\d+)? \(rsi_14\)/,
    );
    const gates = await examine(workspace, 'UNSCALED', 'gates');
    expect(gates.status).not.toBe('ok');
    expect(gates.cause).toContain('(see scaling)');
    expect(gates.evidence.saturatedShare).toBeGreaterThan(0.25);
  });

  test('finds the scaler of another model, and names the features that are off', async () => {
    await trainSmall(workspace, { symbol: 'WILD', epochs: 2 });
    const { files } = await workspace.ports.registry.load('WILD');
    const version = await publishChanged(workspace, 'CALM', (own) => own.set('scaler.json', files.get('scaler.json')!));
    const { status, cause, evidence } = await examine(workspace, 'CALM', 'scaling', { version });
    expect(status).toBe('problem');
    expect(cause).toBe('the scaler is of another model, or was fitted on other rows');
    expect(evidence.foreignFeatures).toEqual(['return_1', 'volatility_24']);
  });

  test('names features that have one value only', async () => {
    await workspace.store(makeCandles({ symbol: 'DAILY', rowCount: 1_500, interval: '1d' }));
    const features = ['hour_sin', 'return_1', 'hour_cos'];
    await trainSmall(workspace, { symbol: 'DAILY', name: 'DAILY', interval: '1d', features, epochs: 2 });
    const { status, finding, command } = await examine(workspace, 'DAILY', 'scaling');
    expect(status).toBe('warning');
    expect(finding).toContain('hour_sin, hour_cos');
    expect(command).toContain('--features return_1 ');
  });

  test('names features that are cut off', async () => {
    await trainSmall(workspace, { symbol: 'CALM', name: 'CUT', epochs: 2 });
    await publishChanged(workspace, 'CUT', (files) => {
      const scaler: Scaler = JSON.parse(new TextDecoder().decode(files.get('scaler.json')));
      files.set('scaler.json', encodeJson({ ...scaler, clip: 1.5 }));
    });
    const { status, finding } = await examine(workspace, 'CUT', 'scaling');
    expect(status).toBe('warning');
    expect(finding).toContain('cut off at ±1.5 standard deviations');
  });
});
