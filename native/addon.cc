// SPDX-License-Identifier: MIT
// The functions that JavaScript sees. With addon/ this is all that knows N-API; their one caller is
// src/backend/native.ts, which documents what each takes.
#include <napi.h>

#include <iterator>
#include <memory>
#include <stdexcept>
#include <utility>

#include "addon/arguments.h"
#include "addon/handle.h"
#include "addon/job.h"
#include "addon/windows.h"
#include "conv_plan.h"
#include "cpu.h"
#include "exchange.h"
#include "grad_weights_plan.h"
#include "interleave.h"

namespace {

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

napi_value runAsync(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[5];
    argumentsOf(env, info, arguments);
    const PlanReference<ConvPlan> plan = convOf(env, arguments[0]);
    const ConvSpec& spec = plan->spec();
    const void* src = elementsOf(env, arguments[1], spec.dtype, spec.inputLength()).data;
    void* dst = elementsOf(env, arguments[2], spec.outputDtype, spec.outputLength()).data;
    auto job = std::make_unique<Job>();
    job->tasks = plan->tasks();
    job->runPart = [=](int64_t first, const auto& cancel) { return plan->runPart(src, dst, first, cancel); };
    start(env, std::move(job), {arguments[1], arguments[2], arguments[3], arguments[4]});
    return nullptr;
  });
}

napi_value runGradWeightsAsync(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[6];
    argumentsOf(env, info, arguments);
    const PlanReference<GradWeightsPlan> plan = gradWeightsOf(env, arguments[0]);
    const ConvSpec& spec = plan->spec();
    const void* src = elementsOf(env, arguments[1], spec.dtype, spec.inputLength()).data;
    const void* gradOutput = elementsOf(env, arguments[2], spec.dtype, spec.outputLength()).data;
    void* gradWeights = elementsOf(env, arguments[3], spec.dtype, spec.weightsLength()).data;
    auto job = std::make_unique<Job>();
    job->tasks = plan->tasks();
    job->runPart = [=](int64_t first, const auto& cancel) {
      return plan->runPart(src, gradOutput, gradWeights, first, cancel);
    };
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
    return Napi::Boolean::New(env, corr2d::exchangeChannels(e, dtype, from.data, to.data));
  });
}

napi_value runWindows(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[8];
    argumentsOf(env, info, arguments);
    windowRunOf(env, arguments).run();
    return nullptr;
  });
}

napi_value runWindowsAsync(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[10];
    argumentsOf(env, info, arguments);
    const corr2d::WindowRun run = windowRunOf(env, arguments);
    auto job = std::make_unique<Job>();
    job->tasks = run.tasks;
    job->runPart = [run](int64_t first, const auto& cancel) { return run.runPart(first, cancel); };
    if (Napi::Value(env, arguments[5]).IsNull()) {
      start(env, std::move(job), {arguments[6], arguments[7], arguments[8], arguments[9]});
    } else {
      start(env, std::move(job), {arguments[5], arguments[6], arguments[7], arguments[8], arguments[9]});
    }
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
      {"runWindows", nullptr, runWindows, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"runWindowsAsync", nullptr, runWindowsAsync, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"dispose", nullptr, dispose, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  auto names = Napi::Array::New(env);
  for (const corr2d::Isa* isa : corr2d::isas()) names[names.Length()] = isa->name;
  exports["isas"] = names;
  exports["isIntel"] = Napi::Boolean::New(env, corr2d::isIntel());
  return exports;
}

}  // namespace

NODE_API_MODULE(corr2d, init)
