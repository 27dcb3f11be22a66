import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type DoctorWorkspace,
  makeCandles,
  openDoctorWorkspace,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { sliceCandles } from '../market/candle-series.js';
import { diagnose } from './diagnose.js';
import { collectForModel, examineData, thinRows } from './examined-data.js';
import { readModel } from './examined-model.js';

let workspace: DoctorWorkspace;
const series = makeCandles({ symbol: 'MOMENTUM', rowCount: 2_600, momentum: 0.4 });

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(sliceCandles(series, 0, 1_600));
  await trainSmall(workspace, { symbol: 'MOMENTUM', folds: 2 });
  await workspace.store(sliceCandles(series, 0, 2_200));
});

afterAll(() => workspace.remove());

async function examineRows() {
  const { model } = await readModel('MOMENTUM', undefined, workspace.ports, {});
  const collection = await collectForModel(model!, { offline: true }, workspace.ports, {});
  if ('error' in collection) throw collection.error;
  return { ...examineData(model!, collection.collected), trained: model!.report!.training!.rows };
}

test('the rows of the training are found again, and the newer ones', async () => {
  const { rows, trained, isAsTrained, refitted } = await examineRows();
  expect({ train: rows.train.length, validation: rows.validation.length }).toEqual(trained);
  expect(rows.fitted).toEqual(rows.train);
  expect(isAsTrained).toBe(true);
  // the outcome of the newest candle is not known
  expect([rows.newer[0], rows.newer.at(-1)]).toEqual([1_600, 2_198]);
  const { files } = await workspace.ports.registry.load('MOMENTUM');
  expect(refitted).toEqual(JSON.parse(new TextDecoder().decode(files.get('scaler.json'))));
});

test('so are those of a warm start', async () => {
  const { training } = await trainSmall(workspace, { symbol: 'MOMENTUM', warmStart: true });
  expect(training.warmStart?.fromVersion).toBe(1);
  const versions = await workspace.ports.registry.listVersions('MOMENTUM');
  const { generation } = (await workspace.ports.registry.champion('MOMENTUM'))!;
  await workspace.ports.registry.promote({
    name: 'MOMENTUM',
    version: versions.at(-1)!,
    reasons: ['asked for'],
    expectedGeneration: generation,
  });
  await workspace.store(series);
  const { rows, trained } = await examineRows();
  expect({ fitted: rows.fitted.length, validation: rows.validation.length }).toEqual({
    fitted: trained.train,
    validation: trained.validation,
  });
  expect(rows.newer[0]).toBe(2_200);
  const { models } = await diagnose({ name: 'MOMENTUM', offline: true }, workspace.ports);
  expect(models[0].checks.filter(({ status }) => status === 'problem')).toEqual([]);
});

test('rows are thinned evenly, the last one staying', () => {
  const rows = Int32Array.from({ length: 10 }, (_, i) => 100 + i);
  expect(thinRows(rows, 4)).toEqual(Int32Array.of(101, 104, 106, 109));
  expect(thinRows(rows, 20)).toBe(rows);
});
