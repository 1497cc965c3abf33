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
  return guarded(env, [&]() -> napi_value runWindows(napi_env env, napi_callback_info info) {
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
