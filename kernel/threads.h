// The threads that share the work of one batch.
//
// Tasks are claimed from a counter, so a thread that the system holds back delays nobody but the task it holds. The
// counter carries the number of the job in its upper half: a late thread cannot take a task of a job it has not seen.
// Between jobs helpers spin for a moment, as the next job mostly follows within microseconds, then sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "network.h"

namespace lstm {

class ThreadTeam {
 public:
  explicit ThreadTeam(int maximumThreads) : maximumThreads_(maximumThreads) {}
  ~ThreadTeam();

  /** How many threads work from the next job on, the caller's included; results do not depend on it. */
  void setThreads(int threads);
  Parallel parallel() { return {&ThreadTeam::runJob, this}; }

 private:
  typedef void (*Task)(void*, int, int);
  static void runJob(void* self, int count, Task task, void* context);
  void run(int count, Task task, void* context);
  void help(int worker);
  void startHelpers(int wanted);
  bool takeTask(uint64_t& ticket, int worker);

  const int maximumThreads_;
  std::atomic<int> wantedThreads_{1};
  std::vector<std::thread> helpers_;
  // ticket: job number (32 bits), tasks of the job (16), tasks taken (16)
  std::atomic<uint64_t> ticket_{0};
  std::atomic<int> done_{0};
  Task task_ = nullptr;
  void* context_ = nullptr;
  std::atomic<bool> isClosing_{false};
  std::atomic<int> sleepers_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace lstm
