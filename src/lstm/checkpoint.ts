/** A stopped training as bytes: the members' weights and moments in float64, the rest as JSON in the header. */

import { z } from 'zod';
import { TradeAiError } from '../core/errors.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';
import type { MemberProgress } from './trainer.js';

/** Progress of every member of every ensemble, and what the caller needs to find the same training again. */
export interface Checkpoint<Context> {
  readonly context: Context;
  readonly ensembles: readonly (readonly MemberProgress[])[];
}

const count = z.int().nonnegative();

const historySchema = z.object({
  seed: count,
  epochsRun: count,
  bestEpoch: count,
  // A loss that is no number is `null` in JSON.
  trainLoss: z.array(z.number().nullable()),
  validationLoss: z.array(z.number().nullable()),
  isFinished: z.boolean(),
  warning: z.string().optional(),
  step: count,
});

const historiesSchema = z.array(z.array(historySchema));
const contextSchema = z.looseObject({});

type MemberHistory = Omit<MemberProgress, 'bestWeights' | 'state'> & { readonly step: number };

const FORMAT = 'tradeai-checkpoint-2';
const TENSOR_NAMES = ['weights', 'firstMoment', 'secondMoment', 'bestWeights'] as const;
type TensorName = (typeof TENSOR_NAMES)[number];

const tensorName = (ensemble: number, member: number, name: TensorName) => `${ensemble}.${member}.${name}`;

/** @param checkpoint its `context` must be plain JSON */
export function encodeCheckpoint<Context>({ context, ensembles }: Checkpoint<Context>): Uint8Array {
  const tensors = ensembles.flatMap((members, ensemble) =>
    members.flatMap(({ bestWeights, state }, member) =>
      TENSOR_NAMES.map((name) => ({
        name: tensorName(ensemble, member, name),
        dtype: 'F64' as const,
        shape: [bestWeights.length],
        data: name === 'bestWeights' ? bestWeights : state[name],
      })),
    ),
  );
  const histories: MemberHistory[][] = ensembles.map((members) =>
    members.map(({ bestWeights: _, state, ...history }) => ({ ...history, step: state.step })),
  );
  return encodeSafetensors(tensors, {
    format: FORMAT,
    context: JSON.stringify(context),
    ensembles: JSON.stringify(histories),
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
      commandHint: 'train again without --resume',
    });
  }
  const data = new Map(tensors.map((tensor) => [tensor.name, Float64Array.from(tensor.data)]));
  const histories = readJson(metadata.ensembles, historiesSchema) as MemberHistory[][];
  const readMember = ({ step, ...history }: MemberHistory, ensemble: number, member: number): MemberProgress => {
    const length = data.get(tensorName(ensemble, member, 'weights'))?.length;
    const tensor = (name: TensorName) => {
      const values = data.get(tensorName(ensemble, member, name));
      if (values !== undefined && values.length === length) return values;
      throw damaged(`tensor ${tensorName(ensemble, member, name)} is absent or of another length than the weights`);
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
  };
  return {
    context: readJson(metadata.context, contextSchema) as Context,
    ensembles: histories.map((members, ensemble) =>
      members.map((history, member) => readMember(history, ensemble, member)),
    ),
  };
}

function readJson<Output>(text: string | undefined, schema: z.ZodType<Output>): Output {
  try {
    return schema.parse(JSON.parse(text ?? ''));
  } catch (cause) {
    throw damaged('its header is not what this program wrote', cause);
  }
}

function damaged(found: string, cause?: unknown): TradeAiError {
  return new TradeAiError('MODEL_CORRUPT', `the checkpoint is damaged: ${found}`, {
    commandHint: 'train again without --resume',
    cause,
  });
}
