#include "native-network.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace lstm {
namespace {

/** Windows per thread between two looks at the cancel flag, in prediction. */
constexpr int PREDICTION_TASKS = 4;
/** Smaller arenas come from the heap, which keeps its pages: a live forecast takes no longer than mapping some anew. */
constexpr size_t HEAP_BYTES = 64 * 1024;
constexpr size_t LINE_BYTES = 64;

/** Zeroed, at the start of a cache line. */
char* takeArena(size_t bytes) {
  if (bytes <= HEAP_BYTES) {
    const size_t whole = (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    void* block = std::aligned_alloc(LINE_BYTES, whole);
    if (block == nullptr) throw std::bad_alloc();
    return (char*)std::memset(block, 0, whole);
  }
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  madvise(pages, bytes, MADV_HUGEPAGE);
#endif
  return (char*)pages;
}

void returnArena(char* arena, size_t bytes) {
  if (bytes <= HEAP_BYTES) {
    std::free(arena);
  } else {
    munmap(arena, bytes);
  }
}

}  // namespace

NativeNetwork::NativeNetwork(const Kernel& chosen, const Shape& shape, const Settings& settings,
                             std::shared_ptr<const Dataset> dataset)
    : kernel(chosen), team(shape.threads), dataset_(std::move(dataset)) {
  arenaBytes_ = (size_t)measureArena(shape, kernel);
  arena_ = takeArena(arenaBytes_);
  layOut(core, kernel, shape, settings, arena_);
  core.x = dataset_->x.data();
  core.y = dataset_->y.data();
  core.rowCount = (int32_t)dataset_->y.size();
}

NativeNetwork::~NativeNetwork() {
  stop();
  returnArena(arena_, arenaBytes_);
}

void NativeNetwork::start(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  job_ = std::move(job);
  if (!runner_.joinable()) runner_ = std::thread([this] { serve(); });
  wake_.notify_one();
}

void NativeNetwork::serve() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return isStopping_ || job_; });
      if (!job_) return;
      job.swap(job_);
    }
    job();
  }
}

void NativeNetwork::stop() {
  isCancelled = true;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    isStopping_ = true;
  }
  wake_.notify_one();
  if (runner_.joinable()) runner_.join();
}

Outcome NativeNetwork::train(int batchSize, double learningRate, uint32_t epoch, double& meanLoss) {
  const Parallel parallel = team.parallel();
  const size_t count = rows.size();
  double total = 0;
  for (size_t first = 0; first < count; first += batchSize) {
    if (isCancelled) return Outcome::cancelled;
    const int size = (int)(count - first < (size_t)batchSize ? count - first : (size_t)batchSize);
    const double loss = trainBatch(core, kernel, parallel, rows.data() + first, size, learningRate, epoch);
    if (!(loss - loss == 0)) return Outcome::diverged;
    total += loss;
    sequencesDone += size;
  }
  meanLoss = total / (double)count;
  return Outcome::done;
}

Outcome NativeNetwork::predict() {
  const Parallel parallel = team.parallel();
  const size_t count = rows.size(), step = (size_t)core.shardRows * core.shape.threads * PREDICTION_TASKS;
  output.resize(count);
  for (size_t first = 0; first < count; first += step) {
    if (isCancelled) return Outcome::cancelled;
    const int size = (int)(count - first < step ? count - first : step);
    predictRows(core, kernel, parallel, rows.data() + first, size, output.data() + first);
    sequencesDone += size;
  }
  return Outcome::done;
}

Outcome NativeNetwork::computeGradients(double& meanLoss) {
  const size_t parameters = (size_t)countParameters(core.shape);
  output.resize(rows.size() + parameters);
  meanLoss = lstm::computeGradients(core, kernel, team.parallel(), rows.data(), (int)rows.size(), output.data());
  unpackParameters(core, core.gradients[0], output.data() + rows.size());
  return Outcome::done;
}

}  // namespace lstm
