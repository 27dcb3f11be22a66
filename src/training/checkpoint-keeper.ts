/** Keeps the newest progress of a training on disk, so that it can be resumed. */

import { TradeAiError } from '../core/errors.js';
import { decodeCheckpoint, encodeCheckpoint } from '../lstm/checkpoint.js';
import type { MemberIndex } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import type { ModelConfig } from '../options/model-config.js';
import type { CheckpointStore } from '../ports/checkpoint-store.js';
import type { DataSummary } from '../versions/train-report.js';

/** What a checkpoint is of. */
export interface CheckpointContext {
  readonly config: ModelConfig;
  readonly data: DataSummary;
}

export interface StoppedTraining extends CheckpointContext {
  readonly ensembles: readonly (readonly MemberProgress[])[];
}

/** Time between two saves while training runs; an interruption saves at once. */
const SAVE_INTERVAL_MS = 30_000;

export class CheckpointKeeper {
  readonly #store: CheckpointStore;
  readonly #context: CheckpointContext;
  readonly #ensembles: MemberProgress[][];
  readonly #now: () => number;
  #lastSaveMs: number;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    store: CheckpointStore,
    context: CheckpointContext,
    ensembles: readonly (readonly MemberProgress[])[],
    now: () => number,
  ) {
    this.#store = store;
    this.#context = context;
    this.#ensembles = ensembles.map((members) => [...members]);
    this.#now = now;
    this.#lastSaveMs = now();
  }

  /** Epochs that all networks have run together. */
  get epochsRun(): number {
    return this.#ensembles.flat().reduce((sum, member) => sum + member.epochsRun, 0);
  }

  /** The command that goes on from here. */
  get resumeCommand(): string {
    const { symbol, name } = this.#context.config;
    return `tradeai train --symbol ${symbol}${name === symbol ? '' : ` --name ${name}`} --resume`;
  }

  /** Notes a network's progress; saves it when the last save is long enough ago. */
  update({ ensemble, member }: MemberIndex, progress: MemberProgress): void {
    this.#ensembles[ensemble][member] = progress;
    if (this.#now() - this.#lastSaveMs < SAVE_INTERVAL_MS) return;
    this.#lastSaveMs = this.#now();
    this.#saving = this.#saving.then(() => this.#write());
    this.#saving.catch(() => undefined);
  }

  /** Saves what has been noted; throws what an earlier save threw. */
  async flush(): Promise<void> {
    await this.#saving;
    await this.#write();
  }

  async discard(): Promise<void> {
    await this.#saving.catch(() => undefined);
    await this.#store.remove(this.#context.config.name);
  }

  #write(): Promise<void> {
    return this.#store.save(
      this.#context.config.name,
      encodeCheckpoint({ context: this.#context, ensembles: this.#ensembles }),
    );
  }
}

/** @throws TradeAiError `CHECKPOINT_NOT_FOUND` */
export async function loadStoppedTraining(store: CheckpointStore, name: string): Promise<StoppedTraining> {
  const bytes = await store.load(name);
  if (bytes === undefined) {
    throw new TradeAiError('CHECKPOINT_NOT_FOUND', `there is no stopped training of ${name} to resume`, {
      hint: `start one with \`tradeai train --symbol ${name}\``,
    });
  }
  const { context, ensembles } = decodeCheckpoint<CheckpointContext>(bytes);
  return { ...context, ensembles };
}
