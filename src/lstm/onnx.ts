/**
 * A trained ensemble as an ONNX file that needs nothing but the raw features: the scaler is folded in.
 *
 * Legend: B batch, W window rows, F features, H hidden units, P parameters.
 *
 *     window [B, W, F] ─ − mean ─ ÷ scale ─ clip ─ [W, B, F] ─┬─ LSTM … LSTM ─ last h [B, H] ─ · head + b ─┐
 *                                                             └─ one such branch per member ─────────────┴─ mean ─ score [B]
 *     volatility [B] ──────────────────────────────────────── × ── exp(·) − 1 ── predicted_change [B]
 *
 * Our gates stand in the order i, f, g, o and weights as [in, 4H]; ONNX's LSTM wants i, o, f, c (its c is our g) and
 * [4H, in]: https://onnx.ai/onnx/operators/onnx__LSTM.html. Everything is float32, so that any runtime can take it;
 * within 1e-5 of the float64 engine (`test/onnx-parity`).
 */

import { TradeAiError } from '../core/errors.js';
import { encodeOnnxProtobuf, type OnnxModel, type OnnxNode, type OnnxTensor } from './onnx-protobuf.js';
import { countWeights, describeWeights, type LstmArchitecture } from './weights.js';

/** IR 8 and operator set 17: ONNX 1.12 (2022) and later, ONNX Runtime 1.12 and later. */
const IR_VERSION = 8;
const OPERATOR_SET_VERSION = 17;

/** Our gates in ONNX's order: i, o, f, g. */
const GATE_ORDER = [0, 3, 1, 2];
const GATE_COUNT = 4;

export interface OnnxScaler {
  /** Shape `[F]`. */
  readonly mean: readonly number[];
  /** Shape `[F]`, above 0. */
  readonly scale: readonly number[];
  /** Scaled features are clipped to ± this. */
  readonly clip: number;
}

export interface OnnxModelOptions {
  readonly architecture: LstmArchitecture;
  /** The members of the ensemble, whose outputs are averaged: arrays of shape `[P]`; each value a float32. */
  readonly memberWeights: readonly Float64Array[];
  readonly windowRows: number;
  /** Shape `[F]`, in the order of the columns of `window`. */
  readonly featureNames: readonly string[];
  readonly scaler: OnnxScaler;
  /** What else a reader should find in `metadata_props`: symbol, interval, horizon, hashes. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Encodes the model. Inputs: `window` [B, W, F], the raw features, oldest row first, and `volatility` [B], the standard
 * deviation the target was divided by. Outputs: `predicted_change` [B], a fraction, and `score` [B], the same in units
 * of volatility. The same options give the same bytes.
 *
 * @throws TradeAiError `MODEL_MISMATCH` for sizes or names that do not fit each other, `MODEL_CORRUPT` for a value that
 *   is not finite or a weight that is not a float32
 */
export function encodeOnnxModel(options: OnnxModelOptions): Uint8Array {
  checkOptions(options);
  const { architecture, memberWeights, windowRows, featureNames, scaler, metadata = {} } = options;
  const graph = new GraphBuilder();
  const scaled = addScaler(graph, scaler);
  const memberScores = memberWeights.map((weights, member) =>
    addMember(graph, `member${member}`, scaled, architecture, weights),
  );
  graph.addNode('Mean', memberScores, 'score');
  addChange(graph);

  const properties: Record<string, string> = {
    ...metadata,
    featureNames: JSON.stringify(featureNames),
    windowRows: String(windowRows),
    hiddenUnits: String(architecture.hiddenUnits),
    layerCount: String(architecture.layerCount),
    memberCount: String(memberWeights.length),
  };
  const model: OnnxModel = {
    irVersion: IR_VERSION,
    operatorSetVersion: OPERATOR_SET_VERSION,
    producerName: 'tradeai',
    description: 'Raw feature window in, predicted change of the close out. Feature names stand in the metadata.',
    graphName: 'tradeai_lstm',
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: [
      {
        name: 'window',
        shape: ['batch', windowRows, architecture.featureCount],
        description: 'raw features, oldest row first, columns in the order of featureNames; finite',
      },
      {
        name: 'volatility',
        shape: ['batch'],
        description: 'trailing standard deviation of log returns at the decision, the unit of score',
      },
    ],
    outputs: [
      { name: 'predicted_change', shape: ['batch'], description: 'exp(score * volatility) - 1; 0.01 is +1 %' },
      { name: 'score', shape: ['batch'], description: 'predicted log return over the horizon / volatility' },
    ],
    metadata: Object.keys(properties)
      .sort()
      .map((key) => [key, properties[key]] as const),
  };
  return encodeOnnxProtobuf(model);
}

/** Collects nodes and constants; every method returns the name of the value it makes. */
class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];

  addNode(
    operator: string,
    inputs: readonly string[],
    output: string,
    { position = 0, attributes }: { position?: number; attributes?: OnnxNode['attributes'] } = {},
  ): string {
    // an optional output that is not wanted has an empty name
    const outputs = [...new Array<string>(position).fill(''), output];
    this.nodes.push({ name: `${output}_${operator}`, operator, inputs, outputs, attributes });
    return output;
  }

  addFloats(name: string, shape: readonly number[], values: ArrayLike<number>): string {
    this.initializers.push({ name, shape, data: Float32Array.from(values) });
    return name;
  }

  /** The axes of a Squeeze. */
  addAxis(axis: number): string {
    const name = `axis${axis}`;
    if (!this.initializers.some((tensor) => tensor.name === name)) {
      this.initializers.push({ name, shape: [1], data: BigInt64Array.of(BigInt(axis)) });
    }
    return name;
  }
}

/**
 * The mean is subtracted in two parts, its float32 and what that leaves out: for a feature with a large offset and
 * little spread (a price, a cumulative volume) the rounding of the mean alone would cost more than the tolerance.
 *
 * @returns name of the scaled window, [W, B, F]
 */
function addScaler(graph: GraphBuilder, { mean, scale, clip }: OnnxScaler): string {
  const shape = [mean.length];
  const meanHigh = mean.map(Math.fround);
  const meanLow = mean.map((value, f) => value - meanHigh[f]);
  graph.addNode('Sub', ['window', graph.addFloats('mean_high', shape, meanHigh)], 'nearly_centred');
  graph.addNode('Sub', ['nearly_centred', graph.addFloats('mean_low', shape, meanLow)], 'centred');
  graph.addNode('Div', ['centred', graph.addFloats('scale', shape, scale)], 'standardised');
  const bounds = [graph.addFloats('clip_low', [], [-clip]), graph.addFloats('clip_high', [], [clip])];
  graph.addNode('Clip', ['standardised', ...bounds], 'clipped');
  return graph.addNode('Transpose', ['clipped'], 'steps', { attributes: { perm: [1, 0, 2] } });
}

/** @returns name of the member's output, [B] */
function addMember(
  graph: GraphBuilder,
  name: string,
  steps: string,
  architecture: LstmArchitecture,
  weights: Float64Array,
): string {
  const { hiddenUnits, layerCount } = architecture;
  const views = new Map(
    describeWeights(architecture).map(({ name, offset, length }) => [name, weights.subarray(offset, offset + length)]),
  );
  let value = steps;
  for (let layer = 0; layer < layerCount; layer++) {
    const prefix = `${name}_lstm${layer}`;
    const isLast = layer === layerCount - 1;
    const wx = toOnnxGates(views.get(`lstm.${layer}.wx`)!, hiddenUnits);
    const wh = toOnnxGates(views.get(`lstm.${layer}.wh`)!, hiddenUnits);
    const bias = new Float64Array(2 * GATE_COUNT * hiddenUnits); // the second half, the recurrent bias, stays zero
    bias.set(toOnnxGates(views.get(`lstm.${layer}.b`)!, hiddenUnits));
    const inputs = [
      value,
      graph.addFloats(`${prefix}_w`, [1, GATE_COUNT * hiddenUnits, wx.length / (GATE_COUNT * hiddenUnits)], wx),
      graph.addFloats(`${prefix}_r`, [1, GATE_COUNT * hiddenUnits, hiddenUnits], wh),
      graph.addFloats(`${prefix}_b`, [1, 2 * GATE_COUNT * hiddenUnits], bias),
    ];
    // outputs of LSTM: Y [W, 1, B, H], the hidden state of every row; Y_h [1, B, H], of the last
    graph.addNode('LSTM', inputs, `${prefix}_h`, {
      position: isLast ? 1 : 0,
      attributes: { hidden_size: hiddenUnits },
    });
    value = graph.addNode('Squeeze', [`${prefix}_h`, graph.addAxis(isLast ? 0 : 1)], `${prefix}_y`);
  }
  const headWeights = graph.addFloats(`${name}_head_w`, [hiddenUnits, 1], views.get('head.w')!);
  const headBias = graph.addFloats(`${name}_head_b`, [1], views.get('head.b')!);
  graph.addNode('Gemm', [value, headWeights, headBias], `${name}_head`);
  return graph.addNode('Squeeze', [`${name}_head`, graph.addAxis(1)], `${name}_score`);
}

/**
 * exp(z) − 1 as tanh(z / 2) · (exp(z) + 1): for the small z of one candle the plain difference would keep four digits.
 */
function addChange(graph: GraphBuilder): void {
  graph.addNode('Mul', ['score', 'volatility'], 'log_return');
  graph.addNode('Mul', ['log_return', graph.addFloats('half', [], [0.5])], 'half_log_return');
  graph.addNode('Tanh', ['half_log_return'], 'tanh_half');
  graph.addNode('Exp', ['log_return'], 'growth');
  graph.addNode('Add', ['growth', graph.addFloats('one', [], [1])], 'growth_plus_one');
  graph.addNode('Mul', ['tanh_half', 'growth_plus_one'], 'predicted_change');
}

/**
 * @param values shape `[N, 4H]`, gates i, f, g, o
 * @returns shape `[4H, N]`, gates i, o, f, g
 */
function toOnnxGates(values: Float64Array, hiddenUnits: number): Float64Array {
  const columns = GATE_COUNT * hiddenUnits;
  const rows = values.length / columns;
  const out = new Float64Array(values.length);
  GATE_ORDER.forEach((gate, position) => {
    for (let unit = 0; unit < hiddenUnits; unit++) {
      for (let row = 0; row < rows; row++) {
        out[(position * hiddenUnits + unit) * rows + row] = values[row * columns + gate * hiddenUnits + unit];
      }
    }
  });
  return out;
}

const OWN_METADATA_KEYS = ['featureNames', 'windowRows', 'hiddenUnits', 'layerCount', 'memberCount'];

function checkOptions({
  architecture,
  memberWeights,
  windowRows,
  featureNames,
  scaler,
  metadata = {},
}: OnnxModelOptions): void {
  for (const [name, size] of Object.entries({ ...architecture, windowRows, memberCount: memberWeights.length })) {
    if (!Number.isSafeInteger(size) || size < 1) throw mismatch(`expected ${name} to be 1 or more, was ${size}`);
  }
  const { featureCount } = architecture;
  const lists = { 'feature names': featureNames, 'means of the scaler': scaler.mean, scales: scaler.scale };
  for (const [name, { length }] of Object.entries(lists)) {
    if (length !== featureCount) throw mismatch(`expected ${featureCount} ${name}, one per feature, was ${length}`);
  }
  featureNames.forEach((name, f) => {
    if (name === '') throw mismatch(`expected a name for feature ${f}, was ""`);
    if (featureNames.indexOf(name) !== f) throw mismatch(`expected every feature once, was "${name}" twice`);
    checkFloat32(`the mean of ${name}`, scaler.mean[f], -Infinity);
    checkFloat32(`the scale of ${name}`, scaler.scale[f], 0);
  });
  checkFloat32('clip', scaler.clip, 0);
  const weightCount = countWeights(architecture);
  memberWeights.forEach((weights, member) => {
    if (weights.length !== weightCount) {
      throw mismatch(`member ${member}: expected ${weightCount} weights, was ${weights.length}`);
    }
    const index = weights.findIndex((value) => !Number.isFinite(value) || Math.fround(value) !== value);
    if (index >= 0)
      throw corrupt(`member ${member}: expected a finite float32 at weight ${index}, was ${weights[index]}`);
  });
  const taken = OWN_METADATA_KEYS.find((key) => Object.hasOwn(metadata, key));
  if (taken !== undefined) throw mismatch(`expected metadata beside what is always written, was "${taken}"`);
}

/** Refuses a constant that overflows float32, or is not above `lowest` once it is rounded to it. */
function checkFloat32(name: string, value: number, lowest: number): void {
  const rounded = Math.fround(value);
  if (Number.isFinite(rounded) && rounded > lowest) return;
  throw corrupt(`expected ${name} to be a finite float32${lowest === 0 ? ' above 0' : ''}, was ${value}`);
}

function mismatch(message: string): TradeAiError {
  return new TradeAiError('MODEL_MISMATCH', `ONNX model: ${message}`);
}

function corrupt(message: string): TradeAiError {
  return new TradeAiError('MODEL_CORRUPT', `ONNX model: ${message}`);
}
