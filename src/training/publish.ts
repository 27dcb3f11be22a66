/** The end of one name's training: its version is written, with what it rests on; whether it takes charge is decided next. */

import type { ForecastMetrics } from '../evaluation/metrics.js';
import type { SkillTest, SkillTests, VerdictDecision } from '../evaluation/verdict.js';
import type { Ports } from '../ports/ports.js';
import type { VersionDraft } from '../ports/registry.js';
import { type DecisionCase, decide, decideEarly } from '../registry/decide.js';
import type { ModelManifest } from '../registry/manifest.js';
import type { PromotionDecision } from '../registry/promotion.js';
import { encodeModelFiles, hashWeights } from '../versions/model-files.js';
import { encodeReportFiles } from '../versions/report-files.js';
import type { TrainReport } from '../versions/train-report.js';
import type { ChampionComparison } from './champion.js';
import type { JudgedModel } from './judge-run.js';
import { hashOptions, type TrainingRun } from './run.js';

/** A version that a decision is to be made about: a few numbers, however large the model. */
export interface UndecidedVersion extends Omit<DecisionCase, 'champion'> {
  readonly name: string;
  readonly version: number;
  readonly expiresDays: number;
  /** The champion it was compared with; `undefined` when there was none, or when it was not compared yet. */
  readonly champion: ChampionComparison | undefined;
  readonly isCompared: boolean;
  readonly claim?: number;
}

/**
 * Writes the version of a run, as soon as it is trained. Of a single name the verdict and the promotion are known then;
 * of several the report says what can be said before the others are tested.
 *
 * @throws TradeAiError `VERSION_CONFLICT` for a claim that was overtaken, `STORAGE_UNWRITABLE`
 */
export async function publishRun(
  { ports, record, claim }: Pick<TrainingRun, 'ports' | 'record' | 'claim'>,
  judgedModel: JudgedModel,
): Promise<UndecidedVersion> {
  const { config, judged, champion } = judgedModel;
  const { name, requireSkill, expires } = config;
  const { skill } = judged;
  const nameCount = record?.names.length ?? 1;
  const [alone] = decide([{ skill, requiresSkill: requireSkill, champion: champion?.promotionCase }]);
  const { verdict, promotion } =
    nameCount === 1
      ? alone
      : {
          verdict: decideEarly(skill, nameCount),
          promotion: {
            isPromoted: false,
            reasons: [`not decided when it was published: it is tested together with ${nameCount - 1} other names`],
          },
        };
  const report = reportOf(judgedModel, verdict, promotion);
  const draft = draftOf({ judgedModel, report, ports, run: record && { id: record.id, nameCount } });
  const { version } = await ports.registry.publish({ ...draft, claim });
  return {
    name,
    version,
    skill,
    requiresSkill: requireSkill,
    expiresDays: expires,
    champion,
    isCompared: true,
    claim,
  };
}

interface DraftParts {
  readonly judgedModel: JudgedModel;
  readonly report: TrainReport;
  readonly ports: Ports;
  readonly run: { readonly id: string; readonly nameCount: number } | undefined;
}

function draftOf({ judgedModel, report, ports, run }: DraftParts): VersionDraft {
  const { model, config, data, training, judged, trials, overrides } = judgedModel;
  const createdAtMs = ports.now();
  return {
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
      verdict: report.verdict,
      skill: encodeSkill(judged.skill),
      ...(run === undefined ? {} : { run: { ...run, optionsSha256: hashOptions(config) } }),
    },
    files: encodeModelFiles(
      { config, lstm: model, calibration: judged.calibration },
      { forecasts: judged.forecasts, dataSha256: data.sha256 },
    ),
    numberedFiles: (version) => encodeReportFiles({ ...report, version }, createdAtMs, ports.codeVersion),
  };
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

/** The tests of a verdict as a manifest has them. */
function encodeSkill({ againstZero, baselines }: SkillTests): NonNullable<ModelManifest['skill']> {
  const plain = ({ value, reason }: SkillTest) =>
    value === null ? { value, reason } : { value: { statistic: value.statistic, pValue: value.pValue } };
  return {
    againstZero: plain(againstZero),
    baselines: Object.fromEntries(Array.from(baselines, ([name, test]) => [name, plain(test)])),
  };
}
