#include "threads.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lstm {
namespace {

constexpr int SPINS = 4000;
constexpr int MAX_TASKS = 0x7fff;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

uint64_t jobOf(uint64_t ticket) { return ticket >> 32; }
int countOf(uint64_t ticket) { return (int)(ticket >> 16 & 0xffff); }
int takenOf(uint64_t ticket) { return (int)(ticket & 0xffff); }

}  // namespace

ThreadTeam::~ThreadTeam() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    isClosing_ = true;
  }
  wake_.notify_all();
  for (auto& helper : helpers_) helper.join();
}

void ThreadTeam::setThreads(int threads) {
  wantedThreads_ = threads < 1 ? 1 : threads > maximumThreads_ ? maximumThreads_ : threads;
}

void ThreadTeam::startHelpers(int wanted) {
  while ((int)helpers_.size() < wanted) {
    const int worker = (int)helpers_.size() + 1;
    helpers_.emplace_back([this, worker] { help(worker); });
  }
}

void ThreadTeam::runJob(void* self, int count, Task task, void* context) {
  // A job holds at most MAX_TASKS tasks; longer ones run in parts.
  struct Part {
    Task task;
    void* context;
    int first;
  };
  for (int first = 0; first < count; first += MAX_TASKS) {
    Part part = {task, context, first};
    const int size = count - first < MAX_TASKS ? count - first : MAX_TASKS;
    ((ThreadTeam*)self)
        ->run(
            size,
            [](void* at, int index, int worker) {
              Part& p = *(Part*)at;
              p.task(p.context, p.first + index, worker);
            },
            &part);
  }
}

/** Claims one task of the current job and runs it. */
bool ThreadTeam::takeTask(uint64_t& ticket, int worker) {
  ticket = ticket_.load(std::memory_order_acquire);
  do {
    if (takenOf(ticket) >= countOf(ticket)) return false;
  } while (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel, std::memory_order_acquire));
  // The job cannot end, and its fields cannot change, before this task is done.
  task_(context_, takenOf(ticket), worker);
  done_.fetch_add(1, std::memory_order_acq_rel);
  return true;
}

void ThreadTeam::run(int count, Task task, void* context) {
  const int wanted = wantedThreads_;
  if (wanted == 1 || count == 1) {
    for (int index = 0; index < count; index++) task(context, index, 0);
    return;
  }
  startHelpers(wanted - 1);
  task_ = task;
  context_ = context;
  done_.store(0, std::memory_order_relaxed);
  const uint64_t job = jobOf(ticket_.load(std::memory_order_relaxed)) + 1;
  ticket_.store(job << 32 | (uint64_t)count << 16, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_all();
  }
  uint64_t ticket;
  while (takeTask(ticket, 0)) {
  }
  for (int spins = 0; done_.load(std::memory_order_acquire) < count; spins++) {
    if (spins < SPINS) relax();
    else std::this_thread::yield();
  }
}

void ThreadTeam::help(int worker) {
  uint64_t ticket;
  int spins = 0;
  while (!isClosing_) {
    if (worker < wantedThreads_.load(std::memory_order_relaxed)) {
      if (takeTask(ticket, worker)) {
        spins = 0;
        continue;
      }
      if (spins++ < SPINS) {
        relax();
        continue;
      }
    }
    std::unique_lock<std::mutex> lock(mutex_);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    wake_.wait(lock, [&] {
      const uint64_t now = ticket_.load(std::memory_order_seq_cst);
      return isClosing_ || (worker < wantedThreads_ && takenOf(now) < countOf(now));
    });
    sleepers_.fetch_sub(1);
    spins = 0;
  }
}

}  // namespace lstm
