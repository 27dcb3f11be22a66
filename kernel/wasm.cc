// The WebAssembly face of the kernel: one session per instance, driven batch by batch by kernel/wasm-worker.mjs.
// Addresses are the host's affair: it places data and arena behind the heap base.
#include "session.h"

#define LSTM_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace lstm {
namespace {

Session session = {};

void runInOrder(void*, int count, void (*task)(void*, int, int), void* context) {
  for (int index = 0; index < count; index++) task(context, index, 0);
}

const Parallel inOrder = {runInOrder, nullptr};

Shape makeShape(int features, int hidden, int layers, int window, int maximumBatch) {
  return {features, hidden, layers, window, maximumBatch, 1};
}

}  // namespace

LSTM_EXPORT(measureBytes) double measureBytes(int features, int hidden, int layers, int window, int maximumBatch) {
  return measureArena(makeShape(features, hidden, layers, window, maximumBatch), lstmKernelWasm);
}

/** `settings`: huber, dropout, seed, clipNorm, beta1, beta2, epsilon, weightDecay. */
LSTM_EXPORT(open) void open(int features, int hidden, int layers, int window, int maximumBatch, const double* settings,
                            int rowCount, const float* x, const float* y, char* arena) {
  const Settings read = {settings[0] != 0, settings[1], (uint64_t)settings[2], settings[3],
                         settings[4],      settings[5], settings[6],           settings[7]};
  layOut(session, lstmKernelWasm, makeShape(features, hidden, layers, window, maximumBatch), read, arena);
  session.rowCount = rowCount;
  session.x = x;
  session.y = y;
}

LSTM_EXPORT(setState) void setState(const double* weights, const double* first, const double* second, double step) {
  packParameters(session, weights, session.weights);
  packParameters(session, first, session.firstMoment);
  packParameters(session, second, session.secondMoment);
  session.stepCount = step;
  weightsChanged(session, lstmKernelWasm);
}

LSTM_EXPORT(getState) double getState(double* weights, double* first, double* second) {
  unpackParameters(session, session.weights, weights);
  unpackParameters(session, session.firstMoment, first);
  unpackParameters(session, session.secondMoment, second);
  return session.stepCount;
}

LSTM_EXPORT(setWeights) void setWeights(const double* weights) {
  packParameters(session, weights, session.weights);
  weightsChanged(session, lstmKernelWasm);
}

/** The summed loss of the batch. */
LSTM_EXPORT(trainBatch) double trainBatchOf(const int32_t* rows, int rowCount, double learningRate, double epoch) {
  return trainBatch(session, lstmKernelWasm, inOrder, rows, rowCount, learningRate, (uint32_t)epoch);
}

LSTM_EXPORT(predict) void predict(const int32_t* rows, int rowCount, double* predictions) {
  predictRows(session, lstmKernelWasm, inOrder, rows, rowCount, predictions);
}

/** The mean loss; predictions and gradients into the arrays. */
LSTM_EXPORT(computeGradients) double gradientsOf(const int32_t* rows, int rowCount, double* predictions,
                                                 double* gradients) {
  const double loss = computeGradients(session, lstmKernelWasm, inOrder, rows, rowCount, predictions);
  unpackParameters(session, session.gradients[0], gradients);
  return loss;
}

/** 1 where a multiply-add rounds once: (1 + 2^-12)² - (1 + 2^-11) is then 2^-24, else 0. */
LSTM_EXPORT(isFused) int isFused() { return lstmKernelWasm.multiplyAdd(1.000244140625f, 1.000244140625f, -1.00048828125f) != 0; }

LSTM_EXPORT(measurePeak) double measurePeak(double rounds) { return lstmKernelWasm.measurePeak(rounds); }

}  // namespace lstm
