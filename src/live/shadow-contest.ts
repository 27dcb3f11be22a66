/**
 * The challenger that forecasts beside the champion until the rule decides between them. Whatever is wrong with it ends
 * here: it is dropped and tried again less and less often, and the champion knows nothing of it.
 */

import { TradeAiError } from '../core/errors.js';
import type { LedgerEntry } from '../evaluation/ledger.js';
import type { ChampionPointer } from '../ports/registry.js';
import { forecastNewest, isSameSeries, type LiveModel, openLiveModel, warmUpAgain } from './live-model.js';
import type { ModelContext } from './model-context.js';
import { RetryPace } from './retry-pace.js';
import { decideShadow } from './shadow.js';
import { isRefusal, rethrowInterruption } from './trouble.js';

/** A version in charge, and the pointer that put it there. */
export interface Champion {
  readonly pointer: ChampionPointer;
  readonly live: LiveModel;
}

export class ShadowContest {
  readonly #context: ModelContext;
  #challenger: LiveModel | undefined;
  /** Challengers the rule has decided against, and versions that are not what was published. */
  readonly #dismissed = new Set<number>();
  readonly #pace = new RetryPace();

  constructor(context: ModelContext) {
    this.#context = context;
  }

  get challenger(): LiveModel | undefined {
    return this.#challenger;
  }

  /** It is no challenger until it is published anew. */
  dismiss(version: number): void {
    this.#dismissed.add(version);
  }

  /** A number that is gone may be given to another version. */
  forgetAllBut(versions: readonly number[]): void {
    for (const version of this.#dismissed) if (!versions.includes(version)) this.#dismissed.delete(version);
  }

  /** Ends without a decision: the challenger has become the champion. */
  end(): void {
    this.#challenger = undefined;
  }

  /** Lets the version forecast that challenges the champion now. */
  async follow(champion: Champion, versions: readonly number[]): Promise<void> {
    if (!this.#context.serve.shadow) return;
    const version = this.#challengerOf(champion, versions);
    if (version === this.#challenger?.version) return;
    if (version === undefined) this.#challenger = undefined;
    else if (this.#pace.takeChance()) await this.#open(version, champion);
  }

  /** @returns whether its history has changed behind it */
  takeCandles(take: (live: LiveModel) => boolean): boolean {
    const challenger = this.#challenger;
    if (challenger === undefined) return false;
    try {
      return take(challenger);
    } catch (error) {
      this.#drop(challenger.version, error);
      return false;
    }
  }

  takeOutcomes(resolved: readonly LedgerEntry[]): void {
    this.#challenger?.trackRecord.take(resolved);
  }

  async warmUpAgain(): Promise<void> {
    await this.#guard(async (challenger) => {
      this.#challenger = (await warmUpAgain(challenger, this.#context)).live;
    });
  }

  async forecast(): Promise<void> {
    await this.#guard((challenger) => forecastNewest(challenger, 'shadow', this.#context));
  }

  /** Asks the rule. @returns whether the pointer is another one now, by the rule or by somebody who was faster */
  async decide(champion: Champion): Promise<boolean> {
    let isPromoted = false;
    await this.#guard(async ({ version, trackRecord, model }) => {
      const decision = decideShadow(champion.live.trackRecord.scored(trackRecord.firstMs), trackRecord.scored(), {
        championVersion: champion.live.version,
        verdict: model.manifest.verdict,
        requiresSkill: model.config.requireSkill,
        horizonSteps: model.config.horizon,
      });
      if (decision.state === 'undecided') return;
      if (decision.state === 'dismiss') {
        this.dismiss(version);
        this.#challenger = undefined;
        return;
      }
      await this.#promote(version, decision.reasons, champion.pointer);
      isPromoted = true;
    });
    return isPromoted;
  }

  async #promote(version: number, reasons: readonly string[], { generation }: ChampionPointer): Promise<void> {
    const { name, ports } = this.#context;
    try {
      await ports.registry.promote({ name, version, reasons, expectedGeneration: generation });
    } catch (error) {
      // Somebody else was faster: what they chose is followed.
      if (!(error instanceof TradeAiError) || error.code !== 'VERSION_CONFLICT') throw error;
    }
  }

  /** The newest version behind the champion that has never been in charge since, and has not been decided against. */
  #challengerOf({ pointer }: Champion, versions: readonly number[]): number | undefined {
    const newest = versions.at(-1);
    if (newest === undefined || newest <= pointer.version || newest === pointer.previousVersion) return undefined;
    return this.#dismissed.has(newest) ? undefined : newest;
  }

  async #open(version: number, champion: Champion): Promise<void> {
    this.#challenger = undefined;
    try {
      const { live } = await openLiveModel(this.#context.name, version, this.#context);
      if (!isSameSeries(live, champion.live)) {
        // Other candles than the champion's: there is nothing to compare them by.
        this.dismiss(version);
        return;
      }
      await forecastNewest(live, 'shadow', this.#context);
      this.#challenger = live;
      this.#pace.noteSuccess();
    } catch (error) {
      this.#drop(version, error);
    }
  }

  /** Runs something with the challenger, if there is one; it is dropped when that fails. */
  async #guard(action: (challenger: LiveModel) => Promise<unknown>): Promise<void> {
    const challenger = this.#challenger;
    if (challenger === undefined) return;
    try {
      await action(challenger);
    } catch (error) {
      this.#drop(challenger.version, error);
    }
  }

  #drop(version: number, error: unknown): void {
    rethrowInterruption(error);
    this.#challenger = undefined;
    this.#pace.noteFailure();
    if (isRefusal(error)) this.dismiss(version);
    this.#context.report(error);
  }
}
