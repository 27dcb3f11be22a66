// Publishes on a disk that gets full and then read-only; prints what happened as one JSON document.
// usage: node full-disk.mjs HOME, where HOME is a small file system of its own that this process may remount
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openFileRegistry } from '../../dist/storage/file-registry.js';

const [home] = process.argv.slice(2);
const registry = openFileRegistry(home);
const modelFolder = join(home, 'models/versions/BTCUSDT');

const manifest = {
  formatVersion: 1,
  name: 'BTCUSDT',
  symbol: 'BTCUSDT',
  interval: '1h',
  createdAtMs: 0,
  codeVersion: '0.0.0',
  engine: 'reference',
  seed: 1,
  featureNames: ['return_1'],
  data: { source: 'demo', rows: 1, firstOpenTimeMs: 0, lastOpenTimeMs: 0, sha256: '0'.repeat(64) },
  test: { fromMs: 0, toMs: 1, trials: 1 },
  weightsSha256: '0'.repeat(64),
  verdict: 'no-demonstrated-skill',
};
const fileNames = ['model.onnx', 'weights.safetensors', 'scaler.json', 'calibration.json', 'config.json'];
const files = new Map(fileNames.map((fileName) => [fileName, Buffer.alloc(20_000, 1)]));

async function attempt(call) {
  try {
    return { version: (await call()).version };
  } catch ({ code, message, hint }) {
    return { code, message, hint };
  }
}
const publish = () => attempt(() => registry.publish({ manifest, files }));
const champion = () => attempt(async () => (await registry.load('BTCUSDT')).manifest);

function fillDisk(path) {
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

await publish();
await registry.promote({ name: 'BTCUSDT', version: 1, reasons: [], expectedGeneration: 0 });

fillDisk(join(home, 'filler'));
const full = { published: await publish(), champion: await champion(), names: readdirSync(modelFolder).sort() };
const promotedWhileFull = await attempt(() =>
  registry.promote({ name: 'BTCUSDT', version: 1, reasons: [], expectedGeneration: 1 }),
);
rmSync(join(home, 'filler'));
const freed = { published: await publish(), names: readdirSync(modelFolder).sort() };

const remount = spawnSync('mount', ['-o', 'remount,ro', home], { encoding: 'utf8' });
if (remount.status !== 0) throw new Error(remount.stderr);
const readOnly = { published: await publish(), champion: await champion() };

console.log(JSON.stringify({ full, promotedWhileFull, freed, readOnly }));
