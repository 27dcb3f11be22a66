import { expect, onTestFinished, test } from 'vitest';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { startExchange } from '../exchange/exchange.js';
import { startKraken } from '../exchange/kraken.js';
import { makeFolder, runTradeAi } from '../support/built-program.js';
import { runHere } from '../support/program-here.js';

const HOUR_MS = 3_600_000;
const nowMs = Date.now();

/** Candles up to the present hour. */
function simulate(symbol: string, rowCount: number) {
  const firstOpenTimeMs = (Math.floor(nowMs / HOUR_MS) - rowCount) * HOUR_MS;
  return simulateMarket({ symbol, interval: '1h', rowCount, seed: 2, firstOpenTimeMs, plantedR2: 0 }).series;
}

test("ccxt's candles are fetched, listed under its own name and updated", async () => {
  const exchange = await startExchange({ series: [simulate('BTCUSDT', 1500)], nowMs: nowMs - 3 * HOUR_MS });
  onTestFinished(() => exchange.close());
  const home = makeFolder();
  const environment = { TRADEAI_CCXT_URL: exchange.url };
  const run = (...args: string[]) => runTradeAi([...args, '--home', home, '--json'], { environment });
  const fetching = ['data', 'fetch', '--symbol', 'BTCUSDT', '--interval', '1h', '--source', 'ccxt:binance'];
  expect(await run(...fetching)).toMatchObject({ status: 0 });
  exchange.setNow(nowMs);
  expect(await run(...fetching)).toMatchObject({ status: 0 });
  const [listed] = JSON.parse((await run('data', 'list')).stdout);
  expect(listed).toMatchObject({ source: 'ccxt-binance', symbol: 'BTCUSDT', rowCount: 1500 });
});

test('an exchange that keeps only its newest candles says so', async () => {
  const kraken = await startKraken({ series: [simulate('BTCUSD', 1500)], nowMs });
  onTestFinished(() => kraken.close());
  const { status, stderr } = await runHere(
    ['data', 'fetch', '--symbol', 'BTC-USD', '--interval', '1h', '--source', 'ccxt:kraken', '--home', makeFolder()],
    { environment: { TRADEAI_CCXT_URL: kraken.url } },
  );
  expect(stderr).toContain('kraken gives only its newest 720 candles of 1h, whatever is asked for');
  expect(status).toBe(0);
});

test('an exchange that ccxt does not know is a usage error that names the nearest', async () => {
  const fetching = ['data', 'fetch', '--symbol', 'BTC-USD', '--source', 'ccxt:krakn', '--home', makeFolder()];
  const { status, stderr } = await runHere(fetching);
  expect(stderr).toContain('ccxt:kraken');
  expect(status).toBe(2);
});
