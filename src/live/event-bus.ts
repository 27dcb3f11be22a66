import type { ServerEvent } from '../wire/wire.js';

/** Tells every listener of every event, in the order in which they happened. A listener that throws stops no other. */
export class EventBus {
  readonly #listeners = new Set<(event: ServerEvent) => void>();
  readonly #onProblem: (error: unknown) => void;

  constructor(onProblem: (error: unknown) => void) {
    this.#onProblem = onProblem;
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(event: ServerEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onProblem(error);
      }
    }
  }
}
