// An engine of this package as a contender: `node kernel-contender.mjs native 1` or `wasm 1`; a third argument forces an
// instruction set. Speaks the protocol of peers/peer-protocol.mjs, through the same calls that the trainer makes.
//
// Modes: `train`; `regularised`, the same with dropout 0.2 and gradient clipping; `infer`; `single`, one window after the
// other; `peak`, whose answer counts floating-point operations instead of sequences.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawNumbers, servePeer } from './peers/peer-protocol.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist/lstm');
const { createNativeEngine } = await import(join(dist, 'engines/native/native-engine.js'));
const { loadBinding } = await import(join(dist, 'engines/native/binding.js'));
const { createWasmEngine } = await import(join(dist, 'engines/wasm/wasm-engine.js'));
const { loadKernelModule } = await import(join(dist, 'engines/wasm/kernel-module.js'));
const { findKernelFolder } = await import(join(dist, 'kernel-files.js'));
const { initialiseWeights } = await import(join(dist, 'initialise.js'));

const [name, threads, wantedIsa] = process.argv.slice(2);
// An empty argument is the best this machine has.
const isa = wantedIsa || undefined;
const engine =
  name === 'native'
    ? await createNativeEngine({ threads: Number(threads), isa })
    : await createWasmEngine({ threads: Number(threads), isa });
const measurePeak = await findPeak();
/** Rows of data beyond the first window, and batches of one training call: enough that the call itself does not count. */
const ROWS = 4000;
const CALL_SECONDS = 0.01;

await servePeer(
  { name: `${engine.description}, ${threads} thread${threads === '1' ? '' : 's'}`, modes: ['train', 'infer'] },
  async ({ batch, window, features, hidden }) => {
    const rowCount = window + ROWS;
    const architecture = { featureCount: features, hiddenUnits: hidden, layerCount: 1 };
    const dataset = await engine.openDataset({
      featureCount: features,
      x: Float64Array.from(drawNumbers(rowCount * features, 1)),
      y: Float64Array.from(drawNumbers(rowCount, 2)),
    });
    const open = async (changes) => {
      const network = await dataset.openNetwork({
        architecture,
        windowRows: window,
        loss: 'mse',
        dropout: 0,
        seed: 1,
        gradientClipNorm: 0,
        adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
        maximumBatchSize: batch,
        ...changes,
      });
      const weights = initialiseWeights(architecture, 1);
      const zeros = new Float64Array(weights.length);
      await network.setState({ weights, firstMoment: zeros, secondMoment: zeros, step: 0 });
      return network;
    };
    const plain = await open({});
    const regularised = await open({ dropout: 0.2, gradientClipNorm: 1 });
    const random = drawNumbers(batch * 4096, 3);
    const drawRows = (count) =>
      Int32Array.from(
        { length: count },
        (_, index) => window + Math.floor(((random[index % random.length] + 1) / 2) * ROWS) - 1,
      );
    /** Calls of a few batches, as many as take CALL_SECONDS. */
    const makeCall = async (run) => {
      await run(drawRows(batch));
      const seconds = await time(() => run(drawRows(batch)));
      const rows = drawRows(batch * Math.max(1, Math.round(CALL_SECONDS / seconds)));
      return async () => {
        await run(rows);
        return rows.length;
      };
    };
    const train = (network) => (rows) => network.trainEpoch({ rows, batchSize: batch, learningRate: 1e-3, epoch: 0 });
    const callTraining = await makeCall(train(plain));
    const callSeconds = await time(callTraining);
    const peakRounds = Math.max(1, Math.round((100 * callSeconds) / (await time(() => measurePeak(100)))));
    return {
      train: callTraining,
      regularised: await makeCall(train(regularised)),
      infer: await makeCall((rows) => plain.predict(rows)),
      single: async () => {
        await plain.predict(drawRows(1));
        return 1;
      },
      // As long as a call of training, so that the rest of the machine disturbs both alike.
      peak: () => measurePeak(peakRounds),
    };
  },
);

async function time(run) {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

/** The kernel's own loop of multiply-adds, on one thread of this process; returns the floating-point operations done. */
async function findPeak() {
  if (name === 'native') {
    const binding = await loadBinding();
    const variant = isa ?? binding.listVariants()[0];
    return (rounds) => binding.measurePeak(variant, rounds);
  }
  const { exports } = await loadKernelModule(await findKernelFolder(), isa);
  return (rounds) => exports.measurePeak(rounds);
}
