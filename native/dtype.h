// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

namespace corr2d {

// The element types of the typed arrays, with the codes by which src/backend/native/native.ts names them.
enum class DType { float32, float64, int8, uint8, int32, int16, uint16, uint8Clamped };

inline int64_t bytesOf(DType dtype) {
  switch (dtype) {
    case DType::float64: return 8;
    case DType::float32: case DType::int32: return 4;
    case DType::int16: case DType::uint16: return 2;
    default: return 1;
  }
}

}  // namespace corr2d
