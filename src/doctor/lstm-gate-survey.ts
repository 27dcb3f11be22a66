/**
 * A trained network seen from inside: which of its units still answer to their input.
 *
 * A gate whose activation stands at 0 or 1 passes no gradient back (σ′ = σ(1 − σ)) and nothing on: training cannot move
 * it any more. After Karpathy, Johnson and Fei-Fei 2015 (https://arxiv.org/abs/1506.02078, section 4.2), who count how
 * often gates are saturated; they take 0.1 and 0.9, which healthy gates reach, so the limits here are closer to the end.
 *
 * Legend: W window rows, H hidden units.
 */

import { LayerTrace, runLayerForward } from '../lstm/engines/reference/sequence.js';
import { describeWeights, type LstmArchitecture } from '../lstm/weights.js';

export interface GateSurvey {
  /** Units of all layers. */
  readonly units: number;
  /** Units of which the input gate, the output gate or the candidate is saturated in 95 % of all steps. */
  readonly deadUnits: number;
  /** Share of steps and units with a saturated gate, by gate; `g` is the candidate. */
  readonly saturated: { readonly i: number; readonly f: number; readonly g: number; readonly o: number };
  /** Largest standard deviation over the windows of a final hidden state of the last layer. */
  readonly hiddenDeviation: number;
}

/** σ′ is then below 0.01, a 25th of its maximum. */
const SATURATION = 0.01;
const DEAD_SHARE = 0.95;
const GATES = 4;

/**
 * Runs one member over windows and counts.
 *
 * @param weights shape `[P]`
 * @param x scaled features, shape `[T, F]`, row-major
 * @param rows last rows of the windows
 */
export function surveyGates(
  architecture: LstmArchitecture,
  weights: Float64Array,
  x: Float64Array,
  rows: Int32Array,
  windowRows: number,
): GateSurvey {
  const { featureCount, hiddenUnits, layerCount } = architecture;
  const views = new Map(
    describeWeights(architecture).map(({ name, offset, length }) => [name, weights.subarray(offset, offset + length)]),
  );
  const layers = Array.from({ length: layerCount }, (_, layer) => ({
    tensors: {
      wx: views.get(`lstm.${layer}.wx`)!,
      wh: views.get(`lstm.${layer}.wh`)!,
      b: views.get(`lstm.${layer}.b`)!,
    },
    trace: new LayerTrace(windowRows, layer === 0 ? featureCount : hiddenUnits, hiddenUnits),
    counts: new Float64Array(GATES * hiddenUnits),
  }));
  const sums = new Float64Array(hiddenUnits);
  const squares = new Float64Array(hiddenUnits);
  for (const row of rows) {
    let input = x;
    let inputStart = (row - windowRows + 1) * featureCount;
    for (const { tensors, trace, counts } of layers) {
      runLayerForward(tensors, trace, input, inputStart, windowRows);
      countSaturated(trace, windowRows, counts);
      input = trace.hidden;
      inputStart = hiddenUnits;
    }
    for (let u = 0; u < hiddenUnits; u++) {
      const value = input[windowRows * hiddenUnits + u];
      sums[u] += value;
      squares[u] += value * value;
    }
  }
  const steps = rows.length * windowRows;
  const shareOf = (gate: number) => {
    const count = layers.reduce(
      (sum, { counts }) => sum + counts.subarray(gate * hiddenUnits, (gate + 1) * hiddenUnits).reduce((a, b) => a + b),
      0,
    );
    return count / (steps * hiddenUnits * layerCount);
  };
  const deviations = Array.from(sums, (sum, u) =>
    Math.sqrt(Math.max(0, squares[u] / rows.length - (sum / rows.length) ** 2)),
  );
  return {
    units: hiddenUnits * layerCount,
    deadUnits: layers.reduce((sum, { counts }) => sum + countDead(counts, hiddenUnits, steps), 0),
    saturated: { i: shareOf(0), f: shareOf(1), g: shareOf(2), o: shareOf(3) },
    hiddenDeviation: Math.max(...deviations),
  };
}

/** Adds the saturated steps of a window to `counts`, shape `[4, H]`. */
function countSaturated({ gates, hiddenUnits }: LayerTrace, windowRows: number, counts: Float64Array): void {
  const width = GATES * hiddenUnits;
  for (let t = 0; t < windowRows; t++) {
    for (let j = 0; j < width; j++) {
      // the candidate lies in −1 … 1: brought to 0 … 1 it is measured as the gates are
      const isCandidate = j >= 2 * hiddenUnits && j < 3 * hiddenUnits;
      const value = isCandidate ? (1 + gates[t * width + j]) / 2 : gates[t * width + j];
      if (value < SATURATION || value > 1 - SATURATION) counts[j] += 1;
    }
  }
}

/** A forget gate that stays open is memory, and one that stays shut is none: neither makes a unit dead. */
function countDead(counts: Float64Array, hiddenUnits: number, steps: number): number {
  let dead = 0;
  for (let u = 0; u < hiddenUnits; u++) {
    const worst = Math.max(counts[u], counts[2 * hiddenUnits + u], counts[3 * hiddenUnits + u]);
    if (worst > DEAD_SHARE * steps) dead += 1;
  }
  return dead;
}
