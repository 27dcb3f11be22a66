import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rowCountOf, sliceCandles } from '../../src/market/candle-series.js';
import { makeFolder, QUICK, runTradeAi, toCsv, writeCsv } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';
import { copyTrainedWorkspace, TRAINED_SERIES as series } from '../support/trained-workspace.js';

async function trainIn(home: string, more: readonly string[] = [], run: typeof runHere | typeof runTradeAi = runHere) {
  const file = writeCsv(home, toCsv(series));
  const outcome = await run([
    'train',
    '--symbol',
    'TESTUSDT',
    '--data',
    file,
    '--home',
    home,
    '--json',
    ...QUICK,
    ...more,
  ]);
  expect(outcome.stderr).not.toContain('error');
  expect(outcome.status).toBe(0);
  return { file, report: JSON.parse(outcome.stdout) };
}

describe('train', () => {
  test('writes the files users know, and one JSON document on stdout', async () => {
    const home = makeFolder();
    const { report } = await trainIn(home, [], runTradeAi);
    expect(report).toMatchObject({ name: 'TESTUSDT', symbol: 'TESTUSDT', interval: '1h', version: 1, promoted: true });
    expect(report.data).toMatchObject({ rows: 2_000, gapCount: 0, missingRows: 0 });
    expect(report.test.rows).toBe(599);
    expect(Object.keys(report.test.baselines)).toEqual(['zero', 'mean', 'momentum', 'reversal', 'ridge']);
    for (const path of [
      'models/TESTUSDT_lstm_model.onnx',
      'scalers/TESTUSDT_scaler.json',
      'models/versions/TESTUSDT/1/manifest.json',
      'models/versions/TESTUSDT/1/weights.safetensors',
      'models/versions/TESTUSDT/champion.json',
    ]) {
      expect(existsSync(join(home, path)), path).toBe(true);
    }
    expect(JSON.parse(readFileSync(join(home, 'feature_names.json'), 'utf8'))).toEqual(report.config.features);
    expect(existsSync(join(home, 'models/checkpoints/TESTUSDT.safetensors'))).toBe(false);
  });

  test('twice with the same seed and data gives the same weights, another seed gives others', async () => {
    const { home, report: first } = await copyTrainedWorkspace();
    const second = await trainIn(home);
    const other = await trainIn(home, ['--seed', '7']);
    expect(second.report.version).toBe(2);
    expect(second.report.artifacts.weightsSha256).toBe(first.artifacts.weightsSha256);
    expect(other.report.artifacts.weightsSha256).not.toBe(first.artifacts.weightsSha256);
    expect(second.report.promoted).toBe(false);
  });

  test('takes options from the config file and the environment, flags first', async () => {
    const home = makeFolder();
    writeFileSync(join(home, 'tradeai.config.ts'), 'export default { dropout: 0.3, seed: 5, patience: 9 } as const;\n');
    const file = writeCsv(home, toCsv(series));
    const { stdout } = await runHere(
      ['train', '--symbol', 'TESTUSDT', '--data', file, '--home', home, '--json', '--seed', '6', ...QUICK],
      { environment: { TRADEAI_PATIENCE: '8', TRADEAI_SEED: '4' } },
    );
    expect(JSON.parse(stdout).config).toMatchObject({ dropout: 0.3, patience: 8, seed: 6 });
  });

  test.each(['reference', 'wasm'])('runs on the %s engine', async (engine) => {
    const { report } = await trainIn(makeFolder(), ['--engine', engine, '--epochs', '1']);
    expect(report.training.engine).toBe(engine);
    expect(report.test.ic).not.toBeNull();
  });
});

describe('predict', () => {
  test('makes for the last test row the forecast the evaluation made, bit for bit', async () => {
    const { home, report } = await copyTrainedWorkspace();
    const { lastForecast } = report.test;
    const row = series.openTimeMs.indexOf(lastForecast.openTimeMs);
    expect(row).toBe(rowCountOf(series) - 2);
    const cut = writeCsv(home, toCsv(sliceCandles(series, 0, row + 1)), 'cut.csv');
    const { stdout, status } = await runTradeAi([
      'predict',
      '--symbol',
      'TESTUSDT',
      '--data',
      cut,
      '--home',
      home,
      '--json',
    ]);
    expect(status).toBe(0);
    const prediction = JSON.parse(stdout);
    expect(prediction.predictedChange).toBe(lastForecast.predictedChange);
    expect(prediction.asOfMs).toBe(lastForecast.openTimeMs + 3_600_000);
    expect(prediction.targetTimeMs).toBe(prediction.asOfMs + 3_600_000);
    expect(prediction.lastClose).toBe(series.close[row]);
    expect(prediction.predictedPrice).toBe(prediction.lastClose * (1 + prediction.predictedChange));
    expect(['BUY', 'SELL', 'HOLD']).toContain(prediction.signal);
    expect(prediction.confidence).toBeGreaterThanOrEqual(0.5);
    expect(prediction.interval80[0]).toBeLessThan(prediction.predictedChange);
    expect(prediction.interval80[1]).toBeGreaterThan(prediction.predictedChange);
    expect(prediction.warnings.join()).toContain('this forecast is about the past');
  });

  test('reads the file of the training again when no other is named', async () => {
    const { home } = await copyTrainedWorkspace();
    const { stdout } = await runHere(['predict', '--symbol', 'TESTUSDT', '--home', home, '--json']);
    expect(JSON.parse(stdout).asOfMs).toBe(series.openTimeMs[1_999] + 3_600_000);
  });

  test('without a symbol on no terminal says which models there are', async () => {
    const { home } = await copyTrainedWorkspace();
    const { status, stderr } = await runHere(['predict', '--home', home]);
    expect(status).toBe(2);
    expect(stderr).toContain('trained are TESTUSDT');
  });
});

describe('the store', () => {
  test('imports once, however often a file is imported, and trains from it', async () => {
    const home = makeFolder();
    const file = writeCsv(home, toCsv(series));
    const first = await runHere(['data', 'import', file, '--home', home, '--json']);
    expect(JSON.parse(first.stdout)).toMatchObject({
      symbol: 'TESTUSDT',
      interval: '1h',
      addedRows: 2_000,
      rowCount: 2_000,
    });
    const second = await runHere(['data', 'import', file, '--home', home, '--json']);
    expect(JSON.parse(second.stdout)).toMatchObject({ addedRows: 0, revisedRows: 0, rowCount: 2_000 });
    const listed = await runHere(['data', 'list', '--home', home, '--json']);
    expect(JSON.parse(listed.stdout)).toHaveLength(1);
    const trained = await runHere(['train', '--symbol', 'TESTUSDT', '--home', home, '--json', ...QUICK]);
    expect(JSON.parse(trained.stdout).data).toMatchObject({ source: 'file', rows: 2_000 });
  });
});

describe('the demo', () => {
  test('runs the whole path on a simulated market and says so', async () => {
    const folder = makeFolder();
    const { status, stdout, stderr } = await runTradeAi(['demo', '--once'], { cwd: folder });
    expect(status).toBe(0);
    expect(stderr).toContain('This market is simulated');
    expect(stdout).toMatch(/signal +(BUY|SELL|HOLD)/);
    expect(existsSync(join(folder, 'models'))).toBe(false);
  });
});

describe('help', () => {
  test.each([[['train']], [['predict']], [['models', 'show']], [['data', 'import']], [['demo']], [['features']]])(
    'of %j has examples',
    async (verb) => {
      const { status, stdout } = await runHere([...verb, '--help']);
      expect(status).toBe(0);
      expect(stdout).toContain(`tradeai ${verb.join(' ')}`);
      expect(stdout).toContain('Examples:');
    },
  );

  test('completion scripts are printed and answer with verbs', async () => {
    const script = await runTradeAi(['completion', 'bash']);
    expect(script.status).toBe(0);
    expect(script.stdout).toContain('tradeai');
    const answer = await runTradeAi(['complete', '--', 'tr']);
    expect(answer.stdout).toContain('train');
  });

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect((await runTradeAi(['--version'])).stdout.trim()).toBe(version);
  });
});
