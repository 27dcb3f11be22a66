import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  runTrainCommand,
  trainSmall,
} from '../../test/support/doctor-workspace.js';

let workspace: DoctorWorkspace;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(makeCandles({ symbol: 'QUIET', rowCount: 2_000, momentum: 0 }));
  await workspace.store(makeCandles({ symbol: 'MOMENTUM', rowCount: 2_000, momentum: 0.4 }));
});

afterAll(() => workspace.remove());

const examineLearning = (name: string) => examine(workspace, name, 'learning');

describe('the check of learning', () => {
  test('passes a loss that falls below that of predicting the mean', async () => {
    await trainSmall(workspace, { symbol: 'MOMENTUM' });
    const { status, evidence, command } = await examineLearning('MOMENTUM');
    expect(status).toBe('ok');
    // returns that are 0.4 times the one before have an R² of 0.16
    expect(evidence.bestLoss).toBeLessThan(0.9);
    expect(evidence.lossOfMean).toBeGreaterThan(0.95);
    expect(command).toBeNull();
  });

  test('finds a rate that is too high, and its command mends it', async () => {
    await trainSmall(workspace, { symbol: 'QUIET', name: 'HIGH', lr: 1 });
    const { status, cause, command, evidence } = await examineLearning('HIGH');
    expect(status).toBe('problem');
    expect(cause).toContain('learning rate of 1 is too high');
    expect(evidence.changeOfWeights).toBeGreaterThan(10);
    expect(command).toMatch(/^tradeai train --symbol QUIET --name HIGH .* --lr 0\.00\d /);
    const { version } = await runTrainCommand(workspace, command);
    const after = await examine(workspace, 'HIGH', 'learning', { version: version! });
    expect(after.status).toBe('ok');
  });

  test('finds a rate that is too low, and its command mends it', async () => {
    await trainSmall(workspace, { symbol: 'MOMENTUM', name: 'LOW', lr: 1e-6, epochs: 30 });
    const { status, cause, command, evidence } = await examineLearning('LOW');
    expect(status).toBe('problem');
    expect(cause).toContain('learning rate of 0.000001 is too low');
    expect(evidence.bestEpochs).toEqual(evidence.epochsRun);
    expect(evidence.changeOfWeights).toBeLessThan(0.01);
    const { promoted } = await runTrainCommand(workspace, command);
    expect(promoted).toBe(true);
    const after = await examineLearning('LOW');
    expect(after.status).toBe('ok');
  });

  test('tells too few epochs from a rate that is too low', async () => {
    await trainSmall(workspace, { symbol: 'MOMENTUM', name: 'SHORT', epochs: 2, lr: 1e-3 });
    const few = await examineLearning('SHORT');
    expect(few).toMatchObject({ status: 'warning', finding: expect.stringContaining('still falling') });
    await trainSmall(workspace, { symbol: 'MOMENTUM', name: 'SHORTER', epochs: 1, batch: 512, lr: 5e-4 });
    const fewer = await examineLearning('SHORTER');
    expect(fewer).toMatchObject({ status: 'problem', cause: '1 epoch of 2 steps are too few' });
    expect(fewer.command).toContain('--epochs 50');
  });

  test('says that nothing is to be learned where a straight line finds nothing either', async () => {
    await trainSmall(workspace, { symbol: 'QUIET', features: ['return_1'], weightDecay: 10, lr: 1e-2, dropout: 0.5 });
    const { status, finding } = await examineLearning('QUIET');
    expect(status).toBe('ok');
    expect(finding).toContain('learned no more than the mean');
  });
});
