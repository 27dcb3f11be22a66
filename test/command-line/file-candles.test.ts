/** A training on a file; everything after it stands somewhere else, where a file of the same name holds other candles. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, QUICK, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';

const series = simulateSeries(1_200);
const FEATURES = 'return_1,rsi_14,column_funding,body';

test('a model that was trained on a file needs neither the file nor the folder it was trained from', async () => {
  const [home, former, elsewhere] = [makeFolder(), makeFolder(), makeFolder()];
  // Beside the config, and found from wherever the program is started.
  const funding = Array.from(series.openTimeMs, (timeMs, row) => `${timeMs},${Math.sin(row)}`);
  writeFileSync(join(home, 'funding.csv'), ['time,rate', ...funding].join('\n'));
  writeFileSync(
    join(home, 'body.ts'),
    `import { defineFeature } from 'tradeai';
export const body = defineFeature({ name: 'body', warmUp: 1, compute: ({ open, close, length }) => close[length - 1] / open[length - 1] - 1 });`,
  );
  writeFileSync(
    join(home, 'tradeai.config.ts'),
    `import { body } from './body.ts';
export default { columns: [{ name: 'funding', file: 'funding.csv', value: 'rate', delay: '0s' }], customFeatures: [body] };`,
  );
  writeCsv(former, toCsv(series));
  const decoy = simulateSeries(1_200, 2);
  writeCsv(elsewhere, toCsv(decoy));
  const run = async (cwd: string, ...args: string[]) => {
    const { status, stdout, stderr } = await runHere([...args, '--home', home, '--json'], { cwd });
    return { status, stderr, document: JSON.parse(stdout) };
  };
  const flags = ['--data', 'TESTUSDT_1h.csv', '--features', FEATURES, ...QUICK];
  const { document: trained } = await run(former, 'train', '--symbol', 'TESTUSDT', ...flags);
  expect(trained.config.data).toBe('TESTUSDT_1h.csv');
  rmSync(join(former, 'TESTUSDT_1h.csv'));

  for (const cwd of [former, elsewhere]) {
    const { document: prediction } = await run(cwd, 'predict', '--symbol', 'TESTUSDT');
    expect(prediction).toMatchObject({ lastClose: series.close[1_199], asOfMs: series.openTimeMs[1_199] + 3_600_000 });
  }
  const { document: evaluated } = await run(elsewhere, 'evaluate', 'TESTUSDT');
  expect(evaluated.data).toEqual(trained.data);
  expect(evaluated.test.folds).toEqual(trained.test.folds);
  expect((await run(elsewhere, 'reproduce', 'TESTUSDT')).document).toMatchObject({ isEqual: true, differences: [] });
  const { document: diagnosis } = await run(elsewhere, 'doctor', 'TESTUSDT');
  const candles = diagnosis.models[0].checks.find(({ check }: { check: string }) => check === 'candles');
  expect(candles.evidence).toMatchObject({ source: 'file', rows: 1_200, isAsTrained: true });
  expect((await run(elsewhere, 'audit', '--symbol', 'TESTUSDT', '--features', FEATURES)).status).toBe(0);
  expect((await run(elsewhere, 'models', 'show', 'TESTUSDT')).status).toBe(0);
  const { document: retrained } = await run(elsewhere, 'retrain', 'TESTUSDT');
  expect(retrained[0]).toMatchObject({ version: 2, data: trained.data });
  expect(retrained[0].artifacts.weightsSha256).toBe(trained.artifacts.weightsSha256);
});

test('a file that a training refuses is not stored', async () => {
  const home = makeFolder();
  const file = writeCsv(
    home,
    toCsv(series, (cells, row) => (row % 3 === 0 ? undefined : cells)),
  );
  const { status } = await runHere(['train', '--symbol', 'TESTUSDT', '--data', file, '--home', home, ...QUICK]);
  expect(status).toBe(4);
  expect(JSON.parse((await runHere(['data', 'list', '--home', home, '--json'])).stdout)).toEqual([]);
});

test('all of a file is stored, whatever part of it was trained on', async () => {
  const home = makeFolder();
  const file = writeCsv(home, toCsv(series));
  const to = new Date(series.openTimeMs[1_100]).toISOString().slice(0, 16);
  const flags = ['--data', file, '--to', to, '--home', home, '--json', ...QUICK];
  const { stdout } = await runHere(['train', '--symbol', 'TESTUSDT', ...flags]);
  expect(JSON.parse(stdout).data.rows).toBe(1_100);
  rmSync(file);
  const prediction = await runHere(['predict', '--symbol', 'TESTUSDT', '--home', home, '--json']);
  expect(JSON.parse(prediction.stdout).asOfMs).toBe(series.openTimeMs[1_199] + 3_600_000);
});

test('a file that the config names lies beside the config', async () => {
  const [home, elsewhere] = [makeFolder(), makeFolder()];
  writeCsv(home, toCsv(series));
  writeFileSync(join(home, 'tradeai.config.json'), '{ "symbols": ["TESTUSDT"], "data": "TESTUSDT_1h.csv" }');
  const { status, stderr } = await runHere(['audit', '--home', home], { cwd: elsewhere });
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('error')]);
});
