/** Progress of a training: live lines on a terminal, one plain line an epoch elsewhere. */

import type { MemberIndex } from '../lstm/ensemble.js';
import type { MemberProgress } from '../lstm/trainer.js';
import { originOf } from '../market/candle-origin.js';
import { formatCount, formatNumber } from '../text/numbers.js';
import { formatDuration, formatStamp } from '../text/times.js';
import type { TrainHooks, TrainStage, TrainStart } from '../training/train-hooks.js';
import type { Console } from './console.js';
import { cutLine, drawSparkline } from './format.js';

const REDRAW_INTERVAL_MS = 100;
const SPARKLINE_WIDTH = 16;

/** One network, as far as it is known. */
interface NetworkState {
  readonly label: string;
  readonly stage: TrainStage;
  readonly epochsBefore: number;
  progress: MemberProgress | undefined;
  /** Sequences done in the epoch at hand. */
  sequencesDone: number;
}

export class TrainingDisplay {
  readonly #console: Console;
  readonly #now: () => number;
  #start: TrainStart | undefined;
  #startedMs = 0;
  #lastRedrawMs = 0;
  /** By ensemble and member. */
  #networks: NetworkState[][] = [];

  constructor(console: Console, now: () => number) {
    this.#console = console;
    this.#now = now;
  }

  readonly hooks: Omit<TrainHooks, 'signal'> = {
    onFetch: (rowsDone, lastOpenTimeMs) => this.#showFetch(rowsDone, lastOpenTimeMs),
    onStart: (start) => this.#showStart(start),
    onBatch: ({ ensemble, member }, _epoch, done) => {
      this.#networks[ensemble][member].sequencesDone = done;
      this.#redraw(false);
    },
    onEpoch: (index, progress) => this.#showEpoch(index, progress),
    onJudge: () => {
      if (this.#console.isLive) this.#console.redraw(['judging …']);
    },
  };

  /** Call when the training has ended, however it did; a second call does nothing. */
  finish(): void {
    if (this.#console.isLive && this.#start) this.#console.redraw([]);
    this.#console.settle();
    this.#start = undefined;
  }

  #showFetch(rowsDone: number, lastOpenTimeMs: number): void {
    if (!this.#console.isLive) return;
    this.#console.redraw([`fetching candles: ${formatCount(rowsDone)}, up to ${formatStamp(lastOpenTimeMs)}`]);
  }

  #showStart(start: TrainStart): void {
    const { config, data, stages, notices, engineDescription } = start;
    this.#console.settle();
    const { dim, yellow } = this.#console.noteColors;
    const note = (text: string) => this.#console.printNote(text);
    note(
      `${config.name}: ${formatCount(data.rows)} candles, ${formatStamp(data.firstOpenTimeMs)} to ${formatStamp(data.lastOpenTimeMs)} UTC, from ${data.source}`,
    );
    if (originOf(data.source).isSimulated)
      note(yellow('This market is simulated: nothing here says anything about a real one.'));
    const layers = config.layers > 1 ? ` × ${config.layers}` : '';
    note(
      dim(
        `${config.features.length} features × ${config.window} candles → LSTM ${config.hidden}${layers} → dropout ${config.dropout} → dense; ${engineDescription}`,
      ),
    );
    const judged = stages.reduce((sum, { testRows }) => sum + testRows, 0);
    note(dim(`${stages.map(({ label }) => label).join(', ')}; ${formatCount(judged)} rows judged out of sample`));
    for (const notice of notices) note(yellow(`! ${notice}`));
    this.#start = start;
    this.#startedMs = this.#now();
    this.#networks = stages.map((stage) =>
      stage.epochsRun.map((epochsBefore, member) => ({
        label: `${stage.label} member ${member + 1}/${config.members}`,
        stage,
        epochsBefore,
        progress: undefined,
        sequencesDone: 0,
      })),
    );
    const epochsBefore = stages.flatMap(({ epochsRun }) => epochsRun).reduce((sum, count) => sum + count, 0);
    if (epochsBefore > 0) note(`resumed after ${epochsBefore} epochs`);
  }

  #showEpoch({ ensemble, member }: MemberIndex, progress: MemberProgress): void {
    const network = this.#networks[ensemble][member];
    network.progress = progress;
    network.sequencesDone = 0;
    if (!this.#console.isLive) {
      this.#console.printNote(`${this.#describe(network)}; ${this.#describeSpeed()}`);
      return;
    }
    if (progress.isFinished) {
      this.#console.redraw([]);
      this.#console.printNote(cutLine(this.#describe(network), this.#console.columns));
    }
    this.#redraw(true);
  }

  #redraw(isForced: boolean): void {
    if (!this.#console.isLive || !this.#start) return;
    if (!isForced && this.#now() - this.#lastRedrawMs < REDRAW_INTERVAL_MS) return;
    this.#lastRedrawMs = this.#now();
    const running = this.#networks
      .flat()
      .filter(({ progress, sequencesDone }) => !progress?.isFinished && (progress || sequencesDone > 0));
    const lines = [...running.map((network) => this.#describe(network)), this.#describeSpeed()];
    this.#console.redraw(lines.map((line) => cutLine(line, this.#console.columns)));
  }

  #describe({ label, progress, sequencesDone, stage }: NetworkState): string {
    const { epochs } = this.#start!.config;
    if (progress === undefined) {
      return `${label}  epoch 1/${epochs}  ${Math.floor((100 * sequencesDone) / stage.trainRows)} %`;
    }
    const { epochsRun, bestEpoch, trainLoss, validationLoss, isFinished } = progress;
    const losses = `train ${formatNumber(trainLoss.at(-1)!, 4)}  validation ${formatNumber(validationLoss.at(-1)!, 4)}  best ${bestEpoch}`;
    const curve = this.#console.isLive ? `  ${drawSparkline(validationLoss, SPARKLINE_WIDTH)}` : '';
    return `${label}  epoch ${epochsRun}/${epochs}${isFinished ? ' done' : ''}  ${losses}${curve}`;
  }

  #describeSpeed(): string {
    const { epochs } = this.#start!.config;
    const networks = this.#networks.flat();
    let done = 0;
    let left = 0;
    for (const { stage, epochsBefore, progress, sequencesDone } of networks) {
      const epochsRun = progress?.epochsRun ?? epochsBefore;
      done += (epochsRun - epochsBefore) * stage.trainRows + sequencesDone;
      if (!progress?.isFinished) left += (epochs - epochsRun) * stage.trainRows - sequencesDone;
    }
    const seconds = (this.#now() - this.#startedMs) / 1000;
    const trained = networks.filter(({ progress }) => progress?.isFinished).length;
    if (done === 0 || seconds <= 0) return '';
    const perSecond = done / seconds;
    return `${trained} of ${networks.length} networks trained, ${formatCount(perSecond)} sequences/s, at most ${formatDuration(left / perSecond)} left`;
  }
}
