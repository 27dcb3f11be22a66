/** The progress of one name of a run, kept on disk so that the run can go on. */

import { TradeAiError } from '../core/errors.js';
import { decodeCheckpoint, encodeCheckpoint } from '../lstm/checkpoint.js';
import type { MemberIndex } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import type { ModelConfig } from '../options/model-config.js';
import { trainFlagsOf } from '../options/train-options.js';
import type { CheckpointKey, RunRecord } from '../ports/checkpoint-store.js';
import type { Ports } from '../ports/ports.js';
import type { DataSummary } from '../versions/train-report.js';

/** What a checkpoint is of. */
export interface CheckpointContext {
  readonly config: ModelConfig;
  readonly data: DataSummary;
}

export interface StoppedTraining extends CheckpointContext {
  readonly ensembles: readonly (readonly MemberProgress[])[];
}

export interface RunCheckpointOptions {
  readonly record: RunRecord;
  readonly context: CheckpointContext;
  readonly start: readonly (readonly MemberProgress[])[];
  readonly ports: Pick<Ports, 'checkpoints' | 'now'>;
}

/** Time between two saves while training runs; an interruption saves at once. */
const SAVE_INTERVAL_MS = 30_000;

export class RunCheckpoint {
  readonly #options: RunCheckpointOptions;
  readonly #ensembles: MemberProgress[][];
  #lastSaveMs: number;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: RunCheckpointOptions) {
    this.#options = options;
    this.#ensembles = options.start.map((members) => [...members]);
    this.#lastSaveMs = options.ports.now();
  }

  /** Epochs that all networks have run together. */
  get epochsRun(): number {
    return this.#ensembles.flat().reduce((sum, member) => sum + member.epochsRun, 0);
  }

  /** How to go on from here. */
  get hint(): string {
    const { record, context } = this.#options;
    const { symbol, name } = context.config;
    if (record.startedBy === 'queue') return 'it goes on when the server starts again, or when it is asked for again';
    if (record.kind === 'train' && record.names.length > 1) return 'go on with the same command and --resume';
    const command =
      record.kind === 'train'
        ? `tradeai train --symbol ${symbol}${name === symbol ? '' : ` --name ${name}`} --resume`
        : `tradeai retrain ${record.names.length === 1 ? name : '--all'}`;
    return `go on with \`${command}\``;
  }

  /** Notes a network's progress; saves it when the last save is long enough ago. */
  update({ ensemble, member }: MemberIndex, progress: MemberProgress): void {
    this.#ensembles[ensemble][member] = progress;
    const nowMs = this.#options.ports.now();
    if (nowMs - this.#lastSaveMs < SAVE_INTERVAL_MS) return;
    this.#lastSaveMs = nowMs;
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
    await this.#options.ports.checkpoints.remove(this.#key);
  }

  get #key(): CheckpointKey {
    return { runId: this.#options.record.id, name: this.#options.context.config.name };
  }

  #write(): Promise<void> {
    const { context, ports } = this.#options;
    return ports.checkpoints.save(this.#key, encodeStopped({ ...context, ensembles: this.#ensembles }));
  }
}

/** The bytes that a checkpoint is kept as. */
export function encodeStopped({ config, data, ensembles }: StoppedTraining): Uint8Array {
  return encodeCheckpoint<CheckpointContext>({ context: { config, data }, ensembles });
}

/** @throws TradeAiError `CHECKPOINT_NOT_FOUND`, `MODEL_CORRUPT` */
export async function loadStoppedTraining(
  { checkpoints }: Pick<Ports, 'checkpoints'>,
  key: CheckpointKey,
): Promise<StoppedTraining> {
  const bytes = await checkpoints.load(key);
  if (bytes === undefined) {
    throw new TradeAiError('CHECKPOINT_NOT_FOUND', `nothing is kept of ${key.name} in the training ${key.runId}`, {
      commandHint: `start one with \`tradeai train ${trainFlagsOf(key.name).join(' ')}\``,
    });
  }
  const { context, ensembles } = decodeCheckpoint<CheckpointContext>(bytes);
  return { ...context, ensembles };
}
