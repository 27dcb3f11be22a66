/** The flags of `train`: one table that the command line, the environment and the help share. */

import { TradeAiError } from '../core/errors.js';
import type { TrainOptionName } from '../options/train-options.js';

export interface FlagDefinition {
  readonly name: TrainOptionName;
  readonly kind: 'text' | 'number' | 'list' | 'switch';
  /** What stands behind the flag in the help: `--epochs <count>`. */
  readonly value?: string;
  readonly description: string;
}

export const TRAIN_FLAGS: readonly FlagDefinition[] = [
  { name: 'symbol', kind: 'text', value: 'SYMBOL', description: "the pair, in the exchange's spelling: BTCUSDT" },
  {
    name: 'interval',
    kind: 'text',
    value: 'INTERVAL',
    description: 'candle length: 1m 5m 15m 1h 4h 1d … (default: 1h, or that of the file)',
  },
  { name: 'data', kind: 'text', value: 'FILE', description: 'candles from a CSV, CSV.gz or Parquet file' },
  {
    name: 'source',
    kind: 'text',
    value: 'NAME',
    description: 'candles from binance, demo (simulated) or file (imported before)',
  },
  { name: 'from', kind: 'text', value: 'DATE', description: 'first day used, UTC: 2020-01-01' },
  { name: 'to', kind: 'text', value: 'DATE', description: 'day before which the data ends, UTC' },
  { name: 'offline', kind: 'switch', description: 'use the candles that are stored, fetch nothing' },
  {
    name: 'features',
    kind: 'list',
    value: 'NAMES',
    description: 'features, separated by commas (see `tradeai features`)',
  },
  { name: 'horizon', kind: 'number', value: 'CANDLES', description: 'candles ahead that are predicted' },
  { name: 'window', kind: 'number', value: 'CANDLES', description: 'candles the LSTM looks back on' },
  {
    name: 'maxGap',
    kind: 'number',
    value: 'CANDLES',
    description: 'longest gap of missing candles that a window may cross',
  },
  { name: 'hidden', kind: 'number', value: 'UNITS', description: 'units of each LSTM layer' },
  { name: 'layers', kind: 'number', value: 'COUNT', description: 'LSTM layers' },
  { name: 'dropout', kind: 'number', value: 'SHARE', description: 'share of units dropped before the dense layer' },
  {
    name: 'members',
    kind: 'number',
    value: 'COUNT',
    description: 'networks trained with different seeds and averaged',
  },
  { name: 'epochs', kind: 'number', value: 'COUNT', description: 'most epochs of training' },
  { name: 'batch', kind: 'number', value: 'ROWS', description: 'windows in a training step' },
  { name: 'lr', kind: 'number', value: 'RATE', description: "Adam's learning rate" },
  {
    name: 'schedule',
    kind: 'text',
    value: 'NAME',
    description: 'learning rate over the epochs: constant, cosine or plateau',
  },
  {
    name: 'patience',
    kind: 'number',
    value: 'EPOCHS',
    description: 'epochs without a better validation loss before stopping',
  },
  { name: 'loss', kind: 'text', value: 'NAME', description: 'mse or huber' },
  { name: 'clip', kind: 'number', value: 'NORM', description: 'largest norm of the gradient, 0 for none' },
  { name: 'weightDecay', kind: 'number', value: 'RATE', description: 'decoupled weight decay (AdamW)' },
  { name: 'seed', kind: 'number', value: 'NUMBER', description: 'the same seed and data give the same model' },
  { name: 'testShare', kind: 'number', value: 'SHARE', description: 'newest share of the candles, kept for the test' },
  { name: 'validationShare', kind: 'number', value: 'SHARE', description: 'share before the test, for early stopping' },
  {
    name: 'folds',
    kind: 'number',
    value: 'COUNT',
    description: 'stretches of the walk-forward; 0: one training, which also serves',
  },
  {
    name: 'rolling',
    kind: 'switch',
    description: 'train each fold on a window of equal length, not on everything before',
  },
  { name: 'costBps', kind: 'number', value: 'BPS', description: 'fees and slippage of one side, in 1/100 %' },
  { name: 'minConfidence', kind: 'number', value: 'SHARE', description: 'smallest confidence that gives BUY or SELL' },
  {
    name: 'warmStart',
    kind: 'switch',
    description: 'go on from the champion on newer rows, beside a twin from scratch; keep the better',
  },
  { name: 'requireSkill', kind: 'switch', description: 'promote on the verdict "skill" only' },
  {
    name: 'expires',
    kind: 'number',
    value: 'DAYS',
    description: 'age at which a champion yields to any challenger that is not significantly worse',
  },
  { name: 'allowGaps', kind: 'switch', description: 'train although more than 1 % of the candles used are missing' },
  { name: 'allowConflicts', kind: 'switch', description: 'train although times stand twice with different candles' },
  {
    name: 'allowOhlcErrors',
    kind: 'switch',
    description: 'train although rows cannot be candles; they are left out',
  },
  {
    name: 'allowZeroVolume',
    kind: 'switch',
    description: 'train although more than 10 % of the candles are without trades',
  },
  { name: 'allowStale', kind: 'switch', description: 'train although the newest candle is older than 2 intervals' },
  { name: 'engine', kind: 'text', value: 'NAME', description: 'auto, native, wasm or reference' },
  { name: 'threads', kind: 'number', value: 'COUNT', description: 'threads of the engine, 0 for one a core' },
  { name: 'name', kind: 'text', value: 'NAME', description: 'name of the model (default: the symbol)' },
];

/** How an option is called on the command line: `maxGap` is `--max-gap`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** How an option is called in the environment: `maxGap` is `TRADEAI_MAX_GAP`. */
export function variableOf(name: string): string {
  return `TRADEAI_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

const NUMBER_PATTERN = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads the text of a flag or a variable.
 *
 * @param where how the option was called, for the message
 * @throws TradeAiError `USAGE` for text where a number is expected
 */
export function readFlagValue(definition: FlagDefinition, text: string | boolean, where: string): unknown {
  if (typeof text === 'boolean') return text;
  switch (definition.kind) {
    case 'text':
      return text;
    case 'list':
      return text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '');
    case 'switch':
      if (['1', 'true', 'yes'].includes(text)) return true;
      if (['0', 'false', 'no', ''].includes(text)) return false;
      throw new TradeAiError('USAGE', `${where}: expected true or false, was ${JSON.stringify(text)}`);
    case 'number':
      if (NUMBER_PATTERN.test(text)) return Number(text);
      throw new TradeAiError('USAGE', `${where}: expected a number, was ${JSON.stringify(text)}`);
    default:
      return definition.kind satisfies never;
  }
}
