// jax-js as a peer: loss and gradients under jit on its WebAssembly backend, the time loop unrolled; no optimiser.
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { drawNumbers, servePeer } from './peer-protocol.mjs';

await init('wasm');
defaultDevice('wasm');

function predict({ wx, wh, b, head }, x, { window, hidden }) {
  // x is time-major: [window, batch, features].
  const inputs = np.split(np.matmul(x, wx).add(b), window, 0);
  let h;
  let c;
  for (let t = 0; t < window; t++) {
    let gates = np.squeeze(inputs[t], 0);
    if (h !== undefined) gates = gates.add(np.matmul(h, t < window - 1 ? wh.ref : wh));
    const [i, f, g, o] = np.split(gates, [hidden, 2 * hidden, 3 * hidden], 1);
    const added = nn.sigmoid(i).mul(np.tanh(g));
    if (c === undefined) f.dispose();
    c = c === undefined ? added : nn.sigmoid(f).mul(c).add(added);
    h = nn.sigmoid(o).mul(np.tanh(t < window - 1 ? c.ref : c));
  }
  return np.matmul(h, head);
}

await servePeer({ name: 'jax-js wasm, no optimiser', modes: ['train', 'infer'] }, async (shape) => {
  const { batch, window, features, hidden } = shape;
  const draw = (sizes, seed) =>
    np
      .array(
        drawNumbers(
          sizes.reduce((a, b) => a * b, 1),
          seed,
        ).map((value) => 0.1 * value),
      )
      .reshape(sizes);
  const weights = {
    wx: draw([features, 4 * hidden], 1),
    wh: draw([hidden, 4 * hidden], 2),
    b: draw([4 * hidden], 3),
    head: draw([hidden, 1], 4),
  };
  const x = draw([window, batch, features], 5);
  const y = draw([batch, 1], 6);
  const infer = jit((w, input) => predict(w, input, shape));
  const train = jit(
    valueAndGrad((w, input, target) => {
      const error = predict(w, input, shape).sub(target);
      return np.mean(error.ref.mul(error));
    }),
  );
  return {
    infer: () => infer(tree.ref(weights), x.ref).data(),
    train: async () => {
      const [loss, gradients] = train(tree.ref(weights), x.ref, y.ref);
      await loss.data();
      await Promise.all(Object.values(gradients).map((gradient) => gradient.data()));
    },
  };
});
