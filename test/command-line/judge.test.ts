import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, QUICK, runTradeAi, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';
import { copyTrainedWorkspace, TRAINED_SERIES as older } from '../support/trained-workspace.js';

/** Goes on where the candles of the trained model end. */
const series = simulateSeries(2_600);

async function run(args: readonly string[]) {
  const outcome = await runHere(args);
  expect(outcome.stderr).not.toContain('error');
  expect(outcome.status).toBe(0);
  return JSON.parse(outcome.stdout);
}

async function trainOlder(home: string, ...more: string[]) {
  const file = writeCsv(home, toCsv(older));
  return run(['train', '--symbol', 'TESTUSDT', '--data', file, '--home', home, '--json', ...QUICK, ...more]);
}

describe('the report', () => {
  test('judges four folds on the same rows as one, computes everything, and opens as a page', async () => {
    const { home, report: folded } = await copyTrainedWorkspace();
    const single = await trainOlder(home, '--folds', '0');
    expect(folded.test.folds).toHaveLength(4);
    expect(
      folded.test.folds.reduce((sum: number, fold: { metrics: { rows: number } }) => sum + fold.metrics.rows, 0),
    ).toBe(folded.test.rows);
    expect([single.test.rows, single.test.fromMs, single.test.toMs]).toEqual([
      folded.test.rows,
      folded.test.fromMs,
      folded.test.toMs,
    ]);
    expect(folded.training.isLastFit).toBe(true);
    expect(single.training.isLastFit).toBe(false);
    for (const report of [folded, single]) {
      expect(report.test.dieboldMariano.pValue).toBeGreaterThan(0);
      expect(report.test.calibration.brier).toBeGreaterThan(0);
      expect(report.test.calibration.intervalCoverage).toBeGreaterThan(0.6);
      expect(report.backtest.costBpsPerSide).toBe(10);
      expect(report.importance).toHaveLength(17);
      expect(report.reasons).toHaveLength(2);
    }
    const page = readFileSync(join(home, 'models/versions/TESTUSDT/1/report.html'), 'utf8');
    expect(page).toContain('Version 1');
    const { version } = JSON.parse(readFileSync(join(home, 'models/versions/TESTUSDT/2/report.json'), 'utf8'));
    expect(version).toBe(2);
  });

  test('counts the trainings judged on the same rows, and compares with the champion on the same rows', async () => {
    const { home, report: first } = await copyTrainedWorkspace();
    const second = await trainOlder(home, '--seed', '9');
    expect([first.backtest.trials, second.backtest.trials]).toEqual([1, 2]);
    expect(first.test.baselines.champion).toBeUndefined();
    expect(second.test.baselines.champion.ic).toBe(first.test.ic);
    expect(second.promoted).toBe(second.test.r2Scaled > first.test.r2Scaled);
  });
});

test('too many folds are refused, saying how many fit', async () => {
  const home = makeFolder();
  const file = writeCsv(home, toCsv(older));
  const { status, stderr } = await runHere([
    'train',
    '--symbol',
    'TESTUSDT',
    '--data',
    file,
    '--home',
    home,
    '--folds',
    '40',
  ]);
  expect(stderr).toMatch(/40 folds need 2000 test rows, there are 600; 12 folds fit/);
  expect(status).toBe(4);
});

describe('reproduce', () => {
  test.each(['native', 'wasm'])('gives the same weights on %s, with one thread and with two', async (engine) => {
    const home = makeFolder();
    const { artifacts, training } = await trainOlder(home, '--engine', engine);
    if (engine === 'native' && training.engine !== 'native') return;
    for (const threads of ['1', '2']) {
      const again = await run(['reproduce', 'TESTUSDT', '--threads', threads, '--home', home, '--json']);
      expect(again).toMatchObject({ isEqual: true, engine, differences: [] });
      expect(again.weightsSha256.found).toBe(artifacts.weightsSha256);
    }
  });

  test('says what differs when the candles have changed, and exits with 5', async () => {
    const home = makeFolder();
    await trainOlder(home);
    const revised = writeCsv(
      home,
      toCsv(older, (cells, row) => (row === 900 ? cells.with(5, '12.5') : cells)),
    );
    expect(await runHere(['data', 'import', revised, '--symbol', 'TESTUSDT', '--home', home])).toMatchObject({
      stdout: expect.stringContaining('1 revised'),
    });
    const { status, stdout } = await runTradeAi(['reproduce', 'TESTUSDT', '--home', home, '--json']);
    expect(status).toBe(5);
    const { isEqual, differences } = JSON.parse(stdout);
    expect(isEqual).toBe(false);
    expect(differences.join()).toContain('candles (SHA-256)');
  });

  test('of a version whose candles are gone exits with 3', async () => {
    const { home } = await copyTrainedWorkspace();
    const { status, stderr } = await runHere([
      'reproduce',
      'TESTUSDT',
      '--data',
      join(home, 'gone.csv'),
      '--home',
      home,
    ]);
    expect(stderr).toContain('gone.csv');
    expect(status).toBe(3);
  });
});

describe('a warm start', () => {
  const WARM = ['--warm-start', '--symbol', 'TESTUSDT', '--json', ...QUICK];

  test('goes on from the champion on newer rows beside a twin, keeps the better, and can be reproduced', async () => {
    const { home } = await copyTrainedWorkspace();
    const file = writeCsv(home, toCsv(series), 'newer.csv');
    const report = await run(['train', ...WARM, '--data', file, '--home', home]);
    const { warm, twin, kept, fromVersion, newRows } = report.training.warmStart;
    expect(fromVersion).toBe(1);
    expect(newRows).toBeLessThanOrEqual(600);
    expect(kept).toBe(warm.r2Scaled > twin.r2Scaled ? 'warm' : 'twin');
    expect(report.test.ic).toBe((kept === 'warm' ? warm : twin).ic);
    // Nothing judged was seen by the champion.
    expect(report.test.fromMs).toBeGreaterThan(older.openTimeMs[1_999] + 3_600_000);
    const again = await run(['reproduce', 'TESTUSDT', '2', '--home', home, '--json']);
    expect(again.isEqual).toBe(true);
  });

  test('without newer candles is refused', async () => {
    const { home, file } = await copyTrainedWorkspace();
    const { status, stderr } = await runHere(['train', ...WARM, '--data', file, '--home', home]);
    expect(stderr).toContain('a warm start needs 100 new train rows, there are 0');
    expect(status).toBe(4);
  });

  test('with another network than the champion is refused', async () => {
    const { home } = await copyTrainedWorkspace();
    const file = writeCsv(home, toCsv(series), 'newer.csv');
    const { status, stderr } = await runHere(['train', ...WARM, '--data', file, '--home', home, '--hidden', '5']);
    expect(stderr).toContain('hidden is 4 there, was asked to be 5');
    expect(status).toBe(5);
  });
});

describe('again', () => {
  test('evaluate judges and publishes nothing; retrain publishes the next version', async () => {
    const { home, report: first } = await copyTrainedWorkspace();
    const judged = await run(['evaluate', 'TESTUSDT', '--home', home, '--json']);
    expect(judged).toMatchObject({ version: null, promoted: false });
    expect(judged.test.ic).toBe(first.test.ic);
    const [retrained] = await run(['retrain', '--all', '--home', home, '--json']);
    expect(retrained.version).toBe(2);
    expect(retrained.artifacts.weightsSha256).toBe(first.artifacts.weightsSha256);
  });

  test('retrain without a name or --all is a usage error', async () => {
    expect((await runHere(['retrain', '--home', makeFolder()])).status).toBe(2);
    expect((await runHere(['retrain', '--all', '--home', makeFolder()])).status).toBe(3);
  });
});

test('the self-test raises no more false alarms than its nominal rate, and finds what is planted', async () => {
  const report = await run(['selftest', '--null', '12', '--planted', '1', '--json']);
  expect(report.null.markets).toBe(12);
  expect(report.null.skillVerdicts).toBeLessThanOrEqual(2);
  const strongest = report.planted.at(-1);
  expect(strongest).toMatchObject({ plantedR2: 0.05, power: 1 });
  expect(strongest.recovered).toBeGreaterThan(0.7);
});

test('the audit passes a clean pipeline', async () => {
  const home = makeFolder();
  const file = writeCsv(home, toCsv(older));
  const report = await run(['audit', '--symbol', 'TESTUSDT', '--data', file, '--home', home, '--json']);
  expect(report.passed).toBe(true);
  expect(report.checks.length).toBeGreaterThan(5);
});

test('a candle unlike anything seen in training holds, and says which features are out of range', async () => {
  const { home } = await copyTrainedWorkspace();
  const crashed = writeCsv(
    home,
    toCsv(older, (cells, row) =>
      row === 1_999
        ? cells.map((cell, column) => (column === 3 || column === 4 ? String(Number(cell) / 2) : cell))
        : cells,
    ),
    'crash.csv',
  );
  const prediction = await run(['predict', '--symbol', 'TESTUSDT', '--data', crashed, '--home', home, '--json']);
  expect(prediction.signal).toBe('HOLD');
  expect(prediction.reasons).toContainEqual(
    expect.stringMatching(/unlike anything the model was trained on: .*return_1.* out of range/),
  );
});
