/** A stopped training as bytes: the members' weights and moments in float64, the rest as JSON in the header. */

import { TradeAiError } from '../core/errors.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';
import type { MemberProgress } from './trainer.js';

/** Progress of every member, and what the caller needs to find the same training again. */
export interface Checkpoint<Context> {
  readonly context: Context;
  readonly members: readonly MemberProgress[];
}

const FORMAT = 'tradeai-checkpoint-1';
const TENSOR_NAMES = ['weights', 'firstMoment', 'secondMoment', 'bestWeights'] as const;

/** @param checkpoint its `context` must be plain JSON */
export function encodeCheckpoint<Context>({ context, members }: Checkpoint<Context>): Uint8Array {
  const tensors = members.flatMap((member, index) =>
    TENSOR_NAMES.map((name) => ({
      name: `member.${index}.${name}`,
      dtype: 'F64' as const,
      shape: [member.bestWeights.length],
      data: name === 'bestWeights' ? member.bestWeights : member.state[name],
    })),
  );
  const histories = members.map(({ bestWeights: _, state, ...history }) => ({ ...history, step: state.step }));
  return encodeSafetensors(tensors, {
    format: FORMAT,
    context: JSON.stringify(context),
    members: JSON.stringify(histories),
  });
}

/**
 * Reads a checkpoint that this program wrote.
 *
 * @throws TradeAiError `MODEL_CORRUPT`
 */
export function decodeCheckpoint<Context>(bytes: Uint8Array): Checkpoint<Context> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata.format !== FORMAT) {
    throw new TradeAiError('MODEL_CORRUPT', `expected a checkpoint of format ${FORMAT}, was ${metadata.format}`, {
      hint: 'train again without --resume',
    });
  }
  const data = new Map(tensors.map((tensor) => [tensor.name, Float64Array.from(tensor.data)]));
  const histories: (Omit<MemberProgress, 'bestWeights' | 'state'> & { step: number })[] = JSON.parse(metadata.members);
  return {
    context: JSON.parse(metadata.context),
    members: histories.map(({ step, ...history }, index) => {
      const tensor = (name: (typeof TENSOR_NAMES)[number]) => {
        const values = data.get(`member.${index}.${name}`);
        if (values) return values;
        throw new TradeAiError('MODEL_CORRUPT', `the checkpoint has no tensor member.${index}.${name}`);
      };
      return {
        ...history,
        bestWeights: tensor('bestWeights'),
        state: {
          weights: tensor('weights'),
          firstMoment: tensor('firstMoment'),
          secondMoment: tensor('secondMoment'),
          step,
        },
      };
    }),
  };
}
