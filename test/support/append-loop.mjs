// Appends growing parts of one simulated market without end, or ROUNDS times, and says on stdout how far it came.
// usage: node append-loop.mjs HOME MARKET_ROWS FIRST_ROW STEP [ROUNDS]
import { writeSync } from 'node:fs';
import { sliceCandles } from '../../dist/market/candle-series.js';
import { simulateMarket } from '../../dist/market/simulated-market.js';
import { openCandleStore } from '../../dist/storage/candle-store.js';

const [home, marketRows, firstRow, step, rounds = 'Infinity'] = process.argv.slice(2);
const store = openCandleStore(home);
const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1m',
  rowCount: Number(marketRows),
  seed: 1,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0,
});

for (let round = 0; round < Number(rounds); round++) {
  const start = Number(firstRow) + round * Number(step);
  await store.append('demo', sliceCandles(series, start, start + Number(step)));
  writeSync(1, `${start + Number(step)}\n`);
}
