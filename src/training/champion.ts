import { enrichForModel } from '../candles/collect.js';
import { TradeAiError } from '../core/errors.js';
import { meanSquare } from '../core/statistics.js';
import { buildDataset, canPredict, type Dataset } from '../dataset/dataset.js';
import { type ForecastMetrics, measureForecast } from '../evaluation/metrics.js';
import { outcomesAt } from '../evaluation/outcomes.js';
import { compareSquaredErrors, testDieboldMariano } from '../evaluation/significance.js';
import { type CandleSeries, firstRowAt } from '../market/candle-series.js';
import type { Ports } from '../ports/ports.js';
import type { ModelVersion } from '../ports/registry.js';
import type { ModelManifest } from '../registry/manifest.js';
import type { ChampionCase } from '../registry/promotion.js';
import { counted } from '../text/sentences.js';
import { createForecaster } from '../versions/create-forecaster.js';
import { bindConfig } from '../versions/load-model.js';
import { decodeModel, type StoredModel } from '../versions/model-files.js';
import { decodeForecasts, type OutOfSampleForecasts } from '../versions/out-of-sample.js';
import { collectAgain } from './collect-again.js';
import { datasetOptionsOf } from './prepare.js';

/** The champion beside the challenger. */
export interface ChampionComparison {
  readonly generation: number;
  readonly promotionCase: ChampionCase;
  /** The champion on the rows both were judged on; `undefined` when there are none. */
  readonly metrics: ForecastMetrics | undefined;
  readonly warnings: readonly string[];
}

/** Fewer rows than these compare nothing. */
const MINIMUM_SHARED_ROWS = 50;
const DAY_MS = 86_400_000;

export interface ChampionChallenge {
  readonly name: string;
  readonly dataset: Dataset;
  /** The rows of `dataset` the challenger was judged on. */
  readonly rows: Int32Array;
  /** The challenger's, shape `[rows.length]`. */
  readonly scores: Float64Array;
  /** Age at which a champion expires. */
  readonly expiresDays: number;
  readonly ports: Ports;
}

/**
 * Compares the challenger with the champion in force on the rows that are out of sample for both: where the champion's
 * own walk-forward judged the row, its forecast of then; after its newest candle, its forecast of now.
 *
 * @returns `undefined` when the name has no champion
 */
export async function compareWithChampion({
  name,
  dataset,
  rows,
  scores,
  expiresDays,
  ports,
}: ChampionChallenge): Promise<ChampionComparison | undefined> {
  const pointer = await ports.registry.champion(name);
  if (pointer === undefined) return undefined;
  const { version, generation } = pointer;
  const caseOf = (manifest: ModelManifest): ChampionCase => ({
    version,
    isExpired: isExpired(manifest, expiresDays, ports.now()),
    ...describeShorterHistory(dataset.series, manifest),
  });
  const incomparable = (why: string, manifest?: ModelManifest): ChampionComparison => {
    const promotionCase = manifest === undefined ? { version, isExpired: false } : caseOf(manifest);
    const warnings = [`champion ${version} was not compared: ${why}`, ...shorterHistoryOf(promotionCase)];
    return { generation, promotionCase, metrics: undefined, warnings };
  };
  try {
    const stored = await ports.registry.load(name, version);
    const decoded = decodeModel(stored);
    const champion = { ...decoded, config: await bindConfig(decoded.config, ports) };
    const { manifest } = champion;
    if (champion.config.horizon !== dataset.target.horizonSteps) {
      return incomparable(`its horizon is ${champion.config.horizon}, not ${dataset.target.horizonSteps}`, manifest);
    }
    const bytes = stored.files.get('forecasts.safetensors');
    const known = bytes ? decodeForecasts(bytes) : { openTimeMs: new Float64Array(0), score: new Float64Array(0) };
    const scoreAt = new Map(Array.from(known.openTimeMs, (timeMs, i) => [timeMs, known.score[i]]));
    for (const [row, score] of await forecastNewRows(champion, dataset, rows, ports)) {
      scoreAt.set(dataset.series.openTimeMs[row], score);
    }
    const shared = Array.from(rows.keys()).filter((i) => scoreAt.has(dataset.series.openTimeMs[rows[i]]));
    if (shared.length < MINIMUM_SHARED_ROWS) {
      return incomparable(
        `${shared.length} rows are out of sample for both, ${MINIMUM_SHARED_ROWS} are needed`,
        manifest,
      );
    }
    const sharedRows = Int32Array.from(shared, (i) => rows[i]);
    const theirs = Float64Array.from(sharedRows, (row) => scoreAt.get(dataset.series.openTimeMs[row])!);
    const ours = Float64Array.from(shared, (i) => scores[i]);
    const outcomes = outcomesAt(dataset, sharedRows);
    const test = testDieboldMariano(compareSquaredErrors(outcomes.scaled, theirs, ours), {
      horizonSteps: dataset.target.horizonSteps,
    });
    const comparison = {
      rows: shared.length,
      challengerMse: meanSquare(outcomes.scaled, ours),
      championMse: meanSquare(outcomes.scaled, theirs),
      championBetterPValue: test.value?.pValue ?? null,
    };
    const promotionCase = { ...caseOf(manifest), comparison };
    return {
      generation,
      promotionCase,
      metrics: measureForecast(theirs, outcomes),
      warnings: shorterHistoryOf(promotionCase),
    };
  } catch (error) {
    if (error instanceof TradeAiError && error.kind === 'model') return incomparable(error.message);
    throw error;
  }
}

/**
 * Compares a version that is published with the champion in force, on the candles that it was trained on.
 *
 * @returns `undefined` when the name has no champion; a comparison without rows where the candles are not there any more
 */
export async function compareVersionWithChampion(
  { name, version, expiresDays }: { readonly name: string; readonly version: number; readonly expiresDays: number },
  ports: Ports,
): Promise<ChampionComparison | undefined> {
  const stored = await ports.registry.load(name, version);
  const { forecasts, dataset, why } = await readOutOfSample(stored, ports);
  if (dataset === undefined) {
    const pointer = await ports.registry.champion(name);
    if (pointer === undefined) return undefined;
    return {
      generation: pointer.generation,
      promotionCase: { version: pointer.version, isExpired: false },
      metrics: undefined,
      warnings: [`champion ${pointer.version} was not compared: ${why}`],
    };
  }
  const rows = Int32Array.from(forecasts.openTimeMs, (timeMs) => firstRowAt(dataset.series.openTimeMs, timeMs));
  return compareWithChampion({ name, dataset, rows, scores: forecasts.score, expiresDays, ports });
}

/** The forecasts a version was judged by, and the dataset they are of; `why` where its candles are not those of then. */
async function readOutOfSample(
  stored: ModelVersion,
  ports: Ports,
): Promise<{ forecasts: OutOfSampleForecasts; dataset?: Dataset; why?: string }> {
  const { manifest } = stored;
  const bytes = stored.files.get('forecasts.safetensors');
  const forecasts = bytes ? decodeForecasts(bytes) : { openTimeMs: new Float64Array(0), score: new Float64Array(0) };
  try {
    const config = await bindConfig(decodeModel(stored).config, ports);
    const { series } = await collectAgain(config, manifest.data, ports);
    return { forecasts, dataset: buildDataset(series, datasetOptionsOf(config, series.interval)) };
  } catch (error) {
    if (error instanceof TradeAiError && error.kind !== 'interrupted') return { forecasts, why: error.message };
    throw error;
  }
}

/** A training on less than half of the candles, or on the newer half of the time only. */
function describeShorterHistory(
  { openTimeMs }: CandleSeries,
  { version, data }: ModelManifest,
): Pick<ChampionCase, 'shorterHistory'> {
  const isHalf = openTimeMs.length < data.rows / 2;
  const middleMs = (data.firstOpenTimeMs + data.lastOpenTimeMs) / 2;
  if (!isHalf && !(openTimeMs.length < data.rows && openTimeMs[0] > middleMs)) return {};
  const [ours, theirs] = [
    [openTimeMs.length, openTimeMs[0]],
    [data.rows, data.firstOpenTimeMs],
  ].map(([rows, fromMs]) => `${counted(rows, 'candle')} from ${new Date(fromMs).toISOString().slice(0, 10)} on`);
  return { shorterHistory: `its history is much shorter: ${ours}, champion ${version} was trained on ${theirs}` };
}

function shorterHistoryOf({ shorterHistory }: ChampionCase): string[] {
  return shorterHistory === undefined ? [] : [shorterHistory];
}

function isExpired({ createdAtMs }: ModelManifest, expiresDays: number, nowMs: number): boolean {
  return nowMs - createdAtMs > expiresDays * DAY_MS;
}

/** The champion's forecasts of the rows behind everything it has seen, with its own features, window and scaler. */
async function forecastNewRows(
  champion: StoredModel,
  dataset: Dataset,
  rows: Int32Array,
  ports: Ports,
): Promise<[row: number, score: number][]> {
  const { config, manifest } = champion;
  const newRows = rows.filter((row) => dataset.series.openTimeMs[row] > manifest.data.lastOpenTimeMs);
  if (newRows.length === 0) return [];
  const series = await enrichForModel(dataset.series, config, ports);
  const championDataset = buildDataset(series, datasetOptionsOf(config));
  const predictable = newRows.filter((row) => canPredict(championDataset, row));
  if (predictable.length === 0) return [];
  const engine = await ports.createEngine(config.engine, config.threads);
  const scores = await createForecaster(champion, engine).forecast(championDataset, predictable);
  return Array.from(predictable, (row, i) => [row, scores[i]]);
}
