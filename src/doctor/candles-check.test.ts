import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startExchange } from '../../test/exchange/exchange.js';
import {
  type DoctorWorkspace,
  examine,
  makeCandles,
  openDoctorWorkspace,
  trainSmall,
} from '../../test/support/doctor-workspace.js';
import { type CandleSeries, selectCandles, sliceCandles } from '../market/candle-series.js';
import { createBinanceSource } from '../sources/binance/source.js';

let workspace: DoctorWorkspace;
const whole = makeCandles({ symbol: 'WHOLE', rowCount: 1_500 });

beforeAll(async () => {
  workspace = openDoctorWorkspace();
  await workspace.store(whole);
  await trainSmall(workspace, { symbol: 'WHOLE', epochs: 1 });
});

afterAll(() => workspace.remove());

describe('the check of the candles', () => {
  test('passes whole and current candles', async () => {
    workspace.setClock(whole);
    const { status, evidence } = await examine(workspace, 'WHOLE', 'candles');
    expect(status).toBe('ok');
    expect(evidence).toMatchObject({ rows: 1_500, ageIntervals: 0, isAsTrained: true, newerThanTraining: 0 });
  });

  test('tells how old the newest candle is, and how newer ones are had', async () => {
    workspace.setClock(whole, 30);
    const { status, finding, command } = await examine(workspace, 'WHOLE', 'candles');
    workspace.setClock(whole);
    expect(status).toBe('warning');
    expect(finding).toContain('closed 30 intervals ago');
    expect(command).toBe('tradeai predict --symbol WHOLE --source binance');
  });

  test('finds the candles of an exchange outdated when none is left to measure the volatility on', async () => {
    const series = makeCandles({ symbol: 'TRADED', rowCount: 1_500 });
    await workspace.ports.store.append('binance', series);
    await trainSmall(workspace, { symbol: 'TRADED', source: 'binance', epochs: 1 });
    workspace.setClock(series, 10);
    expect(await examine(workspace, 'TRADED', 'candles')).toMatchObject({ status: 'warning' });
    workspace.setClock(series, 200);
    expect(await examine(workspace, 'TRADED', 'candles')).toMatchObject({
      status: 'problem',
      command: 'tradeai data fetch --symbol TRADED',
    });
    workspace.setClock(series);
  });

  test('goes on with what is stored when the exchange refuses, and says so', async () => {
    const series = makeCandles({ symbol: 'FAR', rowCount: 1_500 });
    await workspace.ports.store.append('binance', series);
    await trainSmall(workspace, { symbol: 'FAR', source: 'binance', epochs: 1 });
    workspace.setClock(series, 10);
    const server = await startExchange({ nowMs: workspace.ports.now() });
    const refusal = { kind: 'status', status: 451, body: '{}' } as const;
    for (const path of ['/api/v3/time', '/api/v3/klines']) server.misbehave(path, [refusal]);
    const ports = { ...workspace.ports, openSource: () => createBinanceSource({ baseUrl: server.url }) };
    const { status, finding } = await examine({ ...workspace, ports }, 'FAR', 'candles', { offline: false });
    await server.close();
    workspace.setClock(series);
    expect(status).toBe('warning');
    expect(finding).toContain('the source was not reached');
  });

  test('reports gaps that are too many, and that the candles of the training have changed', async () => {
    const kept = Array.from({ length: 1_500 }, (_, row) => row).filter((row) => row % 50 !== 7);
    const gappy = { ...selectCandles(whole, kept), symbol: 'GAPPY' };
    await workspace.store(gappy);
    await trainSmall(workspace, { symbol: 'GAPPY', epochs: 1, allowGaps: true });
    const gaps = await examine(workspace, 'GAPPY', 'candles');
    expect(gaps).toMatchObject({
      status: 'warning',
      finding: expect.stringMatching(/30 gaps, 30 candles missing \(2 %\)/),
      command: 'tradeai data check --symbol GAPPY --interval 1h --source file',
    });
    await workspace.store({ ...sliceCandles(whole, 600, 601), symbol: 'GAPPY', close: whole.close.slice(599, 600) });
    const changed = await examine(workspace, 'GAPPY', 'candles');
    expect(changed).toMatchObject({ status: 'warning', command: 'tradeai retrain GAPPY' });
    expect(changed.finding).toContain('have changed since');
  });

  test('needs the file of a training no more, unless an older program did not store its candles', async () => {
    workspace.setClock(whole);
    const file = join(workspace.home, 'GONE_1h.csv');
    writeFileSync(file, toCsv(whole));
    await trainSmall(workspace, { symbol: 'GONE', data: file, source: undefined, epochs: 1 });
    rmSync(file);
    expect(await examine(workspace, 'GONE', 'candles')).toMatchObject({ status: 'ok' });
    rmSync(join(workspace.home, 'data/candles/file/GONE'), { recursive: true });
    expect(await examine(workspace, 'GONE', 'candles')).toMatchObject({
      status: 'problem',
      cause: expect.stringContaining('give its new place with --data'),
      command: 'tradeai doctor GONE --source binance',
    });
    expect(await examine(workspace, 'GONE', 'learning')).toMatchObject({
      status: 'not-checked',
      finding: 'there are no candles to examine it on',
    });
    await expect(examine(workspace, 'GONE', 'candles', { data: file })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  test('takes a file of newer candles, and counts them', async () => {
    const longer = makeCandles({ symbol: 'WHOLE', rowCount: 1_700 });
    const file = join(workspace.home, 'WHOLE_1h.csv');
    writeFileSync(file, toCsv(longer));
    workspace.setClock(longer);
    const { evidence, finding } = await examine(workspace, 'WHOLE', 'candles', { data: file });
    workspace.setClock(whole);
    expect(finding).toContain('1,700 candles from file');
    // the outcome of the very last one is not known yet
    expect(evidence.newerThanTraining).toBe(199);
  });
});

function toCsv({ openTimeMs, open, high, low, close, volume }: CandleSeries): string {
  const lines = Array.from(openTimeMs, (timeMs, row) =>
    [timeMs, open[row], high[row], low[row], close[row], volume[row]].join(','),
  );
  return ['open_time,open,high,low,close,volume', ...lines, ''].join('\n');
}
