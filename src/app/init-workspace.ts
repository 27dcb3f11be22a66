/** The config of a new workspace. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TradeAiError } from '../core/errors.js';
import { writeFileAtomically } from '../files/write-atomically.js';
import { readJoinedSymbol } from '../market/spelling.js';
import { findConfigFile } from './workspace-config.js';

export interface InitOptions {
  /** Pairs of the workspace: BTCUSDT when absent. */
  readonly symbols?: readonly string[];
  /** Whether a config that is there already is replaced. */
  readonly overwrite?: boolean;
}

export interface InitialisedWorkspace {
  /** Of the config. */
  readonly path: string;
  readonly symbols: readonly string[];
  readonly sizeBytes: number;
}

const EXAMPLE_SYMBOL = 'BTCUSDT';

/**
 * Writes a config with a comment on everything.
 *
 * @throws TradeAiError `USAGE` where there is one already, `NAME_INVALID`, `STORAGE_UNWRITABLE`
 */
export async function initWorkspace(
  home: string,
  { symbols: given = [EXAMPLE_SYMBOL], overwrite = false }: InitOptions = {},
): Promise<InitialisedWorkspace> {
  const symbols = given.map(readJoinedSymbol);
  const existing = findConfigFile(home);
  if (existing !== undefined && !overwrite) {
    throw new TradeAiError('USAGE', `${existing} is there already`, {
      commandHint: 'look at what it says with `tradeai config show`, or write over it with `tradeai init --force`',
    });
  }
  const path = existing ?? join(home, 'tradeai.config.ts');
  const content = new TextEncoder().encode(contentFor(path, symbols));
  await mkdir(home, { recursive: true });
  await writeFileAtomically(path, content);
  return { path, symbols, sizeBytes: content.length };
}

/** JSON has no comments, so what it says is short. */
function contentFor(path: string, symbols: readonly string[]): string {
  if (path.endsWith('.json')) return `${JSON.stringify({ symbols, intervals: ['1h'] }, null, 2)}\n`;
  return commentedConfig(symbols.map((symbol) => `'${symbol}'`).join(', '));
}

const HEAD = `// The settings of this workspace. Flags and TRADEAI_… variables go before them; \`tradeai config show\` tells what is in
// force and why. No secrets here: the file names the environment variables that hold them.
import { defineConfig, defineFeature } from 'tradeai';

`;

function commentedConfig(symbols: string): string {
  return `${HEAD}export default defineConfig({
  // What \`data fetch\` and \`data update\` work on when no symbol is named; one by itself is that of \`train\` and \`predict\`.
  symbols: [${symbols}],
  intervals: ['1h'],

  // Any option of \`tradeai train\`, by its name there: --weight-decay is weightDecay.
  // epochs: 50,
  // window: 24,
  // features: ['return_1', 'rsi_14', 'rsi_14@4h', 'return_1@ETHUSDT', 'column_funding_rate', 'body'],

  // Other options for single models, by model name.
  // models: { ETHUSDT: { window: 48 }, BTCUSDT_4h: { interval: '4h', horizon: 2 } },

  // Columns of your own: each candle gets the newest value that was known at its close. The feature is called
  // column_ and the name. \`delay\` is how long after its time a value is published.
  // columns: [{ name: 'funding_rate', file: 'funding.csv', time: 'time', value: 'rate', delay: '0s', maxAge: '24h' }],

  // Features of your own: the value at the newest candle of a window of \`warmUp\` candles, oldest first.
  customFeatures: [
    defineFeature({
      name: 'body',
      description: 'the candle itself: log of close over open',
      warmUp: 1,
      compute: ({ open, close, length }) => Math.log(close[length - 1] / open[length - 1]),
    }),
  ],

  // When \`tradeai serve\` trains again: cron text, or so many candles after the last training.
  // schedule: { retrain: { everyCandles: 168 }, onDrift: true },

  // How \`tradeai serve\` listens. Beyond this machine only with a token in the variable that tokenEnv names.
  // serve: {
  //   host: '127.0.0.1',
  //   port: 8080,
  //   webhooks: [{ url: 'https://example.org/hook', events: ['promotion', 'drift'], secretEnv: 'TRADEAI_WEBHOOK_SECRET' }],
  // },
});
`;
}
