import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, QUICK, runTradeAi, toCsv, writeCsv } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';
import { copyTrainedWorkspace, TRAINED_SERIES } from '../support/trained-workspace.js';

/** One test of each exit status runs the program in a process of its own, the others here. */
const csv = toCsv(TRAINED_SERIES);

function train(home: string, file: string, ...flags: string[]) {
  return runHere(trainArgs(home, file, ...flags));
}

const trainArgs = (home: string, file: string, ...flags: string[]) => [
  'train',
  '--symbol',
  'TESTUSDT',
  '--data',
  file,
  '--home',
  home,
  ...QUICK,
  ...flags,
];

describe('a wrong flag exits with 2 and says what was expected', () => {
  test.each([
    [['--epochs', '0'], '--epochs: expected a whole number from 1 to 100000, was 0'],
    [['--epochs', '2.5'], '--epochs: expected a whole number'],
    [['--lr', 'nan'], '--lr: expected a number, was "nan"'],
    [['--lr', '0'], '--lr: expected a number above 0'],
    [['--batch', '1e9'], '--batch: expected a whole number from 1 to 65536, was 1000000000'],
    [['--schedule', 'cosin'], '--schedule: expected one of constant, cosine, plateau'],
    [['--interval', '7m'], 'unknown interval "7m"'],
    [['--features', 'rsi_14,bolinger_20'], 'did you mean bollinger_20?'],
    [['--from', 'yesterday'], '--from: expected a UTC date'],
    [['--from', '2024-03-01', '--to', '2024-02-01'], '--from must lie before --to'],
    [['--test-share', '0.7', '--validation-share', '0.4'], 'leave no rows to train on'],
    [['--name', '../evil'], 'is not a valid model name'],
    [['--engin', 'wasm'], 'Did you mean --engine?'],
  ])('%j', async (flags, message) => {
    const home = makeFolder();
    const { status, stderr, stdout } = await train(home, writeCsv(home, csv), ...flags);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(stdout).toBe('');
  });

  test.each([
    ['test usdt', 'is not a valid symbol'],
    ['../../etc/passwd', 'is not a valid symbol'],
    ['', 'is not a valid symbol'],
  ])('symbol %j', async (symbol, message) => {
    const home = makeFolder();
    const { status, stderr } = await runHere([
      'train',
      '--symbol',
      symbol,
      '--data',
      writeCsv(home, csv),
      '--home',
      home,
    ]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  test('a variable and a config key are named as what they are', async () => {
    const home = makeFolder();
    const file = writeCsv(home, csv);
    const fromEnvironment = await runHere(['train', '--symbol', 'TESTUSDT', '--data', file, '--home', home], {
      environment: { TRADEAI_EPOCHS: '-3' },
    });
    expect(fromEnvironment).toMatchObject({ status: 2, stderr: expect.stringContaining('TRADEAI_EPOCHS: expected') });
    writeFileSync(join(home, 'tradeai.config.json'), '{ "epoch": 3 }');
    const fromFile = await runTradeAi(trainArgs(home, file));
    expect(fromFile).toMatchObject({ status: 2, stderr: expect.stringContaining('unknown option') });
  });
});

describe('wrong candles exit with 4 and say where', () => {
  const cell = (row: number, column: number, value: string) =>
    toCsv(TRAINED_SERIES, (cells, at) => (at === row ? cells.with(column, value) : cells));
  test.each([
    ['empty', '', 'empty'],
    ['a header without close', csv.replace('close', 'last'), 'close'],
    ['text in a number', cell(700, 4, 'n/a'), 'line 702'],
    ['not a number', cell(700, 2, 'NaN'), 'line 702'],
    ['high below low', cell(700, 2, '1'), 'high'],
    ['a zero price', cell(700, 3, '0'), '702'],
    ['a negative price', cell(700, 1, '-5'), '702'],
    ['too few candles', csv.split('\n').slice(0, 300).join('\n'), 'candles are needed'],
  ])('%s', async (_, text, message) => {
    const home = makeFolder();
    const { status, stderr } = await train(home, writeCsv(home, text));
    expect(stderr).toContain(message);
    expect(status).toBe(4);
  });

  test('binary', async () => {
    const home = makeFolder();
    const file = join(home, 'TESTUSDT_1h.csv');
    writeFileSync(file, Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 7) % 256)));
    expect((await runTradeAi(trainArgs(home, file))).status).toBe(4);
  });

  test('a window longer than the data', async () => {
    const home = makeFolder();
    const { status, stderr } = await train(home, writeCsv(home, csv), '--window', '5000');
    expect(stderr).toMatch(/\d+ candles are needed \(window 5000, .*\), there are 2000/);
    expect(status).toBe(4);
  });

  test('a month of missing candles is trained around, and said', async () => {
    const home = makeFolder();
    const gapped = toCsv(TRAINED_SERIES, (cells, row) => (row >= 300 && row < 1_020 ? undefined : cells));
    const { status, stderr } = await train(home, writeCsv(home, gapped));
    expect(status).toBe(0);
    expect(stderr).toMatch(/rows have no window or no outcome because of gaps/);
  });
});

describe('what is not there exits with 3', () => {
  test('a file', async () => {
    const home = makeFolder();
    const { status, stderr } = await runTradeAi(trainArgs(home, join(home, 'none.csv')));
    expect(stderr).toContain('none.csv');
    expect(status).toBe(3);
  });

  test('a symbol that was never trained; the error lists those that were', async () => {
    const { home } = await copyTrainedWorkspace();
    const { status, stderr, stdout } = await runHere(['predict', '--symbol', 'TESTUSDC', '--home', home, '--json']);
    expect(status).toBe(3);
    expect(stderr).toContain('TESTUSDT');
    expect(JSON.parse(stdout).error.code).toBe('MODEL_NOT_FOUND');
  });

  test('a stopped training', async () => {
    const { status } = await runHere(['train', '--symbol', 'TESTUSDT', '--resume', '--home', makeFolder()]);
    expect(status).toBe(3);
  });
});

describe('a damaged model exits with 5', () => {
  async function trained() {
    const { home, file } = await copyTrainedWorkspace();
    return { home, file, version: join(home, 'models/versions/TESTUSDT/1') };
  }

  test('a flipped byte in the weights', async () => {
    const { home, version } = await trained();
    const path = join(version, 'weights.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 3] ^= 1;
    writeFileSync(path, bytes);
    const { status, stderr } = await runTradeAi(['predict', '--symbol', 'TESTUSDT', '--home', home]);
    expect(stderr).toContain('weights.safetensors');
    expect(stderr).toContain('SHA-256');
    expect(status).toBe(5);
  });

  test('a manifest that was edited', async () => {
    const { home, version } = await trained();
    const path = join(version, 'manifest.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"rsi_14"', '"rsi_15"'));
    const { status, stderr } = await runHere(['predict', '--symbol', 'TESTUSDT', '--home', home]);
    expect(stderr).not.toContain('INTERNAL');
    expect(status).toBe(5);
  });

  test('training again puts a sound version beside it', async () => {
    const { home, file, version } = await trained();
    writeFileSync(join(version, 'scaler.json'), '{}');
    const { status, stderr } = await train(home, file);
    expect(stderr).not.toContain('INTERNAL');
    expect(status).toBe(0);
    const list = await runHere(['models', 'list', '--home', home, '--json']);
    expect(JSON.parse(list.stdout)[0].versions).toEqual([1, 2]);
  });
});

test('a workspace that cannot be written exits with 1 and names the place', async () => {
  const home = makeFolder();
  const file = writeCsv(home, csv);
  mkdirSync(join(home, 'models'));
  writeFileSync(join(home, 'models/versions'), 'a file where a folder belongs');
  const { status, stderr } = await runTradeAi(trainArgs(home, file));
  expect(stderr).toContain('versions');
  expect(stderr).not.toContain('INTERNAL');
  expect(status).toBe(1);
});

test('an exchange that cannot be reached exits with 6 and says what to do', async () => {
  const { status, stderr } = await runTradeAi(['train', '--symbol', 'BTCUSDT', '--home', makeFolder()], {
    environment: { TRADEAI_BINANCE_URL: 'http://127.0.0.1:9' },
  });
  expect(stderr).toContain('--data');
  expect(status).toBe(6);
});
