import { expect, test } from 'vitest';
import { openMemoryWorkspace } from '../../test/support/memory-workspace.js';
import { simulateMarket } from '../market/simulated-market.js';
import type { Ports } from '../ports/ports.js';
import { collectCandles } from './collect.js';

const { series } = simulateMarket({
  symbol: 'BTCUSDT',
  interval: '1h',
  rowCount: 50,
  seed: 1,
  firstOpenTimeMs: Date.UTC(2024, 0, 1),
  plantedR2: 0,
});
const OPTIONS = { symbol: 'BTCUSDT', interval: '1h', source: 'binance', features: ['return_1'], maxGap: 0 };

/** Of an exchange that answers every question with an empty list. */
function openPorts(): Ports {
  return {
    ...openMemoryWorkspace(Date.UTC(2024, 1, 1)).ports,
    openSource: (name) => ({ name, async *fetchCandles() {} }),
  };
}

test('an exchange that answers with nothing is told of as such, and a store that was not asked for more as empty', async () => {
  await expect(collectCandles({ ...OPTIONS, offline: false }, openPorts())).rejects.toMatchObject({
    code: 'CANDLES_NOT_FOUND',
    message: 'binance answered, and has no candles of BTCUSDT 1h in the range asked for',
  });
  await expect(collectCandles({ ...OPTIONS, offline: true }, openPorts())).rejects.toMatchObject({
    code: 'CANDLES_NOT_FOUND',
    message: 'no candles of BTCUSDT 1h from binance are stored',
    hint: expect.stringContaining('tradeai data fetch'),
  });
});

test('an exchange that has nothing new leaves what is stored', async () => {
  const ports = openPorts();
  await ports.store.append('binance', series);
  const collected = await collectCandles({ ...OPTIONS, offline: false }, ports);
  expect([...collected.series.openTimeMs]).toEqual([...series.openTimeMs]);
});
