/**
 * The weights of an ensemble as a safetensors file: F32 tensors named as in `describeWeights`, each behind its member
 * (`member.0.lstm.0.wx`, …). P parameters, M members.
 */

import { TradeAiError } from '../core/errors.js';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.js';
import { countWeights, describeWeights, type LstmArchitecture, type TensorView } from './weights.js';

/**
 * @param members M arrays of shape `[P]`, at least one; each value a float32
 * @throws TradeAiError `MODEL_MISMATCH` when P does not fit the architecture, `MODEL_CORRUPT` for a value that is not a
 *   finite float32
 */
export function membersToSafetensors(
  architecture: LstmArchitecture,
  members: readonly Float64Array[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  if (members.length === 0) throw new TradeAiError('MODEL_MISMATCH', 'an ensemble has at least 1 member, was 0');
  const tensors = members.flatMap((weights, member) => toTensors(architecture, weights, memberPrefix(member)));
  return encodeSafetensors(tensors, metadata);
}

/**
 * @returns M arrays of shape `[P]`; M is as many as the file holds
 * @throws TradeAiError `MODEL_CORRUPT` for a damaged file, `MODEL_MISMATCH` naming the tensor that does not fit
 */
export function membersFromSafetensors(bytes: Uint8Array, architecture: LstmArchitecture): Float64Array[] {
  const { tensors } = decodeSafetensors(bytes);
  const tensorsPerMember = 3 * architecture.layerCount + 2;
  const memberCount = Math.max(1, Math.ceil(tensors.length / tensorsPerMember));
  return fromTensors(
    tensors,
    architecture,
    Array.from({ length: memberCount }, (_, member) => memberPrefix(member)),
  );
}

function memberPrefix(member: number): string {
  return `member.${member}.`;
}

function toTensors(architecture: LstmArchitecture, weights: Float64Array, prefix: string): NamedTensor[] {
  const expected = countWeights(architecture);
  if (weights.length !== expected) {
    throw new TradeAiError('MODEL_MISMATCH', `expected ${expected} weights, was ${weights.length}`);
  }
  return describeWeights(architecture).map(({ name, offset, shape, length }) => ({
    name: prefix + name,
    shape,
    dtype: 'F32',
    data: weights.subarray(offset, offset + length),
  }));
}

/**
 * One array per prefix. Every tensor is checked before memory for the weights is taken. A tensor too many makes one more
 * member, whose others are then missing.
 */
function fromTensors(
  tensors: readonly NamedTensor[],
  architecture: LstmArchitecture,
  prefixes: readonly string[],
): Float64Array[] {
  // before the views are listed: the architecture may come from a damaged file, with a billion layers
  if (architecture.layerCount > tensors.length) {
    throw mismatch(`expected ${architecture.layerCount} layers, was a file of ${tensors.length} tensors`);
  }
  const views = describeWeights(architecture);
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const prefix of prefixes) {
    for (const view of views) checkTensor(prefix + view.name, view, found.get(prefix + view.name));
  }
  const weightCount = countWeights(architecture);
  return prefixes.map((prefix) => {
    const weights = new Float64Array(weightCount);
    for (const { name, offset } of views) weights.set(found.get(prefix + name)!.data, offset);
    return weights;
  });
}

function checkTensor(name: string, view: TensorView, tensor: NamedTensor | undefined): void {
  const expected = `tensor ${JSON.stringify(name)}: expected F32 [${view.shape}]`;
  if (tensor === undefined) throw mismatch(`${expected}, was absent`);
  const isSame =
    tensor.dtype === 'F32' &&
    tensor.shape.length === view.shape.length &&
    tensor.shape.every((size, axis) => size === view.shape[axis]);
  if (!isSame) throw mismatch(`${expected}, was ${tensor.dtype} [${tensor.shape}]`);
}

function mismatch(message: string): TradeAiError {
  return new TradeAiError('MODEL_MISMATCH', `the weights do not fit the model: ${message}`, {
    hint: 'the weights belong to a model of another shape; restore the version from a backup, or train again',
  });
}
