/**
 * One sequence through the network and back, in float64: the plain equations, slow and obvious, the oracle of the other
 * engines.
 *
 * Legend: W window rows, I inputs of a layer (F in the first, H in the others), H hidden units. Gate order i, f, g, o.
 *
 *     z = b + x·Wx + h₋·Wh        i, f, o = σ(z)   g = tanh(z)
 *     c = f·c₋ + i·g              h = o·tanh(c)
 *
 * Agrees with torch.nn.LSTM (https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html) with one bias.
 */

/** The parameters of one layer, or their gradients: views of one buffer. */
export interface LayerTensors {
  /** Shape `[I, 4H]`. */
  readonly wx: Float64Array;
  /** Shape `[H, 4H]`. */
  readonly wh: Float64Array;
  /** Shape `[4H]`. */
  readonly b: Float64Array;
}

/** What the forward pass keeps for the backward pass, for one layer. */
export class LayerTrace {
  readonly inputCount: number;
  readonly hiddenUnits: number;
  /** Shape `[W, 4H]`: gates after their activation. */
  readonly gates: Float64Array;
  /** Shape `[W + 1, H]`: cell states; row 0 is the zero before the window. */
  readonly cells: Float64Array;
  /** Shape `[W + 1, H]`: hidden states; row 0 is the zero before the window. */
  readonly hidden: Float64Array;
  /** Shape `[W, H]`: ∂loss/∂hidden from above. */
  readonly hiddenGradients: Float64Array;
  /** Shape `[4H]`: ∂loss/∂z of the step at hand. */
  readonly gateGradients: Float64Array;
  /** Shape `[H]`, ∂loss/∂cell carried from the later step. */
  readonly cellGradients: Float64Array;

  constructor(windowRows: number, inputCount: number, hiddenUnits: number) {
    this.inputCount = inputCount;
    this.hiddenUnits = hiddenUnits;
    this.gates = new Float64Array(windowRows * 4 * hiddenUnits);
    this.cells = new Float64Array((windowRows + 1) * hiddenUnits);
    this.hidden = new Float64Array((windowRows + 1) * hiddenUnits);
    this.hiddenGradients = new Float64Array(windowRows * hiddenUnits);
    this.gateGradients = new Float64Array(4 * hiddenUnits);
    this.cellGradients = new Float64Array(hiddenUnits);
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** out[j] += scale · matrix[row, j] over one row of a matrix with `width` columns. */
function addScaledRow(matrix: Float64Array, row: number, width: number, scale: number, out: Float64Array, at: number) {
  const offset = row * width;
  for (let j = 0; j < width; j++) out[at + j] += scale * matrix[offset + j];
}

/** out[row, j] += scale · vector[j] over one row of a matrix with `width` columns. */
function addToRow(out: Float64Array, row: number, width: number, scale: number, vector: Float64Array) {
  const offset = row * width;
  for (let j = 0; j < width; j++) out[offset + j] += scale * vector[j];
}

function dotRow(matrix: Float64Array, row: number, width: number, vector: Float64Array): number {
  const offset = row * width;
  let sum = 0;
  for (let j = 0; j < width; j++) sum += matrix[offset + j] * vector[j];
  return sum;
}

/**
 * Runs a layer forward over a window.
 *
 * @param input inputs of the layer; step t begins at `inputStart + t·I`
 */
export function runLayerForward(
  tensors: LayerTensors,
  trace: LayerTrace,
  input: Float64Array,
  inputStart: number,
  windowRows: number,
): void {
  const { inputCount, hiddenUnits: h, gates, cells, hidden } = trace;
  const width = 4 * h;
  for (let t = 0; t < windowRows; t++) {
    const at = t * width;
    gates.set(tensors.b, at);
    for (let k = 0; k < inputCount; k++) {
      addScaledRow(tensors.wx, k, width, input[inputStart + t * inputCount + k], gates, at);
    }
    if (t > 0) for (let k = 0; k < h; k++) addScaledRow(tensors.wh, k, width, hidden[t * h + k], gates, at);
    for (let u = 0; u < h; u++) {
      const i = sigmoid(gates[at + u]);
      const f = sigmoid(gates[at + h + u]);
      const g = Math.tanh(gates[at + 2 * h + u]);
      const o = sigmoid(gates[at + 3 * h + u]);
      const cell = f * cells[t * h + u] + i * g;
      gates[at + u] = i;
      gates[at + h + u] = f;
      gates[at + 2 * h + u] = g;
      gates[at + 3 * h + u] = o;
      cells[(t + 1) * h + u] = cell;
      hidden[(t + 1) * h + u] = o * Math.tanh(cell);
    }
  }
}

/**
 * Runs a layer backward over a window and adds to the gradients of its parameters.
 *
 * @param trace its `hiddenGradients` hold ∂loss/∂hidden from above, shape `[W, H]`, and are consumed
 * @param inputGradients ∂loss/∂input is added here, shape `[W, I]`; absent for the first layer
 */
export function runLayerBackward(
  tensors: LayerTensors,
  gradients: LayerTensors,
  trace: LayerTrace,
  input: Float64Array,
  inputStart: number,
  windowRows: number,
  inputGradients: Float64Array | undefined,
): void {
  const { inputCount, hiddenUnits: h, gates, cells, hidden, hiddenGradients, gateGradients, cellGradients } = trace;
  const width = 4 * h;
  cellGradients.fill(0);
  for (let t = windowRows - 1; t >= 0; t--) {
    const at = t * width;
    for (let u = 0; u < h; u++) {
      const i = gates[at + u];
      const f = gates[at + h + u];
      const g = gates[at + 2 * h + u];
      const o = gates[at + 3 * h + u];
      const cellTanh = Math.tanh(cells[(t + 1) * h + u]);
      const dHidden = hiddenGradients[t * h + u];
      const dCell = cellGradients[u] + dHidden * o * (1 - cellTanh * cellTanh);
      gateGradients[u] = dCell * g * i * (1 - i);
      gateGradients[h + u] = dCell * cells[t * h + u] * f * (1 - f);
      gateGradients[2 * h + u] = dCell * i * (1 - g * g);
      gateGradients[3 * h + u] = dHidden * cellTanh * o * (1 - o);
      cellGradients[u] = dCell * f;
    }
    for (let j = 0; j < width; j++) gradients.b[j] += gateGradients[j];
    for (let k = 0; k < inputCount; k++) {
      addToRow(gradients.wx, k, width, input[inputStart + t * inputCount + k], gateGradients);
      if (inputGradients) inputGradients[t * inputCount + k] += dotRow(tensors.wx, k, width, gateGradients);
    }
    if (t > 0) {
      for (let k = 0; k < h; k++) {
        addToRow(gradients.wh, k, width, hidden[t * h + k], gateGradients);
        hiddenGradients[(t - 1) * h + k] += dotRow(tensors.wh, k, width, gateGradients);
      }
    }
  }
}
