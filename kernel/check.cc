// Runs one problem through one instruction set's kernel, without Node: reads float64 numbers from the standard input,
// writes float64 numbers to the standard output. scripts/check-arm.mjs runs it under an emulator.
//
// In:  features, hidden, layers, window, maximumBatch, rowCount; huber, dropout, seed, clipNorm, beta1, beta2, epsilon,
//      weightDecay; x, y, weights, moments (zero at the start); gradient row count and rows; plan count, and per plan
//      row count, batch size, learning rate, epoch, rows.
// Out: loss, predictions, gradients; the mean loss of each plan; the weights.
#include <stdio.h>
#include <stdlib.h>

#include <vector>

#include "network.h"

namespace {

double readNumber() {
  double value;
  if (fread(&value, sizeof value, 1, stdin) != 1) exit(2);
  return value;
}

template <typename T>
std::vector<T> readNumbers(size_t count) {
  std::vector<T> values(count);
  for (auto& value : values) value = (T)readNumber();
  return values;
}

void write(const double* values, size_t count) { fwrite(values, sizeof(double), count, stdout); }

void runInOrder(void*, int count, void (*task)(void*, int, int), void* context) {
  for (int index = 0; index < count; index++) task(context, index, 0);
}

}  // namespace

int main() {
  using namespace lstm;
  const Kernel& kernel = CHECK_KERNEL;
  const Parallel inOrder = {runInOrder, nullptr};
  const std::vector<int32_t> sizes = readNumbers<int32_t>(6);
  const Shape shape = {sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], 1};
  const std::vector<double> s = readNumbers<double>(8);
  const Settings settings = {s[0] != 0, s[1], (uint64_t)s[2], s[3], s[4], s[5], s[6], s[7]};
  const size_t arenaBytes = (size_t)measureArena(shape, kernel);
  char* arena = (char*)aligned_alloc(64, arenaBytes);
  for (size_t i = 0; i < arenaBytes; i++) arena[i] = 0;
  Network network = {};
  layOut(network, kernel, shape, settings, arena);
  const std::vector<float> x = readNumbers<float>((size_t)sizes[5] * shape.features), y = readNumbers<float>(sizes[5]);
  network.x = x.data();
  network.y = y.data();
  network.rowCount = sizes[5];
  const size_t count = (size_t)countParameters(shape);
  packParameters(network, readNumbers<double>(count).data(), network.weights);
  weightsChanged(network, kernel);

  std::vector<double> out(count);
  const std::vector<int32_t> batch = readNumbers<int32_t>((size_t)readNumber());
  std::vector<double> predictions(batch.size());
  const double loss =
      computeGradients(network, kernel, inOrder, batch.data(), (int)batch.size(), predictions.data());
  write(&loss, 1);
  write(predictions.data(), predictions.size());
  unpackParameters(network, network.gradients[0], out.data());
  write(out.data(), count);

  for (int plans = (int)readNumber(); plans > 0; plans--) {
    const size_t rowCount = (size_t)readNumber();
    const int batchSize = (int)readNumber();
    const double learningRate = readNumber();
    const uint32_t epoch = (uint32_t)readNumber();
    const std::vector<int32_t> rows = readNumbers<int32_t>(rowCount);
    double total = 0;
    for (size_t first = 0; first < rowCount; first += batchSize) {
      const int size = rowCount - first < (size_t)batchSize ? (int)(rowCount - first) : batchSize;
      total += trainBatch(network, kernel, inOrder, rows.data() + first, size, learningRate, epoch);
    }
    total /= (double)rowCount;
    write(&total, 1);
  }
  unpackParameters(network, network.weights, out.data());
  write(out.data(), count);
  free(arena);
  return 0;
}
