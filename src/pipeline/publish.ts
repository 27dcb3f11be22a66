/** The last step of a training: compare with the champion, write the version, promote it when it deserves it. */

import type { LstmModel } from '../forecast/lstm-forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import { decidePromotion } from '../registry/promotion.js';
import { scoreChampion } from './champion.js';
import type { ModelJudgement } from './judge-model.js';
import { encodeModelFiles, hashWeights, type ModelConfig } from './model-files.js';
import type { Ports } from './ports.js';
import type { PreparedTraining } from './prepare.js';
import type { DataSummary, TrainReport } from './train-report.js';

export interface TrainedModel {
  readonly model: LstmModel;
  readonly config: ModelConfig;
  readonly data: DataSummary;
  readonly training: TrainReport['training'];
  readonly judged: ModelJudgement;
  readonly prepared: PreparedTraining;
  readonly warnings: readonly string[];
}

/** What DESIGN's report has a place for and this version does not compute. */
const NOT_COMPUTED = [
  'test.dieboldMariano is null: the significance of the edge is not tested yet, so the verdict cannot be "skill"',
  'test.calibration.brier and .ece are null: confidence is a count of validation hits, not a calibrated probability',
  'backtest is null: trading costs are not simulated yet',
];

export async function publishModel(trained: TrainedModel, engine: LstmEngine, ports: Ports): Promise<TrainReport> {
  const { model, config, data, training, judged, prepared } = trained;
  const { name } = config;
  const champion = await scoreChampion(name, prepared.dataset, prepared.rows.test, ports);
  const decision = decidePromotion({
    challengerMse: judged.test.mse,
    champion: champion && { version: champion.version, mse: champion.metrics?.mse },
  });
  const weightsSha256 = hashWeights(model.memberWeights);
  const baselines = champion?.metrics ? { ...judged.baselines, champion: champion.metrics } : judged.baselines;
  const report: Omit<TrainReport, 'version'> = {
    name,
    symbol: config.symbol,
    interval: config.interval,
    horizonSteps: config.horizon,
    promoted: decision.isPromoted,
    verdict: 'no-demonstrated-skill',
    reasons: decision.reasons,
    data,
    config,
    training,
    validation: judged.validation,
    test: {
      ...judged.test,
      fromMs: judged.fromMs,
      toMs: judged.toMs,
      dieboldMariano: null,
      baselines,
      calibration: {
        brier: null,
        ece: null,
        intervalLevel: judged.calibration.intervalLevel,
        intervalCoverage: judged.intervalCoverage,
      },
      lastForecast: judged.lastForecast,
    },
    backtest: null,
    artifacts: {
      model: `models/${name}_lstm_model.onnx`,
      scaler: `scalers/${name}_scaler.json`,
      featureNames: 'feature_names.json',
      weightsSha256,
    },
    warnings: [...trained.warnings, ...(champion?.warnings ?? []), ...NOT_COMPUTED],
  };
  const { version } = await ports.registry.publish({
    manifest: {
      formatVersion: 1,
      name,
      symbol: config.symbol,
      interval: config.interval,
      createdAtMs: ports.now(),
      codeVersion: ports.codeVersion,
      engine: engine.name,
      seed: config.seed,
      featureNames: config.features,
      data: {
        source: data.source,
        rows: data.rows,
        firstOpenTimeMs: data.firstOpenTimeMs,
        lastOpenTimeMs: data.lastOpenTimeMs,
        sha256: data.sha256,
      },
      weightsSha256,
      verdict: report.verdict,
    },
    files: encodeModelFiles({ config, lstm: model, calibration: judged.calibration }, report, data.sha256),
  });
  if (decision.isPromoted) await ports.registry.promote(name, version, decision.reasons, champion?.generation ?? 0);
  return { ...report, version };
}
