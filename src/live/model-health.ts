import { INTERVAL_MS } from '../market/interval.js';
import { counted } from '../text/sentences.js';
import type { ModelHealth } from '../wire/wire.js';
import type { LiveModel } from './live-model.js';
import { messageOf } from './trouble.js';

export interface HealthCase {
  readonly nowMs: number;
  /** What keeps the model from following its pointer or its candles. */
  readonly problem: unknown;
  readonly champion: LiveModel | undefined;
  /** Close time of the newest candle. */
  readonly closedMs: number | undefined;
  readonly isDrifting: boolean;
  readonly demoteOnDrift: boolean;
}

/** A forecast is late when its candle closed more than so many intervals ago, and at least so long. */
const STALE_INTERVALS = 2;
const STALE_MS = 10_000;
const DAY_MS = INTERVAL_MS['1d'];

/** How a model is, the worst first, and why. */
export function examineHealth(health: HealthCase): { health: ModelHealth; problem: string | null } {
  const { nowMs, problem, champion, closedMs = 0, isDrifting, demoteOnDrift } = health;
  if (problem !== undefined) return { health: 'error', problem: messageOf(problem) ?? null };
  if (champion === undefined) return { health: 'no-champion', problem: 'no version has been promoted yet' };
  const { config, manifest } = champion.model;
  const ageMs = nowMs - closedMs;
  if (ageMs > Math.max(STALE_MS, STALE_INTERVALS * INTERVAL_MS[config.interval])) {
    const intervals = Math.floor(ageMs / INTERVAL_MS[config.interval]);
    return { health: 'stale-data', problem: `the newest candle closed ${counted(intervals, 'interval')} ago` };
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
