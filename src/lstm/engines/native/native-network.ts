import { throwIfAborted } from '../../../core/errors.js';
import type { EpochPlan, GradientResult, LstmNetwork, RunOptions, TrainingState } from '../../engine.js';
import { CallSlot } from '../call-slot.js';
import type { NetworkInput } from '../network-input.js';
import { throwUnlessDone } from '../outcome.js';
import type { DoneCallback, NativeBinding, NetworkHandle } from './binding.js';
import type { ThreadShare } from './thread-share.js';

/** Below about this many floating-point operations a prediction takes less time than a change of thread. */
const IMMEDIATE_WORK = 1e7;

interface CallResult {
  loss: number;
  data: Float64Array;
}

export interface NativeNetworkParts {
  readonly binding: NativeBinding;
  readonly handle: NetworkHandle;
  readonly share: ThreadShare;
  readonly input: NetworkInput;
  readonly windowRows: number;
  /** Called once, when the network is closed. */
  readonly onClosed: () => void;
}

/** One model in the native kernel; one call at a time. */
export class NativeNetwork implements LstmNetwork {
  readonly #binding: NativeBinding;
  readonly #handle: NetworkHandle;
  readonly #share: ThreadShare;
  readonly #input: NetworkInput;
  readonly #onClosed: () => void;
  readonly #workPerWindow: number;
  readonly #slot: CallSlot;

  constructor({ binding, handle, share, input, windowRows, onClosed }: NativeNetworkParts) {
    this.#binding = binding;
    this.#handle = handle;
    this.#share = share;
    this.#input = input;
    this.#onClosed = onClosed;
    this.#workPerWindow = 2 * input.weightCount * windowRows;
    this.#slot = new CallSlot({
      cancel: () => binding.cancel(handle),
      readProgress: () => binding.progress(handle),
    });
  }

  async setState({ weights, firstMoment, secondMoment, step }: TrainingState): Promise<void> {
    this.#slot.requireIdle();
    this.#input.checkWeights(weights, firstMoment, secondMoment);
    this.#binding.setState(this.#handle, weights, firstMoment, secondMoment, step);
  }

  async getState(): Promise<TrainingState> {
    this.#slot.requireIdle();
    const { weightCount } = this.#input;
    const weights = new Float64Array(weightCount);
    const firstMoment = new Float64Array(weightCount);
    const secondMoment = new Float64Array(weightCount);
    const step = this.#binding.getState(this.#handle, weights, firstMoment, secondMoment);
    return { weights, firstMoment, secondMoment, step };
  }

  async setWeights(weights: Float64Array): Promise<void> {
    this.#slot.requireIdle();
    this.#input.checkWeights(weights);
    this.#binding.setWeights(this.#handle, weights);
  }

  async trainEpoch({ rows, batchSize, learningRate, epoch }: EpochPlan, options?: RunOptions): Promise<number> {
    this.#input.checkRows(rows, { targets: true });
    this.#input.checkBatch(batchSize);
    const { loss } = await this.#call(
      (done) => this.#binding.trainEpoch(this.#handle, rows, batchSize, learningRate, epoch, done),
      options,
    );
    return loss;
  }

  async predict(rows: Int32Array, options?: RunOptions): Promise<Float64Array> {
    if (rows.length === 0) return new Float64Array(0);
    this.#input.checkRows(rows, { targets: false });
    if (rows.length * this.#workPerWindow <= IMMEDIATE_WORK) {
      this.#slot.requireIdle();
      throwIfAborted(options?.signal);
      const predictions = new Float64Array(rows.length);
      this.#binding.predictNow(this.#handle, rows, predictions);
      return predictions;
    }
    const { data } = await this.#call((done) => this.#binding.predict(this.#handle, rows, done), options);
    return data;
  }

  async computeGradients(rows: Int32Array): Promise<GradientResult> {
    this.#input.checkRows(rows, { targets: true });
    this.#input.checkBatch(rows.length);
    const { loss, data } = await this.#call((done) => this.#binding.computeGradients(this.#handle, rows, done));
    return { loss, predictions: data.slice(0, rows.length), gradients: data.slice(rows.length) };
  }

  async close(): Promise<void> {
    if (!(await this.#slot.close())) return;
    this.#binding.closeNetwork(this.#handle);
    this.#onClosed();
  }

  #call(start: (done: DoneCallback) => void, options?: RunOptions): Promise<CallResult> {
    return this.#slot.run(async () => {
      const leave = this.#share.join((threads) => this.#binding.setThreads(this.#handle, threads));
      try {
        return await new Promise<CallResult>((resolve, reject) => {
          start((outcome, loss, data) => {
            try {
              throwUnlessDone(outcome);
              resolve({ loss, data });
            } catch (error) {
              reject(error);
            }
          });
        });
      } finally {
        leave();
      }
    }, options);
  }
}
