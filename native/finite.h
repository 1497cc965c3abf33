// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

#include <algorithm>

namespace corr2d {

// The loop has no branch, so that it runs in vectors, and eight sums, as a single one would wait for each addition.
template <class T>
bool areFinite(const T* values, int64_t count) {
  // A sum stays 0 until an infinity or NaN makes it NaN.
  T zeros[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int64_t lane = 0; lane < 8; lane++) zeros[lane] += values[i + lane] * 0;
  }
  for (; i < count; i++) zeros[0] += values[i] * 0;
  return std::all_of(zeros, zeros + 8, [](T zero) { return zero == 0; });
}

}  // namespace corr2d
