// SPDX-License-Identifier: MIT
#pragma once
#include "dtype.h"

namespace corr2d {

// A small tensor [images][rows][columns][pixel] goes into a large one [images][outRows][outColumns][pixel]: row y goes
// to top + y * strideY, column x to left + x * strideX.
struct InterleaveSpec {
  int64_t images, rows, columns, pixel;
  int64_t outRows, outColumns;
  int64_t top, left, strideY, strideX;
  DType dtype;  // float32 or float64

  int64_t fromLength() const { return images * rows * columns * pixel; }
  int64_t toLength() const { return images * outRows * outColumns * pixel; }
};

}  // namespace corr2d
