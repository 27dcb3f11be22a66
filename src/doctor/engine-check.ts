/** Does the engine work here, and does it compute what the plain equations say? */

import { TradeAiError } from '../core/errors.js';
import type { Forecaster } from '../forecast/forecaster.js';
import type { LstmEngine } from '../lstm/engine.js';
import { createReferenceEngine } from '../lstm/engines/reference/reference-engine.js';
import type { Ports } from '../ports/ports.js';
import { createForecaster } from '../versions/create-forecaster.js';
import { type ExaminedData, thinRows } from './examined-data.js';
import type { ExaminedModel } from './examined-model.js';
import { trainCommand } from './fix-command.js';
import { type CheckResult, fault, pass } from './report.js';

export interface ExaminedEngine {
  readonly check: CheckResult;
  /** The model on its engine, or on the reference where that one fails. */
  readonly forecaster: Forecaster;
}

const PROBE_ROWS = 8;
/** Volatility units. The float32 engines stay within about 1e-6 of the reference; a hundred times that is no rounding. */
const TOLERANCE = 1e-4;

/** Opens the engine that `predict` would take and compares it with the reference on a few windows. */
export async function checkEngine(
  model: ExaminedModel,
  data: ExaminedData | undefined,
  ports: Ports,
  signal: AbortSignal | undefined,
): Promise<ExaminedEngine> {
  const { config, manifest, place } = model;
  const reference = createForecaster(model, createReferenceEngine());
  const otherwise = trainCommand(config, { engine: config.engine === 'wasm' ? 'native' : 'wasm' }, place);
  let engine: LstmEngine;
  try {
    engine = await ports.createEngine(config.engine, config.threads);
  } catch (error) {
    if (!(error instanceof TradeAiError)) throw error;
    const check = fault('engine', {
      status: 'problem',
      finding: `the engine ${config.engine} does not start: ${error.message}`,
      evidence: { asked: config.engine, trainedWith: manifest.engine },
      cause: error.hint ?? 'it was built for another machine, or its files are missing',
      command: otherwise,
    });
    return { check, forecaster: reference };
  }
  const forecaster = createForecaster(model, engine);
  const evidence = { engine: engine.description, trainedWith: manifest.engine };
  const probe = data && thinRows(data.rows.afterTrain, PROBE_ROWS);
  if (data === undefined || probe === undefined || probe.length === 0) {
    return {
      check: pass('engine', `${engine.description} starts; trained with ${manifest.engine}`, evidence),
      forecaster,
    };
  }
  const found = await forecaster.forecast(data.dataset, probe, signal);
  const expected = await reference.forecast(data.dataset, probe, signal);
  const largest = found.reduce((most, forecast, i) => Math.max(most, Math.abs(forecast - expected[i])), 0);
  if (largest <= TOLERANCE) {
    const finding = `${engine.description} agrees with the plain equations to ${largest.toExponential(0)}; trained with ${manifest.engine}`;
    return { check: pass('engine', finding, { ...evidence, largestDifference: largest }), forecaster };
  }
  const check = fault('engine', {
    status: 'problem',
    finding: `${engine.description} differs from the plain equations by ${largest.toExponential(1)} volatilities on ${probe.length} windows; ${TOLERANCE} is allowed`,
    evidence: { ...evidence, largestDifference: largest },
    cause: 'the engine computes something else on this processor',
    command: otherwise,
  });
  return { check, forecaster: reference };
}
