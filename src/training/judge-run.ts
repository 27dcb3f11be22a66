/** The judgement of a run: how good its model is, and how it compares with the champion in force. */

import type { ExceededLimit } from '../candles/data-gate.js';
import { TradeAiError } from '../core/errors.js';
import { createLstmForecaster, type LstmModel } from '../forecast/lstm-forecaster.js';
import { closeTimeMs } from '../market/candle-series.js';
import type { QualityFinding } from '../market/quality/report.js';
import type { ModelConfig } from '../options/model-config.js';
import type { Ports } from '../ports/ports.js';
import type { ModelManifest } from '../registry/manifest.js';
import type { DataSummary, TrainReport } from '../versions/train-report.js';
import { type ChampionComparison, compareWithChampion } from './champion.js';
import { evaluateModels, type ModelEvaluation } from './evaluate-models.js';
import type { PreparedTraining } from './prepare.js';
import type { TrainingRun } from './run.js';
import { stagesOf } from './stages.js';
import type { TrainedNetworks } from './train-run.js';

/** A trained and judged model that is not published yet. */
export interface JudgedModel {
  readonly model: LstmModel;
  readonly config: ModelConfig;
  readonly data: DataSummary;
  readonly training: TrainReport['training'];
  readonly judged: ModelEvaluation;
  readonly champion: ChampionComparison | undefined;
  readonly trials: number;
  readonly findings: readonly QualityFinding[];
  /** Limits of the data gate that were exceeded and allowed. */
  readonly overrides: readonly ExceededLimit[];
  readonly warnings: readonly string[];
}

/** Judges on the rows that no model has seen. */
export async function judgeRun(run: TrainingRun, networks: TrainedNetworks): Promise<JudgedModel> {
  const { config, gate, engine, ports, hooks, data, findings } = run;
  const { models, trained, prepared, seconds, sequences, warmStart } = networks;
  const trials = await countTrials(config.name, prepared, ports);
  const forecasters = models.map((model) => createLstmForecaster(engine, model));
  const judged = await evaluateModels({ forecasters, trained, prepared, config, trials, signal: hooks.signal });
  const champion = await compareWithChampion({
    name: config.name,
    dataset: prepared.dataset,
    rows: judged.rows,
    scores: judged.forecasts.score,
    expiresDays: config.expires,
    ports,
  });
  const served = stagesOf(prepared).at(-1)!.rows;
  return {
    model: models[models.length - 1],
    config,
    data,
    training: {
      engine: engine.name,
      threads: engine.parallelNetworks,
      members: trained[trained.length - 1].map(({ seed, epochsRun, bestEpoch, trainLoss, validationLoss }) => ({
        seed,
        epochsRun,
        bestEpoch,
        trainLoss,
        validationLoss,
      })),
      isLastFit: prepared.finalRefit !== undefined,
      rows: { train: served.train.length, validation: served.validation.length },
      seconds,
      sequencesPerSecond: seconds > 0 ? sequences / seconds : 0,
      warmStart: warmStart ?? null,
    },
    judged,
    champion,
    trials,
    findings,
    overrides: gate.overrides,
    warnings: [
      ...run.warnings,
      ...prepared.warnings,
      ...trained.flat().flatMap(({ warning }) => (warning === undefined ? [] : [warning])),
    ],
  };
}

/** How many trainings have been judged on these test rows, this one among them: each was a chance to look lucky. */
async function countTrials(name: string, { dataset, folds }: PreparedTraining, ports: Ports): Promise<number> {
  const fromMs = closeTimeMs(dataset.series, folds[0].rows.test[0]);
  const toMs = closeTimeMs(dataset.series, folds.at(-1)!.rows.test.at(-1)!);
  let trials = 0;
  for (const version of await ports.registry.listVersions(name)) {
    const test = await readTestOf(name, version, ports);
    if (test !== undefined && test.fromMs < toMs && test.toMs > fromMs) trials = Math.max(trials, test.trials);
  }
  return trials + 1;
}

/** A damaged version has had its trial too, but nobody can say which. */
async function readTestOf(name: string, version: number, ports: Ports): Promise<ModelManifest['test'] | undefined> {
  try {
    return (await ports.registry.readManifest(name, version)).test;
  } catch (error) {
    if (error instanceof TradeAiError && error.kind === 'model') return undefined;
    throw error;
  }
}
