// A network: one model's weights and moments, the room for its activations, and the steps built from a kernel's parts.
// The same code drives the native module and the WebAssembly module; only `Parallel` differs.
#pragma once

#include "lstm.h"

namespace lstm {

/** Runs task(context, index, worker) for every index below count, on one thread or several; returns when all are done. */
struct Parallel {
  void (*run)(void* self, int count, void (*task)(void*, int, int), void* context);
  void* self;
};

/** Parameters as the port lays them out: per layer wx [F or H, 4H], wh [H, 4H], b [4H]; head w [H], b [1]. */
double countParameters(const Shape& shape);

/** Bytes of the arena that a network needs. A double, so that no size overflows. */
double measureArena(const Shape& shape, const Kernel& kernel);

/** Lays a network out in `arena`, which is zeroed, 64-byte aligned and of measureArena's size. */
void layOut(Network& network, const Kernel& kernel, const Shape& shape, const Settings& settings, char* arena);

/** The packed position of a parameter of the port's layout. */
size_t packedIndex(const Network& network, size_t index);

/** Copies a packed buffer from the port's layout. */
void packParameters(const Network& network, const double* from, float* to);
void unpackParameters(const Network& network, const float* from, double* to);

/** Renews the transposed copy of the weights after they were set. */
void weightsChanged(Network& network, const Kernel& kernel);

int countShards(int rowCount);

/** One Adam step; the summed loss of the batch. Where it is not finite, the weights stay as they were. */
double trainBatch(Network& network, const Kernel& kernel, const Parallel& parallel, const int32_t* rows, int rowCount,
                  double learningRate, uint32_t epoch);

/** Forward and backward without dropout and without a step: mean loss, predictions, and gradients in gradients[0]. */
double computeGradients(Network& network, const Kernel& kernel, const Parallel& parallel, const int32_t* rows,
                        int rowCount, double* predictions);

/** Forward only, without dropout; rowCount may exceed the maximum batch. */
void predictRows(Network& network, const Kernel& kernel, const Parallel& parallel, const int32_t* rows, int rowCount,
                 double* predictions);

}  // namespace lstm
