/**
 * The exchange by itself, with a simulated market that goes on with the clock: `npx jiti test/exchange/main.ts BTCUSDT 1m`.
 * Prints what to set for a program that is to use it, and runs until it is stopped.
 */

import { floorToInterval, INTERVAL_MS, parseInterval } from '../../src/market/interval.js';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { startExchange } from './exchange.js';

const PAST_ROWS = 20_000;
const FUTURE_ROWS = 20_000;
const TICK_MS = 200;

const [symbols = 'BTCUSDT', intervalName = '1h'] = process.argv.slice(2);
const interval = parseInterval(intervalName);
const firstOpenTimeMs = floorToInterval(Date.now(), interval) - PAST_ROWS * INTERVAL_MS[interval];
const rowCount = PAST_ROWS + FUTURE_ROWS;
const series = symbols
  .split(',')
  .map((symbol, seed) => simulateMarket({ symbol, interval, rowCount, seed, firstOpenTimeMs, plantedR2: 0.05 }).series);

const exchange = await startExchange({ series, nowMs: Date.now() });
setInterval(() => exchange.setNow(Date.now()), TICK_MS);
for (const [name, value] of Object.entries(exchange.environment)) console.log(`export ${name}=${value}`);
