// Forward, backward and Adam of the LSTM regressor, compiled once per instruction set (see lstm.h for the layout).
//
// Reference: Hochreiter & Schmidhuber 1997 with forget gates, as torch.nn.LSTM with one bias; checked against PyTorch in
// float64 within 1e-5 (src/lstm/engines).
#include "lstm.h"

#include "cells.h"
#include "philox.h"
#include "product.h"
#include "vector.h"

namespace lstm {
namespace LSTM_VARIANT {
namespace {

constexpr int PANELS_PER_BLOCK = GATES * BLOCK / PANEL;
/** Weight gradients are taken over about this many rows at a time, so that their panel stays in the first cache. */
constexpr int GRADIENT_ROWS = 256;
constexpr uint32_t DROPOUT_STREAM = 1;  // RANDOM_STREAM.dropout in src/core/random.ts

// -------------------------------------------------------------------------------------------------------------- forward

LSTM_INLINE float* rowsAt(float* base, int step, const Network& s, int stride) {
  return base + (ptrdiff_t)step * s.shardRows * stride;
}

static void clearRows(float* at, int rows, int stride, int width) {
  for (int b = 0; b < rows; b++)
    for (int u = 0; u < width; u += VW) store(at + (ptrdiff_t)b * stride + u, splat(0.0f));
}

/** Copies row `step` of every window from the feature matrix into z, after the constant 1. */
static void gatherInputs(const Network& s, const int32_t* rows, int rowCount, int step, float* z) {
  const Layer& layer = s.layers[0];
  const int features = s.shape.features;
  for (int b = 0; b < rowCount; b++) {
    const float* from = s.x + (ptrdiff_t)(rows[b] - s.shape.window + 1 + step) * features;
    float* to = z + (ptrdiff_t)b * layer.zStride + layer.zStart + 1;
    for (int f = 0; f < features; f++) to[f] = from[f];
  }
}

/** Runs all layers over the windows; `keep` saves what the backward pass needs, else each step overwrites the last. */
static void runForward(const Network& s, Worker& w, const int32_t* rows, int rowCount, bool keep) {
  const int hiddenPadded = s.hiddenPadded, columns = GATES * hiddenPadded;
  for (int l = 0; l < s.shape.layers; l++) {
    const Layer& layer = s.layers[l];
    auto& at = w.layers[l];
    const int hiddenStart = layer.zStart + 1 + layer.inputs;
    clearRows(at.z + hiddenStart, rowCount, layer.zStride, hiddenPadded);
    clearRows(at.cells, rowCount, hiddenPadded, hiddenPadded);
    for (int t = 0; t < s.shape.window; t++) {
      const int slot = keep ? t : 0, next = keep ? t + 1 : 0;
      float* z = rowsAt(at.z, t, s, layer.zStride);
      float* zNext = rowsAt(at.z, t + 1, s, layer.zStride);
      float* gates = rowsAt(at.gates, slot, s, columns);
      if (l == 0) gatherInputs(s, rows, rowCount, t, z);
      for (int block = 0; block < hiddenPadded / BLOCK; block++) {
        for (int i = 0; i < PANELS_PER_BLOCK; i++) {
          const int panel = block * PANELS_PER_BLOCK + i;
          const float* packed = s.weights + layer.weights + (ptrdiff_t)panel * layer.rows * PANEL;
          Product q;
          q.rows = rowCount;
          q.segments = 1;
          // Before the first step there is no hidden state to multiply.
          q.depth = t == 0 ? layer.inputs : layer.rows - 1;
          q.a = z + layer.zStart + 1;
          q.aStride = layer.zStride;
          q.aSegment = 0;
          q.p = packed + PANEL;
          q.pSegment = 0;
          q.start = packed;
          q.startStride = 0;
          q.c = gates + (ptrdiff_t)panel * s.shardRows * PANEL;
          q.cStride = PANEL;
          multiplyPanel<Along::depth, TILE_VECTORS>(q);
        }
        const int unit = block * BLOCK;
        runCells(rowCount, s.shardRows, gates + (ptrdiff_t)block * BLOCK * GATES * s.shardRows,
                 rowsAt(at.cells, slot, s, hiddenPadded) + unit, rowsAt(at.cells, next, s, hiddenPadded) + unit,
                 rowsAt(at.cellTanhs, slot, s, hiddenPadded) + unit, hiddenPadded, zNext + hiddenStart + unit,
                 layer.zStride);
      }
      if (l + 1 < s.shape.layers) {
        const Layer& above = s.layers[l + 1];
        float* zAbove = rowsAt(w.layers[l + 1].z, t, s, above.zStride) + above.zStart + 1;
        for (int b = 0; b < rowCount; b++)
          for (int u = 0; u < s.shape.hidden; u++)
            zAbove[(ptrdiff_t)b * above.zStride + u] = zNext[(ptrdiff_t)b * layer.zStride + hiddenStart + u];
      }
    }
  }
}

/** The last layer's hidden units after the last step, [rows], stride zStride of the last layer. */
LSTM_INLINE float* finalHidden(const Network& s, Worker& w) {
  const Layer& layer = s.layers[s.shape.layers - 1];
  return rowsAt(w.layers[s.shape.layers - 1].z, s.shape.window, s, layer.zStride) + layer.zStart + 1 + layer.inputs;
}

/** Σ a·b over the padded units in 16 lanes, then lane after lane: the same order for every width of vector. */
LSTM_INLINE float dotUnits(const float* a, const float* b, int hiddenPadded) {
  float lanes[BLOCK];
  for (int lane = 0; lane < BLOCK; lane += VW) {
    vf sum = splat(0.0f);
    for (int u = lane; u < hiddenPadded; u += BLOCK) sum = fma(load(a + u), load(b + u), sum);
    store(lanes + lane, sum);
  }
  float total = 0.0f;
  for (int lane = 0; lane < BLOCK; lane++) total += lanes[lane];
  return total;
}

/** Fills `keep` with the dropout mask of one row (see src/lstm/engine.ts for its definition). */
static void drawMask(const Network& s, int32_t row, uint32_t epoch, float* keep) {
  const uint32_t threshold = (uint32_t)(s.settings.dropout * 4294967296.0);
  const float scale = (float)(1.0 / (1.0 - s.settings.dropout));
  for (int u = 0; u < s.hiddenPadded; u += 4) {
    uint32_t words[4];
    philox4x32(s.settings.seed, (uint32_t)(u / 4), (uint32_t)row, epoch, DROPOUT_STREAM, words);
    for (int i = 0; i < 4; i++) keep[u + i] = words[i] < threshold ? 0.0f : scale;
  }
}

// ------------------------------------------------------------------------------------------------------- head and loss

/** Predictions, loss and their gradients; fills the head's gradient and the gradient of the last hidden state. */
static double runHead(const Network& s, Worker& w, const Batch& batch, int first, int rowCount, float* gradient) {
  const int last = s.shape.layers - 1, hiddenPadded = s.hiddenPadded, stride = s.layers[last].zStride;
  const float* headWeights = s.weights + s.head;
  float* headGradient = gradient + s.head;
  float* hidden = finalHidden(s, w);
  // The last layer's gradient buffer holds one step; a lower layer's holds them all, the last step last.
  float* dHidden = w.layers[last].dHidden;
  const float gradientScale = (float)(1.0 / batch.rowCount);
  double loss = 0.0;
  float dBias = 0.0f;
  for (int b = 0; b < rowCount; b++) {
    const int32_t row = batch.rows[first + b];
    float* h = hidden + (ptrdiff_t)b * stride;
    float* keep = w.keep + (ptrdiff_t)b * hiddenPadded;
    if (batch.dropout) {
      drawMask(s, row, batch.epoch, keep);
      for (int u = 0; u < hiddenPadded; u += VW) store(h + u, load(h + u) * load(keep + u));
    }
    const float prediction = dotUnits(h, headWeights, hiddenPadded) + headWeights[hiddenPadded];
    const float error = prediction - s.y[row];
    const float magnitude = error < 0.0f ? -error : error;
    float slope;
    if (!s.settings.huber) {
      loss += (double)error * error;
      slope = 2.0f * error;
    } else if (magnitude < 1.0f) {
      loss += 0.5 * ((double)error * error);
      slope = error;
    } else {
      loss += (double)magnitude - 0.5;
      slope = error < 0.0f ? -1.0f : 1.0f;
    }
    const float d = slope * gradientScale;
    if (batch.predictions) batch.predictions[first + b] = prediction;
    w.dPrediction[b] = d;
    dBias += d;
  }
  for (int u = 0; u < hiddenPadded; u += VW) {
    const vf weight = load(headWeights + u);
    vf sum = splat(0.0f);
    for (int b = 0; b < rowCount; b++) {
      const vf d = splat(w.dPrediction[b]);
      sum = fma(d, load(hidden + (ptrdiff_t)b * stride + u), sum);
      vf dh = d * weight;
      if (batch.dropout) dh = dh * load(w.keep + (ptrdiff_t)b * hiddenPadded + u);
      store(dHidden + (ptrdiff_t)b * hiddenPadded + u, dh);
    }
    store(headGradient + u, sum);
  }
  headGradient[hiddenPadded] = dBias;
  return loss;
}

// ------------------------------------------------------------------------------------------------------------- backward

/** to [rows][H] = start + dGates · transposed weights, panel by panel of units. */
static void multiplyTransposed(const Network& s, int rows, const float* dGates, const float* transposed, float* to,
                               bool accumulate) {
  const int columns = GATES * s.hiddenPadded;
  for (int unit = 0; unit < s.hiddenPadded; unit += PANEL) {
    const int width = s.hiddenPadded - unit < PANEL ? s.hiddenPadded - unit : PANEL;
    Product q;
    q.rows = rows;
    q.segments = columns / PANEL;
    q.depth = PANEL;
    q.a = dGates;
    q.aStride = PANEL;
    q.aSegment = (ptrdiff_t)s.shardRows * PANEL;
    q.p = transposed + (ptrdiff_t)unit * columns;
    q.pSegment = (ptrdiff_t)PANEL * width;
    q.c = to + unit;
    q.cStride = s.hiddenPadded;
    q.start = accumulate ? q.c : ZEROS;
    q.startStride = accumulate ? q.cStride : 0;
    if (width == PANEL) multiplyPanel<Along::depth, TILE_VECTORS>(q);
    else multiplyPanel<Along::depth, BLOCK / VW>(q);
  }
}

/** Gradients of one layer's weights over the steps [step, step + count): zᵀ · dGates, added to what is there. */
static void addWeightGradients(const Network& s, const Layer& layer, const float* z, const float* dGates, int rows,
                               int count, float* gradient, bool accumulate) {
  const int panels = GATES * s.hiddenPadded / PANEL;
  for (int panel = 0; panel < panels; panel++) {
    Product q;
    q.rows = layer.rows;
    q.segments = count;
    q.depth = rows;
    q.a = z + layer.zStart;
    q.aStride = layer.zStride;
    q.aSegment = (ptrdiff_t)s.shardRows * layer.zStride;
    q.p = dGates + (ptrdiff_t)panel * s.shardRows * PANEL;
    q.pSegment = (ptrdiff_t)s.shardRows * GATES * s.hiddenPadded;
    q.c = gradient + (ptrdiff_t)panel * layer.rows * PANEL;
    q.cStride = PANEL;
    q.start = accumulate ? q.c : ZEROS;
    q.startStride = accumulate ? q.cStride : 0;
    multiplyPanel<Along::rows, TILE_VECTORS>(q);
  }
}

static void runBackward(const Network& s, Worker& w, int rows, float* gradient) {
  const int hiddenPadded = s.hiddenPadded, columns = GATES * hiddenPadded, window = s.shape.window;
  const int steps = GRADIENT_ROWS / rows > 1 ? GRADIENT_ROWS / rows : 1;
  for (int l = s.shape.layers - 1; l >= 0; l--) {
    const Layer& layer = s.layers[l];
    auto& at = w.layers[l];
    const bool isLast = l == s.shape.layers - 1;
    float* layerGradient = gradient + layer.weights;
    clearRows(w.dCell, rows, hiddenPadded, hiddenPadded);
    for (int end = window; end > 0; end -= steps) {
      const int begin = end > steps ? end - steps : 0;
      for (int t = end - 1; t >= begin; t--) {
        float* gates = rowsAt(at.gates, t, s, columns);
        const float* dHidden = isLast ? at.dHidden : rowsAt(at.dHidden, t, s, hiddenPadded);
        for (int unit = 0; unit < hiddenPadded; unit += BLOCK)
          runCellsBackward(rows, s.shardRows, gates + (ptrdiff_t)unit * GATES * s.shardRows,
                           rowsAt(at.cells, t, s, hiddenPadded) + unit, rowsAt(at.cellTanhs, t, s, hiddenPadded) + unit,
                           dHidden + unit, w.dCell + unit, hiddenPadded);
        if (t > 0)
          multiplyTransposed(s, rows, gates, layer.hiddenTransposed,
                             isLast ? at.dHidden : rowsAt(at.dHidden, t - 1, s, hiddenPadded), !isLast);
        if (l > 0) {
          auto& below = w.layers[l - 1];
          multiplyTransposed(s, rows, gates, layer.inputTransposed, rowsAt(below.dHidden, t, s, hiddenPadded), false);
        }
      }
      addWeightGradients(s, layer, rowsAt(at.z, begin, s, layer.zStride), rowsAt(at.gates, begin, s, columns), rows,
                         end - begin, layerGradient, end != window);
    }
  }
}

// --------------------------------------------------------------------------------------------------- the kernel's table

void trainShard(Network& s, const Batch& batch, int shard, int worker) {
  Worker& w = s.workers[worker];
  const int first = (int)((int64_t)batch.rowCount * shard / batch.shardCount);
  const int rows = (int)((int64_t)batch.rowCount * (shard + 1) / batch.shardCount) - first;
  runForward(s, w, batch.rows + first, rows, true);
  s.losses[shard] = runHead(s, w, batch, first, rows, s.gradients[shard]);
  runBackward(s, w, rows, s.gradients[shard]);
}

void predict(const Network& s, const int32_t* rows, int rowCount, int worker, double* predictions) {
  Worker& w = s.workers[worker];
  const int stride = s.layers[s.shape.layers - 1].zStride;
  const float* headWeights = s.weights + s.head;
  runForward(s, w, rows, rowCount, false);
  const float* hidden = finalHidden(s, w);
  for (int b = 0; b < rowCount; b++)
    predictions[b] = dotUnits(hidden + (ptrdiff_t)b * stride, headWeights, s.hiddenPadded) + headWeights[s.hiddenPadded];
}

/** Runs `each(offset, count, stride)` over the parts of a block: columns of VW lanes, `count` rows `stride` apart. */
template <typename Each>
LSTM_INLINE void forEachColumn(const Network& s, int block, Each each) {
  const int blocksPerLayer = s.hiddenPadded / BLOCK, l = block / blocksPerLayer;
  if (l == s.shape.layers) {
    for (size_t u = 0; u < (size_t)s.hiddenPadded + BLOCK; u += VW) each(s.head + u, 1, 0);
    return;
  }
  const Layer& layer = s.layers[l];
  for (int column = 0; column < GATES * BLOCK; column += VW) {
    const int panel = (block % blocksPerLayer) * PANELS_PER_BLOCK + column / PANEL;
    each(layer.weights + (size_t)panel * layer.rows * PANEL + column % PANEL, layer.rows, PANEL);
  }
}

void reduceBlock(Network& s, int block, int shardCount) {
  double total = 0.0;
  forEachColumn(s, block, [&](size_t offset, int count, int stride) {
    vf squares = splat(0.0f);
    for (int k = 0; k < count; k++, offset += stride) {
      vf sum = load(s.gradients[0] + offset);
      for (int shard = 1; shard < shardCount; shard++) sum = sum + load(s.gradients[shard] + offset);
      store(s.gradients[0] + offset, sum);
      squares = fma(sum, sum, squares);
    }
    float lanes[VW];
    store(lanes, squares);
    for (int lane = 0; lane < VW; lane++) total += lanes[lane];
  });
  s.squaredNorms[block] = total;
}

void transposeBlock(Network& s, int block) {
  const int blocksPerLayer = s.hiddenPadded / BLOCK, l = block / blocksPerLayer;
  if (l == s.shape.layers) return;
  const Layer& layer = s.layers[l];
  const int hidden = s.shape.hidden, columns = GATES * s.hiddenPadded;
  for (int i = 0; i < PANELS_PER_BLOCK; i++) {
    const int panel = (block % blocksPerLayer) * PANELS_PER_BLOCK + i;
    const float* packed = s.weights + layer.weights + (ptrdiff_t)panel * layer.rows * PANEL;
    for (int part = 0; part < 2; part++) {
      float* transposed = part == 0 ? layer.hiddenTransposed : layer.inputTransposed;
      if (!transposed) continue;
      const float* from = packed + (ptrdiff_t)(part == 0 ? 1 + layer.inputs : 1) * PANEL;
      for (int u = 0; u < hidden; u++) {
        const int start = u / PANEL * PANEL;
        const int width = s.hiddenPadded - start < PANEL ? s.hiddenPadded - start : PANEL;
        float* to = transposed + (ptrdiff_t)start * columns + (ptrdiff_t)panel * PANEL * width + (u - start);
        for (int k = 0; k < PANEL; k++) to[(ptrdiff_t)k * width] = from[(ptrdiff_t)u * PANEL + k];
      }
    }
  }
}

void updateBlock(Network& s, int block, const Update& update) {
  const vf beta1 = splat((float)s.settings.beta1), beta2 = splat((float)s.settings.beta2);
  const vf rest1 = splat((float)(1.0 - s.settings.beta1)), rest2 = splat((float)(1.0 - s.settings.beta2));
  const vf epsilon = splat((float)s.settings.epsilon), decay = splat(update.decay);
  const vf scale = splat(update.gradientScale), stepSize = splat(update.stepSize), root = splat(update.rootScale);
  forEachColumn(s, block, [&](size_t offset, int count, int stride) {
    for (int k = 0; k < count; k++, offset += stride) {
      const vf g = load(s.gradients[0] + offset) * scale;
      const vf m = fma(rest1, g, beta1 * load(s.firstMoment + offset));
      const vf v = fma(rest2 * g, g, beta2 * load(s.secondMoment + offset));
      const vf w = decay * load(s.weights + offset);
      store(s.firstMoment + offset, m);
      store(s.secondMoment + offset, v);
      store(s.weights + offset, fnma(stepSize, m / fma(squareRoot(v), root, epsilon), w));
    }
  });
  transposeBlock(s, block);
}

/** Enough independent chains to hide the latency of a multiply-add on every processor of today. */
double measurePeak(double rounds) {
  constexpr int CHAINS = PEAK_CHAINS;
  vf sum[CHAINS];
  for (int i = 0; i < CHAINS; i++) sum[i] = splat(0.5f + (float)i);
  vf factor = splat(0.999f), addend = splat(0.001f);
  for (double r = 0; r < rounds; r += 1) {
    for (int k = 0; k < 1000; k++)
      for (int i = 0; i < CHAINS; i++) sum[i] = fma(sum[i], factor, addend);
  }
  vf total = sum[0];
  for (int i = 1; i < CHAINS; i++) total = total + sum[i];
  float lanes[VW];
  store(lanes, total);
  volatile float sink = lanes[0];
  (void)sink;
  return rounds * 1000 * CHAINS * VW * 2;
}

float multiplyAdd(float a, float b, float c) {
  float lanes[VW];
  store(lanes, fma(splat(a), splat(b), splat(c)));
  return lanes[0];
}

}  // namespace
}  // namespace LSTM_VARIANT

extern "C" const Kernel LSTM_KERNEL = {
    LSTM_VARIANT::NAME,
    LSTM_VARIANT::PANEL,
    LSTM_VARIANT::trainShard,
    LSTM_VARIANT::predict,
    LSTM_VARIANT::reduceBlock,
    LSTM_VARIANT::updateBlock,
    LSTM_VARIANT::transposeBlock,
    LSTM_VARIANT::measurePeak,
    LSTM_VARIANT::multiplyAdd,
};

}  // namespace lstm
