import { TradeAiError, throwIfAborted } from '../../core/errors.js';
import type { RunOptions } from '../engine.js';

const PROGRESS_INTERVAL_MS = 100;

export interface CallControl {
  /** Asks the kernel to stop within a batch. */
  cancel(): void;
  /** Sequences done in the running call. */
  readProgress(): number;
}

/** A network's one place for a running call: no second call beside it, and none after `close`. */
export class CallSlot {
  readonly #control: CallControl;
  #running: Promise<unknown> | undefined;
  #isClosed = false;

  constructor(control: CallControl) {
    this.#control = control;
  }

  /** @throws TradeAiError `INTERNAL` when the network is closed or a call is running */
  requireIdle(): void {
    if (this.#isClosed) throw new TradeAiError('INTERNAL', 'expected an open network, was closed');
    if (this.#running !== undefined) throw new TradeAiError('INTERNAL', 'expected an idle network, was busy');
  }

  /** Runs `start`; an abort of the signal asks the kernel to stop, and progress is reported now and then. */
  async run<Result>(start: () => Promise<Result>, { signal, onProgress }: RunOptions = {}): Promise<Result> {
    this.requireIdle();
    throwIfAborted(signal);
    const cancel = () => this.#control.cancel();
    let timer: NodeJS.Timeout | undefined;
    try {
      const ended = start();
      this.#running = ended;
      signal?.addEventListener('abort', cancel, { once: true });
      if (onProgress) {
        timer = setInterval(() => onProgress(this.#control.readProgress()), PROGRESS_INTERVAL_MS).unref();
      }
      return await ended;
    } finally {
      this.#running = undefined;
      clearInterval(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Stops the running call, waits for its end and refuses all others; false when that was done before. */
  async close(): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    if (this.#running !== undefined) {
      this.#control.cancel();
      await this.#running.catch(() => {});
    }
    return true;
  }
}
