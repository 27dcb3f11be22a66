/**
 * The examples against a real server, on a simulated market that lives as long as the clock: a model of candles of a second,
 * so that forecasts come while one waits, and one of minutes.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { PROGRAM, QUICK, runTradeAi } from '../support/built-program.js';
import { needs } from '../support/needs.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');
// The examples are JavaScript without declarations.
const { exposureFor, isStale, reasonToStop } = await import(join(EXAMPLES, 'node-bot/decisions.mjs'));
const { PaperAccount } = await import(join(EXAMPLES, 'node-bot/paper-account.mjs'));
const STUB = join(import.meta.dirname, '../support/freqtrade-stub');
const MINUTE_MS = 60_000;
const CANDLES = 2_500;
const SECONDS_MODEL = 'DEMOUSDT_1s';
const MINUTES_MODEL = 'DEMOUSDT_1m';

const openedMs = Date.now() - CANDLES * MINUTE_MS;
const environment = { TRADEAI_DEMO_OPENED_MS: String(openedMs) };
const home = mkdtempSync(join(tmpdir(), 'tradeai-examples-'));
let port: number;
let url: string;
let server: ChildProcess | undefined;

beforeAll(async () => {
  port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  await trainDemo('1m');
  await trainDemo('1s', '--from', String(Date.now() - CANDLES * 1_000));
  server = await startServer();
});

afterAll(async () => {
  await end(server);
  rmSync(home, { recursive: true, force: true });
});

/** A model that never holds for costs or doubts, so that there is something to trade on. */
async function trainDemo(interval: string, ...more: string[]): Promise<void> {
  const free = ['--cost-bps', '0', '--min-confidence', '0.5'];
  const { status, stderr } = await runTradeAi(
    [
      'train',
      '--symbol',
      'DEMOUSDT',
      '--source',
      'demo',
      '--interval',
      interval,
      '--home',
      home,
      ...QUICK,
      ...free,
      ...more,
    ],
    { environment },
  );
  expect(status, stderr).toBe(0);
}

async function startServer(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', String(port), '--home', home, '--json'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await Promise.race([once(child.stdout!, 'data'), once(child, 'exit').then(() => expect.fail('the server ended'))]);
  return child;
}

async function end(child: ChildProcess | undefined): Promise<number | null> {
  if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
  child.kill('SIGTERM');
  const [status] = await once(child, 'exit');
  return status;
}

async function findFreePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return (address as { port: number }).port;
}

interface Follower {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  /** The first line from `from` on that is what is looked for. */
  waitFor(isWanted: (line: Record<string, unknown>) => boolean, from?: number): Promise<number>;
}

/** Runs an example that writes one JSON document a line. */
function follow(script: string, ...args: string[]): Follower {
  const child = spawn(process.execPath, [join(EXAMPLES, script), ...args, '--url', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  onTestFinished(() => void child.kill('SIGKILL'));
  onTestFailed(() => console.error(`${script} said last:`, lines.slice(-5)));
  const reader = createInterface({ input: child.stdout! });
  reader.on('line', (line) => lines.push(JSON.parse(line)));
  return {
    child,
    lines,
    async waitFor(isWanted, from = 0) {
      for (let index = from; ; index++) {
        while (index >= lines.length) {
          if (child.exitCode !== null) expect.fail(`the example ended, after ${lines.length} lines`);
          await Promise.race([once(reader, 'line'), once(child, 'exit')]);
        }
        if (isWanted(lines[index])) return index;
      }
    },
  };
}

const isEvent = (event: string) => (line: Record<string, unknown>) => line.event === event;

describe('the strategy for Freqtrade', () => {
  const python = findPython();

  test(
    'trades on fresh forecasts only, and in a backtest on what was served',
    needs(python !== undefined, 'python3 absent'),
    async () => {
      // The ledger of the fast model has to fill: pages of two are asked for.
      const signals = follow('hummingbot/ml-signals.mjs', SECONDS_MODEL);
      await signals.waitFor(() => signals.lines.length >= 4);
      await end(signals.child);

      const strategy = join(EXAMPLES, 'freqtrade/TradeAiStrategy.py');
      const script = join(STUB, 'run_strategy.py');
      const said = execFileSync(python!, [script, strategy, url, MINUTES_MODEL, SECONDS_MODEL], {
        env: { ...process.env, PYTHONPATH: STUB, PYTHONDONTWRITEBYTECODE: '1' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const { live, short, unsure, unskilled, silent, backtest } = JSON.parse(said.toString());

      const directionOf = (signal: string) => ({ BUY: 1, SELL: -1, HOLD: 0 })[signal];
      const direction = directionOf(live.prediction.signal);
      const isBuy = Number(direction === 1);
      expect(direction).not.toBe(0);
      expect(live.now).toEqual({
        tradeai_signal: direction,
        tradeai_due: 1,
        enter_long: isBuy,
        enter_short: 0,
        exit_long: 1 - isBuy,
        exit_short: isBuy,
      });
      expect(live.asked).toEqual([`/v1/predictions/${MINUTES_MODEL}`, `/v1/models/${MINUTES_MODEL}`]);
      expect(live.askedAgain).toBe(0);
      expect([live.isConfirmed, live.isConfirmedLate]).toEqual([true, false]);
      expect(short.enter_short).toBe(1 - isBuy);

      // A candle has closed and its forecast is not there: nothing is entered, and nothing left for a minute.
      expect(live.next).toMatchObject({ tradeai_signal: 0, enter_long: 0, exit_long: 0, exit_short: 0 });
      expect(live.nextAfterGrace).toMatchObject({ enter_long: 0, exit_long: 1, exit_short: 1 });

      const nothing = { tradeai_signal: 0, enter_long: 0, enter_short: 0 };
      expect(unsure).toMatchObject({ ...nothing, exit_long: 1 });
      expect(unskilled).toMatchObject({ ...nothing, exit_long: 1 });
      expect(silent.row).toMatchObject(nothing);
      expect(silent.asked).toEqual([`/v1/predictions/${MINUTES_MODEL}`]);

      expect(backtest.served.length).toBeGreaterThanOrEqual(3);
      expect(backtest.asked.length).toBeGreaterThanOrEqual(2);
      for (const path of backtest.asked) expect(path).toMatch(/^\/v1\/ledger\?/);
      const followed = backtest.rows.map(({ tradeai_signal }: { tradeai_signal: number }) => tradeai_signal);
      expect(followed).toEqual(backtest.served.map(directionOf));
      expect(backtest.neverServed).toMatchObject(nothing);
    },
  );
});

describe('the bot in Node and the signals for Hummingbot', () => {
  test('follow forecasts, step aside when the server is gone, and go on when it is back', async () => {
    const bot = follow(
      'node-bot/bot.mjs',
      SECONDS_MODEL,
      '--grace',
      '4',
      '--short',
      '--risk',
      '0.0001',
      '--cost-bps',
      '1',
    );
    const signals = follow('hummingbot/ml-signals.mjs', SECONDS_MODEL, '--grace', '4');

    const traded = await bot.waitFor(isEvent('trade'));
    expect(bot.lines.slice(0, traded).map(({ event }) => event)).toEqual(['start', 'connected', 'resume']);
    const { signal, side, exposure, paidCosts } = bot.lines[traded];
    expect(side).toBe(signal === 'BUY' ? 'buy' : 'sell');
    expect(Math.sign(exposure as number)).toBe(signal === 'BUY' ? 1 : -1);
    expect(paidCosts).toBeGreaterThan(0);

    await signals.waitFor(({ probabilities }) => (probabilities as number[])[1] === 0);
    const [short, neutral, long] = signals.lines.at(-1)!.probabilities as number[];
    expect(neutral).toBe(0);
    expect(short + long).toBeCloseTo(1, 12);
    expect(signals.lines[0].target_pct).toBeGreaterThan(0);

    await end(server);
    const paused = await bot.waitFor(isEvent('pause'), traded);
    expect(bot.lines[paused].reason).toContain('stale');
    const flat = await bot.waitFor(isEvent('trade'), paused);
    expect(bot.lines[flat].exposure).toBe(0);
    const takenBack = await signals.waitFor(({ probabilities }) => (probabilities as number[])[1] === 1);

    server = await startServer();
    const resumed = await bot.waitFor(isEvent('resume'), flat);
    await bot.waitFor(isEvent('trade'), resumed);
    await signals.waitFor(({ probabilities }) => (probabilities as number[])[1] === 0, takenBack);

    expect(await end(bot.child)).toBe(0);
    expect(bot.lines.at(-1)).toMatchObject({ event: 'end', exposure: 0 });
    expect(await end(signals.child)).toBe(0);
    expect(signals.lines.at(-1)!.probabilities).toEqual([0, 1, 0]);
  });

  test('say so when there is no such model', async () => {
    const bot = follow('node-bot/bot.mjs', 'NOSUCH');
    const told = await bot.waitFor(isEvent('problem'));
    expect(bot.lines[told]).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(await end(bot.child)).toBe(0);
  });
});

describe('a decision of the bot', () => {
  const forecast = { signal: 'BUY', interval80: [-0.02, 0.03], targetTimeMs: 1_000_000, expiresAtMs: 1_200_000 };

  test('risks no more than its share at the bad end of the interval', () => {
    expect(exposureFor(forecast, { risk: 0.01, canShort: true })).toBeCloseTo(0.5, 12);
    expect(exposureFor({ ...forecast, signal: 'SELL' }, { risk: 0.01, canShort: true })).toBeCloseTo(-1 / 3, 12);
    expect(exposureFor(forecast, { risk: 0.5, canShort: true })).toBe(1);
  });

  test('holds nothing on HOLD, and on SELL without leave to be short', () => {
    expect(exposureFor({ ...forecast, signal: 'HOLD' }, { risk: 0.01, canShort: true })).toBe(0);
    expect(exposureFor({ ...forecast, signal: 'SELL' }, { risk: 0.01, canShort: false })).toBe(0);
  });

  test('stops on models that are held, drifting or broken, and on forecasts of the past', () => {
    expect(reasonToStop({ health: 'ok', problem: null })).toBeNull();
    expect(reasonToStop({ health: 'stale-model', problem: 'trained more than 90 days ago' })).toBeNull();
    for (const health of ['held', 'drifting', 'error', 'no-champion', 'stale-data']) {
      expect(reasonToStop({ health, problem: 'why' })).toBe(`${health}: why`);
    }
    expect(isStale(forecast, 1_029_000, 30_000)).toBe(false);
    expect(isStale(forecast, 1_031_000, 30_000)).toBe(true);
    // The forecast of a day, where an hourly one is overdue.
    const ofADay = { ...forecast, targetTimeMs: 86_400_000 };
    expect([1_199_999, 1_200_000].map((nowMs) => isStale(ofADay, nowMs, 30_000))).toEqual([false, true]);
  });
});

describe('the account on paper', () => {
  test('loses exactly the costs when the price does not move', () => {
    const account = new PaperAccount({ capital: 1_000, costBps: 10 });
    expect(account.rebalance(1, 100)).toEqual({ side: 'buy', units: 10, price: 100, cost: 1 });
    expect(account.rebalance(0, 100)).toEqual({ side: 'sell', units: 10, price: 100, cost: 1 });
    expect(account.summaryAt(100)).toEqual({ equity: 998, exposure: 0, paidCosts: 2, trades: 2 });
  });

  test('earns what the price does with its share, short as well', () => {
    const account = new PaperAccount({ capital: 1_000, costBps: 0 });
    account.rebalance(0.5, 100);
    expect(account.equityAt(110)).toBe(1_050);
    account.rebalance(-1, 110);
    expect(account.equityAt(99)).toBeCloseTo(1_050 * 1.1, 9);
  });

  test('leaves small changes alone, and closes small positions', () => {
    const account = new PaperAccount({ capital: 1_000, costBps: 10 });
    expect(account.rebalance(0.005, 100)).toBeNull();
    account.rebalance(0.5, 100);
    expect(account.rebalance(0.505, 100)).toBeNull();
    expect(account.rebalance(0, 100)).not.toBeNull();
  });
});

function findPython(): string | undefined {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return 'python3';
  } catch {
    return undefined;
  }
}
