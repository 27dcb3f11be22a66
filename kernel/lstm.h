// The LSTM regressor: memory layout and the functions that an instruction set provides.
//
// Legend: F features, H hidden units, L layers, W window rows, B rows of a batch, G = 4·H gate columns.
// Gates stand in the order i, f, g, o.
//
// Units come in blocks of 16 (the widest vector), H padded with zeros. The gate columns of one block stand together:
//
//     column = block · 64 + gate · 16 + unit in block
//
// and columns come in panels of `panelColumns` (two vectors or so). Weights, gradients and moments are kept packed,
// [panel][row][column in panel], rows in the order: bias, inputs, hidden units. Thus one product with the rows
//
//     z = [1, x_t, h_{t-1}]
//
// gives a gate's whole pre-activation, and its transpose the gradients of bias, input and recurrent weights at once.
// Activations are time-major: z [W + 1][B][·], gates [W][panel][B][column in panel]; a step touches one contiguous block.
//
// A batch is cut into shards by its size alone; each shard has gradients of its own, which are added in shard order.
// So the result does not depend on how many threads work on the shards.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace lstm {

constexpr int BLOCK = 16;
constexpr int GATES = 4;
constexpr int MAX_LAYERS = 16;
constexpr int MAX_SHARDS = 16;
constexpr int MAX_THREADS = 64;
/** A batch is cut into as many shards as it has this many rows, up to MAX_SHARDS. */
constexpr int SHARD_ROWS = 16;

struct Shape {
  int32_t features, hidden, layers, window, maximumBatch, threads;
};

struct Settings {
  bool huber;
  double dropout;
  uint64_t seed;
  double clipNorm;
  double beta1, beta2, epsilon, weightDecay;
};

struct Layer {
  int inputs;
  int rows;        // 1 + inputs + H: rows of the packed weights that count
  int zStride;     // floats from one row of z to the next
  int zStart;      // where the constant 1 stands, so that the hidden units are aligned
  size_t weights;  // offset of the layer's panels in a parameter buffer
  float* hiddenTransposed;  // recurrent weights, [panel of units][gate column][unit in panel]
  float* inputTransposed;   // input weights likewise; absent in the first layer
};

/** The activations of one thread. */
struct Worker {
  struct {
    float* z;
    float* gates;
    float* cells;      // [W + 1][B][H]
    float* cellTanhs;  // [W][B][H]
    float* dHidden;    // [W][B][H]; the last layer keeps one step only
  } layers[MAX_LAYERS];
  float* dCell;       // [B][H]
  float* keep;        // [B][H]: 0 where dropped, else 1 / (1 - dropout)
  float* dPrediction;  // [B]
};

struct Network {
  Shape shape;
  Settings settings;
  int hiddenPadded;
  int shardRows;  // rows that a worker has room for
  int panelColumns;
  size_t head;            // offset of the head's weights [H padded], then its bias
  Layer layers[MAX_LAYERS];
  Worker* workers;
  float* weights;
  float* firstMoment;
  float* secondMoment;
  float* gradients[MAX_SHARDS];
  double* squaredNorms;  // per block of units, then the head
  double losses[MAX_SHARDS];
  double stepCount;
  int32_t rowCount;
  const float* x;  // [rowCount][F]
  const float* y;  // [rowCount]
};

struct Batch {
  const int32_t* rows;
  int rowCount;
  int shardCount;
  uint32_t epoch;
  bool dropout;
  double* predictions;  // [rowCount] or absent
};

/** What Adam needs in one step, all of it the same for every parameter. */
struct Update {
  float gradientScale;
  float stepSize;     // learning rate / (1 - beta1^t)
  float rootScale;    // 1 / sqrt(1 - beta2^t)
  float decay;        // 1 - learning rate · weight decay
};

/** One instruction set. */
struct Kernel {
  const char* name;
  int panelColumns;
  /** Forward, loss and backward of one shard: fills gradients[shard] and losses[shard]. */
  void (*trainShard)(Network&, const Batch&, int shard, int worker);
  /** Forward only. */
  void (*predict)(const Network&, const int32_t* rows, int rowCount, int worker, double* predictions);
  /** Adds the shards' gradients of one block of units into the first shard's, and notes their squared norm. */
  void (*reduceBlock)(Network&, int block, int shardCount);
  /** Adam on one block, then its share of the transposed weights. */
  void (*updateBlock)(Network&, int block, const Update&);
  void (*transposeBlock)(Network&, int block);
  /** Runs independent chains of multiply-adds in registers; the floating-point operations done. */
  double (*measurePeak)(double rounds);
  /** a · b + c as the kernel does it. */
  float (*multiplyAdd)(float a, float b, float c);
};

extern "C" {
extern const Kernel lstmKernelAvx512, lstmKernelAvx2, lstmKernelNeon, lstmKernelWasm;
}

}  // namespace lstm
