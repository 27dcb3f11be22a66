// A session of the native module: the arena, the data, and the thread that runs its calls.
#pragma once

#include <functional>

#include "threads.h"

namespace lstm {

enum class Outcome { done = 0, cancelled = 1, diverged = 2 };

class NativeSession {
 public:
  /** Takes the arena (zeroed pages of the system, so untouched ones cost nothing). Throws std::bad_alloc. */
  NativeSession(const Kernel& kernel, const Shape& shape, const Settings& settings, std::vector<float> x,
                std::vector<float> y);
  ~NativeSession();

  Session core = {};
  const Kernel& kernel;
  ThreadTeam team;
  std::vector<int32_t> rows;      // of the running call
  std::vector<double> output;     // of the running call
  std::atomic<bool> isCancelled{false};
  std::atomic<int64_t> sequencesDone{0};
  bool isBusy = false;  // touched by the JavaScript thread only

  /** Runs `job` on the session's thread; one at a time. */
  void start(std::function<void()> job);
  /** Cancels the running job and waits for its end; nothing can be started afterwards. */
  void stop();

  Outcome train(int batchSize, double learningRate, uint32_t epoch, double& meanLoss);
  Outcome predict();
  Outcome computeGradients(double& meanLoss);

 private:
  void serve();

  std::vector<float> x_, y_;
  char* arena_ = nullptr;
  size_t arenaBytes_ = 0;
  std::thread runner_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<void()> job_;
  bool isStopping_ = false;
};

}  // namespace lstm
