// TensorFlow.js as a peer: `node tfjs-peer.mjs cpu` or `wasm`. The recurrent activation is set to the true sigmoid.
import { createRequire } from 'node:module';
import { drawNumbers, servePeer } from './peer-protocol.mjs';

// Its Node builds are CommonJS; through `import` its parts would not share one core.
const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');
require('@tensorflow/tfjs-backend-wasm');

const backend = process.argv[2];
await tf.setBackend(backend);
await tf.ready();

await servePeer(
  { name: `TensorFlow.js ${tf.version.tfjs} ${backend}`, modes: ['train', 'infer'] },
  async ({ batch, window, features, hidden }) => {
    const model = tf.sequential();
    model.add(
      tf.layers.lstm({
        units: hidden,
        inputShape: [window, features],
        recurrentActivation: 'sigmoid',
        recurrentInitializer: 'glorotUniform',
      }),
    );
    model.add(tf.layers.dense({ units: 1 }));
    model.compile({ optimizer: tf.train.adam(1e-3), loss: 'meanSquaredError' });
    const x = tf.tensor3d(drawNumbers(batch * window * features, 1), [batch, window, features]);
    const y = tf.tensor2d(drawNumbers(batch, 2), [batch, 1]);
    return {
      train: () => model.trainOnBatch(x, y),
      infer: () => tf.tidy(() => model.predictOnBatch(x).dataSync()),
    };
  },
);
