/** A coin whose name is Chinese, from the exchange and a file to the served forecast, by names as people write them. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { rowCountOf, sliceCandles } from '../../src/market/candle-series.js';
import { startExchange } from '../exchange/exchange.js';
import { makeFolder, QUICK, simulateSeries, toCsv, writeCsv } from '../support/built-program.js';
import { startLiveServer } from '../support/live-server.js';
import { runHere } from '../support/program-here.js';

const SYMBOL = '币安人生USDT';
const series = { ...simulateSeries(2_000), symbol: SYMBOL };

test('candles are fetched, imported, trained on, predicted and served', async () => {
  const home = makeFolder();
  const nowMs = series.openTimeMs[rowCountOf(series) - 1] + 3_600_000;
  const exchange = await startExchange({ series: [series], nowMs });
  onTestFinished(() => exchange.close());
  async function run(...args: string[]) {
    const { status, stdout, stderr } = await runHere([...args, '--home', home, '--json'], {
      environment: exchange.environment,
    });
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  expect(await run('data', 'fetch', '--symbol', '币安人生/usdt')).toMatchObject({ symbol: SYMBOL, addedRows: 2_000 });
  const part = writeCsv(home, toCsv(sliceCandles(series, 0, 1_500)), '币安人生_USDT-1h.csv');
  const imported = await run('data', 'import', part, '--source', 'binance');
  expect(imported).toMatchObject({ symbol: SYMBOL, rowsRead: 1_500, addedRows: 0, revisedRows: 0 });
  const report = await run('train', '--symbol', '币安人生-USDT', '--offline', ...QUICK);
  expect(report).toMatchObject({ name: SYMBOL, symbol: SYMBOL, promoted: true });
  expect(existsSync(join(home, `models/${SYMBOL}_lstm_model.onnx`))).toBe(true);
  expect(readdirSync(join(home, 'models/versions'))).toEqual([SYMBOL]);
  expect(await run('predict', '--symbol', '币安人生usdt', '--offline')).toMatchObject({ name: SYMBOL });
  expect(await run('models', 'show', '币安人生_usdt')).toMatchObject({ manifest: { name: SYMBOL } });
  const { stdout: table } = await runHere(['models', 'list', '--home', home]);
  expect(table.split('\n').slice(0, 2)).toEqual([
    'model         champion    promoted (UTC)  versions',
    expect.stringMatching(/^币安人生USDT {9}1 {2}\d{4}-\d\d-\d\d \d\d:\d\d {9}1$/),
  ]);

  const server = await startLiveServer(home, { exchange, environment: exchange.environment, close: async () => {} });
  onTestFinished(async () => void (await server.end('SIGKILL')));
  expect(await server.client.prediction(SYMBOL)).toMatchObject({ name: SYMBOL, version: 1 });
  for (const path of [`/v1/models/${encodeURIComponent(SYMBOL)}`, `/v2/models/${encodeURIComponent(SYMBOL)}`]) {
    expect((await fetch(server.url + path)).status).toBe(200);
  }
  const page = await (await fetch(`${server.url}/metrics`)).text();
  expect(page).toContain(`{name="${SYMBOL}"}`);
  expect(await run('ledger', 'show', SYMBOL)).toMatchObject({ entries: [{ name: SYMBOL }] });
  expect(await run('ledger', 'replay', SYMBOL)).toMatchObject({ replayed: 1, different: [] });
});
