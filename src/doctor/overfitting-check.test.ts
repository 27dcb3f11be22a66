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
  await workspace.store(makeCandles({ symbol: 'QUIET', rowCount: 1_500 }));
});

afterAll(() => workspace.remove());

const examineOverfitting = (name: string, version?: number) => examine(workspace, name, 'overfitting', { version });

describe('the check of overfitting', () => {
  test('passes a small network that is stopped early', async () => {
    await trainSmall(workspace, { symbol: 'QUIET' });
    expect(await examineOverfitting('QUIET')).toMatchObject({ status: 'ok', command: null });
  });

  test('finds a network that learned its rows by heart, and its command mends it', async () => {
    await trainSmall(workspace, {
      symbol: 'QUIET',
      name: 'HEART',
      hidden: 48,
      dropout: 0,
      lr: 1e-2,
      epochs: 30,
      patience: 30,
    });
    const { status, cause, command, evidence } = await examineOverfitting('HEART');
    expect(status).toBe('problem');
    expect(evidence.gap).toBeGreaterThan(0.5);
    expect(evidence.bestEpoch).toBeLessThan(10);
    expect(cause).toContain('weights for every train row');
    expect(cause).toContain('a dropout of 0');
    expect(cause).toContain('a patience of 30 epochs');
    expect(cause).toContain('a longer history');
    expect(command).toMatch(/--hidden 4 --dropout 0\.3 .*--patience 5/);
    const { version } = await runTrainCommand(workspace, command);
    const after = await examineOverfitting('HEART', version!);
    expect(after.status).not.toBe('problem');
    expect(after.evidence.gap).toBeLessThan(0.1);
  });

  test('names what fits: a network of few weights with dropout is not told to shrink', async () => {
    await trainSmall(workspace, {
      symbol: 'QUIET',
      name: 'LONG',
      dropout: 0.25,
      lr: 2e-2,
      epochs: 60,
      patience: 60,
    });
    const { status, cause, command } = await examineOverfitting('LONG');
    expect(status).not.toBe('ok');
    expect(cause).not.toContain('capacity');
    expect(cause).not.toContain('dropout');
    expect(command).toContain('--patience 5');
    expect(command).toContain('--hidden 6 --dropout 0.25');
  });
});
