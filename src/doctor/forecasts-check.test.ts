import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  publishChanged,
  runTrainCommand,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import type { Scaler } from '../dataset/scaler.js';
import { describeWeights } from '../lstm/weights.js';
import { membersToSafetensors } from '../lstm/weights-file.js';
import { decodeModel, encodeJson } from '../versions/model-files.js';

let workspace: DoctorWorkspace;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(makeCandles({ symbol: 'QUIET', rowCount: 1_500 }));
  await trainSmall(workspace, { symbol: 'QUIET', epochs: 4 });
});

afterAll(() => workspace.remove());

const examineForecasts = (name: string) => examine(workspace, name, 'forecasts');

describe('the check of the forecasts', () => {
  test('takes small forecasts on a market without signal for what they are', async () => {
    const { status, evidence, finding } = await examineForecasts('QUIET');
    expect(status).toBe('ok');
    expect(evidence.ratio).toBeLessThan(0.2);
    expect(finding).toMatch(/vary by .* % of what outcomes do/);
  });

  test('finds an output that weight decay has collapsed, and its command mends it', async () => {
    await trainSmall(workspace, {
      symbol: 'QUIET',
      name: 'COLLAPSED',
      features: ['return_1'],
      weightDecay: 10,
      lr: 1e-2,
      dropout: 0.5,
    });
    const { status, cause, command, evidence } = await examineForecasts('COLLAPSED');
    expect(status).toBe('problem');
    expect(evidence.ratio).toBeLessThan(1e-6);
    expect(cause).toContain('the output has collapsed: a weight decay of 10');
    const { version } = await runTrainCommand(workspace, command);
    const after = await examine(workspace, 'COLLAPSED', 'forecasts', { version: version! });
    expect(after.status).toBe('ok');
  });

  test('finds the scaler of another model behind the same forecast for every candle', async () => {
    await trainSmall(workspace, {
      symbol: 'QUIET',
      name: 'FOREIGN',
      features: ['return_1', 'volatility_24'],
      epochs: 2,
    });
    await publishChanged(workspace, 'FOREIGN', (files) => {
      const scaler: Scaler = JSON.parse(new TextDecoder().decode(files.get('scaler.json')));
      // fitted on prices instead of returns
      files.set('scaler.json', encodeJson({ ...scaler, mean: [20_000, 19_500], scale: [4_000, 3_900] }));
    });
    const { status, cause, command } = await examineForecasts('FOREIGN');
    expect(status).toBe('problem');
    expect(cause).toContain('the scaler is of another model');
    expect(command).toBe('tradeai retrain FOREIGN');
  });

  test('finds features that never change', async () => {
    await workspace.store(makeCandles({ symbol: 'DAILY', rowCount: 1_500, interval: '1d' }));
    const features = ['hour_sin', 'hour_cos'];
    await trainSmall(workspace, { symbol: 'DAILY', name: 'DAILY', interval: '1d', features, epochs: 2 });
    const { status, cause, command } = await examineForecasts('DAILY');
    expect(status).toBe('problem');
    expect(cause).toBe('every feature has one value only, so every window is the same');
    expect(command).not.toContain('hour_sin');
  });

  test('finds a dense layer that has vanished', async () => {
    await scaleHead('QUIET', 'VANISHED', 1e-5);
    expect(await examineForecasts('VANISHED')).toMatchObject({
      status: 'problem',
      cause: expect.stringContaining('the weights of the dense layer'),
      command: 'tradeai retrain VANISHED',
    });
  });

  test('names the horizon where everything is sound and next to nothing is said', async () => {
    await scaleHead('QUIET', 'HUMBLE', 0.016);
    const { status, cause, command } = await examineForecasts('HUMBLE');
    expect(status).toBe('warning');
    expect(cause).toContain('sound');
    expect(command).toContain('--horizon 4');
  });
});

/** Trains a model and publishes it again with its dense layer times `factor`. */
async function scaleHead(symbol: string, name: string, factor: number): Promise<void> {
  await trainSmall(workspace, { symbol, name, epochs: 1 });
  const { lstm } = decodeModel(await workspace.ports.registry.load(name));
  const { offset, length } = describeWeights(lstm.architecture).find((view) => view.name === 'head.w')!;
  const weights = lstm.memberWeights[0].slice();
  for (let i = offset; i < offset + length; i++) weights[i] = Math.fround(weights[i] * factor);
  await publishChanged(workspace, name, (files) =>
    files.set('weights.safetensors', membersToSafetensors(lstm.architecture, [weights])),
  );
}
