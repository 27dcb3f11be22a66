/** A folder with nothing in it: what goes wrong there says what to do, and that done, it goes right. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type Exchange, startExchange } from '../exchange/exchange.js';
import { makeFolder, QUICK, simulateSeries, toCsv } from '../support/built-program.js';
import { type Outcome, runHere } from '../support/program-here.js';

/** The pair that hints take for an example, and another. */
const series = { ...simulateSeries(1_200), symbol: 'BTCUSDT' };
const other = { ...series, symbol: 'ETHUSDT' };

let home: string;
let exchange: Exchange;

beforeEach(async () => {
  home = makeFolder();
  exchange = await startExchange({ series: [series, other] });
  onTestFinished(() => exchange.close());
});

/** Runs in the folder, as somebody does who has never heard of `--home`. */
const run = (...args: string[]) => runHere(args, { cwd: home, environment: exchange.environment });

/** The commands that were told, in their order. */
const toldBy = ({ output }: Outcome) =>
  Array.from(output.matchAll(/`tradeai ([^`]+)`/g), ([, told]) => told.split(' '));

/** What a training needs to be quick; the rest of a hint is taken as it was told. */
const asTold = (words: readonly string[]) => run(...words, ...(words[0] === 'train' ? ['--offline', ...QUICK] : []));

test('every error of an empty folder names a command that works, after which it is gone', async () => {
  for (const [verb, status] of [
    ['data update', 3],
    ['data check', 3],
    ['data export out.csv --symbol BTCUSDT', 3],
    ['data rm BTCUSDT', 3],
    ['train --all', 3],
  ] as const) {
    expect([verb, (await run(...verb.split(' '))).status]).toEqual([verb, status]);
  }
  const [fetch] = toldBy(await run('data', 'update'));
  expect(fetch).toEqual(['data', 'fetch', '--symbol', 'BTCUSDT']);
  for (const verb of ['data check', 'data list', 'data export out.csv --symbol BTCUSDT', 'train --all']) {
    const told = toldBy(await run(...verb.split(' '))).map((words) => words.slice(0, 4).join(' '));
    expect(told).toContain(fetch.join(' '));
  }
  expect((await asTold(fetch)).status).toBe(0);
  // The exchange's clock stands at its last candle, which an update would say first.
  for (const verb of ['data check', 'data list', 'data export out.csv --symbol BTCUSDT']) {
    expect([verb, (await run(...verb.split(' '))).status]).toEqual([verb, 0]);
  }

  const wanting = [
    'predict',
    'predict --all',
    'models list',
    'doctor',
    'retrain --all',
    'train',
    'predict --symbol BTCUSDT',
  ];
  for (const verb of wanting) {
    expect([verb, toldBy(await run(...verb.split(' ')))[0]]).toEqual([verb, ['train', '--symbol', 'BTCUSDT']]);
  }
  expect((await asTold(['train', '--symbol', 'BTCUSDT'])).status).toBe(0);
  for (const verb of [
    'predict --symbol BTCUSDT',
    'predict btc/usdt',
    'predict --all',
    'models list',
    'models show BTCUSDT',
  ]) {
    expect([verb, (await run(...verb.split(' '), '--json')).status]).toEqual([verb, 0]);
  }
  // A model that nobody can be asked for, and one that is not there, are both found by what is told.
  const [predict] = toldBy(await run('predict'));
  expect((await asTold(predict)).status).toBe(0);
  expect(await run('predict', '--symbol', 'BTCUSDC')).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('did you mean BTCUSDT?'),
  });
  const [ledger] = toldBy(await run('ledger', 'show', 'BTCUSDT'));
  expect(ledger[0]).toBe('serve');
});

test('what init tells of a config with several symbols works: they are trained together', async () => {
  const started = await run('init', '--symbol', 'BTCUSDT,ETHUSDT');
  const [show, train] = toldBy(started);
  expect((await run(...show)).status).toBe(0);
  expect(train).toEqual(['train', '--all']);
  expect((await run('data', 'fetch')).status).toBe(0);
  const { status, stdout } = await asTold([...train, '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { name: 'BTCUSDT', version: 1 },
    { name: 'ETHUSDT', version: 1 },
  ]);
  const predicted = await run('predict', '--symbol', 'BTCUSDT,ethusdt,XRPUSDT', '--offline', '--json');
  expect(predicted.status).toBe(3);
  expect(JSON.parse(predicted.stdout)).toMatchObject([
    { name: 'BTCUSDT', lastClose: series.close[1_199] },
    { name: 'ETHUSDT', lastClose: series.close[1_199] },
    { name: 'XRPUSDT', error: { code: 'MODEL_NOT_FOUND' } },
  ]);
  const again = toldBy(await run('train'));
  expect(again).toContainEqual(['train', '--all']);
  const [look, overwrite] = toldBy(await run('init'));
  expect((await run(...look)).status).toBe(0);
  expect((await run(...overwrite)).status).toBe(0);
});

test('stored candles are removed when that is said, and never in silence', async () => {
  writeFileSync(join(home, 'BTCUSDT_1h.csv'), toCsv(series));
  expect((await run('data', 'import', 'BTCUSDT_1h.csv')).status).toBe(0);
  expect(await run('data', 'rm', 'BTCUSDT')).toMatchObject({ status: 2, stderr: expect.stringContaining('--yes') });
  expect((await asTold(['train', '--symbol', 'BTCUSDT'])).status).toBe(0);
  expect(await run('data', 'rm', 'BTCUSDT', '--yes')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--force'),
  });
  const { status, stdout } = await run('data', 'rm', 'btcusdt', '--yes', '--force', '--json');
  expect([status, JSON.parse(stdout)]).toMatchObject([0, [{ source: 'file', rowCount: 1_200, models: ['BTCUSDT'] }]]);
  expect(JSON.parse((await run('data', 'list', '--json')).stdout)).toEqual([]);
  expect((await run('predict', '--symbol', 'BTCUSDT')).status).toBe(3);
});

test.each([
  ['a list where one file is meant', ['train', '--symbol', 'A,B', '--data', 'a.csv'], '`tradeai data import FILE`'],
  ['a name for several models', ['train', '--symbol', 'A,B', '--name', 'MINE'], 'leave it out'],
  ['everything and one', ['train', '--all', '--symbol', 'A'], '--all'],
  ['a file for several forecasts', ['predict', '--symbol', 'A,B', '--data', 'a.csv'], '--data'],
  ['an id for several trainings', ['train', '--symbol', 'A,B', '--resume', 'X'], 'leave the id out'],
])('%s is refused as that', async (_, args, told) => {
  expect(await run(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(told) });
});
