/**
 * The reference engine: float64 in plain TypeScript. It runs on the thread that calls it and lets the event loop breathe
 * between batches.
 */

import { setImmediate as breathe } from 'node:timers/promises';
import { TradeAiError, throwIfAborted } from '../../../core/errors.js';
import { philox4x32, RANDOM_STREAM, seedKey } from '../../../core/random.js';
import type {
  DatasetContents,
  EpochPlan,
  GradientResult,
  LstmDataset,
  LstmEngine,
  LstmNetwork,
  NetworkOptions,
  RunOptions,
  TrainingState,
} from '../../engine.js';
import { countWeights, describeWeights } from '../../weights.js';
import { NetworkInput } from '../network-input.js';
import { OpenDataset } from '../open-dataset.js';
import { type LayerTensors, LayerTrace, runLayerBackward, runLayerForward } from './sequence.js';

/** Computes in float64 on the calling thread. */
export function createReferenceEngine(): LstmEngine {
  return {
    name: 'reference',
    description: 'reference (TypeScript, float64)',
    parallelNetworks: 1,
    openDataset: async (contents) => openDataset(contents),
  };
}

/** Guards the division of gradient clipping, as PyTorch's clip_grad_norm_. */
const CLIP_EPSILON = 1e-6;
/** Sequences between two breaths of the event loop: a few tens of milliseconds. */
const SEQUENCES_PER_BREATH = 128;

/** Named views of one buffer in the layout of `weights.ts`. */
interface NetworkTensors {
  readonly layers: readonly LayerTensors[];
  readonly headWeights: Float64Array;
  readonly headBias: Float64Array;
}

function openDataset(contents: DatasetContents): LstmDataset {
  const dataset = new OpenDataset(contents.featureCount, contents.x, contents.y);
  return {
    openNetwork: async (options) => new ReferenceNetwork(contents, dataset, options),
    close: async () => {
      dataset.close();
    },
  };
}

/** Many fields, because the state of a training is four buffers, and each is seen whole and by its tensors. */
class ReferenceNetwork implements LstmNetwork {
  readonly #data: DatasetContents;
  readonly #options: NetworkOptions;
  readonly #input: NetworkInput;
  #leave: (() => void) | undefined;
  readonly #weights: Float64Array;
  readonly #gradients: Float64Array;
  readonly #firstMoment: Float64Array;
  readonly #secondMoment: Float64Array;
  #step = 0;
  readonly #network: NetworkTensors;
  readonly #networkGradients: NetworkTensors;
  readonly #traces: LayerTrace[];
  /** Shape `[H]`: factor of each final hidden unit: 1, or 0 and 1 / (1 − dropout) in training. */
  readonly #mask: Float64Array;

  constructor(data: DatasetContents, dataset: OpenDataset<Float64Array>, options: NetworkOptions) {
    const { architecture, windowRows } = options;
    const { featureCount, hiddenUnits, layerCount } = architecture;
    const count = countWeights(architecture);
    this.#data = data;
    this.#options = options;
    this.#input = new NetworkInput(dataset, options);
    this.#leave = dataset.enter();
    this.#weights = new Float64Array(count);
    this.#gradients = new Float64Array(count);
    this.#firstMoment = new Float64Array(count);
    this.#secondMoment = new Float64Array(count);
    this.#network = viewNetwork(options, this.#weights);
    this.#networkGradients = viewNetwork(options, this.#gradients);
    this.#traces = Array.from(
      { length: layerCount },
      (_, layer) => new LayerTrace(windowRows, layer === 0 ? featureCount : hiddenUnits, hiddenUnits),
    );
    this.#mask = new Float64Array(hiddenUnits).fill(1);
  }

  async setState(state: TrainingState): Promise<void> {
    this.#input.checkWeights(state.weights, state.firstMoment, state.secondMoment);
    this.#weights.set(state.weights);
    this.#firstMoment.set(state.firstMoment);
    this.#secondMoment.set(state.secondMoment);
    this.#step = state.step;
  }

  async getState(): Promise<TrainingState> {
    return {
      weights: this.#weights.slice(),
      firstMoment: this.#firstMoment.slice(),
      secondMoment: this.#secondMoment.slice(),
      step: this.#step,
    };
  }

  async setWeights(weights: Float64Array): Promise<void> {
    this.#input.checkWeights(weights);
    this.#weights.set(weights);
  }

  async trainEpoch({ rows, batchSize, learningRate, epoch }: EpochPlan, run: RunOptions = {}): Promise<number> {
    this.#input.checkBatch(batchSize);
    this.#input.checkRows(rows, { targets: true });
    let lossSum = 0;
    let sinceBreath = 0;
    for (let start = 0; start < rows.length; start += batchSize) {
      const batch = rows.subarray(start, start + batchSize);
      this.#gradients.fill(0);
      for (const row of batch) {
        this.#drawMask(epoch, row);
        const prediction = this.#forward(row);
        const error = prediction - this.#data.y[row];
        lossSum += this.#loss(error);
        this.#backward(row, this.#lossSlope(error) / batch.length);
        if (++sinceBreath >= SEQUENCES_PER_BREATH) {
          sinceBreath = 0;
          await breathe();
          throwIfAborted(run.signal);
        }
      }
      if (!Number.isFinite(lossSum)) {
        throw new TradeAiError('TRAINING_DIVERGED', `the loss became ${lossSum} in epoch ${epoch + 1}`, {
          commandHint: 'take a lower --lr',
        });
      }
      this.#clipGradients();
      this.#adamStep(learningRate);
      run.onProgress?.(start + batch.length);
    }
    this.#mask.fill(1);
    return lossSum / rows.length;
  }

  async predict(rows: Int32Array, run: RunOptions = {}): Promise<Float64Array> {
    if (rows.length > 0) this.#input.checkRows(rows, { targets: false });
    const out = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      out[i] = this.#forward(rows[i]);
      if ((i + 1) % SEQUENCES_PER_BREATH === 0) {
        await breathe();
        throwIfAborted(run.signal);
        run.onProgress?.(i + 1);
      }
    }
    return out;
  }

  async computeGradients(rows: Int32Array): Promise<GradientResult> {
    this.#input.checkRows(rows, { targets: true });
    this.#gradients.fill(0);
    const predictions = new Float64Array(rows.length);
    let lossSum = 0;
    for (let i = 0; i < rows.length; i++) {
      predictions[i] = this.#forward(rows[i]);
      const error = predictions[i] - this.#data.y[rows[i]];
      lossSum += this.#loss(error);
      this.#backward(rows[i], this.#lossSlope(error) / rows.length);
    }
    return { loss: lossSum / rows.length, predictions, gradients: this.#gradients.slice() };
  }

  async close(): Promise<void> {
    this.#leave?.();
    this.#leave = undefined;
  }

  /** @returns the output of the head for the window that ends at `row` */
  #forward(row: number): number {
    const { architecture, windowRows } = this.#options;
    const { x } = this.#data;
    const { featureCount, hiddenUnits } = architecture;
    let input = x;
    let inputStart = (row - windowRows + 1) * featureCount;
    for (const [layer, trace] of this.#traces.entries()) {
      runLayerForward(this.#network.layers[layer], trace, input, inputStart, windowRows);
      input = trace.hidden;
      inputStart = hiddenUnits;
    }
    const last = windowRows * hiddenUnits;
    let output = this.#network.headBias[0];
    for (let u = 0; u < hiddenUnits; u++) output += this.#network.headWeights[u] * this.#mask[u] * input[last + u];
    return output;
  }

  #backward(row: number, outputGradient: number): void {
    const { architecture, windowRows } = this.#options;
    const { x } = this.#data;
    const { featureCount, hiddenUnits, layerCount } = architecture;
    for (const trace of this.#traces) trace.hiddenGradients.fill(0);
    const top = this.#traces[layerCount - 1];
    const last = (windowRows - 1) * hiddenUnits;
    this.#networkGradients.headBias[0] += outputGradient;
    for (let u = 0; u < hiddenUnits; u++) {
      const hidden = top.hidden[windowRows * hiddenUnits + u];
      this.#networkGradients.headWeights[u] += outputGradient * this.#mask[u] * hidden;
      top.hiddenGradients[last + u] = outputGradient * this.#network.headWeights[u] * this.#mask[u];
    }
    for (let layer = layerCount - 1; layer >= 0; layer--) {
      const below = layer > 0 ? this.#traces[layer - 1] : undefined;
      runLayerBackward(
        this.#network.layers[layer],
        this.#networkGradients.layers[layer],
        this.#traces[layer],
        below ? below.hidden : x,
        below ? hiddenUnits : (row - windowRows + 1) * featureCount,
        windowRows,
        below?.hiddenGradients,
      );
    }
  }

  #loss(error: number): number {
    if (this.#options.loss === 'mse') return error * error;
    const size = Math.abs(error);
    return size < 1 ? 0.5 * error * error : size - 0.5;
  }

  #lossSlope(error: number): number {
    return this.#options.loss === 'mse' ? 2 * error : Math.max(-1, Math.min(1, error));
  }

  #drawMask(epoch: number, row: number): void {
    const { dropout, seed } = this.#options;
    if (dropout === 0) return;
    const [key0, key1] = seedKey(seed);
    const threshold = Math.floor(dropout * 2 ** 32);
    const words = new Uint32Array(4);
    for (let u = 0; u < this.#mask.length; u++) {
      if (u % 4 === 0) philox4x32(key0, key1, u / 4, row, epoch, RANDOM_STREAM.dropout, words);
      this.#mask[u] = words[u % 4] < threshold ? 0 : 1 / (1 - dropout);
    }
  }

  #clipGradients(): void {
    const { gradientClipNorm } = this.#options;
    if (gradientClipNorm === 0) return;
    let squares = 0;
    for (const gradient of this.#gradients) squares += gradient * gradient;
    const scale = gradientClipNorm / (Math.sqrt(squares) + CLIP_EPSILON);
    if (scale < 1) for (let i = 0; i < this.#gradients.length; i++) this.#gradients[i] *= scale;
  }

  #adamStep(learningRate: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.#options.adam;
    this.#step += 1;
    const correction1 = 1 - beta1 ** this.#step;
    const correction2 = 1 - beta2 ** this.#step;
    for (let i = 0; i < this.#weights.length; i++) {
      const gradient = this.#gradients[i];
      const first = beta1 * this.#firstMoment[i] + (1 - beta1) * gradient;
      const second = beta2 * this.#secondMoment[i] + (1 - beta2) * gradient * gradient;
      this.#firstMoment[i] = first;
      this.#secondMoment[i] = second;
      const decayed = this.#weights[i] * (1 - learningRate * weightDecay);
      this.#weights[i] = decayed - ((learningRate / correction1) * first) / (Math.sqrt(second / correction2) + epsilon);
    }
  }
}

function viewNetwork({ architecture }: NetworkOptions, buffer: Float64Array): NetworkTensors {
  const views = new Map(
    describeWeights(architecture).map(({ name, offset, length }) => [name, buffer.subarray(offset, offset + length)]),
  );
  const view = (name: string) => views.get(name)!;
  return {
    layers: Array.from({ length: architecture.layerCount }, (_, layer) => ({
      wx: view(`lstm.${layer}.wx`),
      wh: view(`lstm.${layer}.wh`),
      b: view(`lstm.${layer}.b`),
    })),
    headWeights: view('head.w'),
    headBias: view('head.b'),
  };
}
