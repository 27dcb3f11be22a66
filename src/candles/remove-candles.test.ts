import { beforeEach, expect, test } from 'vitest';
import { makeSeries } from '../../test/fixtures/audit-subject.js';
import { type MemoryWorkspace, openMemoryWorkspace } from '../../test/support/memory-workspace.js';
import { checkStoredCandles } from './check-quality.js';
import { removeCandles } from './remove-candles.js';
import { type SeriesSelection, selectUpdatable } from './series-selection.js';

const NOW_MS = Date.UTC(2026, 0, 10);
const PLAN = { rowCount: 700, seed: 1, troubles: [] };

let workspace: MemoryWorkspace;
const remove = (selection: Parameters<typeof removeCandles>[0], options: Parameters<typeof removeCandles>[1] = {}) =>
  removeCandles(selection, options, workspace.ports);
const stored = async () =>
  (await workspace.ports.store.list()).map(({ source, symbol, interval }) => `${source} ${symbol} ${interval}`);

beforeEach(async () => {
  workspace = openMemoryWorkspace(NOW_MS);
  await workspace.add({ symbol: 'ADAUSDT', ...PLAN });
  const { store } = workspace.ports;
  const series = makeSeries(50);
  await store.append('file', { ...series, symbol: 'ADAUSDT' });
  await store.append('file', { ...series, symbol: 'BTCUSDT' });
  await store.append('demo', { ...series, symbol: 'ADAUSDT', interval: '1m' });
});

test('removes every series of a selection, and no other', async () => {
  const confirm = async (series: readonly object[]) => series.length === 1;
  expect(await remove({ symbols: ['ADAUSDT'], source: 'file' }, { confirm })).toEqual([
    { source: 'file', symbol: 'ADAUSDT', interval: '1h', rowCount: 50, sizeBytes: expect.any(Number), models: [] },
  ]);
  expect(await stored()).toEqual(['demo ADAUSDT 1h', 'demo ADAUSDT 1m', 'file BTCUSDT 1h']);
});

test('refuses what a model was trained on, whatever else was asked for, until it is forced', async () => {
  await expect(remove({ symbols: ['BTCUSDT', 'ADAUSDT'] })).rejects.toMatchObject({
    code: 'USAGE',
    message: 'models were trained on ADAUSDT 1h from demo (ADAUSDT)',
  });
  expect(await stored()).toHaveLength(4);
  expect(await remove({ symbols: ['ADAUSDT'], source: 'demo' }, { force: true })).toMatchObject([
    { interval: '1h', models: ['ADAUSDT'] },
    { interval: '1m', models: [] },
  ]);
  expect(await stored()).toEqual(['file ADAUSDT 1h', 'file BTCUSDT 1h']);
});

test('knows the shorter candles that those of a model are made of, and the other symbols its features look at', async () => {
  const { registry, store } = workspace.ports;
  await store.remove({ source: 'demo', symbol: 'ADAUSDT', interval: '1h' });
  await expect(remove({ symbols: ['ADAUSDT'], interval: '1m' })).rejects.toMatchObject({ code: 'USAGE' });
  const { manifest, files } = await registry.load('ADAUSDT');
  const { version: _version, files: _files, ...facts } = manifest;
  await registry.publish({ manifest: { ...facts, featureNames: ['return_1@BTCUSDT'] }, files });
  await expect(remove({ symbols: ['BTCUSDT'] })).rejects.toThrow('BTCUSDT 1h from file (ADAUSDT)');
});

test.each([
  ['data rm', remove],
  ['data check', async (selection: SeriesSelection) => checkStoredCandles(selection, workspace.ports)],
  ['data update', async (selection: SeriesSelection) => selectUpdatable(selection, workspace.ports)],
])(
  '%s says what is stored of a symbol in place of what is not, and suggests no name that was given',
  async (_, look) => {
    const others = 'of ADAUSDT there are 1h from demo, 1m from demo, 1h from file';
    await expect(look({ symbols: ['ADAUSDT'], interval: '4h' })).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(new RegExp(`ADAUSDT 4h\\b.*; ${others}$`)) }),
    );
    await expect(look({ symbols: ['ADAUSD'], source: 'kraken' })).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(/ADAUSD from kraken\b.*; did you mean ADAUSDT\?$/) }),
    );
  },
);

test('removes nothing that was not confirmed, and says so of what is not there', async () => {
  expect(await remove({ symbols: ['BTCUSDT'] }, { confirm: async () => false })).toEqual([]);
  expect(await stored()).toHaveLength(4);
  await expect(remove({ symbols: ['BTCUSDT', 'XRPUSDT'] })).rejects.toMatchObject({ code: 'CANDLES_NOT_FOUND' });
  await expect(remove({ symbols: ['BTCUSDT'], interval: '1d' })).rejects.toMatchObject({ code: 'CANDLES_NOT_FOUND' });
  expect(await stored()).toHaveLength(4);
});
