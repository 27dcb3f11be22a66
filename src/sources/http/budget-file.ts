/** Where a budget is kept: in a file that all processes of the machine share, or in memory. */

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { withFolderLock } from '../../files/folder-lock.js';
import { toWriteError } from '../../files/system-errors.js';
import { collectAbandoned, temporaryName } from '../../files/temporary-names.js';
import { makeFolder, writeFileAtomically } from '../../files/write-atomically.js';
import { type BudgetState, EMPTY_BUDGET } from './budget-state.js';

export interface BudgetStore {
  /**
   * Replaces the state by what `change` makes of it, one change after the other; returns what `change` returns.
   *
   * @throws TradeAiError `STORAGE_UNWRITABLE`
   */
  update<Result>(change: (state: BudgetState) => { state: BudgetState; result: Result }): Promise<Result>;
}

const FILE_NAME = 'budget.json';

const budgetSchema = z.object({
  minute: z.number(),
  usedWeight: z.number(),
  lateWeight: z.number(),
  previousWeight: z.number(),
  underWay: z.array(z.object({ id: z.string(), weight: z.number(), startedMs: z.number() })),
  pausedUntilMs: z.number(),
  bannedUntilMs: z.number(),
}) satisfies z.ZodType<BudgetState>;

/** A budget of this process alone. */
export function keepBudgetInMemory(): BudgetStore {
  let current = EMPTY_BUDGET;
  return {
    async update(change) {
      const { state, result } = change(current);
      current = state;
      return result;
    },
  };
}

/** A change that waits for the lock of the folder. */
interface WaitingChange {
  readonly apply: (state: BudgetState) => BudgetState;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A budget in a folder of its own, shared by all who open the same folder. Changes that come while the lock is waited for
 * are written together: many series ask at the same close.
 */
export async function keepBudgetInFolder(folder: string): Promise<BudgetStore> {
  await makeFolder(folder);
  await collectAbandoned(folder);
  const path = join(folder, FILE_NAME);
  const waiting: WaitingChange[] = [];
  let isWriting = false;

  const writeWaiting = (): Promise<WaitingChange[]> =>
    withFolderLock(folder, async (lock) => {
      const before = await readState(path);
      const changes = waiting.splice(0);
      try {
        const state = changes.reduce((changed, { apply }) => apply(changed), before);
        await lock.confirm();
        if (state !== before) await writeState(folder, path, state, isStricter(state, before));
      } catch (error) {
        waiting.unshift(...changes);
        throw error;
      }
      return changes;
    });

  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      try {
        for (const { resolve } of await writeWaiting()) resolve();
      } catch (error) {
        for (const { reject } of waiting.splice(0)) reject(error);
      }
    }
    isWriting = false;
  }

  return {
    update: <Result>(change: (state: BudgetState) => { state: BudgetState; result: Result }) =>
      new Promise<Result>((resolve, reject) => {
        let result: Result;
        const apply = (before: BudgetState) => {
          const changed = change(before);
          result = changed.result;
          return changed.state;
        };
        waiting.push({ apply, resolve: () => resolve(result), reject });
        if (!isWriting) void writeAll();
      }),
  };
}

/** A file that cannot be read as a budget, as after a power cut, is a budget of which nothing is used. */
async function readState(path: string): Promise<BudgetState> {
  try {
    return budgetSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return EMPTY_BUDGET;
  }
}

/** Counts are worth nothing after a restart of the machine, so only pauses and bans pay for an fsync. */
async function writeState(folder: string, path: string, state: BudgetState, isDurable: boolean): Promise<void> {
  const text = JSON.stringify(state);
  if (isDurable) return writeFileAtomically(path, text);
  const temporaryPath = join(folder, temporaryName());
  try {
    await writeFile(temporaryPath, text);
    await rename(temporaryPath, path);
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch(() => {});
    throw toWriteError(path, error);
  }
}

function isStricter(state: BudgetState, before: BudgetState): boolean {
  return state.pausedUntilMs > before.pausedUntilMs || state.bannedUntilMs > before.bannedUntilMs;
}
