import { TradeAiError } from '../core/errors.js';
import { buildDataset, canPredict, type Dataset } from '../dataset/dataset.js';
import { judgeForecasters } from '../evaluation/judge.js';
import type { ForecastMetrics } from '../evaluation/metrics.js';
import { createLstmForecaster } from '../forecast/lstm-forecaster.js';
import { decodeModel } from './model-files.js';
import type { Ports } from './ports.js';
import { datasetOptionsOf } from './prepare.js';

export interface ChampionScore {
  readonly version: number;
  readonly generation: number;
  /** `undefined` when the champion cannot be scored on these rows. */
  readonly metrics: ForecastMetrics | undefined;
  readonly warnings: readonly string[];
}

/**
 * Scores the champion in force on the rows the challenger was judged on, with the champion's own features, window and
 * scaler.
 *
 * @param rows rows of `dataset`; the champion is scored on these rows or not at all
 * @returns `undefined` when the name has no champion
 */
export async function scoreChampion(
  name: string,
  dataset: Dataset,
  rows: Int32Array,
  ports: Ports,
): Promise<ChampionScore | undefined> {
  const pointer = await ports.registry.champion(name);
  if (pointer === undefined) return undefined;
  const { version, generation } = pointer;
  const unscored = (why: string): ChampionScore => ({
    version,
    generation,
    metrics: undefined,
    warnings: [`champion ${version} was not compared: ${why}`],
  });
  try {
    const champion = decodeModel(await ports.registry.load(name, version));
    if (champion.config.horizon !== dataset.target.horizonSteps) {
      return unscored(`its horizon is ${champion.config.horizon}, not ${dataset.target.horizonSteps}`);
    }
    const championDataset = buildDataset(dataset.series, datasetOptionsOf(champion.config));
    if (!rows.every((row) => canPredict(championDataset, row))) return unscored('it cannot predict all of these rows');
    const engine = await ports.createEngine(champion.config.engine, champion.config.threads);
    const forecaster = createLstmForecaster(engine, champion.lstm, championDataset);
    const [{ metrics }] = await judgeForecasters([forecaster], championDataset, rows);
    return { version, generation, metrics, warnings: [] };
  } catch (error) {
    if (error instanceof TradeAiError && error.kind === 'model') return unscored(error.message);
    throw error;
  }
}
