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
import { encodeJson } from '../versions/model-files.js';
import type { TrainReport } from '../versions/train-report.js';

let workspace: DoctorWorkspace;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(makeCandles({ symbol: 'QUIET', rowCount: 2_000, momentum: 0 }));
  await workspace.store(makeCandles({ symbol: 'MOMENTUM', rowCount: 2_000, momentum: 0.4 }));
});

afterAll(() => workspace.remove());

const examineLearning = (name: string) => examine(workspace, name, 'learning');

describe('what keeps a network from learning', () => {
  test('blames features that are not scaled before the rate', async () => {
    await trainSmall(workspace, { symbol: 'MOMENTUM', name: 'UNSCALED' });
    await trainBehindScaler(workspace, 'UNSCALED', (scaler) => ({
      ...scaler,
      mean: scaler.mean.map(() => 0),
      scale: scaler.scale.map(() => 1),
    }));
    const { status, cause, command } = await examineLearning('UNSCALED');
    expect(status).toBe('problem');
    expect(cause).toContain('(see scaling)');
    expect(command).toBe('tradeai retrain UNSCALED');
  });

  test('finds a straight line that knows more than the network', async () => {
    await trainSmall(workspace, { symbol: 'MOMENTUM', name: 'BEHIND' });
    await publishChanged(workspace, 'BEHIND', (files) => {
      const report: TrainReport = JSON.parse(new TextDecoder().decode(files.get('report.json')));
      const flat = report.training.members.map((member) => ({
        ...member,
        validationLoss: member.validationLoss.map(() => member.validationLoss[0] * 1.5),
      }));
      files.set(
        'report.json',
        encodeJson({ ...report, training: { ...report.training, members: flat }, test: { ...report.test, ic: 0.01 } }),
      );
    });
    const { status, finding } = await examineLearning('BEHIND');
    expect(status).toBe('warning');
    expect(finding).toMatch(/a straight line over the same features has an IC of 0\.3/);
  });

  test('recognises a training that ended because the loss became infinite', async () => {
    await trainSmall(workspace, { symbol: 'QUIET', name: 'DIVERGED' });
    await publishChanged(workspace, 'DIVERGED', (files) => {
      const report: TrainReport = JSON.parse(new TextDecoder().decode(files.get('report.json')));
      // what the trainer keeps of a member whose third epoch gave NaN
      const [member] = report.training.members;
      const stopped = {
        ...member,
        epochsRun: 2,
        bestEpoch: 2,
        trainLoss: member.trainLoss.slice(0, 2),
        validationLoss: member.validationLoss.slice(0, 2),
      };
      files.set('report.json', encodeJson({ ...report, training: { ...report.training, members: [stopped] } }));
    });
    const { status, finding } = await examineLearning('DIVERGED');
    expect(status).toBe('problem');
    expect(finding).toContain('became infinite after 2 epochs');
  });
});
