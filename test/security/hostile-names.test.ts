import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { composePorts } from '../../src/app/compose.js';
import { isName } from '../../src/core/names.js';
import { parseConfig } from '../../src/options/config.js';
import { parseTrainOptions } from '../../src/options/train-options.js';
import type { Ports } from '../../src/ports/ports.js';
import { runHere } from '../support/program-here.js';
import { makeDraft } from '../support/version-draft.js';
import { CANDLES } from './trained-version.js';
import { type SystemWatch, watchSystem } from './watched-system.js';

/** The goal of a long run is a hundred thousand. */
const RUNS = Number(process.env.TRADEAI_NAME_RUNS ?? 400);
const ROOT = resolve(import.meta.dirname, '../..');
/** What the program itself reads to run. */
const OWN = ['src', 'node_modules', 'test', 'dist', 'package.json', 'tsconfig.json'].map((name) => join(ROOT, name));
/** Written anew here, so that the test does not believe the pattern it tests. */
const HARMLESS = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?$/i;
const PAIR = /^[A-Za-z0-9]+\/[A-Za-z0-9]+(?::[A-Za-z0-9]+(?:-\d{6})?)?$/;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]/u;

let home: string;
let ports: Ports;
let watch: SystemWatch;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'tradeai-names-'));
  process.env.TRADEAI_STATE_FOLDER = join(home, 'state');
  ports = composePorts({ home, environment: { TRADEAI_STATE_FOLDER: join(home, 'state') }, onNote: () => undefined });
  watch = watchSystem();
});
afterAll(() => {
  watch.stop();
  delete process.env.TRADEAI_STATE_FOLDER;
  rmSync(home, { recursive: true, force: true });
});
afterEach(() => {
  expect([...watch.paths].filter((path) => !isInside(path))).toEqual([]);
  expect(watch.programs).toEqual([]);
  watch.paths.clear();
});

function isInside(path: string): boolean {
  const full = isAbsolute(path) ? resolve(path) : resolve(process.cwd(), path);
  return [home, ...OWN].some((folder) => full === folder || full.startsWith(`${folder}/`));
}

const LISTED = [
  '..',
  '.',
  '../../etc/passwd',
  '..\\..\\windows\\win.ini',
  '%2e%2e%2f%2e%2e',
  '%252e%252e%252f',
  '/etc/passwd',
  'C:\\x',
  'C:x',
  '\\\\host\\share',
  'a/../../b',
  'a\0b',
  'CON',
  'nul.json',
  'COM1',
  'BTCUSDT.',
  'BTCUSDT ',
  ' BTCUSDT',
  'x'.repeat(65),
  'X'.repeat(300),
  'ＢＴＣＵＳＤＴ',
  'BTC\u2024USDT',
  '\u2025',
  '․․／etc',
  'BTC\u202eUSDT',
  'ВТСUSDT',
  '币\u202e安',
  '币\u200d安',
  '币/../安',
  '../币安',
  '币安\0',
  '币安.',
  '币 安',
  '币'.repeat(64),
  '\u3164',
  '⼀',
  'BTC\u0000',
  'Ｃ：',
  '.hidden',
  '-rf',
  '~root',
  '$HOME',
  '`id`',
  'a;id',
  'a|id',
  'a\nb',
  'file:///etc/passwd',
  'http://127.0.0.1/',
  'a:stream',
  '*',
  '?',
  '__proto__',
  '',
];
const hostile = fc
  .oneof(
    fc.constantFrom(...LISTED),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc
      .array(fc.constantFrom('.', '/', '\\', '%', '2e', '\0', 'A', '_', ':', ' ', '\u2024'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  )
  // Letters in which coins are named are harmless, too; those that are not are listed.
  .filter((name) => LISTED.includes(name) || !(HARMLESS.test(name) || EAST_ASIAN.test(name) || PAIR.test(name)));
/** As people write symbols, and ccxt: they may be given so, and nothing that keeps files takes them. */
const spelling = fc.constantFrom('A/A', 'BTC/USDT', 'BTC/USDT:USDT', 'BTC/USD:BTC-240628', 'ドージ'.normalize('NFD'));

const USAGE = expect.objectContaining({ name: 'TradeAiError', kind: 'usage' });

test('the pattern of names knows what is harmless', () => {
  for (const name of LISTED) expect(isName(name), JSON.stringify(name)).toBe(false);
  fc.assert(
    fc.property(
      fc.oneof(hostile, fc.stringMatching(/^[A-Za-z0-9._-]{1,70}$/)),
      (name) => isName(name) === HARMLESS.test(name),
    ),
    { numRuns: RUNS * 5 },
  );
});

describe('a hostile name', () => {
  test('is refused by everything that keeps files, before any file is touched', async () => {
    const forecast = (name: string) => ({ name, version: 1, asOfMs: 0 }) as never;
    const key = (name: string, part: 'source' | 'symbol') =>
      ({ source: 'demo', symbol: 'BTCUSDT', interval: '1h', [part]: name }) as never;
    const uses: ((name: string) => Promise<unknown>)[] = [
      (name) => ports.registry.load(name),
      (name) => ports.registry.load(name, 1),
      (name) => ports.registry.readManifest(name, 1),
      (name) => ports.registry.champion(name),
      (name) => ports.registry.listVersions(name),
      (name) => ports.registry.publish(makeDraft(name, 'x')),
      (name) => ports.registry.promote({ name, version: 1, reasons: [], expectedGeneration: 0 }),
      (name) => ports.registry.remove(name, 1),
      (name) => ports.registry.claim(name),
      (name) => ports.registry.healCopies(name),
      (name) => ports.checkpoints.save({ runId: 'a', name }, new Uint8Array(1)),
      (name) => ports.checkpoints.load({ runId: 'a', name }),
      (name) => ports.checkpoints.remove({ runId: 'a', name }),
      (runId) => ports.checkpoints.load({ runId, name: 'BTCUSDT' }),
      (runId) => ports.checkpoints.end(runId),
      (name) => ports.ledger.append([forecast(name)]),
      (name) => ports.ledger.resolve(name, [{ version: 1, asOfMs: 0 } as never]),
      (name) => ports.ledger.pending(name),
      (name) => ports.ledger.read({ name, limit: 1 }),
      (name) => ports.store.read(key(name, 'symbol')),
      (name) => ports.store.read(key(name, 'source')),
      (name) => ports.store.append(name, CANDLES),
      (name) => ports.store.append('demo', { ...CANDLES, symbol: name }),
      (name) => ports.quarantine.read(key(name, 'symbol')),
      (name) => ports.quarantine.add(key(name, 'source'), [{} as never]),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 9, arbitrary: hostile }, spelling),
        fc.constantFrom(...uses),
        async (name, use) => {
          const error = await (async () => use(name))().catch((caught) => caught);
          expect(error).toEqual(USAGE);
          expect([...watch.paths]).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
    expect(readdirSync(home)).toEqual([]);
  });

  test('is refused as an option and in a config', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        expect(() => parseTrainOptions({ symbol: name })).toThrow(USAGE);
        expect(() => parseTrainOptions({ symbol: 'BTCUSDT', name })).toThrow(USAGE);
        expect(() => parseTrainOptions({ symbol: 'BTCUSDT', source: name })).toThrow(USAGE);
        expect(() => parseTrainOptions({ symbol: 'BTCUSDT', features: [`return_1@${name}`] })).toThrow(USAGE);
        expect(() => parseConfig({ symbols: [name] }, 'config')).toThrow(USAGE);
        const column = { name: 'x', file: 'x.csv', value: 'v', delay: '0s', symbol: name };
        expect(() => parseConfig({ columns: [column] }, 'config')).toThrow(USAGE);
      }),
      { numRuns: RUNS },
    );
  });

  test('is refused by every verb with exit status 2, and nothing outside of the workspace is looked at', async () => {
    const verbs: ((name: string) => string[])[] = [
      (name) => ['predict', `--symbol=${name}`, '--offline'],
      (name) => ['predict', `--name=${name}`, '--offline'],
      (name) => ['train', `--symbol=${name}`, '--offline'],
      (name) => ['train', '--symbol=BTCUSDT', `--name=${name}`, '--offline'],
      (name) => ['train', '--symbol=BTCUSDT', `--source=${name}`, '--offline'],
      (name) => ['train', `--symbol=${name}`, '--resume'],
      (name) => ['audit', `--symbol=${name}`, '--offline'],
      (name) => ['evaluate', '--offline', '--', name],
      (name) => ['retrain', '--offline', '--', name],
      (name) => ['reproduce', '--', name],
      (name) => ['doctor', `--name=${name}`, '--offline'],
      (name) => ['models', 'show', '--', name],
      (name) => ['models', 'promote', '--', name, '1'],
      (name) => ['models', 'rollback', '--', name],
      (name) => ['models', 'prune', '--', name],
      (name) => ['models', 'export', '--', name],
      (name) => ['data', 'fetch', `--symbol=${name}`, '--source=demo'],
      (name) => ['data', 'fetch', '--symbol=BTCUSDT', `--source=${name}`],
      (name) => ['data', 'update', `--symbol=${name}`],
    ];
    await fc.assert(
      fc.asyncProperty(hostile, fc.constantFrom(...verbs), async (name, verb) => {
        const [first, ...rest] = verb(name);
        // Where several symbols may stand, blanks beside the commas and the ends are no part of them.
        const isList = first === 'data' && rest.includes(`--symbol=${name}`);
        fc.pre(!isList || !name.split(',').every((symbol) => isName(symbol.trim())));
        const args = rest[0] !== undefined && !rest[0].startsWith('-') ? [first, rest[0]] : [first];
        const { status, output } = await runHere([...args, `--home=${home}`, ...rest.slice(args.length - 1)]);
        // A name of blanks around commas is no name at all, which some verbs take for none given.
        expect(status, `${verb(name)}: ${output}`).toBe(2);
        expect(output).not.toMatch(/\n {4}at /);
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
    expect(existsSync(join(home, 'models'))).toBe(false);
  });
});

describe('names that somebody left in the workspace', () => {
  test('are no models and no candles, and hide those that are', async () => {
    const registry = ports.registry;
    await registry.publish(makeDraft('BTCUSDT', 'x'));
    for (const name of ['bad name', 'CON', 'é', 'a'.repeat(80), 'x.']) {
      mkdirSync(join(home, 'models/versions', name, '1'), { recursive: true });
      mkdirSync(join(home, 'data/candles', name, name), { recursive: true });
      writeFileSync(join(home, 'data/candles', name, name, '1h.parquet'), 'PAR1');
      mkdirSync(join(home, 'data/candles', name, name, '4h'));
      writeFileSync(join(home, 'data/candles', name, name, '4h/tail.parquet'), 'PAR1');
    }
    expect(await registry.listNames()).toEqual(['BTCUSDT']);
    expect(await ports.store.list()).toEqual([]);
  });

  test('that differ by capitals only are refused, because many disks take them for one', async () => {
    await expect(ports.registry.publish(makeDraft('btcusdt', 'x'))).rejects.toMatchObject({
      code: 'NAME_INVALID',
      message: expect.stringContaining('BTCUSDT'),
    });
    expect(await ports.registry.listNames()).toEqual(['BTCUSDT']);
  });
});
