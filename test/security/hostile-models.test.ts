import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { predictNewest } from '../../src/live/predict.js';
import type { ModelVersion } from '../../src/ports/registry.js';
import { sealJson } from '../../src/storage/sealed-json.js';
import { encodeVersionArchive } from '../../src/storage/version-archive.js';
import { importVersion } from '../../src/versions/transfer.js';
import { needsPosix } from '../support/needs.js';
import { effortUntil } from '../support/processor-time.js';
import { hostileVersions } from './hostile-versions.js';
import { NAME, openTestWorkspace, type TestWorkspace, trainVersion, withFiles } from './trained-version.js';
import { type SystemWatch, watchSystem } from './watched-system.js';

const OWNED = '/tmp/tradeai-owned';

let source: TestWorkspace;
let target: TestWorkspace;
let sound: ModelVersion;
let watch: SystemWatch;

beforeAll(async () => {
  source = openTestWorkspace();
  target = openTestWorkspace();
  sound = await trainVersion(source);
  watch = watchSystem();
});
afterAll(() => {
  watch.stop();
  source.remove();
  target.remove();
});
afterEach(() => {
  expect(watch.programs).toEqual([]);
  expect(existsSync(OWNED)).toBe(false);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  const outside = [...watch.paths].filter(
    (path) =>
      ![source.home, target.home].some((home) => path === home || path.startsWith(`${home}/`)) && !isOfTest(path),
  );
  expect(outside).toEqual([]);
  watch.paths.clear();
});

/** What says which processes live: see `files/process-facts.ts`. */
const PROCESS_FACTS = /^\/proc\/(?:\d+\/stat|self|self\/ns\/pid|sys\/kernel\/random\/boot_id)$/;

/** What the runner reads while it runs, temporary folders that were made before, and which processes live. */
function isOfTest(path: string): boolean {
  if (PROCESS_FACTS.test(path)) return true;
  return path.startsWith(join(import.meta.dirname, '../..')) || path === dirname(source.home);
}

const archivePath = () => join(target.home, 'hostile.zip');
const versionFolder = () => join(target.home, 'models/versions', NAME, '1');

/** Puts a version where the registry finds it, with a pointer to it. */
async function plant(version: ModelVersion): Promise<void> {
  rmSync(join(target.home, 'models'), { recursive: true, force: true });
  mkdirSync(versionFolder(), { recursive: true });
  for (const [name, bytes] of version.files) writeFileSync(join(versionFolder(), name), bytes);
  writeFileSync(join(versionFolder(), 'manifest.json'), sealJson(version.manifest));
  const pointer = { version: 1, generation: 1, promotedAtMs: 0, reasons: ['planted'] };
  writeFileSync(join(versionFolder(), '../champion.json'), sealJson(pointer));
}

const predict = () => predictNewest({ name: NAME, offline: true }, target.ports);

async function importPlanted(): Promise<unknown> {
  return importVersion(await target.ports.readVersionArchive(archivePath()), target.ports.registry);
}

const refused = expect.objectContaining({ name: 'TradeAiError', kind: 'model' });

describe('a version with fitting hashes and hostile content', () => {
  test('is refused by import, which leaves nothing behind; and by predict', async () => {
    const corpus = hostileVersions(sound);
    expect(corpus.length).toBeGreaterThanOrEqual(70);
    const wrong: string[] = [];
    for (const { what, version, isSeenByLoading } of corpus) {
      rmSync(join(target.home, 'models'), { recursive: true, force: true });
      writeFileSync(archivePath(), await encodeVersionArchive(version));
      const imported = await importPlanted().catch((error) => error);
      if (!refused.asymmetricMatch(imported)) wrong.push(`import: ${what}: ${imported}`);
      if (existsSync(join(target.home, 'models'))) wrong.push(`import: ${what}: left ${readdirSync(target.home)}`);
      if (!isSeenByLoading) continue;
      await plant(version);
      const predicted = await predict().catch((error) => error);
      if (!refused.asymmetricMatch(predicted)) wrong.push(`predict: ${what}: ${predicted}`);
    }
    expect(wrong).toEqual([]);
  });

  test('is taken over only as numbers: the graph and the page are made anew, the file of the training is forgotten', async () => {
    rmSync(join(target.home, 'models'), { recursive: true, force: true });
    const config = { ...JSON.parse(Buffer.from(sound.files.get('config.json')!).toString()), data: '/etc/passwd' };
    const hostile = withFiles(sound, {
      'model.onnx': 'external_data: location=../../../../etc/passwd',
      'report.html': '<script>alert(1)</script>',
      'config.json': JSON.stringify(config),
    });
    writeFileSync(archivePath(), await encodeVersionArchive(hostile));
    await importPlanted();
    const { files } = await target.ports.registry.load(NAME);
    expect(Buffer.from(files.get('model.onnx')!)).toEqual(Buffer.from(sound.files.get('model.onnx')!));
    expect(Buffer.from(files.get('weights.safetensors')!)).toEqual(
      Buffer.from(sound.files.get('weights.safetensors')!),
    );
    expect(String(Buffer.from(files.get('report.html')!))).not.toContain('alert(1)');
    expect(String(Buffer.from(files.get('config.json')!))).not.toContain('/etc/passwd');
    expect(readFileSync(join(target.home, `models/${NAME}_lstm_model.onnx`))).toEqual(
      Buffer.from(sound.files.get('model.onnx')!),
    );
  });

  test('brings no page of its own where it has no report', async () => {
    rmSync(join(target.home, 'models'), { recursive: true, force: true });
    const hostile = withFiles(sound, { 'report.json': undefined, 'report.html': '<script>alert(1)</script>' });
    writeFileSync(archivePath(), await encodeVersionArchive(hostile));
    await importPlanted();
    expect([...(await target.ports.registry.load(NAME)).files.keys()]).not.toContain('report.html');
  });
});

describe('a manifest', () => {
  const manifests: [string, Record<string, unknown>][] = [
    ['whose name climbs', { name: '../../evil' }],
    ['whose name is two dots', { name: '..' }],
    ['whose name is a device', { name: 'CON' }],
    ['whose name is hidden', { name: '.ssh' }],
    ['whose name has a zero byte', { name: 'a\0b' }],
    ['whose symbol climbs', { symbol: '../../evil' }],
    ['of another format', { formatVersion: 2 }],
    ['of a version that is no number', { version: '1; rm -rf /' }],
    ['of version 2^60', { version: 2 ** 60 }],
    ['with a file outside', { files: { '../../evil': { sha256: '0'.repeat(64), sizeBytes: 1 } } }],
    ['without files', { files: {} }],
    ['with a seed that is none', { seed: 'now' }],
    ['with features that are none', { featureNames: 'constructor' }],
  ];
  test.each(manifests)('%s is refused', async (_what, changes) => {
    const version = withFiles(sound, {}, changes);
    writeFileSync(archivePath(), await encodeVersionArchive(version));
    await expect(importPlanted()).rejects.toEqual(refused);
    await plant(version);
    await expect(predict()).rejects.toEqual(refused);
  });

  test.each([
    ['text', 'not JSON'],
    ['a list', '[]'],
    ['null', 'null'],
    ['lists in lists', '['.repeat(100_000)],
    ['larger than a megabyte', `{"a":"${'x'.repeat(1_100_000)}"}`],
    ['one with __proto__', '{"__proto__":{"polluted":true}}'],
    ['JavaScript', 'process.exit(7)'],
    ['pickle', 'cos\nsystem\n'],
  ])('that is %s is refused', async (_what, text) => {
    await plant(sound);
    writeFileSync(join(versionFolder(), 'manifest.json'), text);
    await expect(predict()).rejects.toEqual(refused);
    writeFileSync(join(versionFolder(), '../champion.json'), text);
    await expect(predict()).rejects.toEqual(refused);
  });
});

describe('a folder', needsPosix, () => {
  const at = (name: string) => join(versionFolder(), name);
  const replaced = (name: string, make: (path: string) => void) => () => {
    rmSync(at(name), { recursive: true });
    make(at(name));
  };
  const folders: [string, () => void][] = [
    ['whose weights are a link', replaced('weights.safetensors', (path) => symlinkSync('/etc/passwd', path))],
    ['whose weights are a link to the same bytes', () => linkAway(at('weights.safetensors'))],
    ['whose manifest is a link', replaced('manifest.json', (path) => symlinkSync('/dev/zero', path))],
    ['whose weights are a folder', replaced('weights.safetensors', (path) => mkdirSync(path))],
    ['whose weights are a pipe', replaced('weights.safetensors', makePipe)],
    ['whose manifest is a pipe', replaced('manifest.json', makePipe)],
    ['whose weights are a device', replaced('weights.safetensors', (path) => symlinkSync('/dev/zero', path))],
    ['whose weights have three terabytes', () => truncateSync(at('weights.safetensors'), 3 * 2 ** 40)],
    ['whose manifest has three terabytes', () => truncateSync(at('manifest.json'), 3 * 2 ** 40)],
    ['that is a link', () => linkAway(versionFolder())],
    ['of a model that is a link', () => linkAway(dirname(versionFolder()))],
    ['without its weights', () => rmSync(at('weights.safetensors'))],
    ['of another number', () => renameSync(versionFolder(), join(versionFolder(), '../2'))],
  ];
  test.each(folders)('%s is refused with little work', async (what, change) => {
    await plant(sound);
    change();
    watch.paths.clear();
    const effort = await effortUntil(() => expect(predict(), what).rejects.toEqual(refused));
    expect(effort).toBeLessThan(50);
  });

  test('with files that no manifest names is loaded without them', async () => {
    await plant(sound);
    mkdirSync(at('node_modules/evil'), { recursive: true });
    writeFileSync(at('node_modules/evil/index.js'), 'process.exit(7)');
    writeFileSync(at('package.json'), '{"main":"node_modules/evil"}');
    writeFileSync(at('index.js'), 'process.exit(7)');
    writeFileSync(at('tradeai.config.js'), 'process.exit(7)');
    watch.paths.clear();
    await target.ports.registry.load(NAME);
    expect([...watch.paths].filter((path) => /index\.js|package\.json|config\.js$/.test(path))).toEqual([]);
  });

  function linkAway(path: string): void {
    const elsewhere = join(target.home, 'elsewhere');
    rmSync(elsewhere, { recursive: true, force: true });
    cpSync(path, elsewhere, { recursive: true });
    rmSync(path, { recursive: true });
    symlinkSync(elsewhere, path);
  }

  function makePipe(path: string): void {
    execFileSync('mkfifo', [path]);
    watch.programs.length = 0;
  }
});

test('what is no archive is refused: a folder, a device, an empty file, a zip of something else', async () => {
  await expect(target.ports.readVersionArchive(target.home)).rejects.toEqual(refused);
  await expect(target.ports.readVersionArchive('/dev/zero')).rejects.toEqual(refused);
  watch.paths.delete('/dev/zero');
  for (const bytes of ['', `PK\x05\x06${'\0'.repeat(18)}`, 'PK\x03\x04evil', '7z\xbc\xaf\x27\x1c']) {
    writeFileSync(archivePath(), bytes, 'latin1');
    await expect(importPlanted()).rejects.toEqual(refused);
  }
});
