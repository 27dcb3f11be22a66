// Proves that the ONNX files TradeAI writes give, under ONNX Runtime, what its own float64 engine gives.
//
//     node test/onnx-parity/run.mjs [--cases 100] [--seed 1] [VERSION_FOLDER…]
//
// It runs what is in dist/. With a version folder (models/versions/BTCUSDT/7) that model is checked as well. Exit
// status 1 when a case is over the tolerance, 2 for a wrong option.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const TOLERANCE = 1e-5;
const VERSION_BATCH_SIZE = 64;
const GOLDENS = new URL('../fixtures/goldens/', import.meta.url);

const { values, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const caseCount = readCount('--cases', values.cases);
const seed = readCount('--seed', values.seed);

if (!existsSync(new URL('../../dist/lstm/onnx.js', import.meta.url))) {
  console.error('expected the built program in dist/; run `npm run build` first');
  process.exit(1);
}
const { drawCase, drawInput } = await import('./cases.mjs');
const { DESCRIPTION, compareWithEngine, compareWithGolden, encode } = await import('./parity.mjs');
const { readVersionFolder } = await import('./version-folder.mjs');

const largest = { score: 0, change: 0 };
let passed = 0;
let failed = 0;

for (let index = 0; index < caseCount; index++) {
  const drawn = drawCase(seed, index);
  // the runtime rewrites a graph before it runs it; the graph as it was written must agree as well
  const graphOptimizationLevel = index % 2 === 0 ? 'all' : 'disabled';
  await check(`case ${index} (${describe(drawn)})`, () =>
    compareWithEngine(encode(drawn), drawn, graphOptimizationLevel),
  );
}
for (const name of readdirSync(GOLDENS).filter((name) => name.endsWith('.json'))) {
  await check(`golden ${name}`, () => compareWithGolden(JSON.parse(readFileSync(new URL(name, GOLDENS), 'utf8'))));
}
for (const folder of folders) {
  await check(folder, () => {
    const version = { ...readVersionFolder(folder), batchSize: VERSION_BATCH_SIZE };
    return compareWithEngine(version.model, { ...version, ...drawInput(seed, version) });
  });
}

console.log(`${DESCRIPTION}, seed ${seed}, tolerance ${TOLERANCE}`);
console.log(
  `largest error: score ${largest.score.toExponential(2)}, predicted_change ${largest.change.toExponential(2)}`,
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function check(name, compare) {
  try {
    const error = await compare();
    largest.score = Math.max(largest.score, error.score);
    largest.change = Math.max(largest.change, error.change);
    if (error.score <= TOLERANCE && error.change <= TOLERANCE) {
      passed++;
      return;
    }
    console.log(`over tolerance: ${name}: score ${error.score}, predicted_change ${error.change}`);
  } catch (error) {
    console.log(`failed: ${name}: ${error.message}`);
  }
  failed++;
}

function describe({ architecture, windowRows, batchSize, memberWeights, scaler, gain }) {
  const { featureCount, hiddenUnits, layerCount } = architecture;
  return `L=${layerCount} H=${hiddenUnits} F=${featureCount} W=${windowRows} B=${batchSize} members=${memberWeights.length} clip=${scaler.clip} gain=${gain}`;
}

function readCount(name, text) {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  console.error(`${name}: expected a whole number, was "${text}"`);
  process.exit(2);
}
