// Freezes forecasts without end, and the outcome of each one before, and says on stdout how far it came.
// usage: node ledger-loop.mjs HOME FIRST_HOUR
import { writeSync } from 'node:fs';
import { openForecastLedger } from '../../dist/storage/forecast-ledger.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 9, 30);
const [home, firstHour] = process.argv.slice(2);
const ledger = openForecastLedger(home, () => undefined);
const inputs = { dtype: 'F32', shape: [24, 17], data: Buffer.alloc(24 * 17 * 4, 7).toString('base64') };

for (let hour = Number(firstHour); ; hour++) {
  const asOfMs = START_MS + hour * HOUR_MS;
  const outcome = { close: 101, change: 0.01, isHit: true, isInside: true, scoredAtMs: asOfMs };
  await ledger.resolve('TESTUSDT', [{ version: 1, asOfMs: asOfMs - HOUR_MS, settledAtMs: asOfMs, outcome }]);
  await ledger.append([
    {
      name: 'TESTUSDT',
      version: 1,
      role: 'champion',
      asOfMs,
      targetTimeMs: asOfMs + HOUR_MS,
      servedAtMs: asOfMs + process.pid,
      lastClose: 100,
      predictedChange: 0.01,
      interval80: [-0.01, 0.03],
      confidence: 0.55,
      signal: 'BUY',
      score: 1,
      volatility: 0.01,
      weightsSha256: 'ab'.repeat(32),
      engine: 'native',
      inputs,
    },
  ]);
  writeSync(1, `${hour}\n`);
}
