/** Judging and training again what the registry holds: each name with the options of its champion, on its newest candles. */

import { collectCandles } from '../candles/collect.js';
import { TradeAiError, throwIfAborted } from '../core/errors.js';
import { adjustHolm } from '../evaluation/significance.js';
import { decideVerdict } from '../evaluation/verdict.js';
import type { ModelConfig } from '../options/model-config.js';
import type { Ports } from '../ports/ports.js';
import { loadModel } from '../versions/load-model.js';
import type { TrainReport } from '../versions/train-report.js';
import { reportOf } from './publish.js';
import { publishTrained, type TrainedSession, trainAndJudge } from './train.js';
import type { TrainHooks } from './train-hooks.js';

export interface AgainOptions {
  /** A file in place of the store; for one name only. */
  readonly data?: string;
  readonly offline: boolean;
}

/**
 * Judges the options of a champion again on its newest candles; nothing is published.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND`; what training throws
 */
export async function evaluateAgain(
  name: string,
  options: AgainOptions,
  ports: Ports,
  hooks: TrainHooks = {},
): Promise<TrainReport> {
  const { judged, keeper } = await trainAgain(name, options, ports, hooks);
  await keeper?.discard();
  const decision = { isPromoted: false, reasons: ['judged only: nothing was published'] };
  return reportOf(judged, decideVerdict(judged.judged.skill), decision);
}

/** What became of one name of a retraining. */
export type RetrainOutcome =
  | { readonly name: string; readonly report: TrainReport }
  | { readonly name: string; readonly error: unknown };

export interface RetrainHooks {
  /** Stops everything. */
  readonly signal?: AbortSignal;
  /** What the training of one name tells; its own signal stops that name only. */
  readonly hooksOf?: (name: string) => TrainHooks;
  /** Called once a name, as soon as it is known what became of it. */
  readonly onOutcome?: (outcome: RetrainOutcome) => void;
}

/**
 * Trains every name anew. With several names their p-values against no change are adjusted together (Holm), so that
 * twenty pairs do not find one lucky champion. A name that fails does not stop the others.
 *
 * @throws TradeAiError `MODEL_NOT_FOUND` without a name; `INTERRUPTED`
 */
export async function retrain(
  names: readonly string[],
  options: AgainOptions,
  ports: Ports,
  { signal, hooksOf = () => ({ signal }), onOutcome }: RetrainHooks = {},
): Promise<RetrainOutcome[]> {
  if (names.length === 0) {
    throw new TradeAiError('MODEL_NOT_FOUND', 'there is no model to train again', {
      hint: 'train one with `tradeai train --symbol BTCUSDT`',
    });
  }
  const outcomes = new Map<string, RetrainOutcome>();
  const settle = (outcome: RetrainOutcome) => {
    outcomes.set(outcome.name, outcome);
    onOutcome?.(outcome);
  };
  const sessions: { name: string; session: TrainedSession; hooks: TrainHooks }[] = [];
  for (const name of names) {
    throwIfAborted(signal);
    try {
      const hooks = hooksOf(name);
      sessions.push({ name, session: await trainAgain(name, options, ports, hooks), hooks });
    } catch (error) {
      if (signal?.aborted) throw error;
      settle({ name, error });
    }
  }
  const adjusted = adjustHolm(
    sessions.map(({ session }) => session.judged.judged.skill.againstZero.value?.pValue ?? null),
  );
  for (const [index, { name, session, hooks }] of sessions.entries()) {
    try {
      // It may have been stopped while it waited for the others.
      throwIfAborted(hooks.signal);
      settle({ name, report: await publishTrained(session, ports, adjusted[index] ?? undefined) });
    } catch (error) {
      settle({ name, error });
    }
  }
  return names.map((name) => outcomes.get(name)!);
}

async function trainAgain(
  name: string,
  { data, offline }: AgainOptions,
  ports: Ports,
  hooks: TrainHooks,
): Promise<TrainedSession> {
  const { config } = await loadModel(ports, name);
  // What was open-ended then reaches to the newest candle now.
  const options: ModelConfig = { ...config, data: data ?? config.data, offline };
  const collected = await collectCandles(options, ports, hooks);
  return trainAndJudge(collected, options, ports, hooks);
}
