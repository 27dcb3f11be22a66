import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { readWholeNumber } from '../../src/cli/flag-values.js';
import { decodeCheckpoint } from '../../src/lstm/checkpoint.js';
import { encodeSafetensors } from '../../src/lstm/safetensors.js';
import { emptyConfig, parseConfig } from '../../src/options/config.js';
import { gatherOptions } from '../../src/options/given-options.js';
import { readFlagValue, readTrainFlags, TRAIN_FLAGS } from '../../src/options/train-flags.js';
import { parseTime, parseTrainOptions } from '../../src/options/train-options.js';
import { parseLine } from '../../src/storage/ledger-lines.js';
import { sealJson, unsealJson } from '../../src/storage/sealed-json.js';
import { parseManifest } from '../../src/storage/version-folder.js';
import { decodeModel } from '../../src/versions/model-files.js';
import { importVersion } from '../../src/versions/transfer.js';
import { effortOf } from '../support/processor-time.js';
import { runHere } from '../support/program-here.js';
import { jsonOf, openTestWorkspace, trainVersion, withFiles } from './trained-version.js';

const RUNS = Number(process.env.TRADEAI_EDGE_RUNS ?? 1_000);
const GREATEST_EFFORT = 20;
const EDGES =
  '0 -0 -1 1 1e3 1e9 1e21 1e309 -1e309 NaN nan Infinity -Infinity 0x10 0b1 1_000 1,5 1.5 .5 5. + - e5 ١ １ 2147483648 4294967296 9007199254740991 9007199254740992 9007199254740993 18446744073709551616'.split(
    ' ',
  );
const edge = fc.oneof(
  fc.constantFrom(...EDGES, '', ' ', ' 1', '1 ', '1\n', '1\0', '9'.repeat(400), `0.${'0'.repeat(400)}1`),
  fc.double().map(String),
  fc.bigInt().map(String),
);
const USAGE = expect.objectContaining({ name: 'TradeAiError', kind: 'usage' });
const NUMBERS = TRAIN_FLAGS.filter(({ kind }) => kind === 'number');

/** The bounds of docs and schema, written down once more. */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  horizon: [1, 1_000],
  window: [1, 10_000],
  maxGap: [0, 100_000],
  hidden: [1, 4_096],
  layers: [1, 8],
  dropout: [0, 0.95],
  members: [1, 64],
  epochs: [1, 100_000],
  batch: [1, 65_536],
  lr: [Number.MIN_VALUE, 1],
  patience: [1, 100_000],
  clip: [0, 1e6],
  weightDecay: [0, 10],
  seed: [0, Number.MAX_SAFE_INTEGER],
  testShare: [0.01, 0.9],
  validationShare: [0.01, 0.5],
  folds: [0, 100],
  costBps: [0, 1_000],
  minConfidence: [0.5, 1],
  expires: [Number.MIN_VALUE, 100_000],
  threads: [0, 1_024],
};

/** What it gives or throws, which must cost little. */
function cheaply<Result>(run: () => Result): Result | Error {
  let outcome!: Result | Error;
  const effort = effortOf(() => {
    outcome = settle(run);
  });
  expect(effort).toBeLessThan(GREATEST_EFFORT);
  return outcome;
}

function settle<Result>(run: () => Result): Result | Error {
  try {
    return run();
  } catch (error) {
    expect(error).toEqual(USAGE);
    return error as Error;
  }
}

describe('a number', () => {
  test('has bounds in every option, whichever way it comes', () => {
    expect(NUMBERS.map(({ name }) => name).sort()).toEqual(Object.keys(BOUNDS).sort());
    const before = process.memoryUsage().heapUsed;
    fc.assert(
      fc.property(
        fc.constantFrom(...NUMBERS),
        edge,
        fc.constantFrom('flag', 'variable', 'config', 'model'),
        (flag, text, way) => {
          const { name } = flag;
          const config = emptyConfig();
          const read = cheaply(() => {
            if (way === 'config') return parseConfig({ [name]: Number(text) }, 'config').train;
            if (way === 'model')
              return parseConfig({ models: { BTCUSDT: { [name]: Number(text) } } }, 'config').models.get('BTCUSDT');
            const variable = `TRADEAI_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
            return way === 'flag'
              ? gatherOptions(readTrainFlags({ [name]: text }), { config }).values
              : gatherOptions({}, { config, environment: { [variable]: text } }).values;
          });
          if (read instanceof Error || read === undefined) return;
          const options = cheaply(() => parseTrainOptions({ symbol: 'BTCUSDT', ...read }));
          if (options instanceof Error) return;
          const value = (options as unknown as Record<string, number>)[name];
          const [least, most] = BOUNDS[name];
          expect(value, `${name} ${text}`).toBeGreaterThanOrEqual(least);
          expect(value, `${name} ${text}`).toBeLessThanOrEqual(most);
        },
      ),
      { numRuns: RUNS },
    );
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100e6);
  });

  test.each(['NaN', 'Infinity', '1e309', '0x10', '1_000', '', ' ', '1 ', '١', '１', '1,5', '+', 'e5'])(
    '%j is none on the command line',
    (text) => {
      for (const flag of NUMBERS) {
        const read = cheaply(() => readFlagValue(flag, text, flag.name));
        const options =
          read instanceof Error ? read : cheaply(() => parseTrainOptions({ symbol: 'BTCUSDT', [flag.name]: read }));
        expect(options, flag.name).toBeInstanceOf(Error);
      }
      expect(cheaply(() => readWholeNumber(text, '--keep'))).toBeInstanceOf(Error);
    },
  );

  test('of versions and counts is whole and safe', () => {
    fc.assert(
      fc.property(edge, (text) => {
        const value = cheaply(() => readWholeNumber(text, '--keep'));
        if (value instanceof Error) return;
        expect(Number.isSafeInteger(value) && (value as number) > 0 && /^\d+$/.test(text)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test('of milliseconds is a time that a date can say', () => {
    fc.assert(
      fc.property(fc.oneof(edge, fc.double()), (value) => {
        const timeMs = cheaply(() => parseTime(value, '--from'));
        if (timeMs instanceof Error) return;
        expect(new Date(timeMs as number).toISOString()).toMatch(/Z$/);
      }),
      { numRuns: RUNS },
    );
    expect(cheaply(() => parseTime(' ', '--from'))).toBeInstanceOf(Error);
  });

  test.each([
    [
      'train',
      '--symbol=BTCUSDT',
      '--offline',
      '--hidden=4096',
      '--layers=8',
      '--window=10000',
      '--batch=65536',
      '--members=64',
    ],
    ['train', '--symbol=BTCUSDT', '--offline', '--from=8640000000000001'],
    ['serve', '--port=65536'],
    ['serve', '--port=-1'],
    ['models', 'show', 'BTCUSDT', '9007199254740993'],
    ['models', 'prune', 'BTCUSDT', '--keep=1e309'],
    ['selftest', '--null=1e9'],
  ])('too large is refused by %s %s %s %s with exit status 2, before anything is done', async (...args) => {
    const workspace = openTestWorkspace();
    try {
      const { status, output } = await runHere([...args, `--home=${workspace.home}`]);
      expect(status, output).toBe(2);
      expect(readdirSync(workspace.home)).toEqual([]);
    } finally {
      workspace.remove();
    }
  });
});

describe('keys that reach a prototype', () => {
  const names = Object.getOwnPropertyNames(Object.prototype).join();
  afterEach(() => {
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(names);
    expect(Object.getOwnPropertyNames(Array.prototype)).not.toContain('polluted');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  const key = fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    '__proto__.polluted',
    '__defineGetter__',
    'toString',
    'hasOwnProperty',
  );
  /** An object as JSON has it, with such keys at any depth. */
  const poisoned: fc.Arbitrary<Record<string, unknown>> = fc
    .tuple(
      fc.array(fc.oneof(key, fc.constantFrom('models', 'serve', 'schedule', 'BTCUSDT', 'columns')), { maxLength: 4 }),
      key,
    )
    .map(([path, last]) =>
      JSON.parse(
        [...path, last].reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, '{"polluted":true}'),
      ),
    );

  test('change nothing when they come in a config, in options, in flags or in variables', async () => {
    fc.assert(
      fc.property(poisoned, (json) => {
        const parsers: (() => unknown)[] = [
          () => parseConfig(json, 'config'),
          () => parseTrainOptions({ symbol: 'BTCUSDT', ...json }),
          () => parseTrainOptions(Object.assign(Object.create(null), json, { symbol: 'BTCUSDT' })),
          () => gatherOptions(readTrainFlags(json as never), { config: emptyConfig(), environment: json as never }),
        ];
        for (const parse of parsers) {
          cheaply(parse);
        }
      }),
      { numRuns: RUNS },
    );
    for (const flag of ['--__proto__=1', '--constructor=1', '--prototype.polluted=1']) {
      expect((await runHere(['train', '--symbol=BTCUSDT', flag])).status).toBe(2);
    }
    expect((await runHere(['__proto__'])).status).toBe(2);
    expect((await runHere(['models', 'constructor'])).status).toBe(2);
  });

  test('change nothing when they come in a model, an archive, a checkpoint or a ledger', async () => {
    const workspace = openTestWorkspace();
    try {
      const sound = await trainVersion(workspace);
      const parts = ['config.json', 'scaler.json', 'calibration.json', 'report.json'] as const;
      await fc.assert(
        fc.asyncProperty(poisoned, fc.constantFrom(...parts), async (json, part) => {
          const text = JSON.stringify(jsonOf(sound, part)).replace(/\}$/, `,${JSON.stringify(json).slice(1)}`);
          const version = withFiles(sound, { [part]: text });
          await Promise.resolve()
            .then((): unknown =>
              part === 'report.json' ? importVersion(version, refusingRegistry) : decodeModel(version),
            )
            .catch((error) =>
              expect(error).toMatchObject({ name: expect.stringMatching(/^TradeAiError$|^Published$/) }),
            );
          const manifest = JSON.stringify({ ...sound.manifest }).replace(/\}$/, `,${JSON.stringify(json).slice(1)}`);
          const { name } = parseManifest('it', Buffer.from(sealJson(JSON.parse(manifest))));
          expect(name).toBe(sound.manifest.name);
          expect(unsealJson(sealJson(json))).toEqual(json);
          parseLine(JSON.stringify(json));
          const context = JSON.stringify(json);
          const bytes = encodeSafetensors([], { format: 'tradeai-checkpoint-2', context, ensembles: '[]' });
          expect(Object.getPrototypeOf(decodeCheckpoint<object>(bytes).context)).toBe(Object.prototype);
        }),
        { numRuns: Math.ceil(RUNS / 5) },
      );
    } finally {
      workspace.remove();
    }
  });
});

/** Takes nothing in: how far a version came is what the test wants to know. */
const refusingRegistry = {
  publish: () => Promise.reject(Object.assign(new Error('as far as publishing'), { name: 'Published' })),
} as never;
