import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { CandleSeries } from '../../src/market/candle-series.js';
import type { Interval } from '../../src/market/interval.js';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { type Exchange, startExchange } from '../exchange/exchange.js';
import { makeFolder, PROGRAM, runTradeAi } from '../support/built-program.js';
import { killRounds, killTimeoutMs, type SeededKills, seedKills } from '../support/seeded-kills.js';

const USUAL_ROUNDS = 6;
const KILL_ROUNDS = killRounds(USUAL_ROUNDS);
/** Rounds until a fetch is let come to its end. */
const LIVES = 3;
/** Files that are on their way at once. */
const FILES_AT_ONCE = 4;
const WEIGHT_PER_MINUTE = 6000;
const WEIGHT_LEFT = KILL_ROUNDS > USUAL_ROUNDS ? 20 : 60;
const SYMBOL = 'BTCUSDT';

/** Quarter hours of which five months come from the archive, and hours that all come page by page. */
const MARKETS = [simulate('15m', 4 * 24 * 165), simulate('1h', 24 * 400)];

function simulate(interval: Interval, rowCount: number): CandleSeries {
  const firstOpenTimeMs = Date.UTC(2024, 7, 20);
  return simulateMarket({ symbol: SYMBOL, interval, rowCount, seed: 3, firstOpenTimeMs, plantedR2: 0 }).series;
}

async function openExchange(): Promise<Exchange> {
  const exchange = await startExchange({ series: MARKETS, weightPerMinute: WEIGHT_PER_MINUTE });
  onTestFinished(() => exchange.close());
  return exchange;
}

interface Place {
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
}

function makePlace(exchange: Exchange, stateFolder = makeFolder()): Place {
  return { home: makeFolder(), environment: { ...exchange.environment, TRADEAI_STATE_FOLDER: stateFolder } };
}

const argumentsOf = ({ home }: Place, interval: string) =>
  ['data', 'fetch', '--symbol', SYMBOL, '--interval', interval, '--home', home, '--json'] as const;

async function fetchWhole(place: Place, interval: string, extra: readonly string[] = []): Promise<void> {
  const { status, stderr } = await runTradeAi([...argumentsOf(place, interval), ...extra], place);
  expect(stderr).not.toContain('error');
  expect(status).toBe(0);
}

/** What a fetch that nobody stops does. */
interface WholeFetch {
  readonly requestCount: number;
  /** From the last request to the end. */
  readonly tailMs: number;
}

interface Kill {
  readonly place: Place;
  readonly exchange: Exchange;
  readonly interval: string;
  readonly whole: WholeFetch;
  readonly kills: SeededKills;
  readonly extra?: readonly string[];
}

/** Runs a fetch and kills it soon after a drawn request or after its last one, unless it came to its end before. */
async function fetchAndKill({ place, exchange, interval, whole, kills, extra = [] }: Kill): Promise<void> {
  const requestCount = kills.drawCount(whole.requestCount + 1);
  const part = kills.drawPart();
  const isReached = exchange.awaitRequests(exchange.requests.length + requestCount);
  const child = spawn(process.execPath, [PROGRAM, ...argumentsOf(place, interval), ...extra], {
    env: { ...process.env, NO_COLOR: '1', ...place.environment },
    stdio: 'ignore',
  });
  const closed = once(child, 'close');
  await Promise.race([closed, isReached.then(() => delay(part * whole.tailMs))]);
  child.kill('SIGKILL');
  await closed;
}

function countZips({ requests }: Exchange): number {
  return requests.filter(({ path }) => path.endsWith('.zip')).length;
}

/** All files of a series with their names, one after the other. */
function storedBytes({ home }: Place, interval: string): Buffer {
  const folder = join(home, 'data/candles/binance', SYMBOL, interval);
  const names = readdirSync(folder).sort();
  return Buffer.concat(names.flatMap((name) => [Buffer.from(name), readFileSync(join(folder, name))]));
}

async function fetchUnstopped(place: Place, exchange: Exchange, interval: string): Promise<WholeFetch> {
  const countBefore = exchange.requests.length;
  await fetchWhole(place, interval);
  const tailMs = performance.now() - exchange.requests.at(-1)!.arrivalMs;
  return { requestCount: exchange.requests.length - countBefore, tailMs };
}

test.each(MARKETS.map(({ interval }) => interval))(
  `${KILL_ROUNDS} kills at random moments of fetching %s leave the store of a fetch that was never stopped`,
  async (interval) => {
    const exchange = await openExchange();
    const kills = seedKills();
    const unstopped = makePlace(exchange);
    const whole = await fetchUnstopped(unstopped, exchange, interval);
    const zipsOfWhole = countZips(exchange);
    const expected = storedBytes(unstopped, interval);
    let place = makePlace(exchange);
    for (let round = 1; round <= KILL_ROUNDS; round++) {
      await fetchAndKill({ place, exchange, interval, whole, kills });
      if (round % LIVES !== 0 && round !== KILL_ROUNDS) continue;
      await fetchWhole(place, interval);
      expect(storedBytes(place, interval).equals(expected)).toBe(true);
      // Nothing is left of what was under way.
      expect(existsSync(join(place.home, 'data/downloads/binance'))).toBe(false);
      expect(readdirSync(join(place.home, 'data/candles/binance', SYMBOL))).toEqual([interval]);
      place = makePlace(exchange);
    }
    // A kill costs at most the files that were on their way.
    const wholeFetches = 1 + Math.ceil(KILL_ROUNDS / LIVES);
    expect(countZips(exchange)).toBeLessThanOrEqual(wholeFetches * zipsOfWhole + FILES_AT_ONCE * KILL_ROUNDS);
    expect(exchange.maximumWeightInAMinute).toBeLessThanOrEqual(0.8 * WEIGHT_PER_MINUTE);
  },
  killTimeoutMs(KILL_ROUNDS),
);

test('two processes that fetch the same pair at once leave that store too, within one budget', async () => {
  const exchange = await openExchange();
  const whole = makePlace(exchange);
  await fetchWhole(whole, '1h');
  const place = makePlace(exchange);
  // Other programs have used most of the weight. In the long form the two have to rest until the minute is over.
  const usedBefore = exchange.requests.reduce((sum, { weight }) => sum + weight, 0);
  exchange.useWeight(0.8 * WEIGHT_PER_MINUTE - usedBefore - WEIGHT_LEFT);
  await Promise.all([fetchWhole(place, '1h'), fetchWhole(place, '1h')]);
  expect(storedBytes(place, '1h').equals(storedBytes(whole, '1h'))).toBe(true);
  expect(exchange.maximumWeightInAMinute).toBeLessThanOrEqual(0.8 * WEIGHT_PER_MINUTE);
});

const FROM_THE_START = ['--from', '2024-01-01'] as const;

test('older history that is fetched later and killed leaves no hole', async () => {
  const exchange = await openExchange();
  const kills = seedKills();
  const unstopped = makePlace(exchange);
  const whole = await fetchUnstopped(unstopped, exchange, '15m');
  const place = makePlace(exchange);
  await fetchWhole(place, '15m', ['--from', '2024-12-20']);
  for (let round = 0; round < 3; round++) {
    await fetchAndKill({ place, exchange, interval: '15m', whole, kills, extra: FROM_THE_START });
  }
  await fetchWhole(place, '15m', FROM_THE_START);
  expect(storedBytes(place, '15m').equals(storedBytes(unstopped, '15m'))).toBe(true);
});
