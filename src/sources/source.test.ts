/** Every source keeps the contract, the exchanges against one that speaks Binance's protocol on this computer. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { startExchange } from '../../test/exchange/exchange.js';
import { startKraken } from '../../test/exchange/kraken.js';
import { startOkx } from '../../test/exchange/okx.js';
import { type CandleSeries, sliceCandles } from '../market/candle-series.js';
import { simulateMarket } from '../market/simulated-market.js';
import { createBinanceSource } from './binance/source.js';
import { createCcxtSource } from './ccxt/source.js';
import { createDemoSource } from './demo.js';
import { testSourceContract } from './source.contract.js';

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 9, 30);
const ROWS = 2500;
const NOW_MS = FIRST_MS + (ROWS + 0.5) * HOUR_MS;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function opened<Server extends { close(): Promise<void> }>(server: Server): Server {
  cleanUps.push(() => server.close());
  return server;
}

function simulate(symbol: string): CandleSeries {
  return simulateMarket({ symbol, interval: '1h', rowCount: ROWS, seed: 4, firstOpenTimeMs: FIRST_MS, plantedR2: 0 })
    .series;
}

const bitcoin = simulate('BTCUSDT');
const common = { interval: '1h', openTimeMs: bitcoin.openTimeMs } as const;
const quick = { isThrottled: false, now: () => NOW_MS };

testSourceContract('binance', async () => {
  const { url, archiveUrl } = opened(await startExchange({ series: [bitcoin], nowMs: NOW_MS }));
  const downloadFolder = mkdtempSync(join(tmpdir(), 'tradeai-downloads-'));
  cleanUps.push(() => rmSync(downloadFolder, { recursive: true, force: true }));
  const source = createBinanceSource({ baseUrl: url, archiveUrl, downloadFolder, now: () => NOW_MS });
  return { ...common, source, symbol: 'BTCUSDT' };
});

testSourceContract('ccxt:binance', async () => {
  const { url } = opened(await startExchange({ series: [bitcoin], nowMs: NOW_MS }));
  const source = createCcxtSource({ exchangeId: 'binance', baseUrl: url, ...quick });
  return { ...common, source, symbol: 'BTC-USDT' };
});

testSourceContract('ccxt:okx', async () => {
  const { url } = opened(await startOkx({ series: [bitcoin], nowMs: NOW_MS }));
  const source = createCcxtSource({ exchangeId: 'okx', baseUrl: url, ...quick });
  return { ...common, source, symbol: 'BTC-USDT' };
});

testSourceContract('ccxt:kraken, a young market', async () => {
  const young = sliceCandles(simulate('ETHEUR'), 0, 200);
  const nowMs = FIRST_MS + 200.5 * HOUR_MS;
  const { url } = opened(await startKraken({ series: [young], nowMs }));
  const source = createCcxtSource({ exchangeId: 'kraken', baseUrl: url, ...quick, now: () => nowMs });
  return { source, symbol: 'ETH-EUR', interval: '1h', openTimeMs: young.openTimeMs };
});

testSourceContract('demo', async () => {
  const source = createDemoSource({ openedMs: FIRST_MS, now: () => NOW_MS });
  return { ...common, source, symbol: 'DEMO' };
});
