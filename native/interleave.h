// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

#include "conv_spec.h"

namespace corr2d {

// Where a small tensor [images][rows][columns][pixel] goes in a large one [images][outRows][outColumns][pixel]: row y to
// top + y * strideY, column x to left + x * strideX.
struct Interleaving {
  int64_t images, rows, columns, pixel;
  int64_t outRows, outColumns;
  int64_t top, left, strideY, strideX;

  int64_t fromLength() const { return images * rows * columns * pixel; }
  int64_t toLength() const { return images * outRows * outColumns * pixel; }
};

// Throws std::invalid_argument for one that would read or write out of bounds.
void checkInterleaving(const Interleaving& i);

void interleave(const Interleaving& i, DType dtype, int threads, const void* from, void* to);

}  // namespace corr2d
