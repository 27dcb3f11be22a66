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

const SYMBOL = 'TESTUSDT';
/** The model of its symbol and interval. */
export const NAME = `${SYMBOL}_1s`;
const PAST_ROWS = 1_200;

export interface LiveMarket {
  readonly exchange: Exchange;
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts an exchange whose candles close every second, for ten minutes if nothing else is said. */
export async function startLiveMarket({ symbols = [SYMBOL], futureRows = 600 } = {}): Promise<LiveMarket> {
  const firstOpenTimeMs = Math.floor(Date.now() / 1_000) * 1_000 - PAST_ROWS * 1_000;
  const series = symbols.map((symbol, i) => {
    const rowCount = PAST_ROWS + futureRows;
    return simulateMarket({ symbol, interval: '1s', rowCount, seed: i + 1, firstOpenTimeMs, plantedR2: 0.2 }).series;
  });
  const exchange = await startExchange({ series, nowMs: Date.now() });
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

/** Trains the model on the market from the command line; `--symbol` may name another one. */
export async function trainLive(home: string, market: LiveMarket, ...more: string[]): Promise<void> {
  const train = ['train', '--symbol', SYMBOL, '--interval', '1s', '--folds', '0', '--home', home];
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
  /** What `tradeai` is run by, such as `unshare` with its flags; nothing when absent. */
  readonly runner?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Starts `tradeai serve` on any free port; resolves once it is ready. */
export async function startLiveServer(
  home: string,
  market: LiveMarket,
  { runner = [], environment = {}, args = [] }: ServerStart = {},
): Promise<LiveServer> {
  const [command, ...rest] = [...runner, process.execPath, PROGRAM, 'serve', '--port', '0', '--json', '--home', home];
  const child = spawn(command, [...rest, ...args], {
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
