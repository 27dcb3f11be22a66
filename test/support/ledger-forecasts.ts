import type { RecordedForecast } from '../../src/wire/ledger.js';

export const HOUR_MS = 3_600_000;
/** Two days before the end of a month. */
export const LEDGER_START_MS = Date.UTC(2026, 9, 30);

/** The forecast of the so-manieth hour, up by 1 % with an interval of ± 2 %. */
export function makeForecast(hour: number, changes: Partial<RecordedForecast> = {}): RecordedForecast {
  const asOfMs = LEDGER_START_MS + hour * HOUR_MS;
  return {
    name: 'TESTUSDT',
    version: 1,
    role: 'champion',
    asOfMs,
    targetTimeMs: asOfMs + HOUR_MS,
    servedAtMs: asOfMs + 40,
    lastClose: 100,
    predictedChange: 0.01,
    interval80: [-0.01, 0.03],
    confidence: 0.55,
    signal: 'BUY',
    score: 1,
    volatility: 0.00995,
    weightsSha256: 'ab'.repeat(32),
    engine: 'native',
    inputs: { dtype: 'F32', shape: [2, 1], data: Buffer.from(Float32Array.of(hour, 0.1).buffer).toString('base64') },
    ...changes,
  };
}
