import type { EpochPlan, GradientResult, LstmNetwork, RunOptions, TrainingState } from '../../engine.js';
import { CallSlot } from '../call-slot.js';
import type { NetworkInput } from '../network-input.js';
import { throwUnlessDone } from '../outcome.js';
import type { PooledWorker } from './worker-pool.js';

/** Positions in the shared control array. */
const CANCEL = 0;
const SEQUENCES_DONE = 1;

export interface WasmNetworkParts {
  readonly worker: PooledWorker;
  /** What the worker knows it by. */
  readonly number: number;
  readonly control: Int32Array;
  readonly input: NetworkInput;
  /** Called once, when the network is closed. */
  readonly onClosed: () => void;
}

/** One model in a worker's WebAssembly instance; one call at a time. */
export class WasmNetwork implements LstmNetwork {
  readonly #worker: PooledWorker;
  readonly #number: number;
  readonly #control: Int32Array;
  readonly #input: NetworkInput;
  readonly #onClosed: () => void;
  readonly #slot: CallSlot;

  constructor({ worker, number, control, input, onClosed }: WasmNetworkParts) {
    this.#worker = worker;
    this.#number = number;
    this.#control = control;
    this.#input = input;
    this.#onClosed = onClosed;
    this.#slot = new CallSlot({
      cancel: () => Atomics.store(control, CANCEL, 1),
      readProgress: () => Atomics.load(control, SEQUENCES_DONE),
    });
  }

  async setState({ weights, firstMoment, secondMoment, step }: TrainingState): Promise<void> {
    this.#input.checkWeights(weights, firstMoment, secondMoment);
    await this.#call('setState', { weights, firstMoment, secondMoment, step });
  }

  async getState(): Promise<TrainingState> {
    return this.#call<TrainingState>('getState', {});
  }

  async setWeights(weights: Float64Array): Promise<void> {
    this.#input.checkWeights(weights);
    await this.#call('setWeights', { weights });
  }

  async trainEpoch({ rows, batchSize, learningRate, epoch }: EpochPlan, options?: RunOptions): Promise<number> {
    this.#input.checkRows(rows, { targets: true });
    this.#input.checkBatch(batchSize);
    const request = { rows, batchSize, learningRate, epoch };
    const { outcome, loss } = await this.#call<{ outcome: number; loss: number }>('trainEpoch', request, options);
    throwUnlessDone(outcome);
    return loss;
  }

  async predict(rows: Int32Array, options?: RunOptions): Promise<Float64Array> {
    if (rows.length === 0) return new Float64Array(0);
    this.#input.checkRows(rows, { targets: false });
    const { outcome, predictions } = await this.#call<{ outcome: number; predictions: Float64Array }>(
      'predict',
      { rows },
      options,
    );
    throwUnlessDone(outcome);
    return predictions;
  }

  async computeGradients(rows: Int32Array): Promise<GradientResult> {
    this.#input.checkRows(rows, { targets: true });
    this.#input.checkBatch(rows.length);
    return this.#call<GradientResult>('computeGradients', { rows });
  }

  async close(): Promise<void> {
    if (!(await this.#slot.close())) return;
    this.#onClosed();
    await this.#worker.request({ kind: 'closeNetwork', network: this.#number });
  }

  #call<Result>(kind: string, request: object, options?: RunOptions): Promise<Result> {
    return this.#slot.run(() => {
      Atomics.store(this.#control, CANCEL, 0);
      Atomics.store(this.#control, SEQUENCES_DONE, 0);
      return this.#worker.request<Result>({ ...request, kind, network: this.#number });
    }, options);
  }
}
