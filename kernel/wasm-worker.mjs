// Runs networks of kernel/lstm.wasm in a worker thread: one instance and one memory per dataset, which all networks on it
// share.
//
// The host (src/lstm/engines/wasm) checks all arguments and sends { id, kind, … } with the number of a dataset or a network;
// the answer is { id, result } or { id, error }. `control` is shared memory: [cancel flag, sequences done]. Plain JavaScript,
// so that a worker can load it both from the sources and from the built package.
import { parentPort, workerData } from 'node:worker_threads';

const PAGE_BYTES = 65536;
const LINE_BYTES = 64;
/** Windows between two looks at the cancel flag, in prediction. */
const PREDICTION_ROWS = 64;
/** `Outcome` of kernel/native-network.h. */
const OUTCOME = { done: 0, cancelled: 1, diverged: 2 };

/** Hands out parts of a memory, aligned and zeroed; what was given back is handed out again. */
class Room {
  #memory;
  /** Free ranges [start, end), by address; no two touch. */
  #free = [];
  /** Nothing from here on was ever handed out: it is zero. */
  #untouchedStart;

  constructor(memory) {
    this.#memory = memory;
    this.#untouchedStart = memory.buffer.byteLength;
  }

  /** @returns the range taken */
  take(sizeBytes) {
    const size = Math.ceil(sizeBytes / LINE_BYTES) * LINE_BYTES;
    let index = this.#free.findIndex(({ start, end }) => end - start >= size);
    if (index === -1) {
      const start = this.#memory.buffer.byteLength;
      this.#memory.grow(Math.ceil(size / PAGE_BYTES));
      this.give({ start, end: this.#memory.buffer.byteLength });
      index = this.#free.findIndex((range) => range.end - range.start >= size);
    }
    const range = this.#free[index];
    const taken = { start: range.start, end: range.start + size };
    if (taken.end === range.end) this.#free.splice(index, 1);
    else range.start = taken.end;
    const usedEnd = Math.min(taken.end, this.#untouchedStart);
    if (usedEnd > taken.start) new Uint8Array(this.#memory.buffer, taken.start, usedEnd - taken.start).fill(0);
    this.#untouchedStart = Math.max(this.#untouchedStart, taken.end);
    return taken;
  }

  give({ start, end }) {
    const ranges = [...this.#free, { start, end }].sort((a, b) => a.start - b.start);
    this.#free = [];
    for (const range of ranges) {
      const last = this.#free.at(-1);
      if (last?.end === range.start) last.end = range.end;
      else this.#free.push(range);
    }
  }
}

/** The data, once in this worker, and the kernel that reads them. */
class WasmDataset {
  kernel;
  #memory;
  #room;
  #rowCount;
  #xAt;
  #yAt;

  constructor({ x, y }) {
    const { exports } = new WebAssembly.Instance(workerData.module);
    this.kernel = exports;
    this.#memory = exports.memory;
    this.#room = new Room(exports.memory);
    this.#rowCount = y.length;
    [this.#xAt, this.#yAt] = [x, y].map((values) => {
      const { start } = this.#room.take(values.byteLength);
      new Float32Array(this.#memory.buffer, start, values.length).set(values);
      return start;
    });
  }

  /** @returns the range of the network; it begins where the kernel finds it */
  openNetwork(shape, settings) {
    const range = this.#room.take(this.kernel.measureBytes(...shape));
    this.lend([settings], (settingsAt) =>
      this.kernel.openNetwork(range.start, ...shape, settingsAt, this.#rowCount, this.#xAt, this.#yAt),
    );
    return range;
  }

  closeNetwork(range) {
    this.#room.give(range);
  }

  /**
   * Copies arrays into the memory for the time of a call, and what it changed in them out again.
   *
   * @param call gets their addresses
   */
  lend(arrays, call) {
    const range = this.#room.take(arrays.reduce((sum, { byteLength }) => sum + padTo(byteLength), 0));
    try {
      let end = range.start;
      const addresses = arrays.map(({ byteLength }) => {
        end += padTo(byteLength);
        return end - padTo(byteLength);
      });
      const view = (array, index) => new array.constructor(this.#memory.buffer, addresses[index], array.length);
      for (const [index, array] of arrays.entries()) view(array, index).set(array);
      const result = call(...addresses);
      for (const [index, array] of arrays.entries()) array.set(view(array, index));
      return result;
    } finally {
      this.#room.give(range);
    }
  }
}

function padTo(sizeBytes) {
  return Math.ceil(sizeBytes / LINE_BYTES) * LINE_BYTES;
}

class WasmNetwork {
  #dataset;
  #kernel;
  #range;
  #control;
  #weightCount;

  constructor(dataset, { shape, settings, weightCount, control }) {
    this.#dataset = dataset;
    this.#kernel = dataset.kernel;
    this.#range = dataset.openNetwork(shape, settings);
    this.#control = control;
    this.#weightCount = weightCount;
  }

  setState({ weights, firstMoment, secondMoment, step }) {
    this.#lend([weights, firstMoment, secondMoment], (...addresses) =>
      this.#kernel.setState(this.#range.start, ...addresses, step),
    );
  }

  setWeights({ weights }) {
    this.#lend([weights], (weightsAt) => this.#kernel.setWeights(this.#range.start, weightsAt));
  }

  getState() {
    const [weights, firstMoment, secondMoment] = [0, 1, 2].map(() => new Float64Array(this.#weightCount));
    const step = this.#lend([weights, firstMoment, secondMoment], (...addresses) =>
      this.#kernel.getState(this.#range.start, ...addresses),
    );
    return { weights, firstMoment, secondMoment, step };
  }

  trainEpoch({ rows, batchSize, learningRate, epoch }) {
    return this.#lend([rows], (rowsAt) => {
      let total = 0;
      for (let first = 0; first < rows.length; first += batchSize) {
        if (Atomics.load(this.#control, 0)) return { outcome: OUTCOME.cancelled };
        const count = Math.min(batchSize, rows.length - first);
        const loss = this.#kernel.trainBatch(this.#range.start, rowsAt + 4 * first, count, learningRate, epoch);
        if (!Number.isFinite(loss)) return { outcome: OUTCOME.diverged };
        total += loss;
        Atomics.store(this.#control, 1, first + count);
      }
      return { outcome: OUTCOME.done, loss: total / rows.length };
    });
  }

  predict({ rows }) {
    const predictions = new Float64Array(rows.length);
    const outcome = this.#lend([rows, predictions], (rowsAt, predictionsAt) => {
      for (let first = 0; first < rows.length; first += PREDICTION_ROWS) {
        if (Atomics.load(this.#control, 0)) return OUTCOME.cancelled;
        const count = Math.min(PREDICTION_ROWS, rows.length - first);
        this.#kernel.predict(this.#range.start, rowsAt + 4 * first, count, predictionsAt + 8 * first);
        Atomics.store(this.#control, 1, first + count);
      }
      return OUTCOME.done;
    });
    return { outcome, predictions };
  }

  computeGradients({ rows }) {
    const predictions = new Float64Array(rows.length);
    const gradients = new Float64Array(this.#weightCount);
    const loss = this.#lend([rows, predictions, gradients], (rowsAt, predictionsAt, gradientsAt) =>
      this.#kernel.computeGradients(this.#range.start, rowsAt, rows.length, predictionsAt, gradientsAt),
    );
    return { loss, predictions, gradients };
  }

  close() {
    this.#dataset.closeNetwork(this.#range);
  }

  #lend(arrays, call) {
    return this.#dataset.lend(arrays, call);
  }
}

/** @type {Map<number, WasmDataset>} */
const datasets = new Map();
/** @type {Map<number, WasmNetwork>} */
const networks = new Map();

function answer(request) {
  const { kind, dataset, network } = request;
  switch (kind) {
    case 'openDataset':
      datasets.set(dataset, new WasmDataset(request));
      return undefined;
    case 'closeDataset':
      datasets.delete(dataset);
      return undefined;
    case 'openNetwork':
      networks.set(network, new WasmNetwork(datasets.get(dataset), request));
      return undefined;
    case 'closeNetwork':
      networks.get(network).close();
      networks.delete(network);
      return undefined;
    default:
      return networks.get(network)[kind](request);
  }
}

parentPort.on('message', (request) => {
  try {
    parentPort.postMessage({ id: request.id, result: answer(request) });
  } catch (error) {
    parentPort.postMessage({ id: request.id, error: `${error.name}: ${error.message}` });
  }
});
