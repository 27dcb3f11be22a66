/** One training, as it is carried from its candles to its version. */

import { createHash, randomBytes } from 'node:crypto';
import { type Collected, hashCandles } from '../candles/collect.js';
import { examineColumns, situationOf } from '../candles/column-records.js';
import { type GatePass, passDataGate } from '../candles/data-gate.js';
import { TradeAiError } from '../core/errors.js';
import type { LstmEngine } from '../lstm/engine.js';
import type { FindingCode, QualityFinding } from '../market/quality/report.js';
import { checkCandles } from '../market/quality.js';
import type { ModelConfig } from '../options/model-config.js';
import { modelNameOf, type TrainOptions } from '../options/train-options.js';
import type { RunRecord } from '../ports/checkpoint-store.js';
import type { Ports } from '../ports/ports.js';
import { type DataSummary, summariseData } from '../versions/train-report.js';
import type { StoppedTraining } from './run-checkpoint.js';
import type { TrainHooks } from './train-hooks.js';
import { requireTrainingMemory } from './training-budget.js';

export interface RunRequest {
  readonly options: TrainOptions;
  readonly collected: Collected;
  readonly ports: Ports;
  readonly hooks: TrainHooks;
  /** Under which its progress is kept and its version published; absent for an evaluation, which does neither. */
  readonly record?: RunRecord;
  /** The progress to go on from. */
  readonly stopped?: StoppedTraining;
  /** A fencing token: the version is refused when its name has been claimed since. */
  readonly claim?: number;
}

export interface TrainingRun extends Omit<RunRequest, 'options'> {
  readonly config: ModelConfig;
  readonly data: DataSummary;
  readonly gate: GatePass;
  readonly findings: readonly QualityFinding[];
  /** What whoever trains is to know of the candles: what is left out of them, which limits were lifted, what market it is. */
  readonly warnings: readonly string[];
  readonly engine: LstmEngine;
}

/** Findings about the market rather than the candles: no gate stops them, and forecasts are worth little there. */
const MARKET_CODES: readonly FindingCode[] = ['COARSE_TICKS', 'DEAD_MARKET'];

/** A retraining that was stopped longer ago is begun anew: its candles are of another time. */
export const LONGEST_PAUSE_MS = 7 * 86_400_000;

/** An id that sorts by the moment, and is nobody else's: `20261128T111404123Z-9f3a1c2b`. */
export function makeRunId(nowMs: number): string {
  return `${formatMoment(nowMs)}-${randomBytes(4).toString('hex')}`;
}

/** Whether a run began before a moment. */
export function isRunOlderThan(runId: string, timeMs: number): boolean {
  return runId < formatMoment(timeMs);
}

/** What a training with these options is known by; options that change nothing of the result are left out. */
export function hashOptions({ offline: _offline, threads: _threads, ...options }: TrainOptions): string {
  const sorted = Object.entries(JSON.parse(JSON.stringify(options))).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/**
 * Checks that the candles may be trained on, and opens the engine.
 *
 * @throws TradeAiError `DATA_REFUSED`; `MODEL_NOT_FOUND` for a warm start without a champion
 */
export async function openRun({ options, ...request }: RunRequest): Promise<TrainingRun> {
  const { collected, ports } = request;
  const { series, source, notices, faults } = collected;
  const { symbol, interval } = series;
  requireTrainingMemory(options);
  const gate = passDataGate(collected, options, ports.now());
  const { findings } = checkCandles(series, { nowMs: ports.now(), imported: faults });
  const market = findings.filter(({ code }) => MARKET_CODES.includes(code)).map(({ message }) => message);
  const columns = examineColumns(collected.inputs, situationOf(series, options.window)).warnings;
  const warnings = [...notices, ...gate.warnings, ...market, ...columns];
  const data = summariseData(series, source, hashCandles(series));
  const name = modelNameOf(symbol, interval, options.name);
  const engine = await ports.createEngine(options.engine, options.threads);
  const config: ModelConfig = { ...options, name, interval, source, ...(await findWarmStart(name, options, ports)) };
  return { ...request, config, data, gate, findings, warnings, engine };
}

async function findWarmStart(
  name: string,
  { warmStart }: TrainOptions,
  { registry }: Ports,
): Promise<Pick<ModelConfig, 'warmStartVersion'>> {
  if (!warmStart) return {};
  const champion = await registry.champion(name);
  if (champion !== undefined) return { warmStartVersion: champion.version };
  throw new TradeAiError('MODEL_NOT_FOUND', `a warm start needs a champion of ${name}, there is none`, {
    commandHint: 'train first without --warm-start',
  });
}

function formatMoment(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[-:.]/g, '');
}
