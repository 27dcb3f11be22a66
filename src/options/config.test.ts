import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TradeAiError } from '../core/errors.js';
import { defineFeature } from '../features/custom-feature.js';
import { parseConfig } from './config.js';

const PATH = '/w/tradeai.config.ts';
const body = defineFeature({ name: 'body', warmUp: 1, compute: ({ close }) => close[0] });
const funding = { name: 'funding_rate', file: 'funding.csv', value: 'rate', delay: '8h' };

function errorOf(value: unknown): TradeAiError {
  try {
    parseConfig(value, PATH);
  } catch (error) {
    expect(error).toBeInstanceOf(TradeAiError);
    return error as TradeAiError;
  }
  throw new Error('expected an error, there was none');
}

describe('a config', () => {
  test('that is a flat object of options is what it was', () => {
    const { train, serve, given } = parseConfig({ epochs: 30, schedule: 'cosine' }, PATH);
    expect({ ...train }).toEqual({ epochs: 30, schedule: 'cosine' });
    expect(serve).toMatchObject({ host: '127.0.0.1', webhooks: [], demoteOnDrift: false });
    expect([...given]).toEqual(['epochs', 'schedule']);
  });

  test('may have sections beside the options', () => {
    const config = parseConfig(
      {
        window: 12,
        symbols: ['BTCUSDT', 'ETHUSDT'],
        intervals: ['1h', '4h'],
        models: { ETHUSDT: { window: 48 } },
        columns: [funding],
        customFeatures: [body],
        schedule: { retrain: { everyCandles: 168 }, learningRate: 'plateau' },
        serve: { port: 9_000, webhooks: [{ url: 'https://example.org/x', secretEnv: 'HOOK_SECRET' }] },
      },
      PATH,
    );
    expect({ ...config.train }).toEqual({ window: 12, schedule: 'plateau' });
    expect(config).toMatchObject({ symbols: ['BTCUSDT', 'ETHUSDT'], intervals: ['1h', '4h'], customFeatures: [body] });
    expect({ ...config.models.get('ETHUSDT') }).toEqual({ window: 48 });
    expect(config.columns).toEqual([{ ...funding, time: 'time' }]);
    expect(config.schedule).toEqual({ retrain: { everyCandles: 168 }, timeZone: 'UTC', onDrift: false });
    expect(config.serve).toMatchObject({ port: 9_000, webhooks: [{ secretEnv: 'HOOK_SECRET', allowPrivate: false }] });
    expect(config.given).toContain('serve.port');
    expect(config.given).not.toContain('serve.host');
  });
});

describe('a wrong config is told with the path of the key', () => {
  test.each([
    [{ epoch: 3 }, 'unknown option epoch', 'did you mean epochs?'],
    [{ simbols: [] }, 'unknown option simbols', 'did you mean symbols?'],
    [{ symbos: [] }, 'unknown option symbos', 'did you mean symbol or symbols?'],
    [{ colour: 1 }, 'unknown option colour', 'There are symbol, '],
    [{ columns: [{ name: 'a', file: 'f.csv', valu: 'x', delay: '5m' }] }, 'columns[0].valu', 'did you mean value?'],
    [{ serve: { prot: 1 } }, 'unknown key serve.prot', 'did you mean port?'],
    [{ columns: [{ ...funding, dely: '8h' }] }, 'unknown key columns[0].dely', 'did you mean delay?'],
    [{ models: { BTCUSDT: { widow: 3 } } }, 'unknown key models.BTCUSDT.widow', 'did you mean window?'],
    [
      { serve: { webhooks: [{ url: 'https://a.b', secret: 'x' }] } },
      'serve.webhooks[0].secret',
      'did you mean secretEnv?',
    ],
    [{ schedule: { retrian: '* * * * *' } }, 'unknown key schedule.retrian', 'did you mean retrain?'],
  ])('%j: an unknown key names the nearest', (value, message, hint) => {
    const error = errorOf(value);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`${PATH}: `);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  test.each([
    [
      { schedule: { retrain: '* *' } },
      'schedule.retrain: expected cron text such as "15 3 * * *", or { everyCandles: 168 }, was "* *"',
    ],
    [{ epochs: 'many' }, 'epochs: expected a whole number from 1 to 100000, was "many"'],
    [{ epochs: 1.5 }, 'epochs: expected a whole number from 1 to 100000, was 1.5'],
    [{ dropout: 7 }, 'dropout: expected a number from 0 to 0.95, was 7'],
    [{ engine: 'gpu' }, 'engine: expected one of auto, native, wasm, reference, was "gpu"'],
    [{ schedule: 'cosin' }, 'schedule: expected one of constant, cosine, plateau, was "cosin"'],
    [
      { models: { BTCUSDT: { epochs: -1 } } },
      'models.BTCUSDT.epochs: expected a whole number from 1 to 100000, was -1',
    ],
    [{ symbols: 'BTCUSDT' }, 'symbols: expected a list, was "BTCUSDT"'],
    [{ symbols: ['btc usdt'] }, 'symbols[0]: "btc usdt" is not a valid symbol'],
    [{ symbols: ['../x'] }, 'symbols[0]'],
    [{ intervals: ['5h'] }, 'intervals[0]: unknown interval "5h"'],
    [{ serve: { port: 70_000 } }, 'serve.port: expected 65535 or less, was 70000'],
    [
      { serve: { trustedProxies: ['nginx'] } },
      'serve.trustedProxies[0]: expected an IP address, or a network as 10.0.0.0/8',
    ],
    [{ serve: { trainingStallMinutes: 5 } }, 'serve.trainingStallMinutes: expected 10 or more, was 5'],
    [{ serve: { host: 3 } }, 'serve.host: expected text, was 3'],
    [{ serve: { webhooks: [{ url: 'ftp://x' }] } }, 'serve.webhooks[0].url: expected an http or https address'],
    [{ schedule: { retrain: { everyCandles: 0 } } }, 'schedule.retrain.everyCandles: expected 1 or more, was 0'],
    [{ schedule: { retrain: 3 } }, 'schedule.retrain: expected cron text such as'],
    [{ schedule: { timeZone: 'Mars' } }, 'schedule.timeZone: expected a time zone such as UTC'],
    [
      { columns: [{ ...funding, delay: '8 hours' }] },
      'columns[0].delay: expected a duration such as 90s, 15m, 8h or 2d, was',
    ],
    [{ columns: [{ ...funding, delay: undefined }] }, 'columns[0].delay: expected text, was nothing'],
    [{ columns: [{ ...funding, maxAge: '4h' }] }, 'columns[0].maxAge: expected no less than the delay'],
    [{ columns: [funding, funding] }, 'columns[1].name: column funding_rate is declared twice'],
    [{ columns: [{ ...funding, name: 'Funding' }] }, 'columns[0].name: expected small letters'],
    [{ customFeatures: [{ name: 'x', warmUp: 1 }] }, 'customFeatures[0]: custom feature x: expected one function'],
    [{ customFeatures: ['x'] }, 'customFeatures[0]: expected what defineFeature'],
    [{ customFeatures: [body, body] }, 'customFeatures[1]: body: two features have this name'],
    [
      { customFeatures: [{ ...body, name: 'rsi_14' }] },
      'customFeatures[0]: rsi_14: the catalogue has a feature of this name',
    ],
    [[], 'expected an object of options as the default export'],
    [null, 'expected an object of options as the default export'],
    [{ serve: new Map() }, 'serve: expected a plain object'],
  ])('%j', (value, message) => {
    const error = errorOf(value);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
  });

  test('a secret in the wrong place is not repeated', () => {
    const error = errorOf({ serve: { tokenEnv: 'canary-0123456789' } });
    expect(error.message).toContain('serve.tokenEnv');
    expect(`${error.message} ${error.hint}`).not.toContain('canary');
  });
});

describe('prototypes', () => {
  test.each([
    '{"__proto__":{"x":1}}',
    '{"serve":{"__proto__":{"x":1}}}',
    '{"models":{"constructor":{}}}',
    '{"prototype":1}',
  ])('%s is refused', (json) => expect(errorOf(JSON.parse(json)).message).toMatch(/not allowed/));

  test('stay as they are, whatever JSON a config is', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort();
    const key = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'prototype', 'serve', 'models', 'epochs'),
      fc.string(),
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.array(fc.tuple(key, tie('value')), { maxLength: 3 })),
    })).value;
    const toObject = (value: unknown): unknown =>
      Array.isArray(value) && value.every((entry) => Array.isArray(entry) && typeof entry[0] === 'string')
        ? JSON.parse(
            `{${value.map(([name, inner]) => `${JSON.stringify(name)}:${JSON.stringify(toObject(inner) ?? null)}`).join(',')}}`,
          )
        : value;
    fc.assert(
      fc.property(json, (value) => {
        try {
          parseConfig(toObject(value), PATH);
        } catch (error) {
          expect(error).toBeInstanceOf(TradeAiError);
        }
        expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
        expect(({} as Record<string, unknown>).x).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
