// SPDX-License-Identifier: MIT
// The only file that knows N-API: unwraps arguments, owns handles, turns C++ errors into JavaScript errors. Its one
// caller is src/backend/native.ts, which documents what each function takes.
#include <napi.h>

#include <atomic>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "conv_plan.h"
#include "cpu.h"
#include "exchange.h"
#include "grad_weights_plan.h"
#include "interleave.h"
#include "pool.h"

namespace {

using corr2d::ConvPlan;
using corr2d::ConvSpec;
using corr2d::GradWeightsPlan;

// Counts who uses a plan: its handle in JavaScript until dispose(), and each run under way. Not std::shared_ptr, whose
// libstdc++ would need glibc 2.32.
template <class Plan>
class PlanReference {
 public:
  PlanReference() = default;
  explicit PlanReference(std::unique_ptr<Plan> plan) : shared_(new Shared{std::move(plan)}) {}
  PlanReference(const PlanReference& other) : shared_(other.shared_) {
    if (shared_ != nullptr) shared_->users.fetch_add(1, std::memory_order_relaxed);
  }
  PlanReference& operator=(PlanReference other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~PlanReference() {
    if (shared_ != nullptr && shared_->users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared_;
  }
  explicit operator bool() const { return shared_ != nullptr; }
  const Plan* operator->() const { return shared_->plan.get(); }

 private:
  struct Shared {
    std::unique_ptr<Plan> plan;
    std::atomic<int> users{1};
  };
  Shared* shared_ = nullptr;
};

// Of its two plans one is there until it is disposed of.
struct Handle {
  PlanReference<ConvPlan> conv;
  PlanReference<GradWeightsPlan> gradWeights;
};

// A checked view of a typed array. Its pointer is valid until the next call into JavaScript.
struct Elements {
  void* data;
  size_t length;
};

napi_typedarray_type arrayOf(corr2d::DType dtype) {
  switch (dtype) {
    case corr2d::DType::float32: return napi_float32_array;
    case corr2d::DType::float64: return napi_float64_array;
    case corr2d::DType::int8: return napi_int8_array;
    case corr2d::DType::uint8: return napi_uint8_array;
    case corr2d::DType::int32: return napi_int32_array;
  }
  throw std::invalid_argument("no such dtype");
}

Elements elementsOf(napi_env env, napi_value value, corr2d::DType dtype) {
  napi_typedarray_type type;
  Elements elements;
  if (napi_get_typedarray_info(env, value, &type, &elements.length, &elements.data, nullptr, nullptr) != napi_ok) {
    throw std::invalid_argument("expected a typed array");
  }
  if (type != arrayOf(dtype)) {
    throw std::invalid_argument("expected a typed array of the plan's dtype");
  }
  return elements;
}

Elements elementsOf(napi_env env, napi_value value, corr2d::DType dtype, int64_t length) {
  const Elements elements = elementsOf(env, value, dtype);
  if (elements.length != static_cast<size_t>(length)) throw std::invalid_argument("a typed array has the wrong length");
  return elements;
}

// float64 for whatever is no Float32Array: elementsOf checks.
corr2d::DType dtypeOf(napi_env env, napi_value value) {
  napi_typedarray_type type;
  const napi_status status = napi_get_typedarray_info(env, value, &type, nullptr, nullptr, nullptr, nullptr);
  return status == napi_ok && type == napi_float32_array ? corr2d::DType::float32 : corr2d::DType::float64;
}

Elements placesOf(napi_env env, napi_value value) {
  napi_typedarray_type type;
  Elements places;
  if (napi_get_typedarray_info(env, value, &type, &places.length, &places.data, nullptr, nullptr) != napi_ok ||
      type != napi_int32_array) {
    throw std::invalid_argument("expected an Int32Array");
  }
  return places;
}

template <size_t kCount>
void argumentsOf(napi_env env, napi_callback_info info, napi_value (&arguments)[kCount]) {
  size_t count = kCount;
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr) != napi_ok || count < kCount) {
    throw std::invalid_argument("too few arguments");
  }
}

Handle& handleOf(napi_env env, napi_value value) {
  void* pointer;
  if (napi_get_value_external(env, value, &pointer) != napi_ok) throw std::invalid_argument("expected a handle");
  return *static_cast<Handle*>(pointer);
}

const PlanReference<ConvPlan>& convOf(napi_env env, napi_value value) {
  const PlanReference<ConvPlan>& plan = handleOf(env, value).conv;
  if (!plan) throw std::invalid_argument("the plan was disposed of");
  return plan;
}

const PlanReference<GradWeightsPlan>& gradWeightsOf(napi_env env, napi_value value) {
  const PlanReference<GradWeightsPlan>& plan = handleOf(env, value).gradWeights;
  if (!plan) throw std::invalid_argument("the plan was disposed of");
  return plan;
}

// Runs `body` and throws what it throws as a JavaScript Error. napi_* functions called directly, as a hot path wants.
template <class F>
napi_value guarded(napi_env env, const F& body) {
  try {
    return body();
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "ENOMEM", "out of memory");
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  } catch (...) {
    napi_throw_error(env, nullptr, "unknown error");
  }
  return nullptr;
}

// The next field of an encoded spec: a size, or one of `count` choices.
int64_t sizeOf(const double*& field) {
  const double value = *field++;
  // NaN and anything beyond int64_t would make the cast undefined.
  if (!(value >= 0 && value <= 4294967295.0)) throw std::invalid_argument("a field of the spec is out of range");
  return static_cast<int64_t>(value);
}

int64_t choiceOf(const double*& field, int64_t count) {
  const int64_t value = sizeOf(field);
  if (value >= count) throw std::invalid_argument("a field of the spec is out of range");
  return value;
}

ConvSpec specOf(const double* f) {
  ConvSpec s{};
  for (int64_t* field : {&s.batch, &s.inChannels, &s.inHeight, &s.inWidth, &s.outChannels, &s.outHeight, &s.outWidth,
                         &s.kernelHeight, &s.kernelWidth, &s.strideY, &s.strideX, &s.padTop, &s.padBottom, &s.padLeft,
                         &s.padRight, &s.dilationY, &s.dilationX, &s.groups}) {
    *field = sizeOf(f);
  }
  s.border = static_cast<corr2d::Border>(choiceOf(f, 5));
  s.dtype = static_cast<corr2d::DType>(choiceOf(f, 4));
  s.outputDtype = static_cast<corr2d::DType>(choiceOf(f, 5));
  s.nhwc = choiceOf(f, 2) == 1;
  s.activation = static_cast<corr2d::Activation>(choiceOf(f, 6));
  s.alpha = *f++;
  s.min = *f++;
  s.max = *f++;
  const auto zeroPoint = [&f] {
    const double value = *f++;
    if (!(value >= -128 && value <= 255)) throw std::invalid_argument("a field of the spec is out of range");
    return static_cast<int64_t>(value);
  };
  s.inputZeroPoint = zeroPoint();
  s.outputZeroPoint = zeroPoint();
  const bool fits = s.integers() ? s.outputDtype != corr2d::DType::float64 : s.outputDtype == s.dtype;
  if (!fits) throw std::invalid_argument("no such output for this input");
  return s;
}
constexpr size_t kSpecFields = 28;

ConvSpec specOf(napi_env env, napi_value value) {
  const auto fields = elementsOf(env, value, corr2d::DType::float64);
  if (fields.length != kSpecFields) throw std::invalid_argument("expected a spec");
  return specOf(static_cast<const double*>(fields.data));
}
corr2d::PoolSpec poolSpecOf(const double* f) {
  corr2d::PoolSpec s{};
  s.average = choiceOf(f, 2) == 1;
  for (int64_t* field : {&s.batch, &s.channels, &s.y.in, &s.x.in, &s.y.out, &s.x.out, &s.y.kernel, &s.x.kernel,
                         &s.y.stride, &s.x.stride, &s.y.before, &s.y.after, &s.x.before, &s.x.after, &s.y.dilation,
                         &s.x.dilation}) {
    *field = sizeOf(f);
  }
  s.countIncludePad = choiceOf(f, 2) == 1;
  s.dtype = static_cast<corr2d::DType>(choiceOf(f, 2));
  s.nhwc = choiceOf(f, 2) == 1;
  return s;
}
constexpr size_t kPoolSpecFields = 20;

const corr2d::Isa& isaOf(napi_env env, napi_value value) {
  const auto isa = Napi::Number(env, value).Uint32Value();
  if (isa >= corr2d::isas().size()) throw std::invalid_argument("no such ISA");
  return *corr2d::isas()[isa];
}

napi_value prepare(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    napi_value arguments[7];
    argumentsOf(env, info, arguments);
    const ConvSpec spec = specOf(env, arguments[0]);
    const corr2d::Isa& isa = isaOf(env, arguments[1]);
    const auto algorithm = Napi::Number(env, arguments[2]).Uint32Value();
    if (algorithm > 4) throw std::invalid_argument("no such algorithm");
    const int threads = Napi::Number(env, arguments[3]).Int32Value();
    corr2d::checkSpec(spec);
    const auto weights = elementsOf(env, arguments[4], spec.weightsDtype());
    if (weights.length != static_cast<size_t>(spec.weightsLength())) throw std::invalid_argument("too few weights");
    const auto optional = [&](napi_value value, corr2d::DType dtype) -> const void* {
      return Napi::Value(env, value).IsNull() ? nullptr : elementsOf(env, value, dtype, spec.outChannels).data;
    };
    const void* bias = optional(arguments[5], spec.biasDtype());
    const auto* scale = static_cast<const float*>(optional(arguments[6], corr2d::DType::float32));
    auto handle = std::make_unique<Handle>();
    handle->conv = PlanReference(std::make_unique<ConvPlan>(spec, static_cast<corr2d::Algorithm>(algorithm),
                                                            isa, threads, weights.data, bias, scale));
    // Lets the garbage collector know what a forgotten handle keeps alive.
    const auto bytes = static_cast<int64_t>(handle->conv->packedBytes());
    Napi::MemoryManagement::AdjustExternalMemory(env, bytes);
    const auto external = Napi::External<Handle>::New(env, handle.get(), [bytes](Napi::BasicEnv env, Handle* owned) {
      Napi::MemoryManagement::AdjustExternalMemory(env, -bytes);
      delete owned;
    });
    handle.release();
    return static_cast<napi_value>(external);
  });
}

napi_value workspaceBytes(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    napi_value arguments[1];
    argumentsOf(env, info, arguments);
    return static_cast<napi_value>(
        Napi::Number::New(env, static_cast<double>(convOf(env, arguments[0])->workspaceBytes())));
  });
}

napi_value run(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[3];
    argumentsOf(env, info, arguments);
    const PlanReference<ConvPlan>& plan = convOf(env, arguments[0]);
    const auto src = elementsOf(env, arguments[1], plan->spec().dtype, plan->spec().inputLength());
    const auto dst = elementsOf(env, arguments[2], plan->spec().outputDtype, plan->spec().outputLength());
    plan->run(src.data, dst.data);
    return nullptr;
  });
}

napi_value prepareGradWeights(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    napi_value arguments[3];
    argumentsOf(env, info, arguments);
    auto handle = std::make_unique<Handle>();
    handle->gradWeights = PlanReference(std::make_unique<GradWeightsPlan>(
        specOf(env, arguments[0]), isaOf(env, arguments[1]), Napi::Number(env, arguments[2]).Int32Value()));
    const auto external =
        Napi::External<Handle>::New(env, handle.get(), [](Napi::BasicEnv, Handle* owned) { delete owned; });
    handle.release();
    return static_cast<napi_value>(external);
  });
}

napi_value runGradWeights(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[4];
    argumentsOf(env, info, arguments);
    const PlanReference<GradWeightsPlan>& plan = gradWeightsOf(env, arguments[0]);
    const ConvSpec& spec = plan->spec();
    const auto src = elementsOf(env, arguments[1], spec.dtype, spec.inputLength());
    const auto gradOutput = elementsOf(env, arguments[2], spec.dtype, spec.outputLength());
    const auto gradWeights = elementsOf(env, arguments[3], spec.dtype, spec.weightsLength());
    plan->run(src.data, gradOutput.data, gradWeights.data);
    return nullptr;
  });
}

// One runAsync: keeps the arrays alive and runs on libuv's pool, in parts, so that neither an abort nor the end of the
// JavaScript thread has to wait for the whole, nor other users of that pool; then calls back on the event loop.
struct Job {
  PlanReference<ConvPlan> conv;
  PlanReference<GradWeightsPlan> gradWeights;  // where there is no `conv`
  const void* src;
  const void* gradOutput = nullptr;
  void* dst;
  std::atomic<int32_t>* cancel;
  int64_t nextTask = 0;
  napi_async_work work = nullptr;
  static constexpr int kOperands = 5;
  napi_ref references[kOperands] = {};  // of the arrays, `cancel` and, last, `done`
  std::string error;

  int64_t tasks() const { return conv ? conv->tasks() : gradWeights->tasks(); }
  void runPart() {
    nextTask = conv ? conv->runPart(src, dst, nextTask, *cancel)
                    : gradWeights->runPart(src, gradOutput, dst, nextTask, *cancel);
  }

  bool queue(napi_env env) {
    napi_value name;
    return napi_create_string_utf8(env, "corr2d", NAPI_AUTO_LENGTH, &name) == napi_ok &&
           napi_create_async_work(env, nullptr, name, execute, complete, this, &work) == napi_ok &&
           napi_queue_async_work(env, work) == napi_ok;
  }

  void deleteWork(napi_env env) {
    if (work != nullptr) napi_delete_async_work(env, work);
    work = nullptr;
  }

  void release(napi_env env) {
    deleteWork(env);
    for (napi_ref reference : references) {
      if (reference != nullptr) napi_delete_reference(env, reference);
    }
  }

  bool isDone() const { return !error.empty() || cancel->load() != 0 || nextTask == tasks(); }

  static void execute(napi_env, void* self) {
    Job& job = *static_cast<Job*>(self);
    try {
      job.runPart();
    } catch (const std::bad_alloc&) {
      job.error = "out of memory";
    } catch (const std::exception& error) {
      job.error = error.what();
    } catch (...) {
      job.error = "unknown error";
    }
  }

  // False once the JavaScript thread is ending: Node waits for all work then, so no more is begun.
  static bool canRunScript(napi_env env) {
    napi_value global;
    bool has;
    return napi_get_global(env, &global) == napi_ok && napi_has_named_property(env, global, "Object", &has) == napi_ok;
  }

  static void complete(napi_env env, napi_status, void* self) {
    std::unique_ptr<Job> job(static_cast<Job*>(self));
    napi_handle_scope scope;
    if (napi_open_handle_scope(env, &scope) != napi_ok) return;
    job->deleteWork(env);
    if (!canRunScript(env)) {
      job->release(env);
    } else if (!job->isDone() && job->queue(env)) {
      job.release();
    } else {
      if (!job->isDone()) job->error = "the work could not be queued";
      job->callBack(env);
    }
    napi_close_handle_scope(env, scope);
  }

  void callBack(napi_env env) {
    napi_value done = nullptr, undefined = nullptr, result = nullptr;
    napi_get_reference_value(env, references[kOperands - 1], &done);
    napi_get_undefined(env, &undefined);
    if (error.empty()) {
      napi_get_null(env, &result);
    } else {
      napi_value message = nullptr;
      napi_create_string_utf8(env, error.c_str(), error.size(), &message);
      napi_create_error(env, nullptr, message, &result);
    }
    release(env);
    if (done != nullptr) napi_call_function(env, undefined, done, 1, &result, nullptr);
  }
};

// Keeps `operands`, the last two of which are `cancel` and `done`, and queues the job.
template <size_t kCount>
void start(napi_env env, std::unique_ptr<Job> job, const napi_value (&operands)[kCount]) {
  static_assert(kCount <= Job::kOperands);
  napi_typedarray_type type;
  size_t length;
  void* cancel;
  if (napi_get_typedarray_info(env, operands[kCount - 2], &type, &length, &cancel, nullptr, nullptr) != napi_ok ||
      type != napi_int32_array || length != 1) {
    throw std::invalid_argument("expected an Int32Array of one element");
  }
  job->cancel = static_cast<std::atomic<int32_t>*>(cancel);
  bool ok = true;
  for (size_t i = 0; i < kCount; i++) {
    napi_ref& reference = job->references[Job::kOperands - kCount + i];
    ok = ok && napi_create_reference(env, operands[i], 1, &reference) == napi_ok;
  }
  ok = ok && job->queue(env);
  if (!ok) {
    job->release(env);
    throw std::runtime_error("the work could not be queued");
  }
  job.release();
}

napi_value runAsync(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[5];
    argumentsOf(env, info, arguments);
    auto job = std::make_unique<Job>();
    job->conv = convOf(env, arguments[0]);
    const ConvSpec& spec = job->conv->spec();
    job->src = elementsOf(env, arguments[1], spec.dtype, spec.inputLength()).data;
    job->dst = elementsOf(env, arguments[2], spec.outputDtype, spec.outputLength()).data;
    start(env, std::move(job), {arguments[1], arguments[2], arguments[3], arguments[4]});
    return nullptr;
  });
}

napi_value runGradWeightsAsync(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[6];
    argumentsOf(env, info, arguments);
    auto job = std::make_unique<Job>();
    job->gradWeights = gradWeightsOf(env, arguments[0]);
    const ConvSpec& spec = job->gradWeights->spec();
    job->src = elementsOf(env, arguments[1], spec.dtype, spec.inputLength()).data;
    job->gradOutput = elementsOf(env, arguments[2], spec.dtype, spec.outputLength()).data;
    job->dst = elementsOf(env, arguments[3], spec.dtype, spec.weightsLength()).data;
    start(env, std::move(job), {arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]});
    return nullptr;
  });
}

napi_value interleave(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[4];
    argumentsOf(env, info, arguments);
    const auto fields = elementsOf(env, arguments[0], corr2d::DType::float64);
    corr2d::Interleaving p;
    int64_t* const sizes[] = {&p.images,     &p.rows, &p.columns, &p.pixel,   &p.outRows,
                              &p.outColumns, &p.top,  &p.left,    &p.strideY, &p.strideX};
    if (fields.length != std::size(sizes)) throw std::invalid_argument("expected a placement");
    const double* field = static_cast<const double*>(fields.data);
    for (int64_t* size : sizes) *size = sizeOf(field);
    corr2d::checkInterleaving(p);
    const auto dtype = dtypeOf(env, arguments[2]);
    const auto from = elementsOf(env, arguments[2], dtype), to = elementsOf(env, arguments[3], dtype);
    if (from.length != static_cast<size_t>(p.fromLength()) || to.length != static_cast<size_t>(p.toLength())) {
      throw std::invalid_argument("a typed array has the wrong length");
    }
    corr2d::interleave(p, dtype, Napi::Number(env, arguments[1]).Int32Value(), from.data, to.data);
    return nullptr;
  });
}

napi_value exchange(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[5];
    argumentsOf(env, info, arguments);
    const auto fields = elementsOf(env, arguments[0], corr2d::DType::float64);
    corr2d::Exchange e;
    int64_t* const sizes[] = {&e.groups, &e.groupOut, &e.groupIn, &e.kernel, &e.window};
    if (fields.length != std::size(sizes)) throw std::invalid_argument("expected five sizes");
    const double* field = static_cast<const double*>(fields.data);
    for (int64_t* size : sizes) *size = sizeOf(field);
    const auto sources = placesOf(env, arguments[1]), targets = placesOf(env, arguments[2]);
    if (sources.length != targets.length) throw std::invalid_argument("expected as many targets as sources");
    e.count = static_cast<int64_t>(sources.length);
    e.sources = static_cast<const int32_t*>(sources.data);
    e.targets = static_cast<const int32_t*>(targets.data);
    corr2d::checkExchange(e);
    const auto dtype = dtypeOf(env, arguments[3]);
    const auto from = elementsOf(env, arguments[3], dtype), to = elementsOf(env, arguments[4], dtype);
    if (from.length != static_cast<size_t>(e.fromLength()) || to.length != static_cast<size_t>(e.toLength())) {
      throw std::invalid_argument("a typed array has the wrong length");
    }
    corr2d::exchangeChannels(e, dtype, from.data, to.data);
    return nullptr;
  });
}

napi_value pool(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[5];
    argumentsOf(env, info, arguments);
    const auto fields = elementsOf(env, arguments[0], corr2d::DType::float64);
    if (fields.length != kPoolSpecFields) throw std::invalid_argument("expected a spec");
    const corr2d::PoolSpec spec = poolSpecOf(static_cast<const double*>(fields.data));
    corr2d::checkPoolSpec(spec);
    const auto src = elementsOf(env, arguments[3], spec.dtype), dst = elementsOf(env, arguments[4], spec.dtype);
    if (src.length != static_cast<size_t>(spec.inputLength()) || dst.length != static_cast<size_t>(spec.outputLength())) {
      throw std::invalid_argument("a typed array has the wrong length");
    }
    corr2d::runPool(spec, isaOf(env, arguments[1]), Napi::Number(env, arguments[2]).Int32Value(), src.data, dst.data);
    return nullptr;
  });
}

napi_value dispose(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[1];
    argumentsOf(env, info, arguments);
    handleOf(env, arguments[0]) = Handle();
    return nullptr;
  });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  const napi_property_descriptor functions[] = {
      {"prepare", nullptr, prepare, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"prepareGradWeights", nullptr, prepareGradWeights, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"runGradWeights", nullptr, runGradWeights, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"runGradWeightsAsync", nullptr, runGradWeightsAsync, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"workspaceBytes", nullptr, workspaceBytes, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"run", nullptr, run, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"runAsync", nullptr, runAsync, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"exchange", nullptr, exchange, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"interleave", nullptr, interleave, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"pool", nullptr, pool, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"dispose", nullptr, dispose, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  auto names = Napi::Array::New(env);
  for (const corr2d::Isa* isa : corr2d::isas()) names[names.Length()] = isa->name;
  exports["isas"] = names;
  return exports;
}

}  // namespace

NODE_API_MODULE(corr2d, init)
