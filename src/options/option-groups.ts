/**
 * Every option of a training, with its range, its default and what the help says of it, in the groups that functions ask
 * for. Everything else is made from this one definition: flags, variables, the config file, and what versions and reports
 * write, all of which are flat.
 */

import { z } from 'zod';
import { DEFAULT_FEATURE_NAMES } from '../features/catalogue.js';
import { SCHEDULES } from '../lstm/trainer.js';

export const ENGINE_CHOICES = ['auto', 'native', 'wasm', 'reference'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** What the help says of an option. */
export interface OptionHelp {
  readonly description: string;
  /** What stands behind the flag: `--epochs <COUNT>`; a switch has nothing. */
  readonly value?: string;
}

/** The help of the schemas below. */
export const OPTION_HELP = z.registry<OptionHelp>();

const whole = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);
const share = (minimum: number, maximum: number) => z.number().min(minimum).max(maximum);

function valued<Schema extends z.ZodType>(value: string, description: string, schema: Schema): Schema {
  OPTION_HELP.add(schema, { value, description });
  return schema;
}

function switched(description: string) {
  const schema = z.boolean().default(false);
  OPTION_HELP.add(schema, { description });
  return schema;
}

const collecting = {
  symbol: valued('SYMBOL', "the pair, in the exchange's spelling: BTCUSDT", z.string()),
  name: valued('NAME', 'name of the model (default: the symbol)', z.string().optional()),
  interval: valued(
    'INTERVAL',
    'candle length: 1m 5m 15m 1h 4h 1d … (default: 1h, or that of the file)',
    z.string().optional(),
  ),
  source: valued('NAME', 'candles from binance, demo (simulated) or file (imported before)', z.string().optional()),
  data: valued('FILE', 'candles from a CSV, JSON, Parquet or Feather file, gzip as well', z.string().optional()),
  timeZone: valued(
    'ZONE',
    'zone of times in that file without an offset: Europe/Berlin (default: UTC)',
    z.string().optional(),
  ),
  /** First and last instant used, ISO date or epoch milliseconds; `to` is exclusive. */
  from: valued('DATE', 'first day used, UTC: 2020-01-01', z.union([z.string(), z.number()]).optional()),
  to: valued('DATE', 'day before which the data ends, UTC', z.union([z.string(), z.number()]).optional()),
  offline: switched('use the candles that are stored, fetch nothing'),
};

/** Train although the candles exceed a limit of the data gate. */
const overrides = {
  allowGaps: switched('train although more than 1 % of the candles used are missing'),
  allowConflicts: switched('train although times stand twice with different candles'),
  allowOhlcErrors: switched('train although rows cannot be candles; they are left out'),
  allowZeroVolume: switched('train although more than 10 % of the candles are without trades'),
  allowStale: switched('train although the newest candle is older than 2 intervals'),
  allowMixed: switched('train although the series is mixed of candles of two lengths, markets, symbols or clocks'),
};

const features = {
  features: valued(
    'NAMES',
    'features, separated by commas (see `tradeai features`)',
    z
      .array(z.string())
      .max(1_000)
      .default([...DEFAULT_FEATURE_NAMES]),
  ),
  horizon: valued('CANDLES', 'candles ahead that are predicted', whole(1, 1_000).default(1)),
  window: valued('CANDLES', 'candles the LSTM looks back on', whole(1, 10_000).default(24)),
  maxGap: valued('CANDLES', 'longest gap of missing candles that a window may cross', whole(0, 100_000).default(24)),
};

const model = {
  hidden: valued('UNITS', 'units of each LSTM layer', whole(1, 4_096).default(32)),
  layers: valued('COUNT', 'LSTM layers', whole(1, 8).default(1)),
  dropout: valued('SHARE', 'share of units dropped before the dense layer', share(0, 0.95).default(0.2)),
  members: valued('COUNT', 'networks trained with different seeds and averaged', whole(1, 64).default(4)),
};

const fitting = {
  epochs: valued('COUNT', 'most epochs of training', whole(1, 100_000).default(50)),
  batch: valued('ROWS', 'windows in a training step', whole(1, 65_536).default(256)),
  lr: valued('RATE', "Adam's learning rate", z.number().positive().max(1).default(5e-4)),
  schedule: valued(
    'NAME',
    'learning rate over the epochs: constant, cosine or plateau',
    z.enum(SCHEDULES).default('constant'),
  ),
  patience: valued('EPOCHS', 'epochs without a better validation loss before stopping', whole(1, 100_000).default(5)),
  loss: valued('NAME', 'mse or huber', z.enum(['mse', 'huber']).default('mse')),
  clip: valued('NORM', 'largest norm of the gradient, 0 for none', z.number().min(0).max(1e6).default(1)),
  weightDecay: valued('RATE', 'decoupled weight decay (AdamW)', z.number().min(0).max(10).default(0)),
  seed: valued('NUMBER', 'the same seed and data give the same model', whole(0, Number.MAX_SAFE_INTEGER).default(42)),
};
const warming = {
  warmStart: switched('go on from the champion on newer rows, beside a control from scratch; keep the better'),
};

const assessing = {
  testShare: valued('SHARE', 'newest share of the candles, kept for the test', share(0.01, 0.9).default(0.3)),
  validationShare: valued('SHARE', 'share before the test, for early stopping', share(0.01, 0.5).default(0.15)),
  folds: valued('COUNT', 'folds of the walk-forward; 0: one training, which also serves', whole(0, 100).default(4)),
  rolling: switched('train each fold on a window of equal length, not on everything before'),
  costBps: valued('BPS', 'fees and slippage of one side, in 1/100 %', z.number().min(0).max(1_000).default(10)),
  minConfidence: valued('SHARE', 'smallest confidence that gives BUY or SELL', share(0.5, 1).default(0.52)),
};
const promoting = {
  requireSkill: switched('promote on the verdict "skill" only'),
  expires: valued(
    'DAYS',
    'age at which a champion yields to any challenger that is not significantly worse',
    z.number().positive().max(100_000).default(90),
  ),
};

const runtime = {
  engine: valued('NAME', 'auto, native, wasm or reference', z.enum(ENGINE_CHOICES).default('auto')),
  threads: valued('COUNT', 'threads of the engine, 0 for one a core', whole(0, 1_024).default(0)),
};

/** Which candles a model is of, and which of their faults are accepted. */
export type DataOptions = z.output<typeof OPTION_GROUPS.data>;
/** What of the candles the LSTM sees, and what it predicts. */
export type FeatureOptions = z.output<typeof OPTION_GROUPS.features>;
/** The networks. */
export type ModelOptions = z.output<typeof OPTION_GROUPS.model>;
/** How they are fitted. */
export type TrainingOptions = z.output<typeof OPTION_GROUPS.training>;
/** How the result is judged, and what it takes to become champion. */
export type JudgingOptions = z.output<typeof OPTION_GROUPS.judging>;
/** What it runs on; the result does not depend on it, but for the last bits between families of engines. */
export type RuntimeOptions = z.output<typeof OPTION_GROUPS.runtime>;

export const OPTION_GROUPS = {
  data: z.strictObject({ ...collecting, ...overrides }),
  features: z.strictObject(features),
  model: z.strictObject(model),
  training: z.strictObject({ ...fitting, ...warming }),
  judging: z.strictObject({ ...assessing, ...promoting }),
  runtime: z.strictObject(runtime),
};
export type OptionGroupName = keyof typeof OPTION_GROUPS;

/** All groups as one, in the order in which versions and reports have always written them. */
export const trainOptionsSchema = z.strictObject({
  ...collecting,
  ...features,
  ...model,
  ...fitting,
  ...assessing,
  ...warming,
  ...promoting,
  ...overrides,
  ...runtime,
});

export type TrainOptionName = keyof z.output<typeof trainOptionsSchema>;
