// SPDX-License-Identifier: MIT
// This file defines the functions that JavaScript sees. It and addon/ are all that knows N-API. Their one caller is
// src/backend/native/native.ts, which documents the arguments of each.
#include <napi.h>

#include <algorithm>
#include <iterator>

#include "addon/arguments.h"
#include "addon/handle.h"
#include "addon/job.h"
#include "addon/kinds.h"

namespace {

napi_value prepare(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    Given given{.env = env, .values = {}};
    argumentsOf(env, info, given.values);
    return wrap(env, planOf(given));
  });
}

napi_value workspaceBytes(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value handle[1];
    argumentsOf(env, info, handle);
    return Napi::Number::New(env, static_cast<double>(planOf(env, handle[0])->workspaceBytes()));
  });
}

napi_value run(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[6];
    argumentsOf(env, info, arguments);
    const Runnable& plan = *planOf(env, arguments[0]);
    plan.run(operandsOf(env, arguments + 1, plan.places()));
    return nullptr;
  });
}

napi_value runAsync(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value arguments[1 + Job::kReferences], values[Job::kReferences];
    argumentsOf(env, info, arguments);
    std::copy(arguments + 1, std::end(arguments), values);
    start(env, planOf(env, arguments[0]), values);
    return nullptr;
  });
}

napi_value dispose(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    napi_value handle[1];
    argumentsOf(env, info, handle);
    handleOf(env, handle[0]).plan = PlanReference();
    return nullptr;
  });
}

template <class Names>
Napi::Array arrayOf(napi_env env, const Names& names) {
  auto array = Napi::Array::New(env);
  for (const char* name : names) array[array.Length()] = name;
  return array;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  std::vector<const char*> isaNames;
  for (const Isa* isa : isas()) isaNames.push_back(isa->name);
  auto layouts = Napi::Object::New(env);
  for (const Kind& kind : kKinds) layouts[kind.name] = arrayOf(env, kind.layout());
  exports["isas"] = arrayOf(env, isaNames);
  exports["isIntel"] = Napi::Boolean::New(env, isIntel());
  exports["layouts"] = layouts;
  auto codes = Napi::Object::New(env);
  codes["algorithm"] = kAlgorithmNames;
  codes["border"] = kBorderNames;
  codes["activation"] = kActivationNames;
  codes["dtype"] = kDTypeNames;
  exports["codes"] = codes;
  const auto add = [&](const char* name, napi_callback callback) {
    napi_value function;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) == napi_ok) exports[name] = function;
  };
  add("prepare", prepare);
  add("workspaceBytes", workspaceBytes);
  add("run", run);
  add("runAsync", runAsync);
  add("dispose", dispose);
  return exports;
}

}  // namespace

NODE_API_MODULE(corr2d, init)
