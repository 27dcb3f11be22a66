// Random models and inputs of every shape, drawn from a seed. Legend: B batch, W window rows, F features, P parameters.

import { RANDOM_STREAM, Random } from '../../dist/core/random.js';
import { countWeights } from '../../dist/lstm/weights.js';

/** Mean and spread of features as they come: returns, an oscillator, prices, volumes, a price that hardly moves. */
const FEATURE_KINDS = [
  { mean: 1e-5, scale: 0.006 },
  { mean: 51, scale: 12 },
  { mean: 34_000, scale: 21_000 },
  { mean: -4.2e6, scale: 9e5 },
  { mean: 64_123.456, scale: 12.3 },
  { mean: 0.02, scale: 1.05 },
];

/** Substreams of the inputs begin here, so that they share no number with the models. */
const INPUT_SUBSTREAMS = 2 ** 31;

/** The shape TradeAI trains by default, always the first case. */
const DEFAULT_SHAPE = {
  architecture: { featureCount: 17, hiddenUnits: 32, layerCount: 1 },
  windowRows: 24,
  batchSize: 64,
  memberCount: 2,
  clip: 5,
  gain: 1,
};

/** One case: a model of `memberCount` members, and a batch of input for it. */
export function drawCase(seed, index) {
  const random = new Random(seed, RANDOM_STREAM.test, index);
  const shape = index === 0 ? DEFAULT_SHAPE : drawShape(random);
  const { featureCount, hiddenUnits } = shape.architecture;
  const features = Array.from({ length: featureCount }, () => {
    const kind = FEATURE_KINDS[random.nextInteger(FEATURE_KINDS.length)];
    return { mean: kind.mean * (0.5 + random.nextUniform()), scale: kind.scale * (0.5 + random.nextUniform()) };
  });
  const scaler = {
    mean: features.map(({ mean }) => mean),
    scale: features.map(({ scale }) => scale),
    clip: shape.clip,
  };
  // PyTorch's initialisation, times a gain that drives the gates into saturation
  const bound = shape.gain / Math.sqrt(hiddenUnits);
  const memberWeights = Array.from({ length: shape.memberCount }, () =>
    Float64Array.from({ length: countWeights(shape.architecture) }, () =>
      Math.fround(bound * (2 * random.nextUniform() - 1)),
    ),
  );
  const model = { ...shape, scaler, memberWeights };
  return { ...model, ...drawInput(seed, model, index) };
}

/**
 * A batch of raw windows, shape `[B, W, F]`, and the volatility of each, shape `[B]`. Both are float32 before anybody
 * sees them, as the inputs of the graph are; some features lie far outside the clip.
 */
export function drawInput(seed, { architecture, windowRows, batchSize, scaler }, index = 0) {
  const random = new Random(seed, RANDOM_STREAM.test, INPUT_SUBSTREAMS + index);
  const { featureCount } = architecture;
  const window = Float32Array.from({ length: batchSize * windowRows * featureCount }, (_, i) => {
    const f = i % featureCount;
    const outlier = random.nextUniform() < 0.03 ? 30 : 1;
    return scaler.mean[f] + scaler.scale[f] * outlier * random.nextNormal();
  });
  // hourly to weekly: 0.1 % to 10 %
  const volatility = Float32Array.from({ length: batchSize }, () => 0.001 * 100 ** random.nextUniform());
  return { window, volatility };
}

function drawShape(random) {
  const pick = (...values) => values[random.nextInteger(values.length)];
  return {
    architecture: {
      featureCount: pick(1, 2, 3, 5, 8, 17, 24, 31),
      hiddenUnits: pick(1, 2, 3, 7, 8, 16, 32, 33, 48, 64),
      layerCount: pick(1, 2, 3),
    },
    windowRows: pick(1, 2, 5, 12, 24, 48, 72),
    batchSize: pick(1, 2, 3, 7, 16, 33),
    memberCount: pick(1, 2, 3, 5),
    clip: pick(3, 5, 10),
    gain: pick(0.5, 1, 2),
  };
}
