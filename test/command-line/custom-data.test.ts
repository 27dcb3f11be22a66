import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { makeFolder, runTradeAi, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';

const ROWS = 1_200;
const series = simulateSeries(ROWS);
const other = simulateMarket({
  symbol: 'OTHERUSDT',
  interval: '1h',
  rowCount: ROWS,
  seed: 2,
  firstOpenTimeMs: series.openTimeMs[0],
  plantedR2: 0,
}).series;

/** A funding rate every eight hours, stamped with its time. */
function fundingCsv(scale = 1): string {
  const lines = Array.from({ length: ROWS / 8 }, (_, i) => {
    const time = new Date(series.openTimeMs[0] + 8 * i * 3_600_000).toISOString();
    return `${time},binance,${(scale * Math.sin(i * i) * 1e-4).toFixed(9)}`;
  });
  return `${['time,venue,rate', ...lines].join('\n')}\n`;
}

const FEATURES = [
  'return_1',
  'rsi_6@4h',
  'return_1@OTHERUSDT',
  'column_funding_rate',
  'column_funding_rate_lag_8',
  'body',
  'carry',
];

function configText(changes: { body?: string; features?: readonly string[]; column?: string } = {}): string {
  const body = changes.body ?? 'compute: ({ open, close, length }) => Math.log(close[length - 1]! / open[length - 1]!)';
  return `import { defineConfig, defineFeature } from 'tradeai';

const warmUp: number = 4;
export default defineConfig({
  symbols: ['TESTUSDT'],
  epochs: 1, members: 1, hidden: 4, window: 6, batch: 64, folds: 2, engine: 'reference',
  features: ${JSON.stringify(changes.features ?? FEATURES)},
  models: { TESTUSDT: { dropout: 0.1 } },
  columns: [${changes.column ?? "{ name: 'funding_rate', file: 'funding.csv', value: 'rate', delay: '3h', maxAge: '24h' }"}],
  customFeatures: [
    defineFeature({ name: 'body', warmUp: 1, ${body} }),
    defineFeature({
      name: 'carry', warmUp, columns: ['funding_rate'],
      compute: ({ columns, length }) => columns.funding_rate![length - 1]! - columns.funding_rate![0]!,
    }),
  ],
});
`;
}

interface Workspace {
  readonly home: string;
  readonly file: string;
  run(...args: string[]): ReturnType<typeof runHere>;
}

function makeWorkspace(config = configText(), home = makeFolder()): Workspace {
  writeFileSync(join(home, 'funding.csv'), fundingCsv());
  writeFileSync(join(home, 'tradeai.config.ts'), config);
  const file = writeCsv(home, toCsv(series));
  return { home, file, run: (...args) => runHere([...args, '--home', home]) };
}

test('init writes a config that config show explains and that a training takes', async () => {
  const home = makeFolder();
  const first = await runTradeAi(['init', '--symbol', 'TESTUSDT', '--home', home, '--json']);
  expect(JSON.parse(first.stdout)).toMatchObject({ symbols: ['TESTUSDT'] });
  const again = await runHere(['init', '--home', home]);
  expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('--force') });
  expect((await runHere(['init', '--force', '--symbol', 'TESTUSDT', '--home', home])).status).toBe(0);
  const shown = await runHere(['config', 'show', '--home', home, '--json', '--epochs', '7'], {
    environment: { TRADEAI_WINDOW: '9', TRADEAI_TOKEN: 'canary-secret' },
  });
  const { values } = JSON.parse(shown.stdout);
  const sourceOf = (key: string) => values.find((value: { key: string }) => value.key === key);
  expect(sourceOf('epochs')).toMatchObject({ value: 7, source: '--epochs' });
  expect(sourceOf('window')).toMatchObject({ value: 9, source: 'TRADEAI_WINDOW' });
  expect(sourceOf('hidden')).toMatchObject({ value: 32, source: 'default' });
  expect(sourceOf('symbols').source).toBe(`symbols in ${join(home, 'tradeai.config.ts')}`);
  expect(sourceOf('TRADEAI_TOKEN').value).toBe('set (not shown)');
  expect(shown.stdout + shown.stderr).not.toContain('canary');
  const listed = await runHere(['features', '--home', home, '--json']);
  expect(JSON.parse(listed.stdout).own).toMatchObject([{ name: 'body', warmUpRows: 1 }]);
  const trained = await runTradeAi([
    ...['train', '--data', writeCsv(home, toCsv(series)), '--features', 'return_1,body', '--home', home, '--json'],
    ...['--epochs', '1', '--members', '1', '--hidden', '4', '--window', '6', '--folds', '2', '--engine', 'reference'],
  ]);
  expect(trained.status, trained.stderr).toBe(0);
  expect(JSON.parse(trained.stdout).config).toMatchObject({ symbol: 'TESTUSDT', features: ['return_1', 'body'] });
});

describe('columns, other symbols, longer intervals and features of one’s own', () => {
  let workspace: Workspace;
  let report: ReturnType<typeof JSON.parse>;

  // One workspace for the tests below, which leave it as they found it.
  const home = mkdtempSync(join(tmpdir(), 'tradeai-test-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  beforeAll(async () => {
    workspace = makeWorkspace(configText(), home);
    const imported = await workspace.run('data', 'import', writeCsv(home, toCsv(other), 'OTHERUSDT_1h.csv'));
    expect(imported.status, imported.stderr).toBe(0);
    const { stdout, stderr, status } = await workspace.run('train', '--data', workspace.file, '--json');
    expect(status, stderr).toBe(0);
    report = JSON.parse(stdout);
  });

  test('are trained on, and remembered by the version', () => {
    expect(report.config).toMatchObject({ features: FEATURES, dropout: 0.1 });
    expect(report.config.columns).toMatchObject([{ name: 'funding_rate', delay: '3h' }]);
    const stored = JSON.parse(readFileSync(join(workspace.home, 'models/versions/TESTUSDT/1/config.json'), 'utf8'));
    expect(stored.customFeatures.map(({ name }: { name: string }) => name)).toEqual(['body', 'carry']);
    expect(stored.customFeatures[0].sourceSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(report.warnings.join()).toContain('column_funding_rate has no value at 2 of 1200 candles');
  });

  test('pass the audit', async () => {
    const { status, stdout, stderr } = await workspace.run('audit', '--data', workspace.file, '--json');
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout).checks.map(({ name }: { name: string }) => name)).toContain('joined-columns');
  });

  test('predict the bits of the evaluation, and are reproduced', async () => {
    const cut = writeCsv(
      workspace.home,
      toCsv(series, (cells, row) => (row < ROWS - 1 ? cells : undefined)),
      'cut.csv',
    );
    const predicted = await workspace.run('predict', '--symbol', 'TESTUSDT', '--data', cut, '--json');
    expect(JSON.parse(predicted.stdout).predictedChange).toBe(report.test.lastForecast.predictedChange);
    const again = JSON.parse((await workspace.run('reproduce', 'TESTUSDT', '--json')).stdout);
    expect(again).toMatchObject({ isEqual: true, differences: [] });
  });

  test('another column file is noticed', async () => {
    const path = join(workspace.home, 'funding.csv');
    writeFileSync(path, fundingCsv(1.5));
    const again = JSON.parse((await workspace.run('reproduce', 'TESTUSDT', '--json')).stdout);
    writeFileSync(path, fundingCsv());
    expect(again.differences.join()).toContain('candles (SHA-256)');
  });

  test.each([
    [
      'another text of the feature',
      configText({ body: 'compute: ({ close }) => close[0]! * 0' }),
      'body is not the one',
    ],
    ['no such feature any more', 'export default {};\n', 'needs the custom feature body'],
  ])('%s is told before anything is predicted', async (_, config, message) => {
    const path = join(workspace.home, 'tradeai.config.ts');
    writeFileSync(path, config);
    const { status, stderr } = await workspace.run('predict', '--symbol', 'TESTUSDT');
    writeFileSync(path, configText());
    expect(status).toBe(5);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/train again/);
  });
});

describe('what stops a run before the training', () => {
  const only = (body: string) => configText({ body, features: ['return_1', 'body'] });
  test.each([
    [
      'a feature that is NaN',
      only('compute: () => Number.NaN'),
      4,
      /feature body at 2024-\S+Z: expected one finite number/,
    ],
    ['a feature that is a list', only('compute: ({ close }) => close as never'), 4, /was a list of 1/],
    [
      'a feature that throws',
      only("compute: () => { throw new Error('boom') }"),
      4,
      /feature body throws at 2024-\S+Z: Error: boom/,
    ],
    [
      'a feature that draws lots',
      only('compute: () => Math.random()'),
      4,
      /feature body at 2024-\S+Z: .* a second time/,
    ],
    [
      'a feature that looks ahead by date',
      only('compute: ({ openTimeMs }) => Math.sin(Math.floor(openTimeMs[0]! / 3.6e6) ** 2)'),
      4,
      /feature body at 2024-\S+Z: .* looks values up by date/,
    ],
    [
      'a column file that is gone',
      configText({ column: "{ name: 'funding_rate', file: 'no.csv', value: 'rate', delay: '0s' }" }),
      3,
      /no\.csv/,
    ],
    [
      'a column without its delay',
      configText({ column: "{ name: 'funding_rate', file: 'funding.csv', value: 'rate' } as never" }),
      2,
      /columns\[0\]\.delay: expected text, was nothing/,
    ],
    ['a typing error', 'export default { epochz: 3 };\n', 2, /unknown option epochz[\s\S]*did you mean epochs\?/],
    ['a syntax error', 'export default {\n', 2, /tradeai\.config\.ts cannot be read/],
  ])('%s', async (_, config, status, message) => {
    const { run, file } = makeWorkspace(config);
    const outcome = await run('train', '--symbol', 'TESTUSDT', '--data', file, '--json');
    expect(outcome.stderr).toMatch(message);
    expect(outcome.status).toBe(status);
  });
});
