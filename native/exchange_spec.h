// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "dtype.h"

namespace corr2d {

// Input and output channels of weights change places: to[group][ic][oc][targets[k]] = from[group][oc][ic][sources[k]].
struct ExchangeSpec {
  int64_t groups, groupOut, groupIn;
  int64_t kernel, window;  // elements of a kernel in `from`, in `to`
  DType dtype;             // float32 or float64
  std::vector<int32_t> sources, targets;

  int64_t fromLength() const { return groups * groupOut * groupIn * kernel; }
  int64_t toLength() const { return groups * groupOut * groupIn * window; }
};

}  // namespace corr2d
