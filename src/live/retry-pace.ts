/** When to try again what has failed: at the next chance, then after 1, 2, 4 … of them are let go, at most 64. */

const LONGEST_PAUSE = 64;

export class RetryPace {
  /** Chances to let go before the next try. */
  #left = 0;
  #pause = 0;

  /** Called at every chance; whether this one is to be taken. */
  takeChance(): boolean {
    if (this.#left === 0) return true;
    this.#left -= 1;
    return false;
  }

  noteFailure(): void {
    this.#left = this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE, Math.max(1, 2 * this.#pause));
  }

  noteSuccess(): void {
    this.#left = 0;
    this.#pause = 0;
  }
}
