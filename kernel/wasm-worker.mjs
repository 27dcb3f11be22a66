// Runs sessions of kernel/lstm.wasm in a worker thread: one instance and one memory per session.
//
// The host (src/lstm/engines/wasm) checks all arguments and sends { id, kind, session, … }; the answer is { id, result }
// or { id, error }. `control` is shared memory: [cancel flag, sequences done]. Plain JavaScript, so that a worker can load
// it both from the sources and from the built package.
import { parentPort, workerData } from 'node:worker_threads';

const PAGE_BYTES = 65536;
const LINE_BYTES = 64;
/** Windows between two looks at the cancel flag, in prediction. */
const PREDICTION_ROWS = 64;
/** `Outcome` of kernel/native-session.h. */
const OUTCOME = { done: 0, cancelled: 1, diverged: 2 };

class WasmSession {
  #kernel;
  #memory;
  #control;
  #weightCount;
  /** Where data that comes and goes with a call begins. */
  #transferStart;

  constructor({ shape, settings, x, y, weightCount, control }) {
    const { exports } = new WebAssembly.Instance(workerData.module);
    this.#kernel = exports;
    this.#memory = exports.memory;
    this.#control = control;
    this.#weightCount = weightCount;
    // Fresh pages are zero, as the kernel expects of its arena.
    let address = this.#memory.buffer.byteLength;
    const place = (sizeBytes) => {
      const at = address;
      address += Math.ceil(sizeBytes / LINE_BYTES) * LINE_BYTES;
      return at;
    };
    const [settingsAt, xAt, yAt] = [settings, x, y].map((values) => place(values.byteLength));
    const arenaAt = place(exports.measureBytes(...shape));
    this.#transferStart = address;
    this.#reserve(address);
    new Float64Array(this.#memory.buffer, settingsAt, settings.length).set(settings);
    new Float32Array(this.#memory.buffer, xAt, x.length).set(x);
    new Float32Array(this.#memory.buffer, yAt, y.length).set(y);
    exports.open(...shape, settingsAt, y.length, xAt, yAt, arenaAt);
  }

  setState({ weights, firstMoment, secondMoment, step }) {
    const addresses = this.#lend([weights, firstMoment, secondMoment]);
    this.#kernel.setState(...addresses, step);
  }

  setWeights({ weights }) {
    this.#kernel.setWeights(...this.#lend([weights]));
  }

  getState() {
    const sizeBytes = 8 * this.#weightCount;
    const addresses = [0, 1, 2].map((index) => this.#transferStart + index * sizeBytes);
    this.#reserve(this.#transferStart + 3 * sizeBytes);
    const step = this.#kernel.getState(...addresses);
    const [weights, firstMoment, secondMoment] = addresses.map((at) => this.#copyOut(at, this.#weightCount));
    return { weights, firstMoment, secondMoment, step };
  }

  trainEpoch({ rows, batchSize, learningRate, epoch }) {
    const [rowsAt] = this.#lend([rows]);
    let total = 0;
    for (let first = 0; first < rows.length; first += batchSize) {
      if (Atomics.load(this.#control, 0)) return { outcome: OUTCOME.cancelled };
      const count = Math.min(batchSize, rows.length - first);
      const loss = this.#kernel.trainBatch(rowsAt + 4 * first, count, learningRate, epoch);
      if (!Number.isFinite(loss)) return { outcome: OUTCOME.diverged };
      total += loss;
      Atomics.store(this.#control, 1, first + count);
    }
    return { outcome: OUTCOME.done, loss: total / rows.length };
  }

  predict({ rows }) {
    const outAt = this.#transferStart;
    const rowsAt = outAt + 8 * rows.length;
    this.#reserve(rowsAt + rows.byteLength);
    new Int32Array(this.#memory.buffer, rowsAt, rows.length).set(rows);
    for (let first = 0; first < rows.length; first += PREDICTION_ROWS) {
      if (Atomics.load(this.#control, 0)) return { outcome: OUTCOME.cancelled };
      const count = Math.min(PREDICTION_ROWS, rows.length - first);
      this.#kernel.predict(rowsAt + 4 * first, count, outAt + 8 * first);
      Atomics.store(this.#control, 1, first + count);
    }
    return { outcome: OUTCOME.done, predictions: this.#copyOut(outAt, rows.length) };
  }

  computeGradients({ rows }) {
    const predictionsAt = this.#transferStart;
    const gradientsAt = predictionsAt + 8 * rows.length;
    const rowsAt = gradientsAt + 8 * this.#weightCount;
    this.#reserve(rowsAt + rows.byteLength);
    new Int32Array(this.#memory.buffer, rowsAt, rows.length).set(rows);
    const loss = this.#kernel.computeGradients(rowsAt, rows.length, predictionsAt, gradientsAt);
    return {
      loss,
      predictions: this.#copyOut(predictionsAt, rows.length),
      gradients: this.#copyOut(gradientsAt, this.#weightCount),
    };
  }

  /** Copies arrays behind one another into the transfer area; their addresses. */
  #lend(arrays) {
    let address = this.#transferStart;
    this.#reserve(arrays.reduce((end, array) => end + array.byteLength, address));
    return arrays.map((array) => {
      const at = address;
      new Uint8Array(this.#memory.buffer, at, array.byteLength).set(
        new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
      );
      address += array.byteLength;
      return at;
    });
  }

  #copyOut(address, length) {
    return new Float64Array(this.#memory.buffer, address, length).slice();
  }

  #reserve(endAddress) {
    const missing = endAddress - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

/** @type {Map<number, WasmSession>} */
const sessions = new Map();

function answer(request) {
  if (request.kind === 'open') {
    sessions.set(request.session, new WasmSession(request));
    return undefined;
  }
  if (request.kind === 'close') {
    sessions.delete(request.session);
    return undefined;
  }
  return sessions.get(request.session)[request.kind](request);
}

parentPort.on('message', (request) => {
  try {
    parentPort.postMessage({ id: request.id, result: answer(request) });
  } catch (error) {
    parentPort.postMessage({ id: request.id, error: `${error.name}: ${error.message}` });
  }
});
