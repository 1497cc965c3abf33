// SPDX-License-Identifier: MIT
// Reads operators on windows.
#pragma once
#include <napi.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "../patches.h"
#include "../pool.h"
#include "arguments.h"

namespace {

// The fields of a spec, of which there have to be so many.
const double* fieldsOf(napi_env env, napi_value value, size_t count) {
  const auto fields = elementsOf(env, value, corr2d::DType::float64);
  if (fields.length != count) throw std::invalid_argument("expected a spec");
  return static_cast<const double*>(fields.data);
}

corr2d::PoolSpec poolSpecOf(napi_env env, napi_value value) {
  const double* f = fieldsOf(env, value, 20);
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
  corr2d::checkPoolSpec(s);
  return s;
}

corr2d::PatchSpec patchSpecOf(napi_env env, napi_value value, napi_value tables) {
  const double* f = fieldsOf(env, value, 11);
  corr2d::PatchSpec s{};
  for (int64_t* field : {&s.planes, &s.depth, &s.inHeight, &s.inWidth, &s.outHeight, &s.outWidth, &s.kernelHeight,
                         &s.kernelWidth, &s.strideX}) {
    *field = sizeOf(f);
  }
  s.value = *f++;
  s.dtype = static_cast<corr2d::DType>(choiceOf(f, 2));
  const Elements all = placesOf(env, tables);
  const auto* from = static_cast<const int32_t*>(all.data);
  const auto* const end = from + all.length;
  const auto take = [&](int64_t count, int64_t each, std::vector<int32_t>& table) {
    if (each != 0 && count > (end - from) / each) throw std::invalid_argument("expected longer tables");
    table.assign(from, from + count * each);
    from += count * each;
  };
  take(s.outHeight, s.kernelHeight, s.rows);
  take(s.outWidth, s.kernelWidth, s.columns);
  take(s.kernelWidth, 1, s.first);
  take(s.kernelWidth, 1, s.end);
  corr2d::checkPatchSpec(s);
  return s;
}

// From kind, spec, tables, isa, threads, two inputs of which the first may be null, and output.
corr2d::WindowRun windowRunOf(napi_env env, const napi_value* arguments) {
  enum Kind { kPool, kPoolGrad, kUnfold, kFold };
  const auto kind = Napi::Number(env, arguments[0]).Uint32Value();
  const corr2d::Isa& isa = isaOf(env, arguments[3]);
  const int threads = Napi::Number(env, arguments[4]).Int32Value();
  const auto elements = [&](int i, corr2d::DType dtype, int64_t length) {
    return elementsOf(env, arguments[i], dtype, length).data;
  };
  if (kind == kPool || kind == kPoolGrad) {
    const corr2d::PoolSpec s = poolSpecOf(env, arguments[1]);
    if (kind == kPool) {
      return corr2d::poolRun(s, isa, threads, elements(6, s.dtype, s.inputLength()), elements(7, s.dtype, s.outputLength()));
    }
    const void* src = s.average ? nullptr : elements(5, s.dtype, s.inputLength());
    return corr2d::poolGradRun(s, isa, threads, src, elements(6, s.dtype, s.outputLength()),
                               elements(7, s.dtype, s.inputLength()));
  }
  corr2d::PatchSpec s = patchSpecOf(env, arguments[1], arguments[2]);
  const int64_t image = s.imageLength(), patches = s.patchesLength();
  if (kind == kUnfold) {
    const void* src = elements(6, s.dtype, image);
    void* dst = elements(7, s.dtype, patches);
    return corr2d::unfoldRun(std::move(s), isa, threads, src, dst);
  }
  if (kind != kFold) throw std::invalid_argument("no such operator");
  const void* src = elements(6, s.dtype, patches);
  void* dst = elements(7, s.dtype, image);
  return corr2d::foldRun(std::move(s), isa, threads, src, dst);
}

}  // namespace
