/** Tasks that are begun ahead of their turn, a bounded number at a time, and taken in their order. */

export interface Prefetch<Result> {
  /** The result of a task; those behind it are begun. To be called with ascending numbers. */
  take(index: number): Promise<Result>;
  /** Stops what is under way and waits for its end. */
  close(): Promise<void>;
}

/** @param limit tasks under way at once */
export function startPrefetch<Result>(
  count: number,
  limit: number,
  run: (index: number, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Prefetch<Result> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const tasks = new Map<number, Promise<Result>>();
  let next = 0;
  return {
    take(index) {
      for (; next < Math.min(count, index + limit); next++) {
        const task = run(next, either);
        // A task that fails before its turn is told when its turn comes.
        task.catch(() => {});
        tasks.set(next, task);
      }
      const task = tasks.get(index)!;
      tasks.delete(index);
      return task;
    },
    async close() {
      stop.abort();
      await Promise.allSettled(tasks.values());
    },
  };
}
