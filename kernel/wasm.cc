// The WebAssembly face of the kernel: one dataset per instance and the networks that are open on it, driven batch by batch
// by kernel/wasm-worker.mjs. Addresses are the host's affair: it places data and networks behind the heap base.
#include "network.h"

#define LSTM_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace lstm {
namespace {

constexpr int ALIGNMENT = 64;
/** A network's memory begins with what the kernel knows of it; the arena follows. */
constexpr int HEADER_BYTES = (sizeof(Network) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

void runInOrder(void*, int count, void (*task)(void*, int, int), void* context) {
  for (int index = 0; index < count; index++) task(context, index, 0);
}

const Parallel inOrder = {runInOrder, nullptr};

Shape makeShape(int features, int hidden, int layers, int window, int maximumBatch) {
  return {features, hidden, layers, window, maximumBatch, 1};
}

}  // namespace

/** Bytes of a network. */
LSTM_EXPORT(measureBytes) double measureBytes(int features, int hidden, int layers, int window, int maximumBatch) {
  return HEADER_BYTES + measureArena(makeShape(features, hidden, layers, window, maximumBatch), lstmKernelWasm);
}

/**
 * Makes a network of zeroed, aligned memory of measureBytes' size; the other calls take its address first.
 *
 * `settings`: huber, dropout, seed, clipNorm, beta1, beta2, epsilon, weightDecay.
 */
LSTM_EXPORT(openNetwork) void openNetwork(Network* network, int features, int hidden, int layers, int window,
                                          int maximumBatch, const double* settings, int rowCount, const float* x,
                                          const float* y) {
  const Settings read = {settings[0] != 0, settings[1], (uint64_t)settings[2], settings[3],
                         settings[4],      settings[5], settings[6],           settings[7]};
  layOut(*network, lstmKernelWasm, makeShape(features, hidden, layers, window, maximumBatch), read,
         (char*)network + HEADER_BYTES);
  network->rowCount = rowCount;
  network->x = x;
  network->y = y;
}

LSTM_EXPORT(setState) void setState(Network* network, const double* weights, const double* first, const double* second,
                                    double step) {
  packParameters(*network, weights, network->weights);
  packParameters(*network, first, network->firstMoment);
  packParameters(*network, second, network->secondMoment);
  network->stepCount = step;
  weightsChanged(*network, lstmKernelWasm);
}

LSTM_EXPORT(getState) double getState(const Network* network, double* weights, double* first, double* second) {
  unpackParameters(*network, network->weights, weights);
  unpackParameters(*network, network->firstMoment, first);
  unpackParameters(*network, network->secondMoment, second);
  return network->stepCount;
}

LSTM_EXPORT(setWeights) void setWeights(Network* network, const double* weights) {
  packParameters(*network, weights, network->weights);
  weightsChanged(*network, lstmKernelWasm);
}

/** The summed loss of the batch. */
LSTM_EXPORT(trainBatch) double trainBatchOf(Network* network, const int32_t* rows, int rowCount, double learningRate,
                                            double epoch) {
  return trainBatch(*network, lstmKernelWasm, inOrder, rows, rowCount, learningRate, (uint32_t)epoch);
}

LSTM_EXPORT(predict) void predict(Network* network, const int32_t* rows, int rowCount, double* predictions) {
  predictRows(*network, lstmKernelWasm, inOrder, rows, rowCount, predictions);
}

/** The mean loss; predictions and gradients into the arrays. */
LSTM_EXPORT(computeGradients) double gradientsOf(Network* network, const int32_t* rows, int rowCount,
                                                 double* predictions, double* gradients) {
  const double loss = computeGradients(*network, lstmKernelWasm, inOrder, rows, rowCount, predictions);
  unpackParameters(*network, network->gradients[0], gradients);
  return loss;
}

/** 1 where a multiply-add rounds once: (1 + 2^-12)² - (1 + 2^-11) is then 2^-24, else 0. */
LSTM_EXPORT(isFused) int isFused() { return lstmKernelWasm.multiplyAdd(1.000244140625f, 1.000244140625f, -1.00048828125f) != 0; }

LSTM_EXPORT(measurePeak) double measurePeak(double rounds) { return lstmKernelWasm.measurePeak(rounds); }

}  // namespace lstm
