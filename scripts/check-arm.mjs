// Cross-compiles the NEON kernel and runs it under qemu-aarch64: the goldens of PyTorch, and the fixed training run, whose
// bits must be those of the native engine of this machine. Wants Debian's g++-aarch64-linux-gnu and qemu-user.
//
//     npm run build && npm run check:arm
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { KERNEL_FLAGS, variantFlags } from './build-kernel.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const load = (path) => import(join(root, 'dist/lstm', path));
const support = createJiti(join(root, 'test/support/'));
const { describeDeterminismRun, hashWeights, runDeterminismRun } = await support.import('./determinism-run.ts');
const { flattenGoldenWeights, goldenNetwork, relativeDeviation } = await support.import('./golden.ts');
const { packSettings } = await load('engines/kernel-settings.js');
const { createNativeEngine } = await load('engines/native/native-engine.js');

const COMPILER = process.env['ARM_CXX'] ?? 'aarch64-linux-gnu-g++';
const EMULATOR = process.env['ARM_EMULATOR'] ?? 'qemu-aarch64';
/** Where Debian keeps the target's libraries. */
const SYSROOT = '/usr/aarch64-linux-gnu';
const TOLERANCE = 1e-5;

const program = compile();
let failures = 0;
const goldens = join(root, 'test/fixtures/goldens');
for (const file of readdirSync(goldens).filter((name) => name.endsWith('.json'))) {
  const golden = JSON.parse(readFileSync(join(goldens, file), 'utf8'));
  const { options, rows } = goldenNetwork(golden);
  const plans = golden.adam.losses.map((_, epoch) => ({
    rows,
    batchSize: rows.length,
    learningRate: golden.adam.lr,
    epoch,
  }));
  const actual = runProgram(options, flattenGoldenWeights(golden.weights), rows, plans);
  const worst = Math.max(
    relativeDeviation([actual.loss], [golden.loss]),
    relativeDeviation(actual.predictions, golden.prediction),
    relativeDeviation(actual.gradients, flattenGoldenWeights(golden.gradients)),
    relativeDeviation(actual.losses, golden.adam.losses),
    relativeDeviation(actual.weights, flattenGoldenWeights(golden.adam.weightsAfter)),
  );
  report(worst < TOLERANCE, `${file}: largest relative deviation ${worst.toExponential(1)}`);
}

const run = describeDeterminismRun();
const actual = hashWeights(
  runProgram(run.options, run.start.weights, run.plans[0].rows.slice(0, 7), run.plans).weights,
);
const engine = await createNativeEngine({ threads: 1 });
const expected = hashWeights(await runDeterminismRun(engine, run));
report(
  actual === expected,
  `fixed training run: NEON ${actual.slice(0, 16)}…, ${engine.description} ${expected.slice(0, 16)}…`,
);
process.exitCode = failures > 0 ? 1 : 0;

function report(isFine, text) {
  console.log(`${isFine ? 'ok  ' : 'FAIL'} ${text}`);
  if (!isFine) failures += 1;
}

function compile() {
  const folder = join(root, 'kernel/build/arm');
  mkdirSync(folder, { recursive: true });
  const output = join(folder, 'check');
  const sources = ['lstm.cc', 'network.cc', 'check.cc'].map((name) => join(root, 'kernel', name));
  const flags = [...KERNEL_FLAGS, ...variantFlags('Neon'), '-DCHECK_KERNEL=lstmKernelNeon'];
  execFileSync(COMPILER, [...flags, ...sources, '-o', output], { stdio: 'inherit' });
  return output;
}

/** Feeds kernel/check.cc; see its head for the order of the numbers. */
function runProgram(options, weights, batch, plans) {
  const { featureCount, hiddenUnits, layerCount } = options.architecture;
  const numbers = [
    [featureCount, hiddenUnits, layerCount, options.windowRows, options.maximumBatchSize, options.y.length],
    packSettings(options),
    options.x,
    options.y,
    weights,
    [batch.length],
    batch,
    [plans.length],
    ...plans.flatMap(({ rows, batchSize, learningRate, epoch }) => [
      [rows.length, batchSize, learningRate, epoch],
      rows,
    ]),
  ];
  const input = Buffer.concat(numbers.map((part) => Buffer.from(Float64Array.from(part).buffer)));
  const { status, error, stdout } = spawnSync(EMULATOR, ['-L', SYSROOT, program], { input, maxBuffer: 2 ** 28 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with status ${status}`);
  const values = new Float64Array(Uint8Array.from(stdout).buffer);
  let at = 0;
  const take = (count) => {
    at += count;
    return values.subarray(at - count, at);
  };
  return {
    loss: take(1)[0],
    predictions: take(batch.length),
    gradients: take(weights.length),
    losses: take(plans.length),
    weights: take(weights.length),
  };
}
