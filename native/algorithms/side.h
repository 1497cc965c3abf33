// SPDX-License-Identifier: MIT
// What the two sides of the gradient of weights are: pixels that windows or output channels see.
#pragma once
#include <stdint.h>

namespace corr2d {
namespace {

// What some elements or output channels see of a block of pixels: `lines` lines of `linePixels`.
template <class T>
struct Side {
  const T* const* origins;  // of each, where its first pixel is
  int64_t count;
  int64_t pixelStep, lineStep;
};

}  // namespace
}  // namespace corr2d
