import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  makeCandles,
  openDoctorWorkspace,
  publishChanged,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { diagnose } from './diagnose.js';
import { CHECK_NAMES } from './report.js';

let workspace: DoctorWorkspace;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(makeCandles({ symbol: 'SOUND', rowCount: 2_000, momentum: 0.4 }));
  await trainSmall(workspace, { symbol: 'SOUND', folds: 2 });
});

afterAll(() => workspace.remove());

describe('a diagnosis', () => {
  test('of a sound model finds nothing wrong', async () => {
    const { status, models } = await diagnose({ name: 'SOUND', offline: true }, workspace.ports);
    const wrong = models[0].checks.filter((check) => check.status !== 'ok' && check.status !== 'not-checked');
    expect(wrong).toEqual([]);
    expect(status).toBe('ok');
    expect(models[0]).toMatchObject({ name: 'SOUND', version: 1, symbol: 'SOUND', interval: '1h' });
    expect(models[0].checks.map(({ check }) => check)).toEqual(CHECK_NAMES);
  });

  test('is the same every time, and whole as JSON', async () => {
    const first = await diagnose({ name: 'SOUND', offline: true }, workspace.ports);
    const second = await diagnose({ name: 'SOUND', offline: true }, workspace.ports);
    expect(second).toEqual(first);
    // NaN and infinity would come back as null
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  });

  test('without a name is of every model, the worst one deciding', async () => {
    await trainSmall(workspace, { symbol: 'SOUND', name: 'BROKEN', epochs: 1 });
    await publishChanged(workspace, 'BROKEN', (files) => files.set('scaler.json', new TextEncoder().encode('[]')));
    const seen: string[] = [];
    const report = await diagnose({ offline: true }, workspace.ports, { onModel: (name) => seen.push(name) });
    expect(seen).toEqual(['BROKEN', 'SOUND']);
    expect(report.models.map(({ status }) => status)).toEqual(['problem', 'ok']);
    expect(report.status).toBe('problem');
  });

  test('names the workspace in its commands where the caller did', async () => {
    const { models } = await diagnose({ name: 'BROKEN', offline: true, home: '/somewhere' }, workspace.ports);
    expect(models[0].checks[0].command).toBe('tradeai models promote BROKEN 1 --home /somewhere');
  });

  test('stops when it is interrupted', async () => {
    const hooks = { signal: AbortSignal.abort() };
    await expect(diagnose({ offline: true }, workspace.ports, hooks)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  test('of an empty workspace is refused', async () => {
    const empty = openDoctorWorkspace();
    await expect(diagnose({ offline: true }, empty.ports)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    empty.remove();
  });
});
