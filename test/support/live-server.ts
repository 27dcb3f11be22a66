/** A market of seconds that goes by this computer's clock, and the built server on it, in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '../../src/client/client.js';
import { simulateMarket } from '../../src/market/simulated-market.js';
import { type Exchange, startExchange } from '../exchange/exchange.js';
import { PROGRAM, QUICK, runTradeAi } from './built-program.js';

/** The one model, and its symbol and interval. */
export const NAME = 'TESTUSDT_1s';
const PAST_ROWS = 1_200;
/** Ten minutes that have yet to come. */
const FUTURE_ROWS = 600;

export interface LiveMarket {
  readonly exchange: Exchange;
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts an exchange whose candles close every second. */
export async function startLiveMarket(): Promise<LiveMarket> {
  const startMs = Math.floor(Date.now() / 1_000) * 1_000;
  const { series } = simulateMarket({
    symbol: 'TESTUSDT',
    interval: '1s',
    rowCount: PAST_ROWS + FUTURE_ROWS,
    seed: 1,
    firstOpenTimeMs: startMs - PAST_ROWS * 1_000,
    plantedR2: 0.2,
  });
  const exchange = await startExchange({ series: [series], nowMs: Date.now() });
  const clock = setInterval(() => exchange.setNow(Date.now()), 10);
  const stateFolder = mkdtempSync(join(tmpdir(), 'tradeai-live-state-'));
  return {
    exchange,
    environment: { ...exchange.environment, TRADEAI_STATE_FOLDER: stateFolder },
    async close() {
      clearInterval(clock);
      await exchange.close();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

/** Trains the model on the market from the command line. */
export async function trainLive(home: string, market: LiveMarket, ...more: string[]): Promise<void> {
  const train = ['train', '--symbol', 'TESTUSDT', '--interval', '1s', '--folds', '0', '--home', home];
  const { status, stderr } = await runTradeAi([...train, ...QUICK, ...more], { environment: market.environment });
  if (status !== 0) throw new Error(`the training ended with ${status}: ${stderr}`);
}

export interface LiveServer {
  readonly child: ChildProcess;
  readonly url: string;
  readonly client: Client;
  /** Everything it has logged so far. */
  log(): string;
  /** Sends a signal and waits for the end. @returns the exit status; `null` when the signal ended it */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ServerStart {
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Starts `tradeai serve` on any free port; resolves once it is ready. */
export async function startLiveServer(
  home: string,
  market: LiveMarket,
  { environment = {}, args = [] }: ServerStart = {},
): Promise<LiveServer> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--json', '--home', home, ...args], {
    env: { ...process.env, NO_COLOR: '1', TRADEAI_HOME: '', ...market.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const url = await Promise.race([
    once(child.stdout, 'data').then(([line]) => JSON.parse(String(line)).url as string),
    ended.then(([status]) => Promise.reject(new Error(`the server ended with ${status}: ${log}`))),
  ]);
  return {
    child,
    url,
    client: createClient({ baseUrl: url.replace('0.0.0.0', '127.0.0.1'), token: environment.TRADEAI_TOKEN }),
    log: () => log,
    async end(signal = 'SIGTERM') {
      // A second SIGTERM would end it at once.
      if (!child.killed) child.kill(signal);
      return (await ended)[0];
    },
  };
}
