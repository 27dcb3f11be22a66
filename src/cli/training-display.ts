/** Progress of a training: live lines on a terminal, one plain line an epoch elsewhere. */

import type { MemberProgress } from '../lstm/trainer.js';
import type { TrainHooks, TrainStart } from '../pipeline/train.js';
import type { Console } from './console.js';
import { cutLine, drawSparkline, formatCount, formatDuration, formatTime } from './format.js';

const REDRAW_INTERVAL_MS = 100;
const SPARKLINE_WIDTH = 16;

export class TrainingDisplay {
  readonly #console: Console;
  readonly #now: () => number;
  #start: TrainStart | undefined;
  #startedMs = 0;
  #lastRedrawMs = 0;
  #members: (MemberProgress | undefined)[] = [];
  /** Sequences done in the epoch at hand, a number a member. */
  #sequencesDone: number[] = [];

  constructor(console: Console, now: () => number) {
    this.#console = console;
    this.#now = now;
  }

  readonly hooks: Omit<TrainHooks, 'signal'> = {
    onFetch: (rowsDone, lastOpenTimeMs) => this.#showFetch(rowsDone, lastOpenTimeMs),
    onStart: (start) => this.#showStart(start),
    onBatch: (member, _epoch, done) => {
      this.#sequencesDone[member] = done;
      this.#redraw(false);
    },
    onEpoch: (member, progress) => {
      this.#members[member] = progress;
      this.#sequencesDone[member] = 0;
      if (this.#console.isLive) this.#redraw(true);
      else this.#console.printNote(this.#describeEpoch(member, progress));
    },
  };

  /** Call when the training has ended, however it did. */
  finish(): void {
    if (this.#console.isLive && this.#start) this.#redraw(true);
    this.#console.settle();
  }

  #showFetch(rowsDone: number, lastOpenTimeMs: number): void {
    if (!this.#console.isLive) return;
    this.#console.redraw([`fetching candles: ${formatCount(rowsDone)}, up to ${formatTime(lastOpenTimeMs)}`]);
  }

  #showStart(start: TrainStart): void {
    const { config, data, rows, notices, engineDescription } = start;
    this.#console.settle();
    const { dim, yellow } = this.#console.noteColors;
    const note = (text: string) => this.#console.printNote(text);
    note(
      `${config.name}: ${formatCount(data.rows)} candles, ${formatTime(data.firstOpenTimeMs)} to ${formatTime(data.lastOpenTimeMs)} UTC, from ${data.source}`,
    );
    if (data.source === 'demo') note(yellow('This market is simulated: nothing here says anything about a real one.'));
    note(
      dim(
        `rows: train ${formatCount(rows.train)}, validation ${formatCount(rows.validation)}, test ${formatCount(rows.test)}`,
      ),
    );
    note(
      dim(
        `${config.features.length} features × ${config.window} candles → LSTM ${config.hidden}${config.layers > 1 ? ` × ${config.layers}` : ''} → dropout ${config.dropout} → dense; ${engineDescription}`,
      ),
    );
    for (const notice of notices) note(yellow(`! ${notice}`));
    this.#start = start;
    this.#startedMs = this.#now();
    this.#members = start.epochsRun.map(() => undefined);
    this.#sequencesDone = start.epochsRun.map(() => 0);
    if (start.epochsRun.some((count) => count > 0)) {
      note(`resumed after ${start.epochsRun.join(' and ')} epochs`);
    }
  }

  #redraw(isForced: boolean): void {
    if (!this.#console.isLive || !this.#start) return;
    if (!isForced && this.#now() - this.#lastRedrawMs < REDRAW_INTERVAL_MS) return;
    this.#lastRedrawMs = this.#now();
    const lines = this.#start.epochsRun.map((_, member) => this.#describeLive(member));
    this.#console.redraw([...lines, this.#describeSpeed()].map((line) => cutLine(line, this.#console.columns)));
  }

  #describeLive(member: number): string {
    const { config, rows } = this.#start!;
    const progress = this.#members[member];
    const label = `member ${member + 1}/${config.members}`;
    if (progress === undefined) {
      const done = this.#sequencesDone[member];
      return done > 0
        ? `${label}  epoch 1/${config.epochs}  ${Math.floor((100 * done) / rows.train)} %`
        : `${label}  waiting`;
    }
    const { epochsRun, bestEpoch, trainLoss, validationLoss, isFinished } = progress;
    const state = isFinished ? `done after epoch ${epochsRun}` : `epoch ${epochsRun + 1}/${config.epochs}`;
    const curve = drawSparkline(validationLoss, SPARKLINE_WIDTH);
    return `${label}  ${state}  train ${trainLoss.at(-1)!.toFixed(4)}  validation ${validationLoss.at(-1)!.toFixed(4)}  best ${bestEpoch}  ${curve}`;
  }

  #describeSpeed(): string {
    const { config, rows, epochsRun } = this.#start!;
    const seconds = (this.#now() - this.#startedMs) / 1000;
    let done = 0;
    let left = 0;
    for (const [member, before] of epochsRun.entries()) {
      const progress = this.#members[member];
      const epochs = progress?.epochsRun ?? before;
      done += (epochs - before) * rows.train + this.#sequencesDone[member];
      if (!progress?.isFinished) left += (config.epochs - epochs) * rows.train - this.#sequencesDone[member];
    }
    if (done === 0 || seconds <= 0) return '';
    const perSecond = done / seconds;
    return `${formatCount(perSecond)} sequences/s, at most ${formatDuration(left / perSecond)} left`;
  }

  #describeEpoch(member: number, progress: MemberProgress): string {
    const { config } = this.#start!;
    const { epochsRun, bestEpoch, trainLoss, validationLoss, isFinished } = progress;
    const speed = this.#describeSpeed();
    return `member ${member + 1}/${config.members} epoch ${epochsRun}/${config.epochs} train ${trainLoss.at(-1)!.toFixed(4)} validation ${validationLoss.at(-1)!.toFixed(4)} best ${bestEpoch}${isFinished ? ' done' : ''}; ${speed}`;
  }
}
