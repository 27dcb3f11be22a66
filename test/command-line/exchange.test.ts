import { expect, onTestFinished, test } from 'vitest';
import { type CandleSeries, sliceCandles } from '../../src/market/candle-series.js';
import { startExchange } from '../exchange/exchange.js';
import { restrictedLocation } from '../exchange/usual-faults.js';
import { makeFolder, QUICK, runTradeAi, simulateSeries } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';

const HOUR_MS = 3_600_000;
const series = simulateSeries(2_010);
const older = sliceCandles(series, 0, 2_000);

/** An exchange whose newest candle is still open. */
async function openExchange(candles: CandleSeries) {
  const nowMs = candles.openTimeMs[candles.openTimeMs.length - 1] + HOUR_MS + 60_000;
  const exchange = await startExchange({ series: [candles], nowMs });
  onTestFinished(() => exchange.close());
  return exchange;
}

test('trains on what the exchange has closed, and predicts after fetching the missing tail', async () => {
  const home = makeFolder();
  const then = await openExchange(older);
  const trained = await runTradeAi(['train', '--symbol', 'TESTUSDT', '--home', home, '--json', ...QUICK], {
    environment: then.environment,
  });
  expect(trained.status).toBe(0);
  expect(JSON.parse(trained.stdout).data).toMatchObject({ source: 'binance', rows: 2_000 });

  const now = await openExchange(series);
  const predicted = await runTradeAi(['predict', '--symbol', 'TESTUSDT', '--home', home, '--json'], {
    environment: now.environment,
  });
  expect(predicted.status).toBe(0);
  expect(JSON.parse(predicted.stdout).asOfMs).toBe(series.openTimeMs[2_009] + HOUR_MS);
  // The stored history is not asked for again: one page brings the tail.
  expect(now.requests.filter(({ path }) => path.endsWith('/klines'))).toHaveLength(1);
});

test('an unknown symbol exits with 3 and names the nearest one', async () => {
  const server = await openExchange(older);
  const { status, stderr } = await runHere(['train', '--symbol', 'TESTUSD', '--home', makeFolder(), ...QUICK], {
    environment: server.environment,
  });
  expect(stderr).toContain('TESTUSDT');
  expect(status).toBe(3);
});

test('a place the exchange does not serve exits with 6 and says what to do', async () => {
  const server = await openExchange(older);
  server.misbehave(/^\/api\/v3/, restrictedLocation());
  const { status, stderr } = await runHere(['data', 'fetch', '--symbol', 'TESTUSDT', '--home', makeFolder()], {
    environment: server.environment,
  });
  expect(stderr).toContain('data-api.binance.vision');
  expect(status).toBe(6);
});
