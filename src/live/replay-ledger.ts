/** Makes forecasts of the ledger again from their recorded inputs and compares the bits. */

import { changeOfScore } from '../dataset/target.js';
import { ENGINE_CHOICES } from '../options/train-options.js';
import type { Ports } from '../ports/ports.js';
import { createForecaster } from '../versions/create-forecaster.js';
import { decodeModel, hashWeights } from '../versions/model-files.js';
import type { RecordedForecast } from '../wire/ledger.js';
import { readInputs } from './recorded-inputs.js';

export interface ReplayedForecast {
  readonly version: number;
  readonly asOfMs: number;
  readonly score: { readonly expected: number; readonly found: number };
  /** Whether score and predicted change are the same bits. */
  readonly isEqual: boolean;
}

/**
 * Replays forecasts of one name, each with the model of its version and the engine it was made on.
 *
 * @param recordings as `ledger.recordings` reads them
 * @returns in the order given; a version with other weights than then gives forecasts that are not equal
 * @throws TradeAiError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`; `ENGINE_UNAVAILABLE`
 */
export async function replayLedger(
  name: string,
  recordings: readonly RecordedForecast[],
  ports: Pick<Ports, 'registry' | 'createEngine'>,
): Promise<ReplayedForecast[]> {
  const replayed = new Map<RecordedForecast, ReplayedForecast>();
  const groups = new Set(recordings.map(groupOf));
  for (const group of groups) {
    const forecasts = recordings.filter((recording) => groupOf(recording) === group);
    const [{ version, engine: engineName }] = forecasts;
    const model = decodeModel(await ports.registry.load(name, version));
    const weightsSha256 = hashWeights(model.lstm.memberWeights);
    const engine = await ports.createEngine(ENGINE_CHOICES.find((choice) => choice === engineName) ?? 'auto', 1);
    const inputs = Float64Array.from(forecasts.flatMap((recording) => Array.from(readInputs(recording.inputs))));
    const scores = await createForecaster(model, engine).forecastWindows(inputs);
    for (const [i, recording] of forecasts.entries()) {
      const { score, volatility, predictedChange } = recording;
      const isEqual =
        recording.weightsSha256 === weightsSha256 &&
        scores[i] === score &&
        changeOfScore(scores[i], volatility) === predictedChange;
      const { asOfMs } = recording;
      replayed.set(recording, { version, asOfMs, score: { expected: score, found: scores[i] }, isEqual });
    }
  }
  return recordings.map((recording) => replayed.get(recording)!);
}

/** Forecasts of one group are made with one model on one engine. */
function groupOf({ version, engine }: RecordedForecast): string {
  return `${version} ${engine}`;
}
