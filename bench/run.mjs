// Measures the engines beside everything that does the same job, in one run on one machine, in turns.
//
//     npm run build && npm run bench [-- --rounds 5 --seconds 1 --shapes 1,2,3,4 --only-own]
//
// The rate of a contender is that of its fastest step in all rounds: other work on the machine can only slow a step down.
// Mean and deviation of the rounds stand beside it in bench/results/<date>.json. docs/performance.md explains the numbers.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem, version } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startKernel, startPeers } from './contenders.mjs';
import { printLatency, printRates, printThreads } from './report.mjs';
import { countOperations, nameShape, SHAPES } from './shapes.mjs';
import { findMedian, summarise } from './statistics.mjs';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    shapes: { type: 'string', default: '1,2,3,4' },
    'only-own': { type: 'boolean', default: false },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const shapes = flags.shapes.split(',').map((number) => SHAPES[Number(number) - 1]);

const native = startKernel('native', 1, 'native');
const wasm = startKernel('wasm', 1, 'wasm');
const own = [
  native,
  startKernel('native', 1, 'native-avx2', 'avx2'),
  wasm,
  startKernel('wasm', 1, 'wasm-simd128', 'simd128'),
];
const second = startKernel('native', 1, 'native-second');
const pair = startKernel('native', 2, 'native-two-threads');
const { contenders: peers, missing } = flags['only-own'] ? { contenders: [], missing: [] } : startPeers();
for (const line of missing) console.error(`not compared: ${line}`);

const hardware = {
  cpu: cpus()[0].model.trim(),
  cores: cpus().length,
  memoryBytes: totalmem(),
  kernel: version(),
  node: process.version,
  loadBefore: loadavg(),
};
const started = [];
for (const contender of [...own, second, pair, ...peers]) {
  if (await contender.start()) started.push(contender);
  else console.error(`not compared: ${contender.key} does not start`);
}
const rated = started.filter((contender) => contender !== second && contender !== pair);

const results = [];
for (const shape of shapes) {
  for (const mode of ['train', 'infer']) results.push(await measureRates(shape, mode));
}
const threads = [];
for (const shape of shapes) threads.push(await measureThreads(shape));
const regularised = [];
for (const shape of shapes) regularised.push(await measureRegularisation(shape));
const latency = await measureLatency(SHAPES[0]);
for (const contender of started) contender.stop();

printRates(results);
printThreads(threads, regularised);
printLatency(latency);
const date = new Date().toISOString();
const folder = join(dirname(fileURLToPath(import.meta.url)), 'results');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${date.slice(0, 10)}.json`);
hardware.loadAfter = loadavg();
writeFileSync(
  file,
  `${JSON.stringify({ date, hardware, rounds, seconds, results, threads, regularised, latency }, null, 2)}\n`,
);
console.log(`\nwritten to ${file}`);

/** All contenders in turns on one shape; the peak of a core in the same rounds. */
async function measureRates(shape, mode) {
  const samples = new Map(rated.map((contender) => [contender, []]));
  const peaks = new Map(own.map((contender) => [contender, 0]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of rated) {
      console.error(`${nameShape(shape)} ${mode}, round ${round + 1}: ${contender.name}`);
      // Before and after, as the clock of a core drifts.
      if (peaks.has(contender))
        peaks.set(contender, Math.max(peaks.get(contender), await measurePeak(contender, shape)));
      // A slow peer's single step takes seconds; it gets one round.
      if (samples.get(contender).some(({ slow }) => slow)) continue;
      const sample = await contender.measure(shape, mode, seconds);
      if (sample) samples.get(contender).push({ ...sample, slow: shape.batch / sample.rate > 3 * seconds });
      if (peaks.has(contender))
        peaks.set(contender, Math.max(peaks.get(contender), await measurePeak(contender, shape)));
    }
  }
  const operations = countOperations(shape, mode);
  const rows = [];
  for (const [contender, list] of samples) {
    if (list.length === 0) continue;
    const best = Math.max(...list.map((sample) => sample.best));
    const { mean, std } = summarise(list.map((sample) => sample.rate));
    const peak = peaks.get(contender);
    rows.push({
      contender: contender.key,
      name: contender.name,
      sequencesPerSecond: { best, mean, std },
      gflops: (best * operations) / 1e9,
      peakGflops: peak ? peak / 1e9 : undefined,
      shareOfPeak: peak ? (best * operations) / peak : undefined,
    });
  }
  return { shape, mode, rows };
}

async function measurePeak(contender, shape) {
  const { best } = await contender.measure(shape, 'peak', 0.1);
  return best;
}

/** Two threads of one network against two processes of one thread each, in turns; the median of the rounds' ratios. */
async function measureThreads(shape) {
  const rows = [];
  for (let round = 0; round < rounds; round++) {
    console.error(`${nameShape(shape)} two threads, round ${round + 1}`);
    const both = await Promise.all([native.measure(shape, 'train', seconds), second.measure(shape, 'train', seconds)]);
    const together = await pair.measure(shape, 'train', seconds);
    const alone = await native.measure(shape, 'train', seconds);
    rows.push({ twoProcesses: both[0].rate + both[1].rate, twoThreads: together.rate, oneThread: alone.rate });
  }
  return {
    shape,
    twoProcesses: summarise(rows.map((row) => row.twoProcesses)),
    twoThreads: summarise(rows.map((row) => row.twoThreads)),
    oneThread: summarise(rows.map((row) => row.oneThread)),
    ratio: findMedian(rows.map((row) => row.twoThreads / row.twoProcesses)),
  };
}

/** What dropout and clipping add to a step. */
async function measureRegularisation(shape) {
  let plain = 0;
  let regularised = 0;
  for (let round = 0; round < rounds; round++) {
    console.error(`${nameShape(shape)} dropout and clipping, round ${round + 1}`);
    plain = Math.max(plain, (await native.measure(shape, 'train', seconds / 2)).best);
    regularised = Math.max(regularised, (await native.measure(shape, 'regularised', seconds / 2)).best);
  }
  return { shape, plain, regularised, extraTime: plain / regularised - 1 };
}

/** Microseconds of one prediction in process, the fastest and the mean. */
async function measureLatency(shape) {
  const rows = [];
  for (const contender of [native, wasm]) {
    const sample = await contender.measure(shape, 'single', seconds);
    if (sample)
      rows.push({ name: contender.name, bestMicroseconds: 1e6 / sample.best, meanMicroseconds: 1e6 / sample.rate });
  }
  return { shape, rows };
}
