// SPDX-License-Identifier: MIT
// Reads what JavaScript passes, and checks all of it that memory depends on. Throws what `guarded` turns into errors.
#pragma once
#include <napi.h>

#include <new>
#include <stdexcept>

#include "../conv_plan.h"
#include "../cpu.h"

namespace {

using corr2d::ConvSpec;

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

const corr2d::Isa& isaOf(napi_env env, napi_value value) {
  const auto isa = Napi::Number(env, value).Uint32Value();
  if (isa >= corr2d::isas().size()) throw std::invalid_argument("no such ISA");
  return *corr2d::isas()[isa];
}

}  // namespace
