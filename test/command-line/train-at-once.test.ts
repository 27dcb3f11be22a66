/** Trainings of the same names at once, each in a process of its own. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFileRegistry } from '../../src/storage/file-registry.js';
import { makeFolder, QUICK, runTradeAi, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';

test('all four publish, one champion is left, each is told what became of it, and nothing stays behind', async () => {
  const home = makeFolder();
  const file = writeCsv(home, toCsv(simulateSeries(1_500)));
  const flags = ['train', '--symbol', 'TESTUSDT', '--data', file, '--home', home, '--json', '--folds', '0', ...QUICK];
  const outcomes = await Promise.all(['1', '2', '3', '4'].map((seed) => runTradeAi([...flags, '--seed', seed])));
  expect(outcomes.map(({ status, stderr }) => [status, status === 0 ? '' : stderr])).toEqual(Array(4).fill([0, '']));
  const reports = outcomes.map(({ stdout }) => JSON.parse(stdout));
  const registry = openFileRegistry(home);
  expect(reports.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4]);
  expect(await registry.listVersions('TESTUSDT')).toEqual([1, 2, 3, 4]);
  const champion = (await registry.champion('TESTUSDT'))!;
  const promoted = reports.filter((report) => report.promoted);
  expect(promoted).toHaveLength(champion.generation);
  expect(promoted.map(({ version }) => version)).toContain(champion.version);
  for (const { promoted: isPromoted, reasons } of reports) {
    if (!isPromoted) expect(reasons[1]).toMatch(/^champion \d stays: /);
  }
  expect(readdirSync(join(home, 'models/checkpoints'))).toEqual([]);
});

test('two retrainings of the same names at once publish each name twice, and one champion of it is left', async () => {
  const home = makeFolder();
  const symbols = ['TESTUSDT', 'OTHERUSDT'];
  for (const symbol of symbols) {
    const file = writeCsv(home, toCsv(simulateSeries(1_500)));
    const flags = ['--data', file, '--home', home, '--folds', '0', ...QUICK];
    expect(await runTradeAi(['train', '--symbol', symbol, ...flags])).toMatchObject({ status: 0 });
  }
  const retrain = () => runTradeAi(['retrain', '--all', '--home', home, '--json']);
  const outcomes = await Promise.all([retrain(), retrain()]);
  expect(outcomes.map(({ status, stderr }) => [status, status === 0 ? '' : stderr])).toEqual(Array(2).fill([0, '']));
  const reports = outcomes.flatMap(({ stdout }) => JSON.parse(stdout));
  const registry = openFileRegistry(home);
  for (const symbol of symbols) {
    const own = reports.filter(({ name }) => name === symbol);
    expect(own.map(({ version }) => version).sort()).toEqual([2, 3]);
    expect(await registry.listVersions(symbol)).toEqual([1, 2, 3]);
    const promotions = own.filter(({ promoted }) => promoted).length;
    expect(await registry.champion(symbol)).toMatchObject({ generation: 1 + promotions });
  }
  expect(readdirSync(join(home, 'models/checkpoints'))).toEqual([]);
});
