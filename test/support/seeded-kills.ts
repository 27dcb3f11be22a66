/**
 * The moments at which tests kill -9, drawn from a seed, so that a round that failed can be had again.
 * TRADEAI_KILL_SEED names the seed, TRADEAI_KILL_ROUNDS how many kills a test makes: 500 for the long form.
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFailed } from 'vitest';
import { RANDOM_STREAM, Random } from '../../src/core/random.js';

const SEED = Number(process.env.TRADEAI_KILL_SEED ?? 1);
/** How long a step may be taken to last while none was seen from its start to its end. */
const UNSEEN_STEP_MS = 20;

/** Kills in each test: `usual`, unless the environment says otherwise. */
export function killRounds(usual: number): number {
  return Number(process.env.TRADEAI_KILL_ROUNDS ?? usual);
}

/** Ends a test of so many kills that hangs; a round takes some seconds of a quiet machine. */
export function killTimeoutMs(rounds: number): number {
  return 60_000 + rounds * 30_000;
}

export interface SeededKills {
  /** A whole number from 0 to `below` − 1. */
  drawCount(below: number): number;
  /** A number in [0, 1). */
  drawPart(): number;
  /**
   * Kills a process that reports each of its steps as a line of stdout: after 1 to `maximumSteps` lines, and a part of the
   * step under way. Resolves with the lines of its whole life once it has ended; throws when it ended by itself.
   */
  killLoop(child: ChildProcess, maximumSteps: number): Promise<string[]>;
}

/** Starts drawing for the test that runs; when it fails the seed is printed. */
export function seedKills(): SeededKills {
  const random = new Random(SEED, RANDOM_STREAM.test);
  onTestFailed(() => console.error(`The kills were drawn with TRADEAI_KILL_SEED=${SEED}.`));
  const drawCount = (below: number) => random.nextInteger(below);
  const drawPart = () => random.nextUniform();
  return {
    drawCount,
    drawPart,
    async killLoop(child, maximumSteps) {
      const steps = 1 + drawCount(maximumSteps);
      const part = drawPart();
      const closed = once(child, 'close');
      let output = '';
      let firstStepMs: number | undefined;
      const isThere = new Promise<number>((resolve) => {
        child.stdout!.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          const count = output.split('\n').length - 1;
          firstStepMs ??= count > 0 ? performance.now() : undefined;
          if (count < steps) return;
          resolve(count > 1 ? (performance.now() - firstStepMs!) / (count - 1) : UNSEEN_STEP_MS);
        });
      });
      const stepMs = await Promise.race([isThere, closed]);
      if (typeof stepMs === 'number') {
        await Promise.race([delay(part * stepMs), closed]);
        child.kill('SIGKILL');
      }
      const [code, signal] = await closed;
      if (signal !== 'SIGKILL') throw new Error(`expected a loop without end, ended with status ${code}: ${output}`);
      return output.split('\n').slice(0, -1);
    },
  };
}
