import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  HOUR_MS,
  type LiveWorkspace,
  MARKET,
  openLiveWorkspace,
  SYMBOL,
  trainLive,
  trainLiveTemplate,
} from '../../test/support/live-workspace.js';
import { serveIn, summaryOf } from '../../test/support/served-model.js';
import { TradeAiError } from '../core/errors.js';
import { type CandleSeries, rowCountOf, sliceCandles } from '../market/candle-series.js';
import { retrain } from '../training/retrain.js';
import { StoredCandles } from './candle-ranges.js';
import { openLiveModel, warmUpAgain } from './live-model.js';

const FILE_KEY = { source: 'file', symbol: SYMBOL, interval: '1h' } as const;

let template: { home: string; remove(): void };
let workspace: LiveWorkspace;
let path: string;

beforeAll(async () => {
  template = await trainLiveTemplate();
});
afterAll(() => template.remove());
afterEach(() => workspace.remove());

/** A workspace whose champion was trained on a file. */
async function openFileWorkspace(): Promise<void> {
  workspace = openLiveWorkspace(template);
  path = join(workspace.home, 'candles.csv');
  rmSync(join(workspace.home, 'models/versions', SYMBOL), { recursive: true });
  writeFileSync(path, toCsv(sliceCandles(MARKET, 0, workspace.closedRows)));
  await trainLive(workspace, { data: path, source: undefined });
}

function toCsv(series: CandleSeries): string {
  const rows = Array.from({ length: rowCountOf(series) }, (_, i) =>
    [series.openTimeMs, series.open, series.high, series.low, series.close, series.volume].map((column) => column[i]),
  );
  return ['open_time,open,high,low,close,volume', ...rows.map((row) => row.join())].join('\n');
}

test('a model of a file has a series, a chart and forecasts when the file is gone', async () => {
  await openFileWorkspace();
  rmSync(path);
  const { model, problems } = serveIn(workspace.ports);
  await model.refresh();
  expect(problems).toEqual([]);
  expect(model.seriesKey).toEqual(FILE_KEY);
  expect(model.isForecastExpected).toBe(false);
  expect(summaryOf(model)).toMatchObject({ isForecastExpected: false });
  expect(model.prediction().prediction.asOfMs).toBe(MARKET.openTimeMs[699] + HOUR_MS);
  const chart = await new StoredCandles(workspace.ports).range({ ...FILE_KEY, limit: 3 });
  expect(chart.close).toEqual(Array.from(MARKET.close.slice(697, 700)));
});

test('candles that are imported later are forecast, and earlier forecasts resolved', async () => {
  await openFileWorkspace();
  const { model, kinds } = serveIn(workspace.ports);
  await model.refresh();
  workspace.closeCandles(1);
  await workspace.ports.store.append('file', sliceCandles(MARKET, 690, 701));
  await model.takeStored((await workspace.ports.store.read(FILE_KEY))!);
  expect(kinds()).toContain('outcome');
  expect(model.prediction().prediction.asOfMs).toBe(MARKET.openTimeMs[700] + HOUR_MS);
});

test('a version of an older program, whose candles were not stored, brings them from its file', async () => {
  await openFileWorkspace();
  rmSync(join(workspace.home, 'data/candles/file'), { recursive: true });
  const { model, problems } = serveIn(workspace.ports);
  await model.refresh();
  expect(problems).toEqual([]);
  expect((await workspace.ports.store.describe(FILE_KEY))?.rowCount).toBe(700);
});

test('its file is read at the first warm-up alone', async () => {
  await openFileWorkspace();
  rmSync(join(workspace.home, 'data/candles/file'), { recursive: true });
  const { ports } = workspace;
  const context = { ports, engineOf: () => ports.createEngine('auto', 1), signal: new AbortController().signal };
  const { live } = await openLiveModel(SYMBOL, 1, context);
  rmSync(path);
  const { series } = await warmUpAgain(live, context);
  expect(rowCountOf(series)).toBe(700);
});

test('a server trains a model of a file again from the store, and the new version goes on beside the old one', async () => {
  await openFileWorkspace();
  rmSync(path);
  const [outcome] = await retrain([SYMBOL], { offline: false, prefersStored: true }, workspace.ports);
  expect(outcome).toMatchObject({ report: { version: 2, data: { source: 'file', rows: 700 } } });
  const { model, problems } = serveIn(workspace.ports);
  await model.refresh();
  expect(problems).toEqual([]);
  expect(model.summary(null).champion?.version === 2 || model.shadowVersion === 2).toBe(true);
});

test.each([
  { what: 'a champion that was trained offline', trained: { offline: true }, offline: false, fetches: 0 },
  { what: 'a champion of a store that others keep current', trained: { offline: false }, offline: true, fetches: 0 },
  { what: 'a champion whose exchange answers', trained: { offline: false }, offline: false, fetches: 1 },
])('$what: trained again by a server, which asks for candles $fetches times', async ({ trained, offline, fetches }) => {
  workspace = openLiveWorkspace(template);
  await trainLive(workspace, { ...trained, name: 'ANOTHER' });
  workspace.source.fetches = 0;
  if (fetches === 0) workspace.source.outage = new TradeAiError('EXCHANGE_UNREACHABLE', 'in a test');
  const [outcome] = await retrain(['ANOTHER'], { offline, prefersStored: true }, workspace.ports);
  expect(outcome).toMatchObject({ report: { version: 2 } });
  expect(workspace.source.fetches).toBe(fetches);
});
