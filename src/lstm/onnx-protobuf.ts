/**
 * The part of ONNX's protobuf messages that a model of ours needs, as bytes. Field numbers:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 *
 * Repeated numbers are written unpacked, as the proto2 file that ONNX itself is compiled from declares them; every
 * reader must take both. Tensors carry their own data: nothing here can point to another file.
 */

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major; float32 becomes FLOAT, bigint INT64. */
  readonly data: Float32Array | BigInt64Array;
}

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A number is an INT, a list INTS. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** An input or output of the graph: float32; a text in the shape names a size that is known at run time only. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly description: string;
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly operatorSetVersion: number;
  readonly producerName: string;
  readonly description: string;
  readonly graphName: string;
  /** In topological order. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Written in this order. */
  readonly metadata: readonly (readonly [key: string, value: string])[];
}

const MODEL = {
  irVersion: 1,
  producerName: 2,
  description: 6,
  graph: 7,
  operatorSet: 8,
  metadata: 14,
} as const;
const OPERATOR_SET = { domain: 1, version: 2 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, int: 3, ints: 8, type: 20 } as const;
const ATTRIBUTE_TYPE = { int: 2, ints: 7 } as const;
const TENSOR = { dimension: 1, dataType: 2, name: 8, rawData: 9 } as const;
const DATA_TYPE = { float: 1, int64: 7 } as const;
const VALUE = { name: 1, type: 2, description: 3 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;
const SHAPE = { dimension: 1 } as const;
const DIMENSION = { value: 1, parameter: 2 } as const;

/** Encodes a ModelProto. The same model gives the same bytes. */
export function encodeOnnxProtobuf(model: OnnxModel): Uint8Array {
  const writer = new BinaryWriter();
  writeInteger(writer, MODEL.irVersion, model.irVersion);
  writeText(writer, MODEL.producerName, model.producerName);
  writeText(writer, MODEL.description, model.description);
  writeMessage(writer, MODEL.graph, () => writeGraph(writer, model));
  writeMessage(writer, MODEL.operatorSet, () => {
    writeText(writer, OPERATOR_SET.domain, '');
    writeInteger(writer, OPERATOR_SET.version, model.operatorSetVersion);
  });
  for (const [key, value] of model.metadata) {
    writeMessage(writer, MODEL.metadata, () => {
      writeText(writer, ENTRY.key, key);
      writeText(writer, ENTRY.value, value);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, model: OnnxModel): void {
  for (const node of model.nodes) writeMessage(writer, GRAPH.node, () => writeNode(writer, node));
  writeText(writer, GRAPH.name, model.graphName);
  for (const tensor of model.initializers) writeMessage(writer, GRAPH.initializer, () => writeTensor(writer, tensor));
  for (const input of model.inputs) writeMessage(writer, GRAPH.input, () => writeValue(writer, input));
  for (const output of model.outputs) writeMessage(writer, GRAPH.output, () => writeValue(writer, output));
}

function writeNode(writer: BinaryWriter, { name, operator, inputs, outputs, attributes = {} }: OnnxNode): void {
  for (const input of inputs) writeText(writer, NODE.input, input);
  for (const output of outputs) writeText(writer, NODE.output, output);
  writeText(writer, NODE.name, name);
  writeText(writer, NODE.operator, operator);
  for (const [attribute, value] of Object.entries(attributes)) {
    writeMessage(writer, NODE.attribute, () => {
      writeText(writer, ATTRIBUTE.name, attribute);
      if (typeof value === 'number') writeInteger(writer, ATTRIBUTE.int, value);
      else for (const item of value) writeInteger(writer, ATTRIBUTE.ints, item);
      writeInteger(writer, ATTRIBUTE.type, typeof value === 'number' ? ATTRIBUTE_TYPE.int : ATTRIBUTE_TYPE.ints);
    });
  }
}

function writeTensor(writer: BinaryWriter, { name, shape, data }: OnnxTensor): void {
  for (const size of shape) writeInteger(writer, TENSOR.dimension, size);
  writeInteger(writer, TENSOR.dataType, data instanceof Float32Array ? DATA_TYPE.float : DATA_TYPE.int64);
  writeText(writer, TENSOR.name, name);
  const raw = new Uint8Array(data.byteLength);
  const view = new DataView(raw.buffer);
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (typeof value === 'bigint') view.setBigInt64(8 * i, value, true);
    else view.setFloat32(4 * i, value, true);
  }
  writer.tag(TENSOR.rawData, WireType.LengthDelimited).bytes(raw);
}

function writeValue(writer: BinaryWriter, { name, shape, description }: OnnxValue): void {
  writeText(writer, VALUE.name, name);
  writeMessage(writer, VALUE.type, () => {
    writeMessage(writer, TYPE.tensor, () => {
      writeInteger(writer, TENSOR_TYPE.elementType, DATA_TYPE.float);
      writeMessage(writer, TENSOR_TYPE.shape, () => {
        for (const size of shape) {
          writeMessage(writer, SHAPE.dimension, () => {
            if (typeof size === 'number') writeInteger(writer, DIMENSION.value, size);
            else writeText(writer, DIMENSION.parameter, size);
          });
        }
      });
    });
  });
  writeText(writer, VALUE.description, description);
}

function writeInteger(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function writeText(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function writeMessage(writer: BinaryWriter, field: number, writeContent: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  writeContent();
  writer.join();
}
