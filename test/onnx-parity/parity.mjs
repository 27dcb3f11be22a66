// Runs one model under ONNX Runtime and in TradeAI's float64 engine, and measures the difference.
// Legend: B batch, W window rows, F features.

import ort from 'onnxruntime-node';
import { createReferenceEngine } from '../../dist/lstm/engines/reference/reference-engine.js';
import { predictEnsemble } from '../../dist/lstm/ensemble.js';
import { encodeOnnxModel } from '../../dist/lstm/onnx.js';

const engine = createReferenceEngine();
export const DESCRIPTION = `ONNX Runtime ${ort.env.versions.node} against ${engine.description}`;

/**
 * The errors of a whole batch, and of its first window run alone: the batch size is free.
 *
 * @param model ONNX bytes
 * @param input architecture, memberWeights, windowRows, batchSize, scaler, window [B, W, F], volatility [B]
 * @returns {Promise<{score: number, change: number}>} as `measure`
 */
export async function compareWithEngine(model, input, graphOptimizationLevel = 'all') {
  const { architecture, windowRows, window, volatility } = input;
  const scores = await runEngine(input);
  return withSession(model, graphOptimizationLevel, async (session) => {
    const whole = measure(await runOnnx(session, input), scores, volatility);
    const first = {
      architecture,
      windowRows,
      batchSize: 1,
      window: window.subarray(0, windowRows * architecture.featureCount),
      volatility: volatility.subarray(0, 1),
    };
    const alone = measure(await runOnnx(session, first), scores.subarray(0, 1), volatility);
    return { score: Math.max(whole.score, alone.score), change: Math.max(whole.change, alone.change) };
  });
}

/**
 * The errors against PyTorch's own predictions, float64. Its weights are rounded to float32 on the way, which moves a
 * prediction by some 1e-8.
 */
export async function compareWithGolden({ shape, weights, x, prediction }) {
  const {
    batch: batchSize,
    window: windowRows,
    features: featureCount,
    hidden: hiddenUnits,
    layers: layerCount,
  } = shape;
  const tensors = [...weights.layers.flatMap(({ wx, wh, b }) => [wx, wh, b]), weights.head.w, weights.head.b];
  const model = {
    architecture: { featureCount, hiddenUnits, layerCount },
    memberWeights: [Float64Array.from(tensors.flat(), Math.fround)],
    windowRows,
    scaler: { mean: new Array(featureCount).fill(0), scale: new Array(featureCount).fill(1), clip: 1000 },
  };
  const volatility = new Float32Array(batchSize).fill(0.01);
  const input = { ...model, batchSize, window: Float32Array.from(x), volatility };
  return withSession(encode(model), 'all', async (session) =>
    measure(await runOnnx(session, input), Float64Array.from(prediction), volatility),
  );
}

export function encode({ architecture, memberWeights, windowRows, scaler }) {
  const featureNames = Array.from({ length: architecture.featureCount }, (_, f) => `feature_${f}`);
  return encodeOnnxModel({ architecture, memberWeights, windowRows, featureNames, scaler });
}

/** Loading is the schema check: the runtime refuses a graph whose nodes, types or shapes do not fit the operators. */
async function withSession(model, graphOptimizationLevel, use) {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel,
  });
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

async function runOnnx(session, { architecture, windowRows, batchSize, window, volatility }) {
  const result = await session.run({
    window: new ort.Tensor('float32', window, [batchSize, windowRows, architecture.featureCount]),
    volatility: new ort.Tensor('float32', volatility, [batchSize]),
  });
  for (const name of ['score', 'predicted_change']) {
    const dims = result[name]?.dims;
    if (String(dims) !== String(batchSize)) throw new Error(`${name}: expected shape [${batchSize}], was [${dims}]`);
  }
  return { score: result.score.data, change: result.predicted_change.data };
}

/** The mean of the members' outputs, shape `[B]`, on features scaled here in float64. */
async function runEngine({ architecture, memberWeights, windowRows, batchSize, scaler, window }) {
  const { mean, scale, clip } = scaler;
  const x = Float64Array.from(window, (value, i) => {
    const f = i % architecture.featureCount;
    return Math.max(-clip, Math.min(clip, (value - mean[f]) / scale[f]));
  });
  const rows = Int32Array.from({ length: batchSize }, (_, b) => (b + 1) * windowRows - 1);
  return predictEnsemble(engine, { architecture, windowRows, memberWeights, x, rows });
}

/**
 * Largest errors: of the score in units of volatility (relative above 1), of the change in units of one volatility
 * (relative to itself where it is more than that). A value that is not finite is an infinite error.
 */
function measure(found, scores, volatility) {
  const error = { score: 0, change: 0 };
  for (let b = 0; b < scores.length; b++) {
    const change = Math.expm1(scores[b] * volatility[b]);
    const scoreError = Math.abs(found.score[b] - scores[b]) / Math.max(1, Math.abs(scores[b]));
    const changeError = Math.abs(found.change[b] - change) / Math.max(volatility[b], Math.abs(change));
    error.score = Math.max(error.score, Number.isFinite(scoreError) ? scoreError : Infinity);
    error.change = Math.max(error.change, Number.isFinite(changeError) ? changeError : Infinity);
  }
  return error;
}
