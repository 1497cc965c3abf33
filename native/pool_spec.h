// SPDX-License-Identifier: MIT
#pragma once
#include "conv_spec.h"

namespace corr2d {

// The gradient of a maximum looks at neighbouring windows of at most so many elements in vectors; larger ones have few
// neighbours.
constexpr int64_t kMostPlaces = 1 << 12;

// The windows of one axis.
struct PoolAxis {
  int64_t in, out, kernel, stride, dilation, before, after;

  struct Taps {
    int64_t first;   // the first element that lies in the input; the others follow a dilation apart
    int64_t inside;  // how many lie in the input
    int64_t padded;  // how many lie in the padded input
  };

  // Counts the columns of the padded input that windows read. It is inlined everywhere, as kernels of several
  // instruction sets use it and the linker keeps one copy of a function.
  __attribute__((always_inline)) int64_t columns() const {
    const int64_t end = (out - 1) * stride + (kernel - 1) * dilation + 1;
    return before + in > end ? before + in : end;
  }

  // Returns the elements of the window of output o. It is inlined everywhere, as `columns` is.
  __attribute__((always_inline)) Taps tapsOf(int64_t o) const {
    const int64_t start = o * stride - before;
    const int64_t skipped = tapsBefore(-start), end = tapsBefore(in - start);
    return {start + skipped * dilation, end > skipped ? end - skipped : 0, tapsBefore(in + after - start)};
  }

 private:
  // Counts the window's places 0, dilation, 2 * dilation, ... that lie before `end`.
  __attribute__((always_inline)) int64_t tapsBefore(int64_t end) const {
    // The common case avoids a division, which takes as long as a short row.
    const int64_t places = end <= 0 ? 0 : dilation == 1 ? end : (end + dilation - 1) / dilation;
    return places < kernel ? places : kernel;
  }
};

// A pooling with everything resolved, as src/spec/window.ts describes it.
struct PoolSpec {
  bool average;  // false for the maximum
  int64_t batch, channels;
  PoolAxis y, x;
  bool countIncludePad;
  DType dtype;
  bool nhwc;

  int64_t inputLength() const { return batch * channels * y.in * x.in; }
  int64_t outputLength() const { return batch * channels * y.out * x.out; }
  // An image is planes of pixels of `depth` neighbouring numbers each.
  int64_t planes() const { return nhwc ? batch : batch * channels; }
  int64_t depth() const { return nhwc ? channels : 1; }
  // Returns whether vectors of neighbouring outputs look for the greatest element, to find where its gradient goes.
  bool gradInVectors() const { return depth() == 1 && x.stride <= 2 && y.kernel * x.kernel <= kMostPlaces; }
  // Returns whether there is one window, which is the whole plane.
  bool global() const {
    return y.kernel == y.in && x.kernel == x.in && y.out == 1 && x.out == 1 && y.dilation == 1 && x.dilation == 1 &&
           y.before == 0 && x.before == 0;
  }
};

// Throws std::invalid_argument for sizes that are out of range, or windows that begin beyond the padded input.
void checkPoolSpec(const PoolSpec& spec);

}  // namespace corr2d
