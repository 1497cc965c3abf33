// SPDX-License-Identifier: MIT
// The gradient of weights has two sides: pixels that windows see, and pixels that output channels see.
#pragma once
#include <stdint.h>

namespace corr2d {
namespace {

// Some elements or output channels see a block of pixels: `lines` lines of `linePixels`.
template <class T>
struct Side {
  const T* const* origins;  // where the first pixel of each is
  int64_t count;
  int64_t pixelStep, lineStep;
};

}  // namespace
}  // namespace corr2d
