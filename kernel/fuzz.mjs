// Calls the native module with arguments right and wrong. Whatever JavaScript passes, a call returns or throws one of the
// binding's own errors; it never reads or writes out of bounds (scripts/fuzz-kernel.mjs runs this under AddressSanitizer).

/** A small seeded generator (mulberry32, public domain). */
function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What no argument expects. */
const STRANGE = [
  undefined,
  null,
  true,
  '',
  'avx512',
  -1,
  0,
  0.5,
  2 ** 31,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  Symbol('strange'),
  {},
  [],
  [1, 2, 3],
  () => {},
  new ArrayBuffer(64),
  new DataView(new ArrayBuffer(64)),
  new Float64Array(0),
  new Float64Array(3),
  new Float64Array(6).fill(1),
  new Float64Array(6).fill(2 ** 20),
  new Float64Array(8).fill(0.5),
  new Float32Array(7),
  new Int32Array(5).fill(-1),
  new Int32Array(5).fill(2 ** 31 - 1),
  new Uint8Array(16),
  new Float64Array(new SharedArrayBuffer(64)),
  new Int32Array(new SharedArrayBuffer(64)),
];

/** A typed array whose memory has gone to a structured clone. */
function makeDetached(Type) {
  const array = new Type(8);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

/**
 * Fuzzes the binding.
 *
 * @param {object} binding the native module
 * @param {{ seed: number, rounds: number }} options
 * @returns {Promise<{ accepted: number, refused: number }>} rejects on an error that is not the binding's own
 */
export async function fuzzBinding(binding, { seed, rounds }) {
  const random = makeRandom(seed);
  const integer = (least, most) => least + Math.floor(random() * (most - least + 1));
  const pick = (list) => list[integer(0, list.length - 1)];
  const variants = binding.listVariants();
  const strange = [...STRANGE, makeDetached(Float64Array), makeDetached(Float32Array), makeDetached(Int32Array)];
  const counts = { accepted: 0, refused: 0 };
  const networks = [];
  const datasets = [];

  const call = (name, args) => {
    try {
      const result = binding[name](...args);
      counts.accepted += 1;
      return result;
    } catch (error) {
      if (!/^KERNEL_(ARGUMENT|MEMORY)$/.test(error.code)) throw error;
      counts.refused += 1;
      return undefined;
    }
  };
  /** Spoils an argument now and then, or drops or adds one. */
  const spoil = (args) => {
    const spoiled = args.map((value) =>
      random() < 0.08 ? pick([...strange, ...datasets, ...networks.map((s) => s.handle)]) : value,
    );
    if (random() < 0.03) spoiled.pop();
    if (random() < 0.03) spoiled.push(pick(strange));
    return spoiled;
  };
  const doubles = (length, scale = 1) => Float64Array.from({ length }, () => scale * (random() - 0.5));

  const openNetwork = () => {
    const [features, hidden, layers, window] = [integer(1, 9), integer(1, 40), integer(1, 3), integer(1, 9)];
    const shape = Float64Array.of(features, hidden, layers, window, integer(1, 70), integer(1, 4));
    if (random() < 0.2) shape[integer(0, 5)] = pick([0, -1, 0.5, Number.NaN, 2 ** 20, 2 ** 24, 2 ** 40]);
    const rowCount = integer(1, 60);
    const settings = Float64Array.of(
      integer(0, 1),
      random() * 0.9,
      integer(0, 2 ** 40),
      random(),
      0.9,
      0.999,
      1e-8,
      0.01,
    );
    if (random() < 0.1) settings[integer(0, 7)] = pick([-1, 1, 2, Number.NaN, 2 ** 60]);
    const x = Float32Array.from({ length: rowCount * features + (random() < 0.1 ? integer(-1, 1) : 0) }, random);
    const y = Float32Array.from({ length: rowCount }, random);
    // A shape of gigabytes is legal for the binding; the fuzz leaves such alone.
    if (call('measureBytes', [variants[0], shape]) > 2 ** 28) return;
    const dataset = call('openDataset', spoil([features, x, y]));
    if (dataset === undefined) return;
    datasets.push(dataset);
    // Mostly its own dataset, now and then one of another shape or a closed one.
    const data = random() < 0.9 ? dataset : pick(datasets);
    const handle = call('openNetwork', spoil([data, pick(variants), shape, settings]));
    if (handle === undefined) return;
    const weights = 4 * hidden * (features + hidden + 1) + (layers - 1) * 4 * hidden * (2 * hidden + 1) + hidden + 1;
    const isWindowed = rowCount >= window;
    networks.push({ handle, weights, window, rowCount, maximumBatch: shape[4], isWindowed });
  };
  const rowsOf = (network, most) => {
    const least = network.isWindowed ? network.window - 1 : 0;
    const rows = Int32Array.from({ length: integer(1, most) }, () => integer(least, network.rowCount - 1));
    if (random() < 0.15)
      rows[integer(0, rows.length - 1)] = pick([-1, network.rowCount, network.window - 2, 2 ** 31 - 1]);
    return rows;
  };
  /** Starts a call that answers later; resolves when it has, or at once when it was refused. */
  const callLater = (name, args) =>
    new Promise((resolve, reject) => {
      const spoiled = spoil([...args, () => resolve()]);
      // A done callback that was spoiled into another function never answers here.
      if (typeof spoiled.at(-1) !== 'function' || spoiled.at(-1) !== spoiled[args.length]) spoiled.push(undefined);
      try {
        const before = counts.refused;
        call(name, spoiled);
        if (counts.refused > before || spoiled[args.length]?.length !== 0) resolve();
        if (random() < 0.3) call('cancel', spoil([spoiled[0]]));
        if (random() < 0.3) call('progress', spoil([spoiled[0]]));
        if (random() < 0.3) call('setThreads', spoil([spoiled[0], integer(0, 6)]));
        if (random() < 0.3) call('getState', [spoiled[0], doubles(1), doubles(1), doubles(1)]);
      } catch (error) {
        reject(error);
      }
    });

  const actions = {
    measureBytes: () => call('measureBytes', spoil([pick(variants), doubles(6, 100).map(Math.ceil)])),
    measurePeak: () => call('measurePeak', spoil([pick(variants), 1])),
    setState: (s) =>
      call('setState', spoil([s.handle, doubles(s.weights), doubles(s.weights), doubles(s.weights, 0), 3])),
    getState: (s) => call('getState', spoil([s.handle, doubles(s.weights), doubles(s.weights), doubles(s.weights)])),
    setWeights: (s) => call('setWeights', spoil([s.handle, doubles(s.weights + integer(-1, 1))])),
    predictNow: (s) => {
      const rows = rowsOf(s, 100);
      call('predictNow', spoil([s.handle, rows, doubles(rows.length)]));
    },
    trainEpoch: (s) =>
      callLater('trainEpoch', [
        s.handle,
        rowsOf(s, 100),
        integer(0, s.maximumBatch + 1),
        random() * 0.01,
        integer(0, 9),
      ]),
    predict: (s) => callLater('predict', [s.handle, rowsOf(s, 100)]),
    computeGradients: (s) => callLater('computeGradients', [s.handle, rowsOf(s, s.maximumBatch + 1)]),
    closeDataset: () => {
      if (datasets.length > 3) call('closeDataset', spoil([pick(datasets)]));
      if (datasets.length > 12) datasets.splice(0, 6);
    },
    closeNetwork: (s) => {
      if (random() < 0.2) call('closeNetwork', spoil([s.handle]));
    },
  };
  const names = Object.keys(actions);
  for (let round = 0; round < rounds; round++) {
    if (networks.length === 0 || random() < 0.1) openNetwork();
    if (networks.length > 6) call('closeNetwork', [networks.shift().handle]);
    if (networks.length === 0) continue;
    await Promise.race([actions[pick(names)](pick(networks)), new Promise((resolve) => setTimeout(resolve, 200))]);
  }
  for (const { handle } of networks) call('closeNetwork', [handle]);
  return counts;
}
