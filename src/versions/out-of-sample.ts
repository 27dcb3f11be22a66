/**
 * The out-of-sample forecasts of a version, kept with it, so that a later challenger can be compared with it on the same
 * rows without asking a model about rows it was trained on.
 */

import { decodeSafetensors, encodeSafetensors } from '../lstm/safetensors.js';

export interface OutOfSampleForecasts {
  /** Open times of the rows judged, ascending. */
  readonly openTimeMs: Float64Array;
  /** Shape as `openTimeMs`, volatility units. */
  readonly score: Float64Array;
}

export function encodeForecasts({ openTimeMs, score }: OutOfSampleForecasts): Uint8Array {
  const tensor = (name: string, data: Float64Array) => ({ name, dtype: 'F64' as const, shape: [data.length], data });
  return encodeSafetensors([tensor('openTimeMs', openTimeMs), tensor('score', score)]);
}

/** @throws TradeAiError `MODEL_CORRUPT` */
export function decodeForecasts(bytes: Uint8Array): OutOfSampleForecasts {
  const { tensors } = decodeSafetensors(bytes);
  const find = (name: string) => Float64Array.from(tensors.find((tensor) => tensor.name === name)?.data ?? []);
  return { openTimeMs: find('openTimeMs'), score: find('score') };
}
