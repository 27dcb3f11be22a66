// A network of the native module: the arena, its share in the dataset, and the thread that runs its calls.
#pragma once

#include <functional>
#include <memory>

#include "threads.h"

namespace lstm {

/** What networks read and nobody writes: one copy for all that are open on it, gone with the last of them. */
struct Dataset {
  int32_t features;
  std::vector<float> x;  // [rows][features]
  std::vector<float> y;  // [rows]
};

enum class Outcome { done = 0, cancelled = 1, diverged = 2 };

class NativeNetwork {
 public:
  /** Takes the arena (a large one in zeroed pages of the system: untouched ones cost nothing). Throws std::bad_alloc. */
  NativeNetwork(const Kernel& kernel, const Shape& shape, const Settings& settings,
                std::shared_ptr<const Dataset> dataset);
  ~NativeNetwork();

  Network core = {};
  const Kernel& kernel;
  ThreadTeam team;
  std::vector<int32_t> rows;      // of the running call
  std::vector<double> output;     // of the running call
  std::atomic<bool> isCancelled{false};
  std::atomic<int64_t> sequencesDone{0};
  bool isBusy = false;  // touched by the JavaScript thread only

  /** Runs `job` on the network's thread; one at a time. */
  void start(std::function<void()> job);
  /** Cancels the running job and waits for its end; nothing can be started afterwards. */
  void stop();

  Outcome train(int batchSize, double learningRate, uint32_t epoch, double& meanLoss);
  Outcome predict();
  Outcome computeGradients(double& meanLoss);

 private:
  void serve();

  std::shared_ptr<const Dataset> dataset_;
  char* arena_ = nullptr;
  size_t arenaBytes_ = 0;
  std::thread runner_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<void()> job_;
  bool isStopping_ = false;
};

}  // namespace lstm
