/**
 * Shares an engine's threads among the calls that run at the same moment: whole models first, then threads inside one.
 * Five members on two cores run two at a time with one thread each, and the fifth with two.
 */
export class ThreadShare {
  readonly threads: number;
  readonly #running = new Set<(threads: number) => void>();

  constructor(threads: number) {
    this.threads = threads;
  }

  /** Joins with a function that sets a call's threads, now and whenever the share changes; returns how to leave. */
  join(setThreads: (threads: number) => void): () => void {
    this.#running.add(setThreads);
    this.#divide();
    return () => {
      this.#running.delete(setThreads);
      this.#divide();
    };
  }

  #divide(): void {
    const count = Math.max(1, Math.floor(this.threads / this.#running.size));
    for (const setThreads of this.#running) setThreads(count);
  }
}
