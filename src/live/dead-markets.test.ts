/** A pair that nobody trades any more: by every way out its forecast holds and says why. */

import { expect, test } from 'vitest';
import { HOUR_MS, MARKET, SYMBOL } from '../../test/support/live-workspace.js';
import { ledgerOf, serve, summaryOf, takeStored, useServedModel, workspace } from '../../test/support/served-model.js';
import { type CandleSeries, sliceCandles } from '../market/candle-series.js';
import { predictNewest } from './predict.js';
import type { ServedModel } from './served-model.js';

// Without costs every forecast is BUY or SELL, unless there is a reason to hold.
useServedModel({ costBps: 0, minConfidence: 0.5 });

const TRAINED_ROWS = 700;

/** The candles behind those of the training, the last ones without a trade or a move. */
function deadCandles(count: number): CandleSeries {
  const series = sliceCandles(MARKET, TRAINED_ROWS, TRAINED_ROWS + count);
  const lastClose = MARKET.close[TRAINED_ROWS - 1];
  for (const name of ['open', 'high', 'low', 'close'] as const) series[name].fill(lastClose);
  series.volume.fill(0);
  return series;
}

/** So many dead candles close, one after another. */
async function takeDead(model: ServedModel, count: number): Promise<void> {
  workspace.closeCandles(count);
  await workspace.ports.store.append('binance', deadCandles(workspace.closedRows - TRAINED_ROWS));
  await takeStored(model);
}

test('the forecast of a market that has gone silent holds, on the command line, over HTTP and in the ledger', async () => {
  const { model } = serve({ shadow: false });
  await model.refresh();
  expect(model.prediction().prediction.signal).not.toBe('HOLD');
  await takeDead(model, 24);
  expect(model.prediction().prediction.warnings.join()).not.toContain('dead');
  await takeDead(model, 1);
  const { prediction } = model.prediction();
  const silence = expect.stringMatching(/^no trade in the last 25 candles, since .*: the market is dead or halted$/);
  expect(prediction).toMatchObject({ signal: 'HOLD', asOfMs: MARKET.openTimeMs[TRAINED_ROWS + 24] + HOUR_MS });
  expect(prediction.warnings[0]).toEqual(silence);
  expect(prediction.reasons[0]).toBe(prediction.warnings[0]);
  expect(summaryOf(model).prediction).toEqual(prediction);
  expect((await ledgerOf())[0]).toMatchObject({ asOfMs: prediction.asOfMs, signal: 'HOLD' });
  const { signal, reasons, warnings, predictedChange } = prediction;
  const predicted = await predictNewest({ name: SYMBOL, offline: true }, workspace.ports);
  expect(predicted).toMatchObject({ signal, reasons, warnings, predictedChange });
});

test('it holds on when no volatility is left to measure, in units of the last there was', async () => {
  const { model } = serve({ shadow: false });
  await model.refresh();
  await takeDead(model, 168);
  const { volatility } = (await ledgerOf())[0];
  await takeDead(model, 132);
  const { prediction } = model.prediction();
  expect(prediction).toMatchObject({ signal: 'HOLD', asOfMs: MARKET.openTimeMs[TRAINED_ROWS + 299] + HOUR_MS });
  expect(prediction.warnings[0]).toContain('no trade in the last 300 candles');
  expect((await ledgerOf())[0]).toMatchObject({ asOfMs: prediction.asOfMs, signal: 'HOLD', volatility });
  expect(volatility).toBeGreaterThan(0);
});

test('it forecasts again once the market trades again', async () => {
  const { model } = serve({ shadow: false });
  await model.refresh();
  await takeDead(model, 30);
  expect(model.prediction().prediction.signal).toBe('HOLD');
  workspace.closeCandles(1);
  const next = sliceCandles(MARKET, TRAINED_ROWS + 30, TRAINED_ROWS + 31);
  const factor = MARKET.close[TRAINED_ROWS - 1] / next.open[0];
  for (const name of ['open', 'high', 'low', 'close'] as const) next[name][0] *= factor;
  await workspace.ports.store.append('binance', next);
  await takeStored(model);
  expect(model.prediction().prediction.warnings.join()).not.toContain('dead');
});
