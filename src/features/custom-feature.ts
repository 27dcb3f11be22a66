/**
 * Features of the user's own. A definition is a pure function of the newest candles, or a stream for those who need
 * speed; either way it is handed closed candles only, so it cannot look ahead unless it looks elsewhere.
 */

import { createHash } from 'node:crypto';
import { TradeAiError } from '../core/errors.js';
import type { Candle } from '../market/candle-series.js';
import { columnKey } from './column-feature.js';
import type { Feature, FeatureStream } from './feature.js';
import { CandleWindow, type FeatureWindow } from './feature-window.js';

/** One closed candle as a stream of a custom feature takes it. */
export interface FeatureCandle extends Readonly<Omit<Candle, 'extras'>> {
  /** The declared columns by name; every one has a value. */
  readonly columns: Readonly<Record<string, number>>;
}

interface FeatureHead {
  /** Small letters, digits and `_`, beginning with a letter: what stands in `features`. */
  readonly name: string;
  readonly description?: string;
  /** Candles needed for one value, the newest one among them. */
  readonly warmUp: number;
  /** Custom columns it looks at, by their names in `columns` of the config. */
  readonly columns?: readonly string[];
}

interface ComputedFeature extends FeatureHead {
  /** The value at the newest candle of the window, which holds `warmUp` candles. */
  compute(window: FeatureWindow): number;
  readonly createStream?: undefined;
}

interface StreamedFeature extends FeatureHead {
  /** A new stream, which has seen nothing yet; it is given every candle, and its first `warmUp − 1` values are not used. */
  createStream(): (candle: FeatureCandle) => number;
  readonly compute?: undefined;
}

export type FeatureDefinition = ComputedFeature | StreamedFeature;

/** What a model remembers of a custom feature. */
export interface CustomFeatureRecord {
  readonly name: string;
  readonly description: string;
  readonly warmUp: number;
  readonly columns: readonly string[];
  /** SHA-256 of the text of its function. */
  readonly sourceSha256: string;
}

/** A checked definition. Its functions are absent in one that was read back from a model; `JSON.stringify` leaves them out. */
export interface CustomFeature extends CustomFeatureRecord {
  readonly compute?: (window: FeatureWindow) => number;
  readonly createStream?: () => (candle: FeatureCandle) => number;
}

/** Whether a feature can be computed, rather than only be known by its record. */
export function isDefined({ compute, createStream }: CustomFeature): boolean {
  return compute !== undefined || createStream !== undefined;
}

const NAME_PATTERN = /^[a-z][a-z0-9_]{0,62}$/;
const MAXIMUM_WARM_UP = 100_000;

/**
 * Declares a feature of your own.
 *
 * @throws TradeAiError `CONFIG_INVALID` naming the feature and the wrong part
 * @example defineFeature({ name: 'body', warmUp: 1, compute: ({ open, close }) => Math.log(close[0] / open[0]) })
 */
export function defineFeature(definition: FeatureDefinition): CustomFeature {
  const { name, description, warmUp, columns = [], compute, createStream } = definition;
  if (typeof name !== 'string' || !NAME_PATTERN.test(name) || /_lag_\d+$/.test(name) || name.startsWith('column_')) {
    throw new TradeAiError('CONFIG_INVALID', `custom feature ${show(name)}: that is no name for a feature`, {
      hint: 'use small letters, digits and "_", at most 63, beginning with a letter; not column_… and not …_lag_3',
    });
  }
  const wrong = (part: string, expected: string, was: unknown) =>
    new TradeAiError('CONFIG_INVALID', `custom feature ${name}: ${part}: expected ${expected}, was ${show(was)}`);
  if (!Number.isInteger(warmUp) || warmUp < 1 || warmUp > MAXIMUM_WARM_UP) {
    throw wrong('warmUp', `a whole number of candles from 1 to ${MAXIMUM_WARM_UP}`, warmUp);
  }
  if (description !== undefined && typeof description !== 'string') throw wrong('description', 'text', description);
  if (!Array.isArray(columns) || columns.some((column) => typeof column !== 'string')) {
    throw wrong('columns', 'a list of column names', columns);
  }
  if ((typeof compute === 'function') === (typeof createStream === 'function')) {
    throw new TradeAiError('CONFIG_INVALID', `custom feature ${name}: expected one function, compute or createStream`);
  }
  const source = String(compute ?? createStream);
  return {
    name,
    description: description ?? 'a feature of your own',
    warmUp,
    columns: [...columns],
    sourceSha256: createHash('sha256').update(source).digest('hex'),
    ...(compute === undefined ? { createStream } : { compute }),
  };
}

/**
 * The definition as a feature. A row where a declared column has no value is not ready, and the segment begins anew
 * behind it: no window holds a missing value. What the function does wrong stops the run.
 *
 * @throws TradeAiError `MODEL_MISMATCH` when only its record is known; its streams throw `FEATURE_INVALID`
 */
export function customFeature(custom: CustomFeature): Feature {
  const { name, description, warmUp, columns } = custom;
  if (!isDefined(custom)) {
    throw new TradeAiError('MODEL_MISMATCH', `the model needs the custom feature ${name}, which is not defined here`, {
      hint: 'run it in the workspace whose tradeai.config defines this feature, or train again without it',
    });
  }
  const keys = columns.map(columnKey);
  return {
    name,
    description,
    warmUpRows: warmUp,
    extraNames: keys.length > 0 ? keys : undefined,
    createStream() {
      let next: FeatureStream | undefined;
      let rows = 0;
      return (candle) => {
        if (keys.some((key) => Number.isNaN(candle.extras?.[key] ?? Number.NaN))) {
          next = undefined;
          rows = 0;
          return Number.NaN;
        }
        next ??= openStream(custom);
        rows += 1;
        const value = guard(name, candle, () => next!(candle));
        return rows < warmUp ? Number.NaN : checkValue(name, candle, value);
      };
    },
  };
}

function openStream(custom: CustomFeature): FeatureStream {
  const { warmUp, columns, compute, createStream } = custom;
  if (compute !== undefined) {
    const window = new CandleWindow(warmUp, columns);
    return (candle) => {
      window.push(candle);
      return window.isFull ? compute(window.view()) : Number.NaN;
    };
  }
  const next = createStream!();
  return ({ extras, ...candle }) => {
    const values = Object.fromEntries(columns.map((column) => [column, extras![columnKey(column)]]));
    return next({ ...candle, columns: values });
  };
}

function guard(name: string, { openTimeMs }: Candle, run: () => number): number {
  try {
    return run();
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new TradeAiError('FEATURE_INVALID', `feature ${name} throws at ${instant(openTimeMs)}: ${reason}`, {
      hint: `mend ${name} in tradeai.config, or leave it out of the features`,
      cause,
    });
  }
}

function checkValue(name: string, { openTimeMs }: Candle, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TradeAiError(
    'FEATURE_INVALID',
    `feature ${name} at ${instant(openTimeMs)}: expected one finite number, was ${show(value)}`,
    {
      hint:
        typeof value === 'number'
          ? `guard divisions and logarithms in ${name}, or raise its warmUp if it needs more candles`
          : `let ${name} return one number, the value at the newest candle`,
    },
  );
}

function instant(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

function show(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value);
  if (typeof value === 'function') return 'a function';
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return `a list of ${(value as unknown[]).length}`;
  if (value instanceof Promise) return 'a promise';
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
