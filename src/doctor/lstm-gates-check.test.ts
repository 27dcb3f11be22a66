import { afterAll, beforeAll, expect, test } from 'vitest';
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

test('gates of a sound training all move', async () => {
  await trainSmall(workspace, { symbol: 'QUIET' });
  const { status, evidence } = await examine(workspace, 'QUIET', 'gates');
  expect(status).toBe('ok');
  expect(evidence).toMatchObject({ units: 6, deadUnits: 0 });
  expect(evidence.saturatedShare).toBeLessThan(0.02);
});

test('a rate that throws the weights leaves dead gates, and the named command does not', async () => {
  await trainSmall(workspace, { symbol: 'QUIET', name: 'DEAD', lr: 1, epochs: 8, patience: 8, batch: 16 });
  const { status, cause, command, evidence } = await examine(workspace, 'DEAD', 'gates');
  expect(status).not.toBe('ok');
  expect(evidence.saturatedShare).toBeGreaterThan(0.5);
  expect(cause).toContain('a learning rate of 1');
  const { version } = await runTrainCommand(workspace, command);
  expect(await examine(workspace, 'DEAD', 'gates', { version: version! })).toMatchObject({ status: 'ok' });
});
