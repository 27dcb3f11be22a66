// Checks golden files (LSTM values from PyTorch in float64, see test/fixtures/goldens) on every engine present.
//
//   npm run check:goldens -- FILE...
//
// Prints the largest relative error of each engine; exits with 1 over tolerance, 2 for a file that is no golden.

import { readFileSync } from 'node:fs';
import { compareWithGolden } from '../dist/lstm/engines/golden.js';
import { createNativeEngine } from '../dist/lstm/engines/native/native-engine.js';
import { createReferenceEngine } from '../dist/lstm/engines/reference/reference-engine.js';
import { createWasmEngine } from '../dist/lstm/engines/wasm/wasm-engine.js';

/** Relative: the largest difference over the largest magnitude. Float64 for the reference, float32 for the others. */
const TOLERANCES = { reference: 1e-9, native: 1e-4, wasm: 1e-4 };
const CREATORS = { reference: createReferenceEngine, native: createNativeEngine, wasm: createWasmEngine };
const FIELDS = ['predictions', 'gradients', 'weightsAfter', 'loss', 'adamLosses'];

const paths = process.argv.slice(2);
if (paths.length === 0) fail('expected golden files: npm run check:goldens -- test/fixtures/goldens/*.json');
const goldens = paths.map(readGolden);

let failures = 0;
for (const [name, create] of Object.entries(CREATORS)) {
  let engine;
  try {
    engine = await create();
  } catch (error) {
    console.log(`${name}: not present (${error.message})`);
    continue;
  }
  console.log(`${engine.description}, tolerance ${TOLERANCES[name]}`);
  for (const [index, golden] of goldens.entries()) {
    const deviations = await compareWithGolden(engine, golden);
    const isWithin = FIELDS.every((field) => deviations[field] <= TOLERANCES[name]);
    if (!isWithin) failures += 1;
    const figures = FIELDS.map((field) => `${field} ${deviations[field].toExponential(1)}`).join('  ');
    console.log(`  ${isWithin ? 'ok  ' : 'FAIL'} ${paths[index]}: ${figures}`);
  }
  await engine.close?.();
}
process.exitCode = failures > 0 ? 1 : 0;

function readGolden(path) {
  try {
    const golden = JSON.parse(readFileSync(path, 'utf8'));
    for (const key of ['shape', 'x', 'y', 'weights', 'prediction', 'loss', 'gradients', 'adam']) {
      if (golden[key] === undefined) throw new Error(`it has no ${JSON.stringify(key)}`);
    }
    return golden;
  } catch (error) {
    return fail(`${path} is not a golden file: ${error.message}`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
