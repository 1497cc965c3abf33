// SPDX-License-Identifier: MIT
// Reads the arguments that JavaScript passes, and checks all of them that memory depends on. Throws exceptions that
// `guarded` turns into errors.
#pragma once
#include <napi.h>

#include <new>
#include <stdexcept>
#include <string>

#include "../runnable.h"

namespace {

using namespace corr2d;

// A view of a typed array. Its pointer is valid until the next call into JavaScript.
struct Elements {
  void* data;
  size_t count;
};

bool isNull(napi_env env, napi_value value) {
  napi_valuetype type;
  return napi_typeof(env, value, &type) == napi_ok && type == napi_null;
}

napi_typedarray_type arrayOf(DType dtype) {
  switch (dtype) {
    case DType::float32: return napi_float32_array;
    case DType::float64: return napi_float64_array;
    case DType::int8: return napi_int8_array;
    case DType::uint8: return napi_uint8_array;
    case DType::int32: return napi_int32_array;
    case DType::int16: return napi_int16_array;
    case DType::uint16: return napi_uint16_array;
    case DType::uint8Clamped: return napi_uint8_clamped_array;
  }
  throw std::invalid_argument("no such dtype");
}

Elements elementsOf(napi_env env, napi_value value, DType dtype) {
  napi_typedarray_type type;
  Elements elements;
  if (napi_get_typedarray_info(env, value, &type, &elements.count, &elements.data, nullptr, nullptr) != napi_ok) {
    throw std::invalid_argument("expected a typed array");
  }
  if (type != arrayOf(dtype)) throw std::invalid_argument("expected a typed array of another element type");
  return elements;
}

// Returns null for a place that is absent.
void* dataOf(napi_env env, napi_value value, const Place& place) {
  if (place.count == 0) return nullptr;
  const Elements elements = elementsOf(env, value, place.dtype);
  if (elements.count != static_cast<size_t>(place.count)) {
    throw std::invalid_argument("a typed array has the wrong length");
  }
  return elements.data;
}

// `values` are a, b, c, out, out2.
Operands operandsOf(napi_env env, const napi_value* values, const Places& places) {
  return {dataOf(env, values[0], places.a), dataOf(env, values[1], places.b), dataOf(env, values[2], places.c),
          dataOf(env, values[3], places.out), dataOf(env, values[4], places.out2)};
}

int32_t integerOf(napi_env env, napi_value value) {
  int32_t integer;
  if (napi_get_value_int32(env, value, &integer) != napi_ok) throw std::invalid_argument("expected a number");
  return integer;
}

std::string stringOf(napi_env env, napi_value value) {
  char text[32];
  size_t length;
  if (napi_get_value_string_utf8(env, value, text, sizeof text, &length) != napi_ok) {
    throw std::invalid_argument("expected a string");
  }
  return {text, length};
}

template <size_t kCount>
void argumentsOf(napi_env env, napi_callback_info info, napi_value (&arguments)[kCount]) {
  size_t count = kCount;
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr) != napi_ok || count < kCount) {
    throw std::invalid_argument("too few arguments");
  }
}

// Runs `body` and throws its exceptions as JavaScript Errors. The hot path calls napi_* functions directly, which is
// faster.
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

}  // namespace
