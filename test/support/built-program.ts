/** Runs the built program as a user would. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CandleSeries, rowCountOf } from '../../src/market/candle-series.js';
import { simulateMarket } from '../../src/market/simulated-market.js';

export const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');

/** Request budgets are of this test run, not of the user's other programs. */
const STATE_FOLDER = mkdtempSync(join(tmpdir(), 'tradeai-test-state-'));
process.on('exit', () => rmSync(STATE_FOLDER, { recursive: true, force: true }));

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment?: Record<string, string>;
  readonly cwd?: string;
  /** Called with the running process, to send it signals. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** What the program finds in its environment besides what the test run does: nothing of the user's. */
export const programEnvironment = (changes: Readonly<Record<string, string>>): Record<string, string> => ({
  NO_COLOR: '1',
  TRADEAI_HOME: '',
  TRADEAI_STATE_FOLDER: STATE_FOLDER,
  ...changes,
});

/** Runs `tradeai` with these arguments in a process of its own and waits for its end. */
export function runTradeAi(
  args: readonly string[],
  { environment = {}, cwd, onStart }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: cwd ?? tmpdir(),
      env: { ...process.env, ...programEnvironment(environment) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject).on('close', (status) => resolve({ status, stdout, stderr }));
    onStart?.(child);
  });
}

/** An empty folder that is gone when the test is. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tradeai-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function simulateSeries(rowCount: number, seed = 1): CandleSeries {
  return simulateMarket({
    symbol: 'TESTUSDT',
    interval: '1h',
    rowCount,
    seed,
    firstOpenTimeMs: Date.UTC(2024, 0, 1),
    plantedR2: 0.05,
  }).series;
}

/** The candles as CSV with the usual header; `change` may replace the cells of a row or leave it out. */
export function toCsv(
  series: CandleSeries,
  change: (cells: string[], row: number) => string[] | undefined = (cells) => cells,
): string {
  const lines = ['open_time,open,high,low,close,volume'];
  for (let row = 0; row < rowCountOf(series); row++) {
    const { openTimeMs, open, high, low, close, volume } = series;
    const cells = change(
      [openTimeMs, open, high, low, close, volume].map((column) => String(column[row])),
      row,
    );
    if (cells) lines.push(cells.join(','));
  }
  return `${lines.join('\n')}\n`;
}

export function writeCsv(folder: string, text: string, name = 'TESTUSDT_1h.csv'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Flags of a training that takes a second. */
export const QUICK = ['--epochs', '2', '--members', '1', '--hidden', '4', '--window', '6', '--batch', '64'] as const;
