/** The request budget of a host: how much may be asked of it, and when. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { TradeAiError, throwIfAborted } from '../../core/errors.js';
import type { TakeNote } from '../../ports/note.js';
import { type BudgetStore, keepBudgetInFolder, keepBudgetInMemory } from './budget-file.js';
import {
  type BudgetNews,
  type BudgetState,
  budgetAt,
  chargeRequest,
  findObstacle,
  type Obstacle,
  settleRequest,
} from './budget-state.js';
import { HostOutage, type Subject } from './host-outage.js';

export interface RequestBudgetOptions {
  /** Host and port. */
  readonly host: string;
  /** Weight that may be used per UTC minute; no limit when absent. */
  readonly weightPerMinute?: number;
  /** Where processes share their budgets; a budget of this process alone when absent. */
  readonly stateFolder?: string;
  readonly now: () => number;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly log: TakeNote;
}

export interface RequestBudget {
  /** What this process knows of the host's silence. */
  readonly outage: HostOutage;
  /**
   * Waits until a request of that weight may begin and charges it. The answer's news are handed to `settle`, which must
   * be called once; what a process reserved that is killed before counts for its minute, and no longer.
   *
   * @throws TradeAiError `EXCHANGE_BANNED`, `EXCHANGE_REFUSED` when the host wants a long silence, `INTERRUPTED`
   */
  reserve(weight: number, signal?: AbortSignal): Promise<{ settle(news: BudgetNews): Promise<void> }>;
  /** Tells of a pause that the host asks for; once, however many requests are refused meanwhile. */
  notePause(error: TradeAiError, untilMs: number, subject: Subject): void;
}

/** Other programs on this address share the limit, so some of it is left. */
const WEIGHT_SHARE_LIMIT = 0.8;
/** A wait the host may ask for without the user being asked first. */
export const LONGEST_WAIT_MS = 5 * 60_000;

export function openRequestBudget(options: RequestBudgetOptions): RequestBudget {
  const { host, weightPerMinute, now, sleep, log } = options;
  const allowedWeight = weightPerMinute === undefined ? Number.POSITIVE_INFINITY : WEIGHT_SHARE_LIMIT * weightPerMinute;
  const update = sharedUpdate(options);
  const outage = new HostOutage({ host, now, note: log });
  /** Ends of what was told last. */
  const toldUntilMs = { pause: 0, rest: 0 };

  async function begin(id: string, weight: number): Promise<{ obstacle?: Obstacle; usedWeight: number }> {
    return update<{ obstacle?: Obstacle; usedWeight: number }>((before) => {
      const nowMs = now();
      const state = budgetAt(before, nowMs);
      const obstacle = findObstacle(state, weight, allowedWeight, nowMs);
      if (obstacle) return { state: before, result: { obstacle, usedWeight: state.usedWeight } };
      const isCharged = weight > 0;
      return {
        state: isCharged ? chargeRequest(state, id, weight, nowMs) : before,
        result: { usedWeight: state.usedWeight },
      };
    });
  }

  async function reserve(weight: number, signal?: AbortSignal) {
    const id = randomBytes(6).toString('hex');
    for (;;) {
      throwIfAborted(signal);
      const { obstacle, usedWeight } = await begin(id, weight);
      if (obstacle === undefined) break;
      const waitMs = obstacle.untilMs - now();
      refuseLongWait(host, obstacle, waitMs);
      if (now() >= toldUntilMs.rest && obstacle.untilMs > toldUntilMs.rest) {
        toldUntilMs.rest = obstacle.untilMs;
        const isWeight = obstacle.reason === 'weight';
        const why = isWeight ? `${usedWeight} of ${weightPerMinute} request weight used` : `${host} asks for a pause`;
        log(`${why}; resting ${Math.ceil(waitMs / 1000)} s`, { host });
      }
      await rest(Math.max(0, waitMs), signal);
    }
    return {
      async settle(news: BudgetNews) {
        const isNews = news.pausedUntilMs !== undefined || news.bannedUntilMs !== undefined;
        if (weight === 0 && !isNews) return;
        await update((before) => {
          const nowMs = now();
          return { state: settleRequest(budgetAt(before, nowMs), id, news, nowMs), result: undefined };
        });
      },
    };
  }

  async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await sleep(ms, signal);
    } catch (error) {
      throwIfAborted(signal);
      throw error;
    }
  }

  function notePause({ message }: TradeAiError, untilMs: number, { series }: Subject): void {
    if (now() < toldUntilMs.pause || untilMs <= toldUntilMs.pause) return;
    toldUntilMs.pause = untilMs;
    log(`${message}; trying again`, { host, series });
  }

  return { outage, reserve, notePause };
}

function refuseLongWait(host: string, { reason, untilMs }: Obstacle, waitMs: number): void {
  if (reason === 'banned') throw bannedError(host, untilMs);
  if (waitMs <= LONGEST_WAIT_MS) return;
  throw new TradeAiError('EXCHANGE_REFUSED', `${host} refuses requests until ${new Date(untilMs).toISOString()}`, {
    hint: `wait ${Math.ceil(waitMs / 1000)} s; other programs on this address use the same limit`,
  });
}

export function bannedError(host: string, untilMs: number | undefined): TradeAiError {
  const until = untilMs === undefined ? '' : ` until ${new Date(untilMs).toISOString()}`;
  return new TradeAiError('EXCHANGE_BANNED', `${host} has banned this address${until}`, {
    commandHint: 'make no requests before then: each one lengthens the ban; use candles from a file with --data FILE',
  });
}

type Update = BudgetStore['update'];

/** Opens the shared file at the first use; where no file can be kept, as in a read-only system, counts in memory. */
function sharedUpdate({ host, stateFolder, log }: RequestBudgetOptions): Update {
  const memory = keepBudgetInMemory();
  if (stateFolder === undefined) return memory.update;
  const folder = join(stateFolder, 'hosts', host.replace(/[^A-Za-z0-9.-]/g, '_'));
  let keeper: Promise<BudgetStore> | undefined;
  return async <Result>(change: (state: BudgetState) => { state: BudgetState; result: Result }) => {
    keeper ??= keepBudgetInFolder(folder);
    try {
      return await (await keeper).update(change);
    } catch (error) {
      if (!(error instanceof TradeAiError && error.code === 'STORAGE_UNWRITABLE')) throw error;
      log(`the request budget is not shared with other processes: ${error.message}`);
      keeper = Promise.resolve(memory);
      return memory.update(change);
    }
  };
}
