import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../../src/core/random.js';
import { startExchange } from '../exchange/exchange.js';
import { makeFolder, QUICK, simulateSeries } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';

const series = [simulateSeries(1_500), { ...simulateSeries(1_500, 2), symbol: 'OTHERUSDT' }];

function noise(byteCount: number): Uint8Array {
  const random = new Random(7, RANDOM_STREAM.test);
  return Uint8Array.from({ length: byteCount }, () => random.nextInteger(256));
}

/** A workspace with the first 1,200 candles of two pairs, and the exchange that has 300 more. */
async function openWorkspace() {
  const exchange = await startExchange({ series });
  onTestFinished(() => exchange.close());
  exchange.setNow(Date.now);
  const home = makeFolder();
  const run = (...args: string[]) => runHere([...args, '--home', home], { environment: exchange.environment });
  const fetched = await run('data', 'fetch', '--symbol', 'OTHERUSDT,TESTUSDT', '--to', '2024-02-20');
  expect(fetched.status, fetched.stderr).toBe(0);
  const train = (symbol: string) =>
    run('train', '--symbol', symbol, '--offline', '--features', 'return_1,range', ...QUICK, '--json');
  return { home, run, train };
}

test.each(['tail.parquet', '2024.parquet'])('a pair whose %s is noise is told of, and stops no other', async (name) => {
  const { home, run, train } = await openWorkspace();
  const path = join(home, 'data/candles/binance/TESTUSDT/1h', name);
  writeFileSync(path, noise(20_000));

  const table = await run('data', 'list');
  expect(table.status).toBe(0);
  expect(table.stdout).toMatch(/OTHERUSDT +1h +binance +1,200 /);
  expect(table.stdout).toMatch(/TESTUSDT +1h +binance +unreadable /);
  expect(table.output).toContain(`${path} is damaged`);
  const list = await run('data', 'list', '--json');
  expect(list.status).toBe(0);
  expect(JSON.parse(list.stdout)).toMatchObject([
    { symbol: 'OTHERUSDT', rowCount: 1_200, problem: null },
    { symbol: 'TESTUSDT', rowCount: null, problem: expect.stringContaining(path) },
  ]);

  const check = await run('data', 'check', '--symbol', 'OTHERUSDT', '--json');
  expect(check.status).toBe(0);
  expect(JSON.parse(check.stdout)).toMatchObject([{ symbol: 'OTHERUSDT', rowCount: 1_200 }]);
  const updated = await run('data', 'update', '--all', '--json');
  expect(updated.status, updated.stderr).toBe(4);
  expect(JSON.parse(updated.stdout)).toMatchObject([
    { symbol: 'OTHERUSDT', addedRows: 300 },
    { symbol: 'TESTUSDT', error: { code: 'CANDLE_FILE_UNREADABLE', message: expect.stringContaining(path) } },
  ]);
  const trained = await train('OTHERUSDT');
  expect(trained.status, trained.stderr).toBe(0);
  const refused = await train('TESTUSDT');
  expect(refused.status).toBe(4);
  expect(JSON.parse(refused.stdout).error).toMatchObject({ code: 'CANDLE_FILE_UNREADABLE' });
});

test('a model whose champion.json is noise is told of, and stops no other', async () => {
  const { home, run, train } = await openWorkspace();
  for (const symbol of ['OTHERUSDT', 'TESTUSDT']) {
    for (let version = 1; version <= 4; version++) expect((await train(symbol)).status).toBe(0);
    expect((await run('models', 'promote', symbol, '4')).status).toBe(0);
  }
  const path = join(home, 'models/versions/TESTUSDT/champion.json');
  writeFileSync(path, noise(200));

  const table = await run('models', 'list');
  expect(table.status).toBe(0);
  expect(table.stdout).toMatch(/OTHERUSDT +4 /);
  expect(table.stdout).toMatch(/TESTUSDT +damaged /);
  const list = await run('models', 'list', '--json');
  expect(JSON.parse(list.stdout)).toMatchObject([
    { name: 'OTHERUSDT', champion: 4, problem: null },
    { name: 'TESTUSDT', champion: null, versions: [1, 2, 3, 4], problem: expect.stringContaining(path) },
  ]);
  const pruned = await run('models', 'prune', '--all', '--keep', '1', '--json');
  expect(pruned.status).toBe(0);
  // Which version was served is not known, so that none may go.
  expect(JSON.parse(pruned.stdout)).toMatchObject([
    { name: 'OTHERUSDT', problem: null },
    { name: 'TESTUSDT', kept: [1, 2, 3, 4], removed: [], problem: expect.stringContaining(path) },
  ]);
  expect(JSON.parse(pruned.stdout)[0].removed).toHaveLength(1);
});
