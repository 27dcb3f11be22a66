/**
 * The seam between the trainer and the arithmetic.
 *
 * An engine opens a dataset once, and on it as many networks as are wanted: the data are held in the engine's precision
 * one time for all of them. A network owns the weights and the Adam moments of one model and runs whole epochs over windows
 * that are named by row index and never materialised. Numbers cross the port as float64, which every float32 survives
 * unchanged; the precision inside is the engine's own affair.
 *
 * Legend: T rows, F features, W window rows, B batch, H hidden units, P parameters.
 *
 * An engine does not shuffle, schedule, stop early or know what a validation row is: the trainer does.
 */

import type { LstmArchitecture } from './weights.js';

export type EngineName = 'reference' | 'native' | 'wasm';

export interface DatasetContents {
  /** F. */
  readonly featureCount: number;
  /** Scaled features, shape `[T, F]`, row-major. Left alone by both sides while the dataset is open. */
  readonly x: Float64Array;
  /** Targets, shape `[T]`; read only at the rows trained on. */
  readonly y: Float64Array;
}

export interface NetworkOptions {
  /** Its `featureCount` is the dataset's. */
  readonly architecture: LstmArchitecture;
  /** W: the window of row r is the rows [r − W + 1, r + 1). */
  readonly windowRows: number;
  /** Mean over the batch of e² (mse), or of Huber's loss with δ = 1: e²/2 where |e| < 1, |e| − ½ elsewhere. */
  readonly loss: 'mse' | 'huber';
  /**
   * Share of the last layer's final hidden units set to zero in training; the others are divided by 1 − dropout.
   * Unit u of row r in epoch e is dropped where word u mod 4 of the Philox4x32-10 block with key `seed` and counter
   * (⌊u / 4⌋, r, e, RANDOM_STREAM.dropout) is below ⌊dropout · 2³²⌋.
   */
  readonly dropout: number;
  readonly seed: number;
  /** The gradient is scaled by min(1, clip / (‖g‖₂ + 1e-6)), PyTorch's clip_grad_norm_; 0 turns it off. */
  readonly gradientClipNorm: number;
  /** Adam with bias correction (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980); decoupled decay as AdamW. */
  readonly adam: AdamOptions;
  /** Upper bound of `batchSize` of every later call, so that all memory is taken once. */
  readonly maximumBatchSize: number;
}

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled weight decay (Loshchilov & Hutter 2019): w ← w − η·λ·w before the Adam step. 0 is plain Adam. */
  readonly weightDecay: number;
}

/** Everything a network needs to go on exactly where another one stopped. Arrays have shape `[P]`. */
export interface TrainingState {
  weights: Float64Array;
  firstMoment: Float64Array;
  secondMoment: Float64Array;
  /** Adam steps done. */
  step: number;
}

export interface EpochPlan {
  /** Last rows of the windows, in the order they are trained on. */
  readonly rows: Int32Array;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Counter of the dropout masks. */
  readonly epoch: number;
}

export interface RunOptions {
  /** Stops within a batch with `INTERRUPTED`; the state is then undefined and must be set again. */
  readonly signal?: AbortSignal;
  /** Called now and then with the number of sequences done in this call. */
  readonly onProgress?: (sequencesDone: number) => void;
}

export interface GradientResult {
  /** Mean loss of the batch. */
  loss: number;
  /** Shape `[B]`. */
  predictions: Float64Array;
  /** Unclipped gradient of the loss, shape `[P]`, laid out as the weights. */
  gradients: Float64Array;
}

export interface LstmNetwork {
  setState(state: TrainingState): Promise<void>;
  getState(): Promise<TrainingState>;
  /** Replaces the weights and leaves the moments alone. */
  setWeights(weights: Float64Array): Promise<void>;
  /** Runs one epoch of Adam steps (the last batch may be short); the mean training loss per sequence, with dropout. */
  trainEpoch(plan: EpochPlan, options?: RunOptions): Promise<number>;
  /** Forward only, dropout off; the model's outputs at these rows, shape `[rows.length]`. */
  predict(rows: Int32Array, options?: RunOptions): Promise<Float64Array>;
  /** Forward and backward over one batch without a step, dropout off. */
  computeGradients(rows: Int32Array): Promise<GradientResult>;
  close(): Promise<void>;
}

export interface LstmDataset {
  /** @throws TradeAiError `USAGE` for options out of range, or a network that does not fit memory */
  openNetwork(options: NetworkOptions): Promise<LstmNetwork>;
  /**
   * Frees the data; nothing happens the second time.
   *
   * @throws TradeAiError `INTERNAL` while networks are open on it: they are closed first
   */
  close(): Promise<void>;
}

export interface LstmEngine {
  readonly name: EngineName;
  /** For people: `native (AVX-512)`, `reference (float64)`. */
  readonly description: string;
  /** Networks that run at the same time without slowing each other, so far as cores go. */
  readonly parallelNetworks: number;
  /** @throws TradeAiError `USAGE` when x and y do not fit each other */
  openDataset(contents: DatasetContents): Promise<LstmDataset>;
}
