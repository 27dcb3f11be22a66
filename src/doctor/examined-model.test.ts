import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  publishChanged,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import type { Scaler } from '../dataset/scaler.js';
import { encodeJson } from '../versions/model-files.js';
import { diagnose } from './diagnose.js';

let workspace: DoctorWorkspace;

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(makeCandles({ symbol: 'QUIET', rowCount: 1_200 }));
});

afterAll(() => workspace.remove());

const train = (name: string) => trainSmall(workspace, { symbol: 'QUIET', name, epochs: 1 });

describe('a version that is damaged', () => {
  test('is a problem, and the command goes back to one that is whole', async () => {
    await train('DAMAGED');
    await publishChanged(workspace, 'DAMAGED', () => undefined);
    const path = join(workspace.home, 'models/versions/DAMAGED/2/weights.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 3] ^= 1;
    writeFileSync(path, bytes);
    const files = await examine(workspace, 'DAMAGED', 'files');
    expect(files).toMatchObject({ status: 'problem', command: 'tradeai models promote DAMAGED 1' });
    expect(files.finding).toContain('weights.safetensors is not what was published');
    expect(await examine(workspace, 'DAMAGED', 'learning')).toMatchObject({ status: 'not-checked' });
  });

  test('is trained again where no version is whole', async () => {
    await train('LOST');
    writeFileSync(join(workspace.home, 'models/versions/LOST/1/scaler.json'), '{}');
    expect(await examine(workspace, 'LOST', 'files')).toMatchObject({
      status: 'problem',
      command: 'tradeai train --symbol LOST',
    });
  });

  test('is a problem when a weight is not a number, although its hashes are right', async () => {
    await train('NOT_A_NUMBER');
    await publishChanged(workspace, 'NOT_A_NUMBER', (files) => {
      const bytes = files.get('weights.safetensors')!.slice();
      new DataView(bytes.buffer).setFloat32(bytes.length - 4, Number.NaN, true);
      files.set('weights.safetensors', bytes);
    });
    const { status, finding, command } = await examine(workspace, 'NOT_A_NUMBER', 'files');
    expect(status).toBe('problem');
    expect(finding).toContain('NaN');
    expect(command).toBe('tradeai models promote NOT_A_NUMBER 1');
  });
});

describe('features that do not fit the model', () => {
  test('are a problem when the scaler has others, or the same in another order', async () => {
    await train('ORDER');
    await publishChanged(workspace, 'ORDER', (files) => {
      const scaler: Scaler = JSON.parse(new TextDecoder().decode(files.get('scaler.json')));
      files.set('scaler.json', encodeJson({ ...scaler, featureNames: [...scaler.featureNames].reverse() }));
    });
    const { status, finding, cause, evidence } = await examine(workspace, 'ORDER', 'features');
    expect(status).toBe('problem');
    expect(finding).toContain('the same names in another order');
    expect(cause).toBe('the scaler and the options are of different models');
    expect(evidence.scaler).toEqual(['volume_z_24', 'volatility_24', 'return_1']);
    expect(await examine(workspace, 'ORDER', 'files')).toMatchObject({ status: 'ok' });
  });

  test('are a problem when the weights are of another shape', async () => {
    await train('SHAPE');
    await trainSmall(workspace, { symbol: 'QUIET', name: 'WIDE', hidden: 7, epochs: 1 });
    const { files: wide } = await workspace.ports.registry.load('WIDE');
    await publishChanged(workspace, 'SHAPE', (files) =>
      files.set('weights.safetensors', wide.get('weights.safetensors')!),
    );
    const { status, finding, cause, command } = await examine(workspace, 'SHAPE', 'features');
    expect(status).toBe('problem');
    expect(command).toMatch(/^tradeai train --symbol QUIET --name SHAPE .*--hidden 6/);
    expect(finding).toContain('expected F32 [3,24], was F32 [3,28]');
    expect(cause).toBe('the weights and the options are of different models');
  });

  test('are a problem when this program does not know one', async () => {
    await train('UNKNOWN');
    const { manifest, files } = await workspace.ports.registry.load('UNKNOWN');
    const rename = (text: string) => text.replaceAll('volume_z_24', 'moon_phase');
    const renamed = new Map(files);
    for (const name of ['config.json', 'scaler.json'] as const) {
      renamed.set(name, new TextEncoder().encode(rename(new TextDecoder().decode(files.get(name)))));
    }
    const { version } = await workspace.ports.registry.publish({
      manifest: JSON.parse(rename(JSON.stringify(manifest))),
      files: renamed,
    });
    const { status, finding } = await examine(workspace, 'UNKNOWN', 'features', { version });
    expect(status).toBe('problem');
    expect(finding).toContain('unknown feature "moon_phase"');
  });
});

describe('a name', () => {
  test('without a champion gets the command that makes one', async () => {
    await train('HEADLESS');
    const { manifest, files } = await workspace.ports.registry.load('HEADLESS');
    await workspace.ports.registry.publish({ manifest: { ...manifest, name: 'UNCROWNED' }, files });
    expect(await examine(workspace, 'UNCROWNED', 'files')).toMatchObject({
      status: 'problem',
      command: 'tradeai models promote UNCROWNED 1',
    });
  });

  test('that there is not is refused', async () => {
    await expect(diagnose({ name: 'NOBODY', offline: true }, workspace.ports)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
    await expect(diagnose({ name: 'HEADLESS', version: 9, offline: true }, workspace.ports)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });
});
