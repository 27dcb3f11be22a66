#include "network.h"

namespace lstm {
namespace {

constexpr int FLOATS_PER_LINE = 16;

/** Hands out parts of the arena; with no arena it only counts. */
struct Bump {
  char* base;
  double used;

  void* takeBytes(double bytes) {
    void* at = base ? base + (size_t)used : nullptr;
    used += __builtin_ceil(bytes / 64) * 64;
    return at;
  }
  float* take(double floats) { return (float*)takeBytes(floats * 4); }
};

int padTo(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

/** The most rows that a shard of any batch up to `maximumBatch` has. */
int rowsPerShard(int maximumBatch) {
  const int even = (maximumBatch + MAX_SHARDS - 1) / MAX_SHARDS;
  const int few = maximumBatch < SHARD_ROWS ? maximumBatch : SHARD_ROWS;
  return even > few ? even : few;
}

/** Both the size and the layout of a network, so that the two cannot differ. */
void place(Network& s, Bump& bump) {
  const Shape& shape = s.shape;
  const int hidden = shape.hidden;
  s.hiddenPadded = padTo(hidden, BLOCK);
  s.shardRows = rowsPerShard(shape.maximumBatch);
  const double padded = s.hiddenPadded, columns = GATES * padded;
  double parameters = 0;
  for (int l = 0; l < shape.layers; l++) {
    Layer& layer = s.layers[l];
    layer.inputs = l == 0 ? shape.features : hidden;
    layer.rows = 1 + layer.inputs + hidden;
    layer.zStart = padTo(1 + layer.inputs, FLOATS_PER_LINE) - (1 + layer.inputs);
    layer.zStride = layer.zStart + 1 + layer.inputs + s.hiddenPadded;
    layer.weights = (size_t)parameters;
    parameters += layer.rows * columns;
  }
  s.head = (size_t)parameters;
  parameters += padded + BLOCK;

  s.weights = bump.take(parameters);
  s.firstMoment = bump.take(parameters);
  s.secondMoment = bump.take(parameters);
  for (int shard = 0; shard < MAX_SHARDS; shard++)
    s.gradients[shard] = shard < countShards(shape.maximumBatch) ? bump.take(parameters) : nullptr;
  s.squaredNorms = (double*)bump.takeBytes(8 * (shape.layers * padded / BLOCK + 1));
  for (int l = 0; l < shape.layers; l++) {
    s.layers[l].hiddenTransposed = bump.take(padded * columns);
    s.layers[l].inputTransposed = l > 0 ? bump.take(padded * columns) : nullptr;
  }
  s.workers = (Worker*)bump.takeBytes(sizeof(Worker) * (double)shape.threads);
  for (int i = 0; i < shape.threads; i++) {
    Worker counted;
    Worker& w = bump.base ? s.workers[i] : counted;
    const double rows = s.shardRows, steps = shape.window;
    for (int l = 0; l < shape.layers; l++) {
      w.layers[l].z = bump.take((steps + 1) * rows * s.layers[l].zStride);
      w.layers[l].gates = bump.take(steps * rows * columns);
      w.layers[l].cells = bump.take((steps + 1) * rows * padded);
      w.layers[l].cellTanhs = bump.take(steps * rows * padded);
      w.layers[l].dHidden = bump.take((l == shape.layers - 1 ? 1 : steps) * rows * padded);
    }
    w.dCell = bump.take(rows * padded);
    w.keep = bump.take(rows * padded);
    w.dPrediction = bump.take(rows);
  }
}

int countBlocks(const Network& s) { return s.shape.layers * s.hiddenPadded / BLOCK + 1; }

double power(double base, double exponent) {
  double result = 1.0;
  for (uint64_t e = (uint64_t)exponent; e; e >>= 1, base *= base)
    if (e & 1) result *= base;
  return result;
}

struct Step {
  Network& network;
  const Kernel& kernel;
  Batch batch;
  Update update;
};

void runTrainShard(void* context, int index, int worker) {
  Step& step = *(Step*)context;
  step.kernel.trainShard(step.network, step.batch, index, worker);
}
void runReduceBlock(void* context, int index, int) {
  Step& step = *(Step*)context;
  step.kernel.reduceBlock(step.network, index, step.batch.shardCount);
}
void runUpdateBlock(void* context, int index, int) {
  Step& step = *(Step*)context;
  step.kernel.updateBlock(step.network, index, step.update);
}

/** Gradients of the batch into gradients[0]; the summed loss. */
double runBatch(Step& step, const Parallel& parallel) {
  Network& s = step.network;
  parallel.run(parallel.self, step.batch.shardCount, runTrainShard, &step);
  double loss = 0.0;
  for (int shard = 0; shard < step.batch.shardCount; shard++) loss += s.losses[shard];
  if (!(loss - loss == 0.0)) return loss;
  parallel.run(parallel.self, countBlocks(s), runReduceBlock, &step);
  return loss;
}

}  // namespace

int countShards(int rowCount) {
  const int shards = (rowCount + SHARD_ROWS - 1) / SHARD_ROWS;
  return shards < MAX_SHARDS ? shards : MAX_SHARDS;
}

double countParameters(const Shape& shape) {
  const double h = shape.hidden;
  return 4 * h * (shape.features + h + 1) + (shape.layers - 1) * 4 * h * (2 * h + 1) + h + 1;
}

double measureArena(const Shape& shape, const Kernel& kernel) {
  Network network = {};
  network.shape = shape;
  network.panelColumns = kernel.panelColumns;
  Bump bump = {nullptr, 0};
  place(network, bump);
  return bump.used;
}

void layOut(Network& network, const Kernel& kernel, const Shape& shape, const Settings& settings, char* arena) {
  network.shape = shape;
  network.settings = settings;
  network.panelColumns = kernel.panelColumns;
  Bump bump = {arena, 0};
  place(network, bump);
  for (int i = 0; i < shape.threads; i++) {
    for (int l = 0; l < shape.layers; l++) {
      const Layer& layer = network.layers[l];
      float* z = network.workers[i].layers[l].z + layer.zStart;
      const size_t rows = (size_t)(shape.window + 1) * network.shardRows;
      for (size_t row = 0; row < rows; row++) z[row * layer.zStride] = 1.0f;
    }
  }
}

size_t packedIndex(const Network& s, size_t index) {
  const size_t hidden = s.shape.hidden, columns = GATES * hidden;
  for (int l = 0; l < s.shape.layers; l++) {
    const Layer& layer = s.layers[l];
    const size_t count = layer.rows * columns;
    if (index >= count) {
      index -= count;
      continue;
    }
    // The port puts the bias last, the kernel first.
    const size_t natural = index / columns, column = index % columns;
    const size_t row = natural == (size_t)layer.rows - 1 ? 0 : natural + 1;
    const size_t gate = column / hidden, unit = column % hidden;
    const size_t packed = unit / BLOCK * (GATES * BLOCK) + gate * BLOCK + unit % BLOCK;
    const size_t width = s.panelColumns;
    return layer.weights + (packed / width * layer.rows + row) * width + packed % width;
  }
  return s.head + (index < hidden ? index : s.hiddenPadded);
}

void packParameters(const Network& s, const double* from, float* to) {
  const size_t count = (size_t)countParameters(s.shape);
  for (size_t i = 0; i < count; i++) to[packedIndex(s, i)] = (float)from[i];
}

void unpackParameters(const Network& s, const float* from, double* to) {
  const size_t count = (size_t)countParameters(s.shape);
  for (size_t i = 0; i < count; i++) to[i] = from[packedIndex(s, i)];
}

void weightsChanged(Network& s, const Kernel& kernel) {
  for (int block = 0; block < countBlocks(s); block++) kernel.transposeBlock(s, block);
}

double trainBatch(Network& s, const Kernel& kernel, const Parallel& parallel, const int32_t* rows, int rowCount,
                  double learningRate, uint32_t epoch) {
  const Settings& settings = s.settings;
  Step step = {s, kernel, {rows, rowCount, countShards(rowCount), epoch, settings.dropout > 0, nullptr}, {}};
  const double loss = runBatch(step, parallel);
  if (!(loss - loss == 0.0)) return loss;
  double squared = 0.0;
  for (int block = 0; block < countBlocks(s); block++) squared += s.squaredNorms[block];
  const double scale = settings.clipNorm / (__builtin_sqrt(squared) + 1e-6);
  s.stepCount += 1;
  step.update.gradientScale = settings.clipNorm > 0 && scale < 1 ? (float)scale : 1.0f;
  step.update.stepSize = (float)(learningRate / (1.0 - power(settings.beta1, s.stepCount)));
  step.update.rootScale = (float)(1.0 / __builtin_sqrt(1.0 - power(settings.beta2, s.stepCount)));
  step.update.decay = (float)(1.0 - learningRate * settings.weightDecay);
  parallel.run(parallel.self, countBlocks(s), runUpdateBlock, &step);
  return loss;
}

double computeGradients(Network& s, const Kernel& kernel, const Parallel& parallel, const int32_t* rows, int rowCount,
                        double* predictions) {
  Step step = {s, kernel, {rows, rowCount, countShards(rowCount), 0, false, predictions}, {}};
  return runBatch(step, parallel) / rowCount;
}

namespace {

struct Prediction {
  Network& network;
  const Kernel& kernel;
  const int32_t* rows;
  int rowCount, taskCount;
  double* predictions;
};

void runPrediction(void* context, int index, int worker) {
  Prediction& p = *(Prediction*)context;
  const int room = p.network.shardRows;
  const int first = index * room, rows = p.rowCount - first < room ? p.rowCount - first : room;
  p.kernel.predict(p.network, p.rows + first, rows, worker, p.predictions + first);
}

}  // namespace

void predictRows(Network& s, const Kernel& kernel, const Parallel& parallel, const int32_t* rows, int rowCount,
                 double* predictions) {
  Prediction p = {s, kernel, rows, rowCount, (rowCount + s.shardRows - 1) / s.shardRows, predictions};
  parallel.run(parallel.self, p.taskCount, runPrediction, &p);
}

}  // namespace lstm
