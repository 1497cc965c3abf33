// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

// Defines an enum whose values cross from TypeScript, and the list of their names, which the addon exports.
// src/backend/native/layouts.ts has the same list; the two are compared when the addon loads.
#define CORR2D_ENUM(Name, ...)     \
  enum class Name { __VA_ARGS__ }; \
  constexpr char k##Name##Names[] = #__VA_ARGS__

namespace corr2d {

// An element type of typed arrays.
CORR2D_ENUM(DType, float32, float64, int8, uint8, int32, int16, uint16, uint8Clamped);

inline int64_t bytesOf(DType dtype) {
  switch (dtype) {
    case DType::float64: return 8;
    case DType::float32: case DType::int32: return 4;
    case DType::int16: case DType::uint16: return 2;
    default: return 1;
  }
}

}  // namespace corr2d
