/** The end of a training: compare with the champion, decide, write the version, promote it when it deserves it. */

import type { ExceededLimit } from '../candles/data-gate.js';
import { TradeAiError } from '../core/errors.js';
import type { ForecastMetrics } from '../evaluation/metrics.js';
import { decideVerdict, type VerdictDecision } from '../evaluation/verdict.js';
import type { LstmModel } from '../forecast/lstm-forecaster.js';
import { closeTimeMs } from '../market/candle-series.js';
import type { QualityFinding } from '../market/quality.js';
import type { ModelConfig } from '../options/model-config.js';
import type { Ports } from '../ports/ports.js';
import type { ModelManifest } from '../registry/manifest.js';
import { decidePromotion, type PromotionDecision } from '../registry/promotion.js';
import { encodeModelFiles, hashWeights } from '../versions/model-files.js';
import { encodeReportFiles } from '../versions/report-files.js';
import type { DataSummary, TrainReport } from '../versions/train-report.js';
import type { ChampionComparison } from './champion.js';
import type { ModelEvaluation } from './evaluate-models.js';
import type { PreparedTraining } from './prepare.js';

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

/**
 * Writes the version and promotes it by the rule.
 *
 * @param adjustedPValue of the test against no change, where several models were judged at once
 */
export async function publishModel(
  judgedModel: JudgedModel,
  ports: Ports,
  adjustedPValue?: number,
): Promise<TrainReport> {
  const { model, config, data, training, judged, champion, trials, overrides } = judgedModel;
  const verdict = decideVerdict(judged.skill, adjustedPValue);
  const decision = decidePromotion({
    verdict: verdict.verdict,
    requiresSkill: config.requireSkill,
    champion: champion?.promotionCase,
  });
  const report = reportOf(judgedModel, verdict, decision);
  const files = encodeModelFiles(
    { config, lstm: model, calibration: judged.calibration },
    { forecasts: judged.forecasts, dataSha256: data.sha256 },
  );
  const createdAtMs = ports.now();
  const { version } = await ports.registry.publish({
    manifest: {
      formatVersion: 1,
      name: config.name,
      symbol: config.symbol,
      interval: config.interval,
      createdAtMs,
      codeVersion: ports.codeVersion,
      kind: 'lstm',
      engine: training.engine,
      seed: config.seed,
      featureNames: config.features,
      data: {
        source: data.source,
        rows: data.rows,
        firstOpenTimeMs: data.firstOpenTimeMs,
        lastOpenTimeMs: data.lastOpenTimeMs,
        sha256: data.sha256,
        ...(overrides.length > 0 ? { overrides } : {}),
      },
      test: { fromMs: judged.test.fromMs, toMs: judged.test.toMs, trials },
      weightsSha256: report.artifacts.weightsSha256,
      verdict: verdict.verdict,
    },
    files,
    numberedFiles: (version) => encodeReportFiles({ ...report, version }, createdAtMs, ports.codeVersion),
  });
  if (decision.isPromoted) {
    await ports.registry.promote({
      name: config.name,
      version,
      reasons: decision.reasons,
      expectedGeneration: champion?.generation ?? 0,
    });
  }
  return { ...report, version };
}

/** The report of a judged model; its version is known only after publishing. */
export function reportOf(
  { model, config, data, training, judged, champion, findings, warnings }: JudgedModel,
  verdict: VerdictDecision,
  decision: PromotionDecision,
): TrainReport {
  const { name } = config;
  const baselines: Record<string, ForecastMetrics> = { ...judged.test.baselines };
  if (champion?.metrics) baselines.champion = champion.metrics;
  return {
    name,
    symbol: config.symbol,
    interval: config.interval,
    horizonSteps: config.horizon,
    version: null,
    promoted: decision.isPromoted,
    verdict: verdict.verdict,
    reasons: [verdict.reason, ...decision.reasons],
    data,
    config,
    training,
    test: { ...judged.test, baselines, lastForecast: judged.lastForecast },
    backtest: judged.backtest,
    importance: judged.importance,
    findings,
    artifacts: {
      model: `models/${name}_lstm_model.onnx`,
      scaler: `scalers/${name}_scaler.json`,
      featureNames: 'feature_names.json',
      weightsSha256: hashWeights(model.memberWeights),
    },
    warnings: [...warnings, ...judged.warnings, ...(champion?.warnings ?? [])],
  };
}

/** How many trainings have been judged on rows of this stretch, this one among them: each was a chance to look lucky. */
export async function countTrials(name: string, { dataset, folds }: PreparedTraining, ports: Ports): Promise<number> {
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
