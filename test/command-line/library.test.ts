/** The package as its users have it: packed, unpacked into another program's node_modules, imported and type-checked. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composePorts } from '../../src/app/compose.js';
import { collectCandles } from '../../src/candles/collect.js';
import { openLiveForecaster } from '../../src/live/live-forecaster.js';
import { serveForecast } from '../../src/live/serve-forecast.js';
import { loadModel } from '../../src/versions/load-model.js';
import { makeFolder, runTradeAi, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';
import { MARKET_DATA, needsMarketData } from '../support/needs.js';
import { runHere } from '../support/program-here.js';

const REPOSITORY = join(import.meta.dirname, '../..');
const REAL_CANDLES = join(MARKET_DATA, 'BINANCE_BTCUSDT_1d.csv.gz');
const TSC = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');
const run = promisify(execFile);
const consumer = mkdtempSync(join(tmpdir(), 'tradeai-consumer-'));
/** What the package holds of its own: its dependencies come inside it too. */
let packed: string[];

beforeAll(async () => {
  // Without scripts: the build that is under test is packed.
  const pack = ['pack', '--ignore-scripts', '--json', '--silent', '--pack-destination', consumer];
  const { stdout } = await run('npm', pack, { cwd: REPOSITORY, maxBuffer: 1e8 });
  const [{ filename, files }] = JSON.parse(stdout);
  packed = files.map(({ path }: { path: string }) => path).filter((path: string) => !path.startsWith('node_modules/'));
  const modules = join(consumer, 'node_modules');
  mkdirSync(modules);
  await run('tar', ['-xzf', join(consumer, filename), '-C', modules]);
  await run('mv', [join(modules, 'package'), join(modules, 'tradeai')]);
  // Instead of an installation: what the package does not bring along, from this repository.
  symlinkSync(join(REPOSITORY, 'node_modules/@duckdb'), join(modules, '@duckdb'));
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }');
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

/** Runs a program of the consumer's; it prints one JSON document. */
async function runProgram(source: string, ...args: string[]) {
  const path = join(consumer, 'program.mjs');
  writeFileSync(path, source);
  const environment = { ...process.env, TRADEAI_HOME: undefined };
  const { stdout } = await run(process.execPath, [path, ...args], { cwd: consumer, env: environment });
  return JSON.parse(stdout);
}

const OPTIONS = { epochs: 2, members: 1, hidden: 4, window: 6, batch: 64 };
const FLAGS = Object.entries(OPTIONS).flatMap(([name, value]) => [`--${name}`, String(value)]);

describe('the package', () => {
  test('has the program, the library with its types, the pages, the examples, and nothing of the workshop', () => {
    for (const path of [
      'dist/cli/main.js',
      'dist/app/training-worker.js',
      'dist/client/client.d.ts',
      'dist/dashboard/index.html',
      'dist/kernel/lstm.wasm',
      'dist/app/index.d.ts',
      'dist/app/index.js',
      'docs/operations.md',
      'examples/freqtrade/TradeAiStrategy.py',
      'examples/node-bot/bot.mjs',
      'deploy/tradeai.service',
      'LICENSE',
      'README.md',
    ]) {
      expect(packed).toContain(path);
    }
    expect(packed.filter((path) => /\.test\.|\.contract\.|\.parquet$|__pycache__|\.pyc$/.test(path))).toEqual([]);
    const folders = new Set(packed.filter((path) => path.includes('/')).map((path) => path.split('/')[0]));
    expect([...folders].sort()).toEqual(['deploy', 'dist', 'docs', 'examples']);
  });

  test('lets nobody in but through its doors', async () => {
    const doors = await runProgram(`
      const outcomes = {};
      for (const door of ['tradeai', 'tradeai/client', 'tradeai/dist/app/compose.js']) {
        outcomes[door] = await import(door).then((module) => Object.keys(module).sort(), (error) => error.code);
      }
      console.log(JSON.stringify(outcomes));
    `);
    expect(doors).toEqual({
      tradeai: ['TradeAiError', 'defineConfig', 'defineFeature', 'openWorkspace', 'predict', 'train'],
      'tradeai/client': ['ApiError', 'createClient'],
      'tradeai/dist/app/compose.js': 'ERR_PACKAGE_PATH_NOT_EXPORTED',
    });
  });

  test('type-checks in a strict program, its declarations included', async () => {
    writeFileSync(join(consumer, 'consumer.ts'), CONSUMER);
    const compilerOptions = {
      target: 'es2023',
      lib: ['es2023', 'dom', 'dom.asynciterable'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      types: [],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    const outcome = await run(process.execPath, [TSC, '-p', consumer]).catch((error) => error);
    expect(outcome.stdout).toBe('');
  });
});

describe('train and predict', () => {
  test('give what the command line gives, and the process ends by itself', async () => {
    const file = writeCsv(consumer, toCsv(simulateSeries(1_500)));
    const { report, prediction, stages } = await runProgram(
      `
      import { predict, train } from 'tradeai';
      const [data, options] = process.argv.slice(2);
      const stages = new Set();
      const call = { symbol: 'TESTUSDT', data, home: 'by-library', ...JSON.parse(options) };
      const report = await train(call, { onProgress: ({ stage }) => stages.add(stage) });
      const prediction = await predict({ symbol: 'TESTUSDT', home: 'by-library' });
      console.log(JSON.stringify({ report, prediction, stages: [...stages] }));
    `,
      file,
      JSON.stringify(OPTIONS),
    );
    const home = makeFolder();
    const same = ['--symbol', 'TESTUSDT', '--home', home, '--json'];
    const byCommand = await runTradeAi(['train', ...same, '--data', file, ...FLAGS]);
    expect(byCommand.status, byCommand.stderr).toBe(0);
    const expected = JSON.parse(byCommand.stdout);
    expect(report.artifacts.weightsSha256).toBe(expected.artifacts.weightsSha256);
    expect(report.test).toEqual(expected.test);
    // Folds train at the same time, so their news come in any order.
    expect(stages.sort()).toEqual(['final refit', 'fold 1/4', 'fold 2/4', 'fold 3/4', 'fold 4/4', 'judging']);
    const { stdout } = await runTradeAi(['predict', ...same]);
    const withoutAge = (warnings: string[]) => warnings.filter((warning) => !warning.includes('intervals ago'));
    const predicted = JSON.parse(stdout);
    expect({ ...prediction, warnings: withoutAge(prediction.warnings) }).toEqual({
      ...predicted,
      warnings: withoutAge(predicted.warnings),
    });
  });
});

describe('a workspace', () => {
  test('keeps candles and models, trains again, and goes back', async () => {
    const home = makeFolder();
    const file = writeCsv(home, toCsv(simulateSeries(1_500)));
    const said = await runProgram(
      `
      import { defineFeature, openWorkspace } from 'tradeai';
      const [home, file, options] = process.argv.slice(2);
      const body = defineFeature({ name: 'body', warmUp: 1, compute: ({ open, close }) => Math.log(close[0] / open[0]) });
      const config = { customFeatures: [body], features: ['return_1', 'body'], ...JSON.parse(options) };
      const workspace = openWorkspace({ home, config: { ...config, models: { other: { seed: 7 } } } });
      const imported = await workspace.importCandles(file);
      const stored = await workspace.listCandles();
      const { openTimeMs } = await workspace.readCandles({ symbol: 'TESTUSDT' });
      const first = await workspace.train({ symbol: 'TESTUSDT' });
      const other = await workspace.train({ symbol: 'TESTUSDT', name: 'other', hidden: 3 });
      const outcomes = await workspace.retrain(['TESTUSDT']);
      await workspace.promote('TESTUSDT', 2);
      const back = await workspace.rollback('TESTUSDT');
      await workspace.exportModel('TESTUSDT', home + '/model.zip', 2);
      const taken = await workspace.importModel(home + '/model.zip');
      const models = await workspace.models();
      const { manifest, report } = await workspace.model('TESTUSDT');
      const pruned = await workspace.prune('TESTUSDT', 1);
      const prediction = await workspace.predict({ symbol: 'TESTUSDT' });
      const judged = await workspace.evaluate('TESTUSDT');
      const { isEqual } = await workspace.reproduce('TESTUSDT');
      const doctor = await workspace.doctor('TESTUSDT');
      const audit = await workspace.audit({ symbol: 'TESTUSDT' });
      console.log(JSON.stringify({
        imported, stored: stored.length, rows: openTimeMs.length, features: first.config.features,
        other: other.config, again: outcomes[0].report.version, back, taken: taken.manifest.version, models,
        version: manifest.version, reported: report.version, pruned, predicted: prediction.version, judged: judged.version, isEqual,
        checks: doctor.models[0].checks.length, passed: audit.passed,
      }));
    `,
      home,
      file,
      JSON.stringify(OPTIONS),
    );
    expect(said).toMatchObject({
      imported: { source: 'file', symbol: 'TESTUSDT', interval: '1h', rowsRead: 1_500, addedRows: 1_500 },
      stored: 1,
      rows: 1_500,
      features: ['return_1', 'body'],
      other: { name: 'other', seed: 7, hidden: 3, window: 6 },
      again: 2,
      back: { version: 1, previousVersion: 2, generation: 3 },
      taken: 3,
      models: [
        { name: 'TESTUSDT', champion: { version: 1 }, versions: [1, 2, 3] },
        { name: 'other', champion: { version: 1 }, versions: [1] },
      ],
      version: 1,
      reported: 1,
      pruned: { kept: [1, 2, 3], removed: [] },
      predicted: 1,
      judged: null,
      isEqual: true,
      checks: 13,
      passed: true,
    });
  });

  test('says with a code and a hint what is wrong, and goes on with a training that was stopped', async () => {
    const home = makeFolder();
    const file = writeCsv(home, toCsv(simulateSeries(1_500)));
    const { errors, stopped, resumed, whole } = await runProgram(
      `
      import { openWorkspace, predict, train, TradeAiError } from 'tradeai';
      const [home, data, text] = process.argv.slice(2);
      const options = { symbol: 'TESTUSDT', data, ...JSON.parse(text) };
      const codeOf = (error) => (error instanceof TradeAiError ? error.code : String(error));
      const workspace = openWorkspace({ home });
      const calls = [
        () => workspace.predict({ symbol: 'TESTUSDT', offline: true }),
        () => workspace.predict({}),
        () => workspace.train({ symbol: '../btc' }),
        () => workspace.train({ symbol: 'BTCUSDT', epoch: 3 }),
        () => workspace.train({ symbol: 'BTCUSDT', epochs: 0 }),
        () => workspace.readCandles({ symbol: 'BTCUSDT' }),
        () => workspace.updateCandles({ symbol: 'BTCUSDT' }),
        () => workspace.importCandles('no-such-file.csv'),
        () => workspace.retrain(),
        async () => openWorkspace({ home, config: { epoch: 3 } }),
      ];
      const errors = [];
      for (const call of calls) errors.push(await call().then(() => 'nothing', codeOf));
      const controller = new AbortController();
      const onProgress = ({ stage }) => { if (stage === 'fold 2/4') controller.abort(); };
      const stopped = await train({ ...options, home, threads: 1 }, { signal: controller.signal, onProgress }).catch(codeOf);
      const resumed = await workspace.resume('TESTUSDT');
      const whole = await workspace.train({ ...options, name: 'whole' });
      const weights = (report) => report.artifacts.weightsSha256;
      console.log(JSON.stringify({ errors, stopped, resumed: weights(resumed), whole: weights(whole) }));
    `,
      home,
      file,
      JSON.stringify(OPTIONS),
    );
    expect(errors).toEqual([
      'MODEL_NOT_FOUND',
      'USAGE',
      'NAME_INVALID',
      'CONFIG_INVALID',
      'USAGE',
      'CANDLES_NOT_FOUND',
      'CANDLES_NOT_FOUND',
      'FILE_NOT_FOUND',
      'MODEL_NOT_FOUND',
      'CONFIG_INVALID',
    ]);
    expect(stopped).toBe('INTERRUPTED');
    expect(resumed).toBe(whole);
  });
});

describe('on real candles', needsMarketData, () => {
  const NAME = 'BTCUSDT_1d';

  /** What the command line prints for the same question. */
  async function ask(home: string, ...args: string[]) {
    const { stdout } = await runHere([...args, '--home', home, '--json']);
    return JSON.parse(stdout);
  }

  /** Forecasts the newest candle as the server does, and freezes it. */
  async function serveOne(home: string) {
    const ports = composePorts({ home, environment: {}, onNote: () => undefined });
    const model = await loadModel(ports, NAME);
    const { series } = await collectCandles({ ...model.config, offline: true }, ports);
    const forecaster = await openLiveForecaster(model, series, await ports.createEngine('auto', 1));
    await serveForecast(forecaster, 'champion', ports);
  }

  test('a workspace tells of its candles, models, settings and ledger what the command line tells', async () => {
    const home = makeFolder();
    const { checked, refused, unserved, ...said } = await runProgram(
      `
      import { openWorkspace } from 'tradeai';
      const [home, file, options] = process.argv.slice(2);
      const workspace = openWorkspace({ home });
      const codeOf = (error) => error.code;
      const created = await workspace.init({ symbols: ['BTCUSDT'] });
      const refused = [await workspace.init().catch(codeOf), await workspace.checkCandles().catch(codeOf)];
      await workspace.importCandles(file, { symbol: 'BTCUSDT', source: 'binance' });
      const checked = await workspace.checkCandles({ symbol: 'BTCUSDT' });
      const exported = await workspace.exportCandles(home + '/weeks.json', { symbol: 'BTCUSDT', interval: '3d' });
      refused.push(await workspace.exportCandles(home + '/weeks.json', { symbol: 'BTCUSDT', interval: '3d' }).catch(codeOf));
      const same = await workspace.checkCandleFile(file, { symbol: 'BTCUSDT', source: 'binance' });
      const settings = await workspace.settings({ epochs: 3 });
      const features = await workspace.features();
      const { name, version } = await workspace.train({ interval: '1d', offline: true, allowStale: true, ...JSON.parse(options) });
      const unserved = [];
      for (const ask of ['ledger', 'replay']) unserved.push(await workspace[ask](name).catch(codeOf));
      const page = await workspace.reportPage(name);
      const names = await workspace.modelNames();
      const pruned = await workspace.pruneAll(1);
      refused.push(await workspace.prune(name, 0).catch(codeOf));
      const { path } = await workspace.exportModel(name, home + '/model.zip');
      refused.push(await workspace.exportModel(name, path, version, { overwrite: false }).catch(codeOf));
      console.log(JSON.stringify({ created, refused, checked, same, exported, settings, features, unserved, page, names, pruned }));
    `,
      home,
      REAL_CANDLES,
      JSON.stringify(OPTIONS),
    );
    expect(refused).toEqual(['USAGE', 'CANDLES_NOT_FOUND', 'USAGE', 'USAGE', 'USAGE']);
    expect(said.created).toMatchObject({ path: join(home, 'tradeai.config.ts'), symbols: ['BTCUSDT'] });
    const { lastClosedAgeIntervals, ...report } = checked[0];
    expect(lastClosedAgeIntervals).toBeGreaterThan(0);
    expect(await ask(home, 'data', 'check')).toEqual([expect.objectContaining(report)]);
    expect(said.same).toMatchObject({ source: 'file', sha256: report.sha256, rowCount: report.rowCount });
    expect(said.exported).toMatchObject({ interval: '3d', storedInterval: '1d', format: 'json' });
    expect(JSON.parse(readFileSync(join(home, 'weeks.json'), 'utf8'))).toHaveLength(said.exported.rowCount);
    const shown = await ask(home, 'config', 'show', '--epochs', '3');
    const unspelt = shown.values.map((value: { source: string }) => ({
      ...value,
      source: value.source === '--epochs' ? 'epochs' : value.source,
    }));
    expect(said.settings).toEqual({ ...shown, values: unspelt });
    expect(said.features).toEqual(await ask(home, 'features'));
    expect(said.features.own.map(({ name }: { name: string }) => name)).toEqual(['body']);
    expect(said).toMatchObject({ names: [NAME], pruned: [{ name: NAME, kept: [1], removed: [] }] });
    expect(said.page).toBe(readFileSync(join(home, `models/versions/${NAME}/1/report.html`), 'utf8'));
    expect(unserved).toEqual(['FORECAST_NOT_READY', 'FORECAST_NOT_READY']);

    await serveOne(home);
    const { page, empty, record, replay, wrong } = await runProgram(
      `
      import { openWorkspace } from 'tradeai';
      const [home, name] = process.argv.slice(2);
      const workspace = openWorkspace({ home });
      const page = await workspace.ledger(name, { limit: 5 });
      const empty = await workspace.ledger(name, { beforeMs: page.entries[0].asOfMs });
      const record = await workspace.record(name);
      const replay = await workspace.replay(name);
      const wrong = await workspace.ledger('NOTHING').catch(({ code }) => code);
      console.log(JSON.stringify({ page, empty, record, replay, wrong }));
    `,
      home,
      NAME,
    );
    expect(page).toMatchObject({ name: NAME, interval: '1d', nextBeforeMs: null, problems: [] });
    expect(page.entries).toMatchObject([{ name: NAME, version: 1, role: 'champion', outcome: null }]);
    expect(empty).toMatchObject({ interval: null, entries: [] });
    expect(wrong).toBe('MODEL_NOT_FOUND');
    const { interval, ...asPrinted } = page;
    expect(await ask(home, 'ledger', 'show', NAME)).toEqual(asPrinted);
    expect(await ask(home, 'ledger', 'record', NAME)).toEqual(record);
    expect(replay).toEqual({ name: NAME, replayed: 1, different: [] });
    expect(await ask(home, 'ledger', 'replay', NAME)).toEqual(replay);
  });

  test('several histories are fetched at once, and what fails with one does not stop the others', async () => {
    const home = makeFolder();
    const { outcomes, told, single, selftest } = await runProgram(
      `
      import { openWorkspace } from 'tradeai';
      const [home, file] = process.argv.slice(2);
      const workspace = openWorkspace({ home, config: { symbols: ['BTCUSDT', 'ETHUSDT'] } });
      const told = new Set();
      const span = { source: 'demo', interval: '1h' };
      const outcomes = await workspace.fetchAllCandles(span, { onFetch: ({ symbol }) => told.add(symbol) });
      const single = await workspace.fetchCandles({ symbol: 'BTCUSDT', source: 'file' }).catch(({ code }) => code);
      const selftest = await workspace.selftest({ nullMarkets: 1, plantedMarkets: 0, data: file });
      console.log(JSON.stringify({ outcomes, told: [...told], single, selftest }));
    `,
      home,
      REAL_CANDLES,
    );
    expect(outcomes).toMatchObject(
      ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ source: 'demo', symbol, interval: '1h', revisedRows: 0 })),
    );
    for (const { addedRows } of outcomes) expect(addedRows).toBeGreaterThan(1_000);
    expect(told.sort()).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(single).toBe('USAGE');
    expect(selftest).toMatchObject({ null: { markets: 1 }, planted: null });
  });
});

/** What a user writes; the lines after `@ts-expect-error` are wrong and must be found so. */
const CONSUMER = `
import { defineConfig, defineFeature, openWorkspace, predict, type Prediction, TradeAiError, train, type TrainReport } from 'tradeai';
import { ApiError, createClient, type ModelSummary } from 'tradeai/client';

const body = defineFeature({ name: 'body', warmUp: 1, compute: ({ open, close }) => close[0] - open[0] });
export const config = defineConfig({ symbols: ['BTCUSDT'], customFeatures: [body], schedule: { retrain: '15 3 * * *' } });

export async function run(): Promise<number | null> {
  const stages: string[] = [];
  const report: TrainReport = await train({ symbol: 'BTCUSDT', home: 'x', config, epochs: 3 }, { onProgress: ({ stage }) => stages.push(stage) });
  const prediction: Prediction = await predict({ symbol: 'BTCUSDT', home: 'x', offline: true });
  const workspace = openWorkspace({ home: 'x' });
  for (const outcome of await workspace.retrain()) if ('report' in outcome) stages.push(outcome.report.verdict);
  const candles = await workspace.readCandles({ symbol: 'BTCUSDT', interval: '4h' });
  try {
    await workspace.model('BTCUSDT');
  } catch (error) {
    if (error instanceof TradeAiError && error.code === 'MODEL_NOT_FOUND') return candles.close[0];
    if (error instanceof ApiError) return error.status;
  }
  const client = createClient({ baseUrl: 'http://127.0.0.1:8080' });
  const [summary]: ModelSummary[] = await client.models();
  for await (const event of client.events()) if (event.kind === 'prediction') return event.prediction.interval80[0];
  // @ts-expect-error there is no such option
  await train({ symbol: 'BTCUSDT', epoch: 3 });
  // @ts-expect-error there is no such signal
  if (prediction.signal === 'buy') return summary.versionCount;
  return report.test.ic;
}
`;
