/** Whether the champion has fallen below its report; told once, when it shows. */

import type { LiveModel } from './live-model.js';
import type { ModelContext } from './model-context.js';

export class DriftWatch {
  readonly #context: ModelContext;
  #isDrifting = false;

  constructor(context: ModelContext) {
    this.#context = context;
  }

  get isDrifting(): boolean {
    return this.#isDrifting;
  }

  /** Why nothing may be traded on a model that is drifting or not. */
  holdReason(isDrifting: boolean): string | undefined {
    if (!isDrifting || !this.#context.serve.demoteOnDrift) return undefined;
    return 'the record of this model has fallen below its report';
  }

  /** Looks at the champion after outcomes. */
  look(champion: LiveModel): void {
    if (this.#isDrifting || !isDrifting(champion)) return;
    this.#isDrifting = true;
    this.#tell(champion);
  }

  /**
   * Another champion from now on.
   *
   * @param wasDrifting before its newest outcomes: that is nothing new
   */
  begin(champion: LiveModel, wasDrifting: boolean): void {
    this.#isDrifting = isDrifting(champion);
    if (this.#isDrifting && !wasDrifting) this.#tell(champion);
  }

  #tell({ version, trackRecord }: LiveModel): void {
    const { name, ports, tell, onDrift } = this.#context;
    tell({ kind: 'drift', atMs: ports.now(), name, version, reasons: trackRecord.drift().reasons });
    onDrift();
  }
}

export function isDrifting({ trackRecord }: LiveModel): boolean {
  return trackRecord.drift().isDrifting;
}
