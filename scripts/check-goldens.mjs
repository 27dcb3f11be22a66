// Compares every engine with golden values of PyTorch (see test/fixtures/goldens/README.md for the format).
//
//     npm run build && npm run check:goldens -- FILE…
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';

const load = (path) => import(join(dirname(fileURLToPath(import.meta.url)), '../dist/lstm/engines', path));
const { compareWithGolden } = await createJiti(import.meta.url).import('../test/support/golden.ts');
const { createReferenceEngine } = await load('reference/reference-engine.js');
const { loadBinding } = await load('native/binding.js');
const { createNativeEngine } = await load('native/native-engine.js');
const { createWasmEngine } = await load('wasm/wasm-engine.js');

const TOLERANCE = 1e-4;
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: npm run check:goldens -- FILE…');
  process.exit(2);
}

const engines = [createReferenceEngine(), await createWasmEngine({ threads: 1 })];
try {
  for (const isa of (await loadBinding()).listVariants()) engines.push(await createNativeEngine({ isa }));
} catch (error) {
  console.log(`native: ${error.message}`);
}

let failures = 0;
for (const file of files) {
  const golden = JSON.parse(readFileSync(file, 'utf8'));
  for (const engine of engines) {
    const deviations = await compareWithGolden(engine, golden);
    const isFine = Object.values(deviations).every((deviation) => deviation < TOLERANCE);
    const numbers = Object.entries(deviations).map(([name, deviation]) => `${name} ${deviation.toExponential(1)}`);
    console.log(`${isFine ? 'ok  ' : 'FAIL'} ${file}  ${engine.description}: ${numbers.join(', ')}`);
    if (!isFine) failures += 1;
  }
}
process.exitCode = failures > 0 ? 1 : 0;
