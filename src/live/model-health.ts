import { INTERVAL_MS } from '../market/interval.js';
import type { PredictionAnswer } from '../wire/prediction.js';
import type { ModelHealth } from '../wire/wire.js';
import { describeStaleness } from './freshness.js';
import type { LiveModel } from './live-model.js';
import { messageOf } from './trouble.js';

export interface HealthCase {
  readonly nowMs: number;
  /** What keeps the model from following its pointer or its candles. */
  readonly problem: unknown;
  readonly champion: LiveModel | undefined;
  /** The newest one. */
  readonly forecast: PredictionAnswer | undefined;
  /** Why its candles could not be brought up to date last. */
  readonly outage: string | undefined;
  readonly isDrifting: boolean;
  readonly demoteOnDrift: boolean;
}

const DAY_MS = INTERVAL_MS['1d'];

/** How a model is, the worst first, and why. */
export function examineHealth(health: HealthCase): { health: ModelHealth; problem: string | null } {
  const { nowMs, problem, champion, forecast, outage, isDrifting, demoteOnDrift } = health;
  if (problem !== undefined) return { health: 'error', problem: messageOf(problem) ?? null };
  if (champion === undefined) return { health: 'no-champion', problem: 'no version has been promoted yet' };
  const { config, manifest } = champion.model;
  const staleness = forecast === undefined ? undefined : describeStaleness(forecast, nowMs);
  if (staleness !== undefined) {
    return { health: 'stale-data', problem: outage === undefined ? staleness : `${staleness} (${outage})` };
  }
  if (isDrifting) {
    const [reason = 'its record is below its report'] = champion.trackRecord.drift().reasons;
    return { health: demoteOnDrift ? 'held' : 'drifting', problem: reason };
  }
  if (nowMs - manifest.createdAtMs > config.expires * DAY_MS) {
    return { health: 'stale-model', problem: `trained more than ${config.expires} days ago` };
  }
  return { health: 'ok', problem: null };
}
