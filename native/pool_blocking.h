// SPDX-License-Identifier: MIT
// Poolings and their gradients are cut into tasks alike, and both need the widths of the windows of a row.
#pragma once
#include <vector>

#include "pool_spec.h"

namespace corr2d {

// A task takes about 10 us, so that a helper which wakes up late has something left to do.
constexpr int64_t kTapsOfTask = 1 << 16;
// Two threads pay from about 50 us on.
constexpr double kTapsWorthThreads = 1 << 18;

// Rows are read again a few rows after they were written, as loads that follow close on unlike stores wait for them;
// long rows need no help.
inline int64_t rowsAtOnceOf(int64_t rowLength) { return rowLength > 512 ? 1 : 4; }

// Returns how many elements of one row of its window a mean counts, for each of `depth` numbers of each output column.
template <class T>
std::vector<T> widthsOf(const PoolSpec& s, int64_t depth, int64_t slack) {
  std::vector<T> widths(static_cast<size_t>(s.x.out * depth + slack), T(1));
  for (int64_t i = 0; i < s.x.out * depth; i++) {
    const PoolAxis::Taps taps = s.x.tapsOf(i / depth);
    widths[static_cast<size_t>(i)] = static_cast<T>(s.countIncludePad ? taps.padded : taps.inside);
  }
  return widths;
}

}  // namespace corr2d
