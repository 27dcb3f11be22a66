/** Several candles have closed since the last look: which of them are forecast, and as what. */

import { describe, expect, test } from 'vitest';
import { HOUR_MS, MARKET, SYMBOL } from '../../test/support/live-workspace.js';
import {
  ledgerOf,
  onFullDisk,
  restoreWorkspace,
  serve,
  storeCandles,
  summaryOf,
  takeStored,
  useServedModel,
  workspace,
} from '../../test/support/served-model.js';
import { sliceCandles } from '../market/candle-series.js';
import { countBetween, findDueCandles } from './due-candles.js';

const HORIZON = 5;
const OTHER = 'OTHERUSDT';
/** Known before the first candle of a test closes. */
const KNOWN_ROWS = 700;
const closeMs = (row: number) => MARKET.openTimeMs[row] + HOUR_MS;

/** Rows behind the known ones that the champion, or the challenger, has a forecast of, oldest first. */
async function rowsForecast(version = 1): Promise<number[]> {
  const entries = (await ledgerOf()).filter((entry) => entry.version === version).toReversed();
  return entries.map(({ asOfMs }) => (asOfMs - closeMs(KNOWN_ROWS - 1)) / HOUR_MS).filter((row) => row > 0);
}

/** What was said of each candle, whenever that was. */
async function forecastsMade() {
  return (await ledgerOf()).map(({ servedAtMs, outcome, ...forecast }) => ({
    ...forecast,
    close: outcome?.close ?? null,
  }));
}

test('a candle is due as long as the one that its forecast speaks of has not closed, and the newest always', () => {
  const series = sliceCandles(MARKET, 0, 20);
  const due = (afterRow: number, horizonSteps: number, nowMs: number) => {
    const closes = findDueCandles(series, { afterMs: closeMs(afterRow), horizonSteps, nowMs });
    return closes.map((closedMs) => (closedMs - closeMs(0)) / HOUR_MS);
  };
  expect(due(9, 1, closeMs(19))).toEqual([19]);
  expect(due(9, 4, closeMs(19))).toEqual([16, 17, 18, 19]);
  expect(due(17, 4, closeMs(19))).toEqual([18, 19]);
  // Its source is late by two candles.
  expect(due(9, 4, closeMs(21) + 1)).toEqual([18, 19]);
  expect(due(9, 4, closeMs(40))).toEqual([19]);
  expect(due(19, 4, closeMs(19))).toEqual([19]);
});

test('counts the candles between two forecasts', () => {
  const series = sliceCandles(MARKET, 0, 20);
  expect(countBetween(series, closeMs(3), closeMs(4))).toBe(0);
  expect(countBetween(series, closeMs(3), closeMs(9))).toBe(5);
  expect(countBetween(series, closeMs(9), closeMs(9))).toBe(0);
  expect(countBetween(series, undefined, closeMs(9))).toBe(0);
});

describe('a model that looks five candles ahead', () => {
  useServedModel({ horizon: HORIZON });

  test('has a forecast of each candle that closed meanwhile, the one it would have made at its close', async () => {
    const { model, events } = serve();
    await model.refresh();
    await storeCandles(4);
    await takeStored(model);
    expect(await rowsForecast(1)).toEqual([1, 2, 3, 4]);
    expect(await rowsForecast(2)).toEqual([1, 2, 3, 4]);
    const told = events.flatMap((event) => (event.kind === 'prediction' ? [event.prediction.asOfMs] : []));
    expect(told).toEqual([699, 700, 701, 702, 703].map(closeMs));
    expect(model.prediction().prediction.asOfMs).toBe(closeMs(703));
    expect(summaryOf(model).missedForecasts).toBe(0);
    const atOnce = await forecastsMade();

    const stepwise = serve({ ports: restoreWorkspace().ports });
    await stepwise.model.refresh();
    for (let i = 0; i < 4; i++) {
      await storeCandles(1);
      await takeStored(stepwise.model);
    }
    expect(await forecastsMade()).toEqual(atOnce);
  });

  test('has none of a candle whose outcome is known by then, and says how many those are', async () => {
    const { model } = serve();
    await model.refresh();
    await storeCandles(8);
    await takeStored(model);
    expect(await rowsForecast()).toEqual([4, 5, 6, 7, 8]);
    expect(summaryOf(model).missedForecasts).toBe(3);
    await storeCandles(1);
    await takeStored(model);
    expect(summaryOf(model).missedForecasts).toBe(3);
  });

  test('makes up for what could not be written down as soon as it can', async () => {
    const disk = { isFull: false };
    const ports = onFullDisk(disk);
    const { model } = serve({ ports });
    await model.refresh();
    disk.isFull = true;
    for (let i = 0; i < 3; i++) {
      await storeCandles(1);
      await takeStored(model);
    }
    expect(await rowsForecast()).toEqual([]);
    disk.isFull = false;
    for (let i = 0; i < 8; i++) await model.refresh();
    expect(await rowsForecast()).toEqual([1, 2, 3]);
    expect(summaryOf(model)).toMatchObject({ health: 'ok', missedForecasts: 0 });
  });

  test('leaves none out when a candle is revised with the next ones', async () => {
    const { model } = serve();
    await model.refresh();
    await storeCandles(1);
    await takeStored(model);
    const revised = sliceCandles(MARKET, 700, 701);
    revised.close[0] *= 1.001;
    revised.high[0] *= 1.002;
    await workspace.openOther().store.append('binance', revised);
    workspace.closeCandles(3);
    await workspace.openOther().store.append('binance', sliceCandles(MARKET, 701, workspace.closedRows));
    await takeStored(model);
    expect(await rowsForecast()).toEqual([1, 2, 3, 4]);
    expect(await rowsForecast(2)).toEqual([1, 2, 3, 4]);
  });
});

describe('a model that looks at another symbol too', () => {
  useServedModel({
    horizon: HORIZON,
    features: ['return_1', 'volatility_24', `return_1@${OTHER}`],
    symbols: [SYMBOL, OTHER],
  });

  test('has a forecast of each candle once both symbols have theirs', async () => {
    const { model } = serve();
    await model.refresh();
    await storeCandles(3);
    await takeStored(model);
    expect(await rowsForecast()).toEqual([]);
    const candles = { ...sliceCandles(MARKET, 0, workspace.closedRows), symbol: OTHER };
    await workspace.ports.store.append('binance', candles);
    await model.takeInputs();
    expect(await rowsForecast(1)).toEqual([1, 2, 3]);
    expect(await rowsForecast(2)).toEqual([1, 2, 3]);
    expect(summaryOf(model).missedForecasts).toBe(0);
  });
});
