/**
 * The use case of `doctor`: reads every model asked for, examines it on its own candles and on newer ones, and says what
 * is wrong, why, and which command mends it. It changes nothing but the candle store, which it brings up to date.
 */

import type { CollectHooks } from '../candles/collect.js';
import { TradeAiError, throwIfAborted } from '../core/errors.js';
import type { Ports } from '../ports/ports.js';
import { checkCandleData, describeMissingCandles } from './candles-check.js';
import { checkCopies } from './copies-check.js';
import { checkEdge } from './edge-check.js';
import { checkEngine } from './engine-check.js';
import { checkErrorDrift } from './error-drift-check.js';
import { collectForModel, type DataOptions, type ExaminedData, examineData, thinRows } from './examined-data.js';
import { describeUnusableFeature, type ExaminedModel, readModel } from './examined-model.js';
import { checkFeatureDrift } from './feature-drift-check.js';
import type { CommandPlace } from './fix-command.js';
import { checkForecasts, type ScoredRows } from './forecasts-check.js';
import { checkLearning } from './learning-check.js';
import { checkGates } from './lstm-gates-check.js';
import { checkOverfitting } from './overfitting-check.js';
import { CHECK_NAMES, type CheckResult, type DoctorReport, type ModelDiagnosis, skip, worstStatus } from './report.js';
import { checkScaling } from './scaling-check.js';

export interface DoctorOptions extends DataOptions, CommandPlace {
  /** Name of the model; every trained one when absent. */
  readonly name?: string;
  /** A version other than the champion. */
  readonly version?: number;
}

export interface DoctorHooks extends CollectHooks {
  /** Called before each model. */
  readonly onModel?: (name: string) => void;
}

/** Rows whose forecasts are made: enough for every check, a second on the slowest engine. */
const FORECAST_ROWS = 2_000;

/**
 * Examines one model or all of them. The same files and candles give the same report.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND` for a name there is none of, or when nothing is trained; `INTERRUPTED`; what is
 *   wrong with a model or its candles is not thrown but reported
 * @example const { status } = await diagnose({ name: 'BTCUSDT', offline: true }, ports)
 */
export async function diagnose(options: DoctorOptions, ports: Ports, hooks: DoctorHooks = {}): Promise<DoctorReport> {
  const names = options.name === undefined ? await ports.registry.listNames() : [options.name];
  if (names.length === 0) {
    throw new TradeAiError('MODEL_NOT_FOUND', 'no model is trained here, so there is none to examine', {
      hint: 'train one with `tradeai train --symbol BTCUSDT`, or look around with `tradeai demo`',
    });
  }
  const models: ModelDiagnosis[] = [];
  for (const name of names) {
    throwIfAborted(hooks.signal);
    hooks.onModel?.(name);
    models.push(await diagnoseModel(name, options, ports, hooks));
  }
  return { status: worstStatus(models.map(({ status }) => status)), models };
}

async function diagnoseModel(
  name: string,
  options: DoctorOptions,
  ports: Ports,
  hooks: DoctorHooks,
): Promise<ModelDiagnosis> {
  const { checks: read, model, manifest } = await readModel(name, options.version, ports, { home: options.home });
  const copies = await checkCopies(name, ports.registry);
  const made = [...read, copies, ...(model ? await examineModel(model, options, ports, hooks) : [])];
  const byName = new Map(made.map((check) => [check.check, check]));
  const checks = CHECK_NAMES.map(
    (check) =>
      byName.get(check) ?? skip(check, model ? 'there are no candles to examine it on' : 'the version cannot be used'),
  );
  return {
    name,
    version: manifest?.version ?? null,
    symbol: model?.config.symbol ?? manifest?.symbol ?? null,
    interval: model?.config.interval ?? null,
    status: worstStatus(checks.map(({ status }) => status)),
    checks,
  };
}

/** A later check of the same name takes the place of an earlier one. */
async function examineModel(
  model: ExaminedModel,
  options: DoctorOptions,
  ports: Ports,
  hooks: DoctorHooks,
): Promise<CheckResult[]> {
  const { data, checks } = await findData(model, options, ports, hooks);
  const { check: engineCheck, forecaster } = await checkEngine(model, data, ports, hooks.signal);
  checks.push(engineCheck, checkEdge(model));
  if (data === undefined) return checks;
  const { rows } = data;
  const scaling = checkScaling(model, data);
  const gates = checkGates(model, data, scaling);
  const forecast = async (rows: Int32Array): Promise<ScoredRows> => ({
    rows,
    scores: await forecaster.forecast(data.dataset, rows, hooks.signal),
  });
  checks.push(
    checkCandleData(model, data, ports.now()),
    scaling.check,
    gates.check,
    checkLearning(model, data, { scaling: scaling.check, gates: gates.check }),
    checkOverfitting(model, data),
    checkForecasts(model, data, await forecast(thinRows(rows.afterTrain, FORECAST_ROWS)), scaling, gates.surveys),
    checkFeatureDrift(model, data),
    checkErrorDrift(model, data, await forecast(rows.newer.slice(-FORECAST_ROWS)), findTestedRows(model, data)),
  );
  return checks;
}

/** The candles as the model sees them; without them, the check that says why. */
async function findData(
  model: ExaminedModel,
  options: DoctorOptions,
  ports: Ports,
  hooks: DoctorHooks,
): Promise<{ data?: ExaminedData; checks: CheckResult[] }> {
  const collection = await collectForModel(model, options, ports, hooks);
  if ('error' in collection) return { checks: [describeUnusableData(model, collection.error)] };
  try {
    return { data: examineData(model, collection.collected), checks: [] };
  } catch (error) {
    if (!(error instanceof TradeAiError) || error.kind === 'interrupted') throw error;
    return { checks: [describeUnusableData(model, error)] };
  }
}

function describeUnusableData(model: ExaminedModel, error: TradeAiError): CheckResult {
  const isOfFeature = error.code === 'FEATURE_UNKNOWN' || error.code === 'FEATURE_INVALID';
  return isOfFeature ? describeUnusableFeature(model, error) : describeMissingCandles(model, error);
}

/** The out-of-sample forecasts that the version kept, on the rows that are still there. */
function findTestedRows({ forecasts }: ExaminedModel, { dataset, series }: ExaminedData): ScoredRows | undefined {
  if (forecasts === undefined) return undefined;
  const scoreAt = new Map(Array.from(forecasts.openTimeMs, (timeMs, i) => [timeMs, forecasts.score[i]]));
  const rows = Int32Array.from(series.openTimeMs.keys()).filter(
    (row) => scoreAt.has(series.openTimeMs[row]) && !Number.isNaN(dataset.target.scaled[row]),
  );
  return { rows, scores: Float64Array.from(rows, (row) => scoreAt.get(series.openTimeMs[row])!) };
}
