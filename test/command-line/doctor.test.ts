import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, QUICK, runTradeAi, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';

const series = simulateSeries(2_500);

async function trainIn(home: string, ...more: string[]) {
  const file = writeCsv(home, toCsv(series));
  const flags = ['--symbol', 'TESTUSDT', '--data', file, '--home', home, '--folds', '0', ...QUICK, ...more];
  const { status, stderr } = await runHere(['train', ...flags]);
  expect(stderr).not.toContain('error');
  expect(status).toBe(0);
  return file;
}

function damage(home: string, version: number) {
  const path = join(home, `models/versions/TESTUSDT/${version}/weights.safetensors`);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(path, bytes);
}

test('doctor passes a sound model with status 0, for people and as JSON', async () => {
  const home = makeFolder();
  await trainIn(home, '--lr', '0.003', '--epochs', '20');
  const told = await runHere(['doctor', 'TESTUSDT', '--home', home]);
  expect(told.status).toBe(0);
  expect(told.stdout).toMatch(/^TESTUSDT version 1, TESTUSDT 1h\n {2}ok {7}files/);
  const { status, stdout } = await runHere(['doctor', 'TESTUSDT', '--home', home, '--json']);
  expect(status).toBe(0);
  const report = JSON.parse(stdout);
  expect(report.models[0].checks).toHaveLength(13);
  for (const check of report.models[0].checks) {
    expect(Object.keys(check)).toEqual(['check', 'status', 'finding', 'evidence', 'cause', 'command']);
  }
});

test('doctor ends with status 5 on a problem, and its command can be run as it stands', async () => {
  const home = makeFolder();
  await trainIn(home, '--lr', '0.0000001');
  const sick = await runTradeAi(['doctor', '--home', home, '--json']);
  expect(sick.status).toBe(5);
  const { models } = JSON.parse(sick.stdout);
  const learning = models[0].checks.find(({ check }: { check: string }) => check === 'learning');
  expect(learning).toMatchObject({ status: 'problem', cause: expect.stringContaining('too low') });
  expect(learning.command).toMatch(/^tradeai train --symbol TESTUSDT --source file .* --lr 0\.00\d/);
  const again = await runHere(learning.command.split(' ').slice(1));
  expect(again.status).toBe(0);
});

test('doctor examines every model, and a damaged one does not stop it', async () => {
  const home = makeFolder();
  await trainIn(home);
  await trainIn(home, '--name', 'OTHER');
  damage(home, 1);
  const { status, stdout } = await runHere(['doctor', '--home', home]);
  expect(status).toBe(5);
  expect(stdout).toMatch(/OTHER version 1[\s\S]*TESTUSDT unreadable/);
  expect(stdout).toMatch(/problem {2}files .*is not what was published/);
  expect(stdout).toContain(`tradeai train --symbol TESTUSDT --home ${home}`);
});

test('doctor refuses what it cannot do: no model, an unknown one, a file for all of them', async () => {
  const home = makeFolder();
  expect((await runHere(['doctor', '--home', home])).status).toBe(3);
  expect((await runHere(['doctor', 'NOUSDT', '--home', home])).status).toBe(3);
  const { status, stderr } = await runHere(['doctor', '--data', 'candles.csv', '--home', home]);
  expect(status).toBe(2);
  expect(stderr).toContain('doctor needs its symbol');
});
