// Appends parts of one simulated market, one after the other, and says on stdout how far it came.
// usage: node append-loop.mjs HOME MARKET_ROWS FIRST_ROW STEPS SEED [ROUNDS]
// STEPS are numbers of rows, such as 1,300, of which one is drawn each time. Without ROUNDS it goes on to the market's end.
import { writeSync } from 'node:fs';
import { RANDOM_STREAM, Random } from '../../dist/core/random.js';
import { sliceCandles } from '../../dist/market/candle-series.js';
import { simulateMarket } from '../../dist/market/simulated-market.js';
import { openCandleStore } from '../../dist/storage/candle-store.js';

const [home, marketRows, firstRow, steps, seed, rounds = 'Infinity'] = process.argv.slice(2);
const store = openCandleStore(home);
const random = new Random(Number(seed), RANDOM_STREAM.test);
const stepRows = steps.split(',').map(Number);
const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1m',
  rowCount: Number(marketRows),
  seed: 1,
  firstOpenTimeMs: Date.UTC(2024, 0, 25),
  plantedR2: 0,
});

writeSync(1, `${firstRow}\n`);
for (let round = 0, start = Number(firstRow); round < Number(rounds) && start < Number(marketRows); round++) {
  const end = Math.min(Number(marketRows), start + stepRows[random.nextInteger(stepRows.length)]);
  await store.append('demo', sliceCandles(series, start, end));
  writeSync(1, `${end}\n`);
  start = end;
}
