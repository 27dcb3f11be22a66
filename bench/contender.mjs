import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that measures itself on request, so that nobody's warm-up, garbage or threads disturb another. */
export class Contender {
  #child;
  #lines;
  #isReady = false;

  /**
   * @param {{ key: string, command: string, args: string[], skip?: (shape: object, mode: string) => boolean, env?: object }} plan
   *   `skip` names what would take minutes
   */
  constructor({ key, command, args, skip = () => false, env = {} }) {
    this.key = key;
    this.name = key;
    this.skips = skip;
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...env } });
    this.#child.on('error', () => {});
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Waits for the contender to introduce itself; false when it cannot run here. */
  async start() {
    const description = await this.#readAnswer();
    this.#isReady = description?.name !== undefined;
    if (this.#isReady) this.name = description.name;
    return this.#isReady;
  }

  /** @returns {Promise<{ rate: number, best: number } | undefined>} sequences per second over the time, and of the fastest step */
  async measure(shape, mode, seconds) {
    if (!this.#isReady || this.skips(shape, mode)) return undefined;
    this.#child.stdin.write(`${JSON.stringify({ ...shape, mode, seconds })}\n`);
    const answer = await this.#readAnswer();
    if (answer === undefined || answer.error !== undefined) {
      console.error(`${this.name}: ${answer?.error ?? 'ended'}`);
      this.#isReady = false;
      return undefined;
    }
    return { rate: answer.sequences / answer.seconds, best: answer.best };
  }

  stop() {
    this.#child.kill();
  }

  async #readAnswer() {
    // Libraries print greetings between the answers.
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return undefined;
      if (value.startsWith('{')) return JSON.parse(value);
    }
  }
}
