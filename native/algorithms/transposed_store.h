// SPDX-License-Identifier: MIT
// From output channels in vectors to planes of pixels.
#pragma once
#include "../simd.h"

namespace corr2d {
namespace {

// to[output * outputStep + pixel] = from[pixel * fromStep + output]; `from` holds whole vectors of outputs. Goes along
// the pixels of one vector of outputs at a time, so that no more pages are open at once than a vector has lanes.
template <class T>
inline void storeTransposed(const T* from, int64_t fromStep, int64_t pixels, int64_t outputs, T* to,
                            int64_t outputStep) {
  using V = Vec<T>;
  const int64_t quads = pixels / 4 * 4;
  int64_t output = 0;
  for (; output + V::width <= outputs; output += V::width) {
    for (int64_t pixel = 0; pixel < quads; pixel += 4) {
      const T* p = from + pixel * fromStep + output;
      const V rows[4] = {V::load(p), V::load(p + fromStep), V::load(p + 2 * fromStep), V::load(p + 3 * fromStep)};
      storeColumns(rows, to + output * outputStep + pixel, outputStep);
    }
  }
  for (int64_t o = 0; o < outputs; o++) {
    // Of the whole vectors only the last pixels are missing, of the other outputs all.
    for (int64_t pixel = o < output ? quads : 0; pixel < pixels; pixel++) {
      to[o * outputStep + pixel] = from[pixel * fromStep + o];
    }
  }
}

}  // namespace
}  // namespace corr2d
