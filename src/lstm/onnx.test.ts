import { createHash } from 'node:crypto';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import { RANDOM_STREAM, Random } from '../core/random.js';
import { encodeOnnxModel, type OnnxModelOptions } from './onnx.js';
import { countWeights, describeWeights } from './weights.js';

const ARCHITECTURE = { featureCount: 3, hiddenUnits: 2, layerCount: 2 };
const OPTIONS: OnnxModelOptions = {
  architecture: ARCHITECTURE,
  memberWeights: [draw(1), draw(2)],
  windowRows: 24,
  featureNames: ['return_1', 'rsi_14', 'close'],
  scaler: { mean: [1e-5, 51.5, 64_123.456], scale: [0.006, 12.25, 12.3], clip: 5 },
  metadata: { symbol: 'BTCUSDT', interval: '1h', horizonSteps: '1', weightsSha256: 'ab'.repeat(32) },
};

describe('encodeOnnxModel', () => {
  const model = readModel(encodeOnnxModel(OPTIONS));

  test('declares IR version 8 and operator set 17', () => {
    expect(model).toMatchObject({ irVersion: 8, operatorSets: [{ domain: '', version: 17 }], producer: 'tradeai' });
  });

  test('takes raw windows and volatility and gives change and score, any number at a time', () => {
    expect(model.inputs).toEqual([
      { name: 'window', elementType: 1, shape: ['batch', 24, 3] },
      { name: 'volatility', elementType: 1, shape: ['batch'] },
    ]);
    expect(model.outputs).toEqual([
      { name: 'predicted_change', elementType: 1, shape: ['batch'] },
      { name: 'score', elementType: 1, shape: ['batch'] },
    ]);
  });

  test('carries the feature names, the shape and what the caller adds, sorted by key', () => {
    expect(model.metadata).toEqual([
      ['featureNames', '["return_1","rsi_14","close"]'],
      ['hiddenUnits', '2'],
      ['horizonSteps', '1'],
      ['interval', '1h'],
      ['layerCount', '2'],
      ['memberCount', '2'],
      ['symbol', 'BTCUSDT'],
      ['weightsSha256', 'ab'.repeat(32)],
      ['windowRows', '24'],
    ]);
  });

  test('lists the nodes in an order they can be run in, every value made once', () => {
    const known = new Set(['window', 'volatility', ...model.tensors.keys()]);
    for (const { inputs, outputs } of model.nodes) {
      for (const input of inputs) expect(known).toContain(input);
      for (const output of outputs.filter((name) => name !== '')) {
        expect(known).not.toContain(output);
        known.add(output);
      }
    }
    expect(known).toContain('predicted_change');
    expect(known).toContain('score');
    expect(new Set(model.nodes.map(({ name }) => name)).size).toBe(model.nodes.length);
  });

  test('scales, clips and turns the window before the first layer', () => {
    expect(model.nodes.slice(0, 5).map(({ operator, inputs, ints }) => [operator, inputs.slice(1), ints])).toEqual([
      ['Sub', ['mean_high'], []],
      ['Sub', ['mean_low'], []],
      ['Div', ['scale'], []],
      ['Clip', ['clip_low', 'clip_high'], []],
      ['Transpose', [], [1, 0, 2]],
    ]);
    expect(model.tensors.get('scale')).toEqual({ shape: [3], values: OPTIONS.scaler.scale.map(Math.fround) });
    expect(model.tensors.get('clip_low')).toEqual({ shape: [], values: [-5] });
    expect(model.tensors.get('clip_high')).toEqual({ shape: [], values: [5] });
  });

  test('splits the mean so that the two parts keep what one float32 loses', () => {
    const high = model.tensors.get('mean_high')!.values;
    const low = model.tensors.get('mean_low')!.values;
    expect(high).toEqual(OPTIONS.scaler.mean.map(Math.fround));
    OPTIONS.scaler.mean.forEach((mean, f) => {
      expect(Math.abs(high[f] + low[f] - mean)).toBeLessThan(Math.abs(mean) * 2 ** -45);
    });
    expect(Math.abs(high[2] - OPTIONS.scaler.mean[2])).toBeGreaterThan(1e-4);
  });

  test('runs the layers of every member one after the other and averages the members', () => {
    const operators = model.nodes.map(({ operator }) => operator);
    const member = ['LSTM', 'Squeeze', 'LSTM', 'Squeeze', 'Gemm', 'Squeeze'];
    expect(operators.slice(5)).toEqual([...member, ...member, 'Mean', 'Mul', 'Mul', 'Tanh', 'Exp', 'Add', 'Mul']);
    const layers = model.nodes.filter(({ operator }) => operator === 'LSTM');
    // the lower layer hands on every row (Y), the last one its last row only (Y_h)
    expect(layers.map(({ inputs, outputs, int }) => [inputs[0], outputs, int])).toEqual([
      ['steps', ['member0_lstm0_h'], 2],
      ['member0_lstm0_y', ['', 'member0_lstm1_h'], 2],
      ['steps', ['member1_lstm0_h'], 2],
      ['member1_lstm0_y', ['', 'member1_lstm1_h'], 2],
    ]);
    expect(model.nodes.find(({ operator }) => operator === 'Mean')).toMatchObject({
      inputs: ['member0_score', 'member1_score'],
      outputs: ['score'],
    });
  });

  test('puts every weight where the LSTM of ONNX looks for it: gates i, o, f, c, one row per unit', () => {
    // https://onnx.ai/onnx/operators/onnx__LSTM.html: W[iofc] is [1, 4H, in], R [1, 4H, H], B [1, 8H] = Wb then Rb
    const onnxGates = ['i', 'o', 'f', 'g'];
    const ourGates = ['i', 'f', 'g', 'o'];
    const { hiddenUnits: H, layerCount } = ARCHITECTURE;
    OPTIONS.memberWeights.forEach((weights, member) => {
      const our = (name: string) => {
        const { offset, length } = describeWeights(ARCHITECTURE).find((view) => view.name === name)!;
        return weights.subarray(offset, offset + length);
      };
      for (let layer = 0; layer < layerCount; layer++) {
        const inputCount = layer === 0 ? 3 : H;
        const tensor = (suffix: string) => model.tensors.get(`member${member}_lstm${layer}_${suffix}`)!;
        expect(tensor('w').shape).toEqual([1, 4 * H, inputCount]);
        expect(tensor('r').shape).toEqual([1, 4 * H, H]);
        expect(tensor('b').shape).toEqual([1, 8 * H]);
        onnxGates.forEach((gate, position) => {
          for (let unit = 0; unit < H; unit++) {
            const row = position * H + unit;
            const column = ourGates.indexOf(gate) * H + unit;
            for (let f = 0; f < inputCount; f++) {
              expect(tensor('w').values[row * inputCount + f]).toBe(our(`lstm.${layer}.wx`)[f * 4 * H + column]);
            }
            for (let h = 0; h < H; h++) {
              expect(tensor('r').values[row * H + h]).toBe(our(`lstm.${layer}.wh`)[h * 4 * H + column]);
            }
            expect(tensor('b').values[row]).toBe(our(`lstm.${layer}.b`)[column]);
            expect(tensor('b').values[4 * H + row]).toBe(0);
          }
        });
      }
      const head = model.tensors.get(`member${member}_head_w`)!;
      expect(head).toEqual({ shape: [H, 1], values: [...our('head.w')] });
      expect(model.tensors.get(`member${member}_head_b`)).toEqual({ shape: [1], values: [...our('head.b')] });
    });
  });

  test('holds every tensor in itself: no external data, no data location', () => {
    expect(model.tensorFields).toEqual(new Set([1, 2, 8, 9]));
  });

  test('gives the same bytes for the same options, whatever the order of the metadata', () => {
    const metadata = Object.fromEntries(Object.entries(OPTIONS.metadata!).reverse());
    const bytes = encodeOnnxModel(OPTIONS);
    expect(encodeOnnxModel({ ...OPTIONS, metadata })).toEqual(bytes);
    // changes when the graph does: a new hash here is a new format for those who read the files
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      'd0e9caf9b21f346a04545e309dd4280019cf2c1fe49819e205c7098a84c56409',
    );
  });

  test.each<[string, string, Partial<OnnxModelOptions>]>([
    ['MODEL_MISMATCH', 'expected memberCount to be 1 or more, was 0', { memberWeights: [] }],
    ['MODEL_MISMATCH', 'member 1: expected 91 weights, was 3', { memberWeights: [draw(1), new Float64Array(3)] }],
    ['MODEL_MISMATCH', 'expected windowRows to be 1 or more, was 0', { windowRows: 0 }],
    ['MODEL_MISMATCH', 'expected windowRows to be 1 or more, was 1.5', { windowRows: 1.5 }],
    ['MODEL_MISMATCH', 'layerCount to be 1 or more, was NaN', { architecture: { ...ARCHITECTURE, layerCount: NaN } }],
    ['MODEL_MISMATCH', 'expected 3 feature names, one per feature, was 2', { featureNames: ['a', 'b'] }],
    ['MODEL_MISMATCH', 'expected every feature once, was "a" twice', { featureNames: ['a', 'b', 'a'] }],
    ['MODEL_MISMATCH', 'expected a name for feature 1, was ""', { featureNames: ['a', '', 'c'] }],
    ['MODEL_MISMATCH', 'expected 3 means', { scaler: { ...OPTIONS.scaler, mean: [0] } }],
    ['MODEL_MISMATCH', 'expected 3 scales', { scaler: { ...OPTIONS.scaler, scale: [1, 1, 1, 1] } }],
    ['MODEL_MISMATCH', 'was "windowRows"', { metadata: { windowRows: '9' } }],
    ['MODEL_CORRUPT', 'the mean of rsi_14 to be a finite float32, was NaN', withScaler({ mean: [0, NaN, 0] })],
    ['MODEL_CORRUPT', 'the mean of close to be a finite float32, was 1e+39', withScaler({ mean: [0, 0, 1e39] })],
    ['MODEL_CORRUPT', 'the scale of close to be a finite float32 above 0, was 0', withScaler({ scale: [1, 1, 0] })],
    ['MODEL_CORRUPT', 'finite float32 above 0, was 1e-50', withScaler({ scale: [1, 1, 1e-50] })],
    ['MODEL_CORRUPT', 'expected clip to be a finite float32 above 0, was -5', withScaler({ clip: -5 })],
    ['MODEL_CORRUPT', 'finite float32 at weight 3, was NaN', { memberWeights: [draw(1).fill(NaN, 3)] }],
    [
      'MODEL_CORRUPT',
      'member 0: expected a finite float32 at weight 0, was 0.1',
      { memberWeights: [draw(1).fill(0.1)] },
    ],
  ])('refuses with %s: %s', (code, message, change) => {
    expect(() => encodeOnnxModel({ ...OPTIONS, ...change })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

function withScaler(change: Partial<OnnxModelOptions['scaler']>): Partial<OnnxModelOptions> {
  return { scaler: { ...OPTIONS.scaler, ...change } };
}

function draw(seed: number): Float64Array {
  const random = new Random(seed, RANDOM_STREAM.test);
  return Float64Array.from({ length: countWeights(ARCHITECTURE) }, () => Math.fround(random.nextUniform() - 0.5));
}

/** Fields of a message by number; the numbers below are those of onnx.proto3. */
type Fields = Map<number, (number | Uint8Array)[]>;

function readFields(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const value = wireType === WireType.Varint ? Number(reader.int64()) : reader.bytes();
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Fields, number: number) =>
  (fields.get(number) ?? []).map((value) => readFields(value as Uint8Array));
const texts = (fields: Fields, number: number) =>
  (fields.get(number) ?? []).map((value) => new TextDecoder().decode(value as Uint8Array));
const text = (fields: Fields, number: number) => texts(fields, number)[0];
const numbers = (fields: Fields, number: number) => (fields.get(number) ?? []) as number[];

function readModel(bytes: Uint8Array) {
  const model = readFields(bytes);
  const [graph] = messages(model, 7);
  const initializers = messages(graph, 5);
  return {
    irVersion: numbers(model, 1)[0],
    producer: text(model, 2),
    operatorSets: messages(model, 8).map((set) => ({ domain: text(set, 1), version: numbers(set, 2)[0] })),
    metadata: messages(model, 14).map((entry) => [text(entry, 1), text(entry, 2)]),
    nodes: messages(graph, 1).map((node) => ({
      inputs: texts(node, 1),
      outputs: texts(node, 2),
      name: text(node, 3),
      operator: text(node, 4),
      int: messages(node, 5).flatMap((attribute) => numbers(attribute, 3))[0],
      ints: messages(node, 5).flatMap((attribute) => numbers(attribute, 8)),
    })),
    tensors: new Map(initializers.map((tensor) => [text(tensor, 8), readTensor(tensor)])),
    tensorFields: new Set(initializers.flatMap((tensor) => [...tensor.keys()])),
    inputs: messages(graph, 11).map(readValue),
    outputs: messages(graph, 12).map(readValue),
  };
}

function readTensor(tensor: Fields) {
  const raw = tensor.get(9)![0] as Uint8Array;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const isFloat = numbers(tensor, 2)[0] === 1;
  const values = Array.from({ length: raw.length / (isFloat ? 4 : 8) }, (_, i) =>
    isFloat ? view.getFloat32(4 * i, true) : Number(view.getBigInt64(8 * i, true)),
  );
  return { shape: numbers(tensor, 1), values };
}

function readValue(value: Fields) {
  const [tensorType] = messages(messages(value, 2)[0], 1);
  const dimensions = messages(messages(tensorType, 2)[0], 1);
  return {
    name: text(value, 1),
    elementType: numbers(tensorType, 1)[0],
    shape: dimensions.map((dimension) => text(dimension, 2) ?? numbers(dimension, 1)[0]),
  };
}
