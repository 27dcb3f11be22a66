import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDraft } from '../../test/support/version-draft.js';
import type { TradeAiError } from '../core/errors.js';
import type { ModelRegistry } from '../ports/registry.js';
import type { ModelManifest } from '../registry/manifest.js';
import { openFileRegistry } from './file-registry.js';
import { sealJson, unsealJson } from './sealed-json.js';

let home: string;
let registry: ModelRegistry;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tradeai-registry-'));
  registry = openFileRegistry(home, { nowMs: () => 1_700_000_000_123 });
});

afterEach(() => rm(home, { recursive: true, force: true }));

const inVersion = (version: number, file: string) => join(home, 'models/versions/BTCUSDT', String(version), file);

/** Publishes and promotes `count` versions of BTCUSDT with the texts v1, v2, … */
async function promoteVersions(count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    const { version } = await registry.publish(makeDraft('BTCUSDT', `v${i}`));
    await registry.promote({ name: 'BTCUSDT', version, reasons: [`reason ${i}`], expectedGeneration: i - 1 });
  }
}

const codeOf = (error: TradeAiError) => error.code;

test('a new workspace has no names, no versions, no champion, and no files', async () => {
  expect(await registry.listNames()).toEqual([]);
  expect(await registry.listVersions('BTCUSDT')).toEqual([]);
  expect(await registry.champion('BTCUSDT')).toBeUndefined();
  expect(await readdir(home)).toEqual([]);
});

test('promoting switches the pointer and then the three copies', async () => {
  await promoteVersions(2);
  expect(await registry.champion('BTCUSDT')).toEqual({
    version: 2,
    generation: 2,
    previousVersion: 1,
    promotedAtMs: 1_700_000_000_123,
    reasons: ['reason 2'],
  });
  expect((await registry.load('BTCUSDT')).manifest.version).toBe(2);
  expect(await readFile(join(home, 'models/BTCUSDT_lstm_model.onnx'), 'utf8')).toBe('BTCUSDT model.onnx v2\n');
  expect(await readFile(join(home, 'scalers/BTCUSDT_scaler.json'), 'utf8')).toBe('BTCUSDT scaler.json v2\n');
  expect(JSON.parse(await readFile(join(home, 'feature_names.json'), 'utf8'))).toEqual(['return_1', 'feature_v2']);
  expect((await readdir(join(home, 'models/versions/BTCUSDT'))).sort()).toEqual(['1', '2', 'champion.json']);
});

test('an older version can be promoted again', async () => {
  await promoteVersions(2);
  await registry.promote({ name: 'BTCUSDT', version: 1, reasons: ['rolled back'], expectedGeneration: 2 });
  expect((await registry.load('BTCUSDT')).manifest.version).toBe(1);
  expect(await readFile(join(home, 'models/BTCUSDT_lstm_model.onnx'), 'utf8')).toBe('BTCUSDT model.onnx v1\n');
});

test('names are listed sorted, with a version or a champion, hidden folders left out', async () => {
  for (const name of ['ETHUSDT', 'BTCUSDT_4h', 'BTCUSDT']) await registry.publish(makeDraft(name, 'x'));
  await mkdir(join(home, 'models/versions/EMPTY'));
  await mkdir(join(home, 'models/versions/.hidden/1'), { recursive: true });
  expect(await registry.listNames()).toEqual(['BTCUSDT', 'BTCUSDT_4h', 'ETHUSDT']);
});

test('of many publishers and promoters at once each gets its number and one wins', async () => {
  const others = Array.from({ length: 8 }, () => openFileRegistry(home));
  const manifests = await Promise.all(others.map((other, i) => other.publish(makeDraft('BTCUSDT', `w${i}`))));
  expect(manifests.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const outcomes = await Promise.allSettled(
    others.map((other, i) => other.promote({ name: 'BTCUSDT', version: i + 1, reasons: [], expectedGeneration: 0 })),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'VERSION_CONFLICT' });
  }
  for (const [i, { version }] of manifests.entries()) {
    const { files } = await registry.load('BTCUSDT', version);
    expect(Buffer.from(files.get('model.onnx')!).toString()).toBe(`BTCUSDT model.onnx w${i}\n`);
  }
});

test('the number of a champion whose folder was removed is not given away again', async () => {
  await promoteVersions(2);
  await rm(inVersion(2, ''), { recursive: true });
  expect((await registry.publish(makeDraft('BTCUSDT', 'new'))).version).toBe(3);
});

test('copies that a kill left behind the pointer are brought up to date by the next publication', async () => {
  await promoteVersions(1);
  await writeFile(join(home, 'models/BTCUSDT_lstm_model.onnx'), 'of an older champion');
  await rm(join(home, 'scalers'), { recursive: true });
  await registry.publish(makeDraft('BTCUSDT', 'v2'));
  expect(await readFile(join(home, 'models/BTCUSDT_lstm_model.onnx'), 'utf8')).toBe('BTCUSDT model.onnx v1\n');
  expect(await readFile(join(home, 'scalers/BTCUSDT_scaler.json'), 'utf8')).toBe('BTCUSDT scaler.json v1\n');
});

const COPIES = ['models/BTCUSDT_lstm_model.onnx', 'scalers/BTCUSDT_scaler.json', 'feature_names.json'];

test.each(COPIES)('a copy that something has changed or removed is healed: %s', async (path) => {
  await promoteVersions(2);
  const before = await readFile(join(home, path));
  for (const spoil of [() => writeFile(join(home, path), 'spoilt'), () => rm(join(home, path))]) {
    await spoil();
    expect(await registry.healCopies('BTCUSDT')).toEqual([path]);
    expect(await readFile(join(home, path))).toEqual(before);
    expect(await registry.healCopies('BTCUSDT')).toEqual([]);
    await spoil();
    await registry.publish(makeDraft('BTCUSDT', 'next'));
    expect(await readFile(join(home, path))).toEqual(before);
  }
});

test('feature_names.json stays the one of the champion promoted last, whichever name is healed', async () => {
  await promoteVersions(1);
  const later = openFileRegistry(home, { nowMs: () => 1_700_000_000_124 });
  await later.publish(makeDraft('ETHUSDT', 'eth'));
  await later.promote({ name: 'ETHUSDT', version: 1, reasons: [], expectedGeneration: 0 });
  const names = async () => JSON.parse(await readFile(join(home, 'feature_names.json'), 'utf8'));
  expect(await registry.healCopies('BTCUSDT')).toEqual([]);
  expect(await names()).toEqual(['return_1', 'feature_eth']);
  await writeFile(join(home, 'feature_names.json'), '["of nobody"]');
  expect(await registry.healCopies('BTCUSDT')).toEqual([]);
  expect(await registry.healCopies('ETHUSDT')).toEqual(['feature_names.json']);
  expect(await names()).toEqual(['return_1', 'feature_eth']);
});

test('a champion that is damaged heals nothing', async () => {
  await promoteVersions(1);
  await writeFile(inVersion(1, 'model.onnx'), 'spoilt');
  await writeFile(join(home, COPIES[0]), 'spoilt too');
  expect(await registry.healCopies('BTCUSDT')).toEqual([]);
});

test('claims are counted on across processes, and a damaged count is refused', async () => {
  expect(await registry.claim('BTCUSDT')).toBe(1);
  expect(await openFileRegistry(home).claim('BTCUSDT')).toBe(2);
  const path = join(home, 'models/versions/BTCUSDT/claim.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('2', '1'));
  const refusal = { code: 'MODEL_CORRUPT', message: expect.stringContaining('the count of claims of BTCUSDT') };
  await expect(registry.claim('BTCUSDT')).rejects.toMatchObject(refusal);
  await expect(registry.publish({ ...makeDraft('BTCUSDT', 'x'), claim: 2 })).rejects.toMatchObject(refusal);
  expect((await registry.publish(makeDraft('BTCUSDT', 'by hand'))).version).toBe(1);
});

test('a changed byte is found, with both hashes, the way back and the way on', async () => {
  await promoteVersions(3);
  await writeFile(inVersion(3, 'weights.safetensors'), 'BTCUSDT weights.safetensors v4\n');
  await expect(registry.load('BTCUSDT')).rejects.toMatchObject({
    code: 'MODEL_CORRUPT',
    kind: 'model',
    // printf 'BTCUSDT weights.safetensors v3\n' | sha256sum, and v4
    message: expect.stringMatching(
      /^BTCUSDT version 3: weights\.safetensors .*expected SHA-256 32679a024a7b22aa65ac9937b3fb0bd40bfe3e7646a14aa87779e0dd7f9e8175, was 110786d5536b9f0b0e6a01ce05920ba3e875d113903a82a7b8f71d010cfa7411$/,
    ),
    hint: 'intact versions: 2, 1; go back with `tradeai models promote BTCUSDT 2`, or train again with `tradeai train --symbol BTCUSDT`',
  });
  await expect(
    registry.promote({ name: 'BTCUSDT', version: 3, reasons: [], expectedGeneration: 3 }),
  ).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
});

test.each([
  ['a missing file', () => rm(inVersion(1, 'scaler.json')), 'scaler.json is missing'],
  ['a short file', () => truncate(inVersion(1, 'scaler.json'), 3), 'expected 23 bytes, was 3'],
  ['a missing manifest', () => rm(inVersion(1, 'manifest.json')), 'manifest.json is missing'],
  ['a torn manifest', () => truncate(inVersion(1, 'manifest.json'), 40), 'manifest.json: '],
  ['a manifest of something else', () => writeFile(inVersion(1, 'manifest.json'), sealJson({})), 'expected form'],
  [
    'a folder for a file',
    async () => {
      await rm(inVersion(1, 'scaler.json'));
      await mkdir(inVersion(1, 'scaler.json'));
    },
    'was a folder',
  ],
  [
    'a link for a file, even to the right bytes',
    async () => {
      await rename(inVersion(1, 'scaler.json'), join(home, 'elsewhere.json'));
      await symlink(join(home, 'elsewhere.json'), inVersion(1, 'scaler.json'));
    },
    'was a symbolic link',
  ],
  [
    'a link for the folder',
    async () => {
      await rename(inVersion(1, ''), join(home, 'elsewhere'));
      await symlink(join(home, 'elsewhere'), join(home, 'models/versions/BTCUSDT/1'));
    },
    'was a symbolic link',
  ],
  [
    'a folder with the manifest of another version',
    async () => {
      await registry.publish(makeDraft('BTCUSDT', 'v2'));
      await rm(inVersion(1, ''), { recursive: true });
      await rename(inVersion(2, ''), inVersion(1, ''));
    },
    'was the one of BTCUSDT version 2',
  ],
])('%s is refused', async (_, damage, message) => {
  await promoteVersions(1);
  await damage();
  await expect(registry.load('BTCUSDT')).rejects.toMatchObject({
    code: 'MODEL_CORRUPT',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('no other version is intact'),
  });
});

test('a manifest that names a file outside the version is refused', async () => {
  await promoteVersions(1);
  const manifest = unsealJson(await readFile(inVersion(1, 'manifest.json'), 'utf8')) as ModelManifest;
  const files = { ...manifest.files, '../../../../secret': manifest.files['scaler.json'] };
  await writeFile(inVersion(1, 'manifest.json'), sealJson({ ...manifest, files }));
  await expect(registry.load('BTCUSDT')).rejects.toMatchObject({
    code: 'MODEL_CORRUPT',
    message: expect.stringContaining('../../../../secret'),
  });
});

test('no flipped bit of the pointer, the manifest or a file changes what is loaded', async () => {
  await promoteVersions(2);
  const intact = await registry.load('BTCUSDT');
  const pointer = await registry.champion('BTCUSDT');
  for (const path of [
    join(home, 'models/versions/BTCUSDT/champion.json'),
    inVersion(2, 'manifest.json'),
    inVersion(2, 'weights.safetensors'),
  ]) {
    const bytes = await readFile(path);
    for (let i = 0; i < bytes.length; i += 17) {
      const damaged = Buffer.from(bytes);
      damaged[i] ^= 1 << (i % 8);
      await writeFile(path, damaged);
      const [loaded, read] = await Promise.all([
        registry.load('BTCUSDT').catch(codeOf),
        registry.champion('BTCUSDT').catch(codeOf),
      ]);
      // white space may change without harm
      if (loaded !== 'MODEL_CORRUPT') expect(loaded).toEqual(intact);
      if (read !== 'MODEL_CORRUPT') expect(read).toEqual(pointer);
    }
    await writeFile(path, bytes);
  }
});

test('a pointer to a missing version lists the intact ones', async () => {
  await promoteVersions(3);
  await rm(inVersion(3, ''), { recursive: true });
  await writeFile(inVersion(1, 'config.json'), 'other');
  await expect(registry.load('BTCUSDT')).rejects.toMatchObject({
    code: 'MODEL_CORRUPT',
    message: expect.stringContaining('is missing'),
    hint: expect.stringContaining('intact versions: 2;'),
  });
});

test('a torn pointer is refused and says how to make a new one; training goes on', async () => {
  await promoteVersions(1);
  await writeFile(join(home, 'models/versions/BTCUSDT/champion.json'), '{"version":');
  await expect(registry.champion('BTCUSDT')).rejects.toMatchObject({
    code: 'MODEL_CORRUPT',
    hint: expect.stringContaining('tradeai models promote BTCUSDT'),
  });
  expect((await registry.publish(makeDraft('BTCUSDT', 'v2'))).version).toBe(2);
});

test('a name never trained lists those that are, and guesses the one meant', async () => {
  await expect(registry.load('BTCUSDT')).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: 'no model named BTCUSDT; no model has been trained here yet',
    hint: 'train one with `tradeai train --symbol BTCUSDT`',
  });
  for (const name of ['ETHUSDT', 'BTCUSDT']) await registry.publish(makeDraft(name, 'x'));
  for (const [name, guess] of [
    ['BTCUDST', 'did you mean BTCUSDT? '],
    ['ethusdt', 'did you mean ETHUSDT? '],
    ['DOGEEUR', ''],
  ]) {
    await expect(registry.load(name)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: `no model named ${name}; there are BTCUSDT, ETHUSDT`,
      hint: `${guess}train one with \`tradeai train --symbol ${name}\``,
    });
  }
});

test('a version that does not exist, and a name without champion, say what there is', async () => {
  await registry.publish(makeDraft('BTCUSDT', 'v1'));
  await expect(registry.load('BTCUSDT', 9)).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: 'BTCUSDT has no version 9; there are 1',
  });
  await expect(
    registry.promote({ name: 'BTCUSDT', version: 9, reasons: [], expectedGeneration: 0 }),
  ).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  await expect(registry.load('BTCUSDT')).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    hint: expect.stringContaining('tradeai models promote BTCUSDT 1'),
  });
});

test.each(['../BTCUSDT', 'a/b', 'a\\b', '', '..', '.hidden', 'x'.repeat(65)])(
  'the name %j reaches no file',
  async (name) => {
    for (const call of [
      () => registry.load(name),
      () => registry.champion(name),
      () => registry.listVersions(name),
      () => registry.promote({ name, version: 1, reasons: [], expectedGeneration: 0 }),
      () => registry.publish(makeDraft(name, 'x')),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'NAME_INVALID' });
    }
    expect(await readdir(home)).toEqual([]);
  },
);

test('a file in the place of the models folder is told apart when reading and when writing', async () => {
  await writeFile(join(home, 'models'), '');
  await expect(registry.listNames()).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
  await expect(registry.publish(makeDraft('BTCUSDT', 'x'))).rejects.toMatchObject({ code: 'STORAGE_UNWRITABLE' });
});

test('where a copy cannot be written the pointer stays and the version can still be promoted later', async () => {
  await promoteVersions(1);
  const { version } = await registry.publish(makeDraft('BTCUSDT', 'v2'));
  await rm(join(home, 'scalers'), { recursive: true });
  await writeFile(join(home, 'scalers'), 'in the way');
  await expect(
    registry.promote({ name: 'BTCUSDT', version, reasons: [], expectedGeneration: 1 }),
  ).rejects.toMatchObject({
    code: 'STORAGE_UNWRITABLE',
    message: expect.stringContaining(join(home, 'scalers')),
  });
  expect((await registry.load('BTCUSDT')).manifest.version).toBe(1);
  await rm(join(home, 'scalers'));
  expect((await registry.promote({ name: 'BTCUSDT', version, reasons: [], expectedGeneration: 1 })).generation).toBe(2);
  expect((await readdir(home)).sort()).toEqual(['feature_names.json', 'models', 'scalers']);
});

test('a copy that cannot be put in its place does not hide that the champion was switched', async () => {
  const { version } = await registry.publish(makeDraft('BTCUSDT', 'v1'));
  await mkdir(join(home, 'models/BTCUSDT_lstm_model.onnx/inner'), { recursive: true });
  await expect(
    registry.promote({ name: 'BTCUSDT', version, reasons: [], expectedGeneration: 0 }),
  ).rejects.toMatchObject({
    code: 'STORAGE_UNWRITABLE',
    message: expect.stringContaining('BTCUSDT version 1 is the champion now, but'),
  });
  expect((await registry.load('BTCUSDT')).manifest.version).toBe(1);
});
