import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../options/model-config.js';
import { flagOf, readFlagValue, TRAIN_FLAGS } from '../options/train-flags.js';
import { parseTrainOptions } from '../options/train-options.js';
import { fetchCommand, trainByNameCommand, trainCommand } from './fix-command.js';

const configOf = (options: Record<string, unknown>): ModelConfig => ({
  ...parseTrainOptions({ symbol: 'BTCUSDT', ...options }),
  name: String(options.name ?? 'BTCUSDT'),
  interval: (options.interval ?? '1h') as ModelConfig['interval'],
  source: String(options.source ?? 'binance'),
});

/** The options that the command line reads from a command without quotes. */
function optionsOf(command: string): Record<string, unknown> {
  const words = command.split(' ').slice(2);
  const options: Record<string, unknown> = {};
  while (words.length > 0) {
    const flag = words.shift()!;
    const definition = TRAIN_FLAGS.find(({ name }) => flagOf(name) === flag)!;
    options[definition.name] = readFlagValue(definition, definition.kind === 'switch' ? true : words.shift()!, flag);
  }
  return options;
}

describe('the command of a training', () => {
  test('leaves out what is the default', () => {
    expect(trainCommand(configOf({}), { lr: 1e-3 })).toBe('tradeai train --symbol BTCUSDT --lr 0.001');
  });

  test('gives back every option of the model but the changed one', () => {
    const options = {
      interval: '4h',
      name: 'mine',
      data: 'candles.csv.gz',
      from: '2020-01-01',
      features: ['return_1', 'rsi_14'],
      hidden: 64,
      maxGap: 5,
      weightDecay: 0.01,
      rolling: true,
      folds: 2,
      seed: 7,
      engine: 'wasm',
    };
    const config = configOf({ ...options, source: 'file' });
    const { dropout, ...rest } = optionsOf(trainCommand(config, { dropout: 0.4 }));
    expect(dropout).toBe(0.4);
    expect(parseTrainOptions(rest)).toEqual(parseTrainOptions({ symbol: 'BTCUSDT', ...options }));
  });

  test('leaves out an option that is changed to nothing', () => {
    const config = configOf({ data: 'candles.csv', from: '2024-01-01' });
    expect(trainCommand(config, { data: undefined, from: '2020-01-01' })).toBe(
      'tradeai train --symbol BTCUSDT --from 2020-01-01',
    );
  });

  test('names a source that is not the default, and the workspace where it was named', () => {
    expect(trainCommand(configOf({ source: 'file' }), { epochs: 9 }, { home: '/tmp/my models' })).toBe(
      "tradeai train --symbol BTCUSDT --source file --epochs 9 --home '/tmp/my models'",
    );
  });

  test('quotes what a shell would take apart', () => {
    expect(trainCommand(configOf({ data: "it's $HOME.csv" }))).toBe(
      "tradeai train --symbol BTCUSDT --data 'it'\\''s $HOME.csv'",
    );
  });
});

test('candles are fetched for the symbol, the interval and the source of the model', () => {
  expect(fetchCommand(configOf({}))).toBe('tradeai data fetch --symbol BTCUSDT');
  expect(fetchCommand(configOf({ interval: '4h', name: 'BTCUSDT_4h', source: 'kraken' }))).toBe(
    'tradeai data fetch --symbol BTCUSDT --interval 4h --source kraken',
  );
});

test('a name alone tells symbol and interval', () => {
  expect(trainByNameCommand('BTCUSDT')).toBe('tradeai train --symbol BTCUSDT');
  expect(trainByNameCommand('BTCUSDT_4h')).toBe('tradeai train --symbol BTCUSDT --interval 4h');
});
