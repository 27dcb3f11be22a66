// The Node-API face of the kernel. Every argument is checked here: no call from JavaScript reads or writes out of bounds.
//
// A call that may take long runs on its network's own thread and answers through `done(outcome, loss, data)`; libuv's
// pool stays free for files and sockets.
#define NAPI_VERSION 8
#include <node_api.h>

#include <cmath>
#include <memory>
#include <new>
#include <set>
#include <string>

#include "native-network.h"

namespace lstm {
namespace {

// ------------------------------------------------------------------------------------------------------------ variants

const Kernel* const* supportedKernels() {
  static const Kernel* found[4] = {};
  if (found[0]) return found;
  int count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    found[count++] = &lstmKernelAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found[count++] = &lstmKernelAvx2;
#elif defined(__aarch64__)
  found[count++] = &lstmKernelNeon;
#endif
  return found;
}

// ------------------------------------------------------------------------------------------------- arguments and values

struct BadArgument {
  std::string message;
};

void require(bool isTrue, const char* message) {
  if (!isTrue) throw BadArgument{message};
}

void check(napi_status status, const char* message) {
  if (status != napi_ok) throw BadArgument{message};
}

constexpr int MAX_ARGUMENTS = 8;

struct Arguments {
  napi_env env;
  size_t count = MAX_ARGUMENTS;
  napi_value values[MAX_ARGUMENTS];

  Arguments(napi_env e, napi_callback_info info) : env(e) {
    check(napi_get_cb_info(env, info, &count, values, nullptr, nullptr), "no arguments");
  }

  napi_value at(size_t index) const {
    require(index < count && index < MAX_ARGUMENTS, "an argument is missing");
    return values[index];
  }

  double number(size_t index) const {
    double value;
    check(napi_get_value_double(env, at(index), &value), "expected a number");
    return value;
  }

  double finite(size_t index) const {
    const double value = number(index);
    require(std::isfinite(value), "expected a finite number");
    return value;
  }

  int64_t integer(size_t index, int64_t least, int64_t most) const {
    const double value = number(index);
    require(value >= (double)least && value <= (double)most && value == std::floor(value),
            "expected an integer in range");
    return (int64_t)value;
  }

  std::string text(size_t index) const {
    char buffer[32];
    size_t length;
    check(napi_get_value_string_utf8(env, at(index), buffer, sizeof buffer, &length), "expected a string");
    return std::string(buffer, length);
  }

  /** A typed array that nobody else can resize or detach while this call runs; shared memory is refused. */
  template <typename T>
  T* array(size_t index, napi_typedarray_type wanted, size_t& length) const {
    bool isArray = false;
    check(napi_is_typedarray(env, at(index), &isArray), "expected a typed array");
    require(isArray, "expected a typed array");
    napi_typedarray_type type;
    void* data;
    napi_value buffer;
    size_t offset;
    check(napi_get_typedarray_info(env, at(index), &type, &length, &data, &buffer, &offset), "expected a typed array");
    require(type == wanted, "expected a typed array of another type");
    bool isPlain = false;
    check(napi_is_arraybuffer(env, buffer, &isPlain), "expected an array buffer");
    require(isPlain, "expected an array outside shared memory");
    require(length == 0 || data != nullptr, "the array's memory is gone");
    return (T*)data;
  }
  double* doubles(size_t index, size_t expected) const {
    size_t length;
    double* data = array<double>(index, napi_float64_array, length);
    require(length == expected, "expected a Float64Array of another length");
    return data;
  }
};

napi_value makeNumber(napi_env env, double value) {
  napi_value result;
  check(napi_create_double(env, value, &result), "cannot make a number");
  return result;
}

napi_value makeUndefined(napi_env env) {
  napi_value result;
  napi_get_undefined(env, &result);
  return result;
}

Shape readShape(const Arguments& arguments, size_t index) {
  size_t length;
  const double* values = arguments.array<double>(index, napi_float64_array, length);
  require(length == 6, "expected features, hidden, layers, window, maximumBatch, threads");
  static const double most[6] = {1 << 20, 1 << 20, MAX_LAYERS, 1 << 24, 1 << 24, MAX_THREADS};
  for (int i = 0; i < 6; i++)
    require(values[i] >= 1 && values[i] <= most[i] && values[i] == std::floor(values[i]), "a size is out of range");
  return {(int32_t)values[0], (int32_t)values[1], (int32_t)values[2],
          (int32_t)values[3], (int32_t)values[4], (int32_t)values[5]};
}

const Kernel& readKernel(const Arguments& arguments, size_t index) {
  const std::string name = arguments.text(index);
  for (const Kernel* const* kernel = supportedKernels(); *kernel; kernel++)
    if (name == (*kernel)->name) return **kernel;
  throw BadArgument{"this processor has no such instruction set"};
}

// ------------------------------------------------------------------------------------------------------------- datasets

constexpr napi_type_tag DATASET_TAG = {0x1f5b0c6e93d84a27ULL, 0xb94e61d07a3f8c52ULL};

/** What the JavaScript handle of a dataset points to; empty once it is closed. Networks open on it hold it too. */
using DatasetHandle = std::shared_ptr<const Dataset>;

void* readExternal(const Arguments& arguments, size_t index, const napi_type_tag& tag, const char* expected) {
  napi_valuetype type;
  check(napi_typeof(arguments.env, arguments.at(index), &type), expected);
  require(type == napi_external, expected);
  bool isTagged = false;
  check(napi_check_object_type_tag(arguments.env, arguments.at(index), &tag, &isTagged), expected);
  require(isTagged, expected);
  void* data;
  check(napi_get_value_external(arguments.env, arguments.at(index), &data), expected);
  return data;
}

DatasetHandle& readDataset(const Arguments& arguments, size_t index) {
  DatasetHandle& dataset = *(DatasetHandle*)readExternal(arguments, index, DATASET_TAG, "expected a dataset");
  require(dataset != nullptr, "the dataset is closed");
  return dataset;
}

void finalizeDataset(napi_env, void* data, void*) { delete (DatasetHandle*)data; }

// ------------------------------------------------------------------------------------------------------------- networks

constexpr napi_type_tag NETWORK_TAG = {0x7c1d4e0a52b94f63ULL, 0xa0e37f6b1d2c4859ULL};

/** What the JavaScript handle points to; lives as long as the handle, its network until `close`. */
struct Handle {
  napi_env env;
  std::unique_ptr<NativeNetwork> network;
  napi_threadsafe_function report = nullptr;
  napi_ref done = nullptr;
  Outcome outcome = Outcome::done;
  double loss = 0;
};

/** Frees everything but the handle itself; the running call, if any, never reports. */
void releaseNetwork(void* data) {
  Handle& handle = *(Handle*)data;
  if (!handle.network) return;
  handle.network->stop();
  handle.network.reset();
  napi_release_threadsafe_function(handle.report, napi_tsfn_abort);
  if (handle.done) napi_delete_reference(handle.env, handle.done);
  handle.done = nullptr;
}

void dispose(Handle& handle) {
  if (!handle.network) return;
  napi_remove_env_cleanup_hook(handle.env, releaseNetwork, &handle);
  releaseNetwork(&handle);
}

void finalizeHandle(napi_env, void* data, void*) {
  dispose(*(Handle*)data);
  delete (Handle*)data;
}

Handle& readHandle(const Arguments& arguments, size_t index) {
  Handle& handle = *(Handle*)readExternal(arguments, index, NETWORK_TAG, "expected a network");
  require(handle.network != nullptr, "the network is closed");
  return handle;
}

NativeNetwork& readIdleNetwork(const Arguments& arguments, size_t index) {
  Handle& handle = readHandle(arguments, index);
  require(!handle.network->isBusy, "the network is busy");
  return *handle.network;
}

/** Checks that every window lies inside the data, and copies the rows for the call. */
void takeRows(const Arguments& arguments, size_t index, NativeNetwork& network, size_t most) {
  size_t length;
  const int32_t* rows = arguments.array<int32_t>(index, napi_int32_array, length);
  require(length >= 1 && length <= most, "expected another number of rows");
  for (size_t i = 0; i < length; i++)
    require(rows[i] >= network.core.shape.window - 1 && rows[i] < network.core.rowCount, "a window leaves the data");
  network.rows.assign(rows, rows + length);
}

/** Calls `done(outcome, loss, data)` on the JavaScript thread. */
void reportDone(napi_env env, napi_value, void* context, void*) {
  if (!env) return;
  Handle& handle = *(Handle*)context;
  if (!handle.network || !handle.done) return;
  NativeNetwork& network = *handle.network;
  network.isBusy = false;
  napi_value callback = nullptr, data, receiver, arguments[3];
  napi_get_reference_value(env, handle.done, &callback);
  napi_delete_reference(env, handle.done);
  handle.done = nullptr;
  napi_unref_threadsafe_function(env, handle.report);
  void* bytes = nullptr;
  napi_value buffer;
  const size_t count = handle.outcome == Outcome::done ? network.output.size() : 0;
  if (napi_create_arraybuffer(env, count * sizeof(double), &bytes, &buffer) != napi_ok) return;
  for (size_t i = 0; i < count; i++) ((double*)bytes)[i] = network.output[i];
  if (napi_create_typedarray(env, napi_float64_array, count, buffer, 0, &data) != napi_ok) return;
  napi_create_double(env, (double)handle.outcome, &arguments[0]);
  napi_create_double(env, handle.loss, &arguments[1]);
  arguments[2] = data;
  napi_get_undefined(env, &receiver);
  napi_call_function(env, receiver, callback, 3, arguments, nullptr);
}

void startCall(const Arguments& arguments, size_t doneIndex, Handle& handle, std::function<Outcome(double&)> work) {
  napi_valuetype type;
  check(napi_typeof(arguments.env, arguments.at(doneIndex), &type), "expected a function");
  require(type == napi_function, "expected a function");
  check(napi_create_reference(arguments.env, arguments.at(doneIndex), 1, &handle.done), "cannot hold the function");
  NativeNetwork& network = *handle.network;
  network.isBusy = true;
  network.isCancelled = false;
  network.sequencesDone = 0;
  network.output.clear();
  napi_ref_threadsafe_function(arguments.env, handle.report);
  network.start([&handle, work] {
    handle.loss = 0;
    handle.outcome = work(handle.loss);
    napi_call_threadsafe_function(handle.report, nullptr, napi_tsfn_nonblocking);
  });
}

// ------------------------------------------------------------------------------------------------------------ functions

napi_value listVariants(const Arguments& arguments) {
  napi_value list, name;
  check(napi_create_array(arguments.env, &list), "cannot make an array");
  uint32_t count = 0;
  for (const Kernel* const* kernel = supportedKernels(); *kernel; kernel++) {
    check(napi_create_string_utf8(arguments.env, (*kernel)->name, NAPI_AUTO_LENGTH, &name), "cannot make a string");
    check(napi_set_element(arguments.env, list, count++, name), "cannot fill an array");
  }
  return list;
}

/** measureBytes(variant, shape): bytes of a network's arena. */
napi_value measureBytes(const Arguments& arguments) {
  return makeNumber(arguments.env, measureArena(readShape(arguments, 1), readKernel(arguments, 0)));
}

/** measurePeak(variant, rounds): floating-point operations done; the caller holds the watch. */
napi_value measurePeak(const Arguments& arguments) {
  return makeNumber(arguments.env, readKernel(arguments, 0).measurePeak((double)arguments.integer(1, 1, 1 << 24)));
}

/** openDataset(features, x, y): a dataset handle; x and y are copied. */
napi_value openDataset(const Arguments& arguments) {
  const int32_t features = (int32_t)arguments.integer(0, 1, 1 << 20);
  size_t xLength, yLength;
  const float* x = arguments.array<float>(1, napi_float32_array, xLength);
  const float* y = arguments.array<float>(2, napi_float32_array, yLength);
  require(yLength >= 1 && yLength <= 0x7fffffff, "the number of rows is out of range");
  require(xLength == yLength * (size_t)features, "x and y do not match");
  auto handle = std::make_unique<DatasetHandle>(
      new Dataset{features, std::vector<float>(x, x + xLength), std::vector<float>(y, y + yLength)});
  napi_value external;
  check(napi_create_external(arguments.env, handle.get(), finalizeDataset, nullptr, &external), "cannot make a handle");
  handle.release();
  check(napi_type_tag_object(arguments.env, external, &DATASET_TAG), "cannot tag a handle");
  return external;
}

/** closeDataset(dataset): its memory goes with the last network that is open on it. */
napi_value closeDataset(const Arguments& arguments) {
  readDataset(arguments, 0).reset();
  return makeUndefined(arguments.env);
}

/** openNetwork(dataset, variant, shape, settings): a network handle. */
napi_value openNetwork(const Arguments& arguments) {
  const DatasetHandle& dataset = readDataset(arguments, 0);
  const Kernel& kernel = readKernel(arguments, 1);
  const Shape shape = readShape(arguments, 2);
  const double* s = arguments.doubles(3, 8);
  for (int i = 0; i < 8; i++) require(std::isfinite(s[i]), "a setting is not finite");
  require(s[1] >= 0 && s[1] < 1, "dropout is out of range");
  require(s[2] >= 0 && s[2] <= 9007199254740991.0, "the seed is out of range");
  const Settings settings = {s[0] != 0, s[1], (uint64_t)s[2], s[3], s[4], s[5], s[6], s[7]};
  require(shape.features == dataset->features, "the dataset has another number of features");
  require(measureArena(shape, kernel) < (double)(1ULL << 46), "the network is too large");

  auto handle = std::make_unique<Handle>();
  handle->env = arguments.env;
  handle->network = std::make_unique<NativeNetwork>(kernel, shape, settings, dataset);
  napi_value name, external;
  check(napi_create_string_utf8(arguments.env, "lstm", NAPI_AUTO_LENGTH, &name), "cannot make a string");
  check(napi_create_threadsafe_function(arguments.env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, handle.get(),
                                        reportDone, &handle->report),
        "cannot make a threadsafe function");
  napi_unref_threadsafe_function(arguments.env, handle->report);
  // Hooks run last in, first out: at the end of the process the network goes before the function it reports through,
  // and both before the handle is finalized.
  napi_add_env_cleanup_hook(arguments.env, releaseNetwork, handle.get());
  Handle* raw = handle.release();
  if (napi_create_external(arguments.env, raw, finalizeHandle, nullptr, &external) != napi_ok) {
    finalizeHandle(arguments.env, raw, nullptr);
    throw BadArgument{"cannot make a handle"};
  }
  check(napi_type_tag_object(arguments.env, external, &NETWORK_TAG), "cannot tag a handle");
  return external;
}

/** setState(network, weights, firstMoment, secondMoment, step) */
napi_value setState(const Arguments& arguments) {
  NativeNetwork& network = readIdleNetwork(arguments, 0);
  Network& core = network.core;
  const size_t count = (size_t)countParameters(core.shape);
  const double *weights = arguments.doubles(1, count), *first = arguments.doubles(2, count),
               *second = arguments.doubles(3, count);
  const double step = (double)arguments.integer(4, 0, 9007199254740991LL);
  packParameters(core, weights, core.weights);
  packParameters(core, first, core.firstMoment);
  packParameters(core, second, core.secondMoment);
  core.stepCount = step;
  weightsChanged(core, network.kernel);
  return makeUndefined(arguments.env);
}

/** getState(network, weights, firstMoment, secondMoment): fills the arrays, returns the step. */
napi_value getState(const Arguments& arguments) {
  const Network& core = readIdleNetwork(arguments, 0).core;
  const size_t count = (size_t)countParameters(core.shape);
  double *weights = arguments.doubles(1, count), *first = arguments.doubles(2, count),
         *second = arguments.doubles(3, count);
  unpackParameters(core, core.weights, weights);
  unpackParameters(core, core.firstMoment, first);
  unpackParameters(core, core.secondMoment, second);
  return makeNumber(arguments.env, core.stepCount);
}

/** setWeights(network, weights) */
napi_value setWeights(const Arguments& arguments) {
  NativeNetwork& network = readIdleNetwork(arguments, 0);
  packParameters(network.core, arguments.doubles(1, (size_t)countParameters(network.core.shape)), network.core.weights);
  weightsChanged(network.core, network.kernel);
  return makeUndefined(arguments.env);
}

/** trainEpoch(network, rows, batchSize, learningRate, epoch, done) */
napi_value trainEpoch(const Arguments& arguments) {
  NativeNetwork& network = readIdleNetwork(arguments, 0);
  Handle& handle = readHandle(arguments, 0);
  const int batchSize = (int)arguments.integer(2, 1, network.core.shape.maximumBatch);
  const double learningRate = arguments.finite(3);
  const uint32_t epoch = (uint32_t)arguments.integer(4, 0, 0xffffffffLL);
  takeRows(arguments, 1, network, 0x7fffffff);
  startCall(arguments, 5, handle,
            [=, &network](double& loss) { return network.train(batchSize, learningRate, epoch, loss); });
  return makeUndefined(arguments.env);
}

/** predict(network, rows, done) */
napi_value predict(const Arguments& arguments) {
  NativeNetwork& network = readIdleNetwork(arguments, 0);
  takeRows(arguments, 1, network, 0x7fffffff);
  startCall(arguments, 2, readHandle(arguments, 0), [&network](double&) { return network.predict(); });
  return makeUndefined(arguments.env);
}

/** predictNow(network, rows, predictions): on the calling thread, for a few windows. */
napi_value predictNow(const Arguments& arguments) {
  NativeNetwork& network = readIdleNetwork(arguments, 0);
  takeRows(arguments, 1, network, 0x7fffffff);
  double* predictions = arguments.doubles(2, network.rows.size());
  network.isCancelled = false;
  network.predict();
  for (size_t i = 0; i < network.rows.size(); i++) predictions[i] = network.output[i];
  return makeUndefined(arguments.env);
}

/** computeGradients(network, rows, done): data is the predictions, then the gradients. */
napi_value gradients(const Arguments& arguments) {
  NativeNetwork& network = readIdleNetwork(arguments, 0);
  takeRows(arguments, 1, network, network.core.shape.maximumBatch);
  startCall(arguments, 2, readHandle(arguments, 0),
            [&network](double& loss) { return network.computeGradients(loss); });
  return makeUndefined(arguments.env);
}

napi_value cancel(const Arguments& arguments) {
  readHandle(arguments, 0).network->isCancelled = true;
  return makeUndefined(arguments.env);
}

/** progress(network): sequences done in the running call. */
napi_value progress(const Arguments& arguments) {
  return makeNumber(arguments.env, (double)readHandle(arguments, 0).network->sequencesDone);
}

/** setThreads(network, threads): from the next batch on, even while a call runs. */
napi_value setThreads(const Arguments& arguments) {
  readHandle(arguments, 0).network->team.setThreads((int)arguments.integer(1, 1, 1 << 20));
  return makeUndefined(arguments.env);
}

napi_value closeNetwork(const Arguments& arguments) {
  dispose(readHandle(arguments, 0));
  return makeUndefined(arguments.env);
}

/** Turns what a function throws into a JavaScript error. */
template <napi_value (*Function)(const Arguments&)>
napi_value guard(napi_env env, napi_callback_info info) {
  try {
    return Function(Arguments(env, info));
  } catch (const BadArgument& error) {
    napi_throw_type_error(env, "KERNEL_ARGUMENT", error.message.c_str());
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "KERNEL_MEMORY", "out of memory");
  } catch (const std::exception& error) {
    napi_throw_error(env, "KERNEL_FAILURE", error.what());
  }
  return nullptr;
}

template <napi_value (*Function)(const Arguments&)>
void define(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, guard<Function>, nullptr, &function) == napi_ok)
    napi_set_named_property(env, exports, name, function);
}

}  // namespace
}  // namespace lstm

NAPI_MODULE_INIT() {
  using namespace lstm;
  define<listVariants>(env, exports, "listVariants");
  define<measureBytes>(env, exports, "measureBytes");
  define<measurePeak>(env, exports, "measurePeak");
  define<openDataset>(env, exports, "openDataset");
  define<closeDataset>(env, exports, "closeDataset");
  define<openNetwork>(env, exports, "openNetwork");
  define<setState>(env, exports, "setState");
  define<getState>(env, exports, "getState");
  define<setWeights>(env, exports, "setWeights");
  define<trainEpoch>(env, exports, "trainEpoch");
  define<predict>(env, exports, "predict");
  define<predictNow>(env, exports, "predictNow");
  define<gradients>(env, exports, "computeGradients");
  define<cancel>(env, exports, "cancel");
  define<progress>(env, exports, "progress");
  define<setThreads>(env, exports, "setThreads");
  define<closeNetwork>(env, exports, "closeNetwork");
  return exports;
}
