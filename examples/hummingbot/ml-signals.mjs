#!/usr/bin/env node
// The forecasts of one model as Hummingbot's controller `ai_livestream` reads them: one JSON document a line, for
// `mosquitto_pub -l` to send on. See README.md here.
//
//   node ml-signals.mjs BTCUSDT --url http://127.0.0.1:8080 --grace 30

import { parseArgs } from 'node:util';
import { ApiError, createClient } from 'tradeai/client';
import { isStale, reasonToStop } from '../node-bot/decisions.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    // How long after its target a forecast may be followed until the next one comes, seconds.
    grace: { type: 'string', default: '30' },
  },
});
const [name] = positionals;
if (name === undefined) {
  console.error('usage: node ml-signals.mjs MODEL [--url URL] [--grace SECONDS]');
  process.exit(2);
}
const graceMs = Number(values.grace) * 1_000;
const client = createClient({ baseUrl: values.url, token: process.env.TRADEAI_TOKEN });
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());

const NEUTRAL = [0, 1, 0];
let forecast;
let problem = null;
let lastLine = '';

/** Short, neutral, long: the probability that the direction is right, and its complement; all neutral on HOLD. */
function probabilitiesOf({ signal, confidence }) {
  if (signal === 'BUY') return [1 - confidence, 0, confidence];
  if (signal === 'SELL') return [confidence, 0, 1 - confidence];
  return NEUTRAL;
}

/** The controller follows the last message until the next one, however old: what is not true any more is taken back. */
function send() {
  if (forecast === undefined) return;
  const isFollowed = problem === null && !isStale(forecast, Date.now(), graceMs);
  const [low, high] = forecast.interval80;
  const line = JSON.stringify({
    timestamp: forecast.asOfMs / 1_000,
    probabilities: isFollowed ? probabilitiesOf(forecast) : NEUTRAL,
    // Half the width of the 80 % interval: the controller's barriers are multiples of it.
    target_pct: (high - low) / 2,
    model_version: forecast.version,
  });
  if (line !== lastLine) console.log(line);
  lastLine = line;
}

/** Events only tell that there is something new: nothing is repeated in the stream, so the present state is asked for. */
async function ask() {
  try {
    const [{ summary }, prediction] = await Promise.all([client.model(name), client.prediction(name)]);
    problem = reasonToStop(summary);
    forecast = prediction;
    send();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    console.error(`${error.code}: ${error.message}`);
  }
}

const watch = setInterval(send, 1_000);
try {
  const onConnection = (isConnected) => {
    if (isConnected) void ask();
  };
  for await (const event of client.events({ signal: stop.signal, onConnection })) {
    const about = event.kind === 'prediction' ? event.prediction.name : event.name;
    if (about === name) await ask();
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  clearInterval(watch);
}
problem = 'ended';
send();
