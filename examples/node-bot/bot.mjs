#!/usr/bin/env node
// A bot that trades on paper by the forecasts of `tradeai serve`. It needs nothing but Node and the client of the package.
//
//   node bot.mjs BTCUSDT --url http://127.0.0.1:8080 --capital 10000 --risk 0.01 --cost-bps 10
//
// The token, where the server has one, stands in TRADEAI_TOKEN. What happens is told as one JSON document a line.

import { parseArgs } from 'node:util';
import { ApiError, createClient } from 'tradeai/client';
import { exposureFor, isStale, reasonToStop } from './decisions.mjs';
import { PaperAccount } from './paper-account.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    capital: { type: 'string', default: '10000' },
    risk: { type: 'string', default: '0.01' },
    'cost-bps': { type: 'string', default: '10' },
    // How long after its target a forecast may be followed until the next one comes, seconds.
    grace: { type: 'string', default: '30' },
    short: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
const numbers = ['capital', 'risk', 'cost-bps', 'grace'].map((option) => Number(values[option]));
if (name === undefined || !numbers.every((number) => number >= 0)) {
  console.error(
    'usage: node bot.mjs MODEL [--url URL] [--capital N] [--risk SHARE] [--cost-bps N] [--grace SECONDS] [--short]',
  );
  process.exit(2);
}
const [capital, risk, costBps, graceSeconds] = numbers;
const graceMs = graceSeconds * 1_000;

const client = createClient({ baseUrl: values.url, token: process.env.TRADEAI_TOKEN });
const account = new PaperAccount({ capital, costBps });
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

/** The newest forecast; nothing is known before the first. */
let forecast;
/** The newest price there is: of the forecast's candle, or of one that closed since. */
let price;
/** What is wrong with the model, by its health; null while nothing is. */
let problem = 'not asked yet';
/** Why nothing is held; null while forecasts are followed. */
let pausedBecause = 'no forecast yet';

function tell(event, facts = {}) {
  console.log(JSON.stringify({ time: new Date().toISOString(), event, ...facts }));
}

/** Brings the position to where it should be now. Called after everything that may change that; does nothing else. */
function follow() {
  if (forecast === undefined) return;
  const reason = problem ?? (isStale(forecast, Date.now(), graceMs) ? 'stale: the forecast speaks of the past' : null);
  if (reason !== pausedBecause) {
    if (reason === null) tell('resume', { version: forecast.version });
    else tell('pause', { reason });
    pausedBecause = reason;
  }
  const exposure = reason === null ? exposureFor(forecast, { risk, canShort: values.short }) : 0;
  const trade = account.rebalance(exposure, price);
  // A bot that trades for real sends its order here, and asks the exchange afterwards what became of it.
  if (trade !== null) {
    const { asOfMs, signal, confidence, predictedChange } = forecast;
    tell('trade', { ...trade, asOfMs, signal, confidence, predictedChange, ...account.summaryAt(price) });
  }
}

/**
 * Asks how the model is and what it says, and acts on it. Events only tell that there is something new: nothing is
 * repeated in the stream, so the present state is always asked for, after a connection as after an event.
 */
async function askAndFollow() {
  try {
    const [{ summary }, prediction] = await Promise.all([client.model(name), client.prediction(name)]);
    problem = reasonToStop(summary);
    // An answer may have been overtaken by a newer one.
    if (forecast === undefined || prediction.asOfMs >= forecast.asOfMs) {
      forecast = prediction;
      price = summary.lastCandle?.close ?? prediction.lastClose;
    }
    follow();
  } catch (error) {
    // No such model, or no forecast yet: wrong now, and perhaps right when the next event comes.
    if (!(error instanceof ApiError)) throw error;
    tell('problem', { code: error.code, message: error.message, hint: error.hint });
  }
}

const watch = setInterval(follow, 1_000);
tell('start', { name, url: values.url, capital });
try {
  const onConnection = (isConnected) => {
    tell(isConnected ? 'connected' : 'lost');
    if (isConnected) void askAndFollow();
  };
  // It connects again by itself, with waits that grow; it ends when the token is refused.
  for await (const event of client.events({ signal: stop.signal, onConnection })) {
    if (event.kind === 'prediction' && event.prediction.name === name) await askAndFollow();
    else if ((event.kind === 'drift' || event.kind === 'promotion') && event.name === name) await askAndFollow();
    // Between two forecasts the newest candle tells what the position is worth.
    else if (event.kind === 'candle' && event.symbol === forecast?.symbol && event.interval === forecast.interval) {
      price = event.close;
    }
  }
} catch (error) {
  tell('refused', { message: error.message });
  process.exitCode = 1;
} finally {
  clearInterval(watch);
}
if (price !== undefined) {
  account.rebalance(0, price);
  tell('end', account.summaryAt(price));
}
