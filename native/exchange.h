// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

#include "conv_spec.h"

namespace corr2d {

// Input and output channels of weights change places: to[group][ic][oc][targets[k]] = from[group][oc][ic][sources[k]].
struct Exchange {
  int64_t groups, groupOut, groupIn;
  int64_t kernel, window;  // elements of a kernel in `from`, in `to`
  int64_t count;
  const int32_t* sources;
  const int32_t* targets;

  int64_t fromLength() const { return groups * groupOut * groupIn * kernel; }
  int64_t toLength() const { return groups * groupOut * groupIn * window; }
};

// Throws std::invalid_argument for one that would read or write out of bounds.
void checkExchange(const Exchange& e);

// Returns whether all of `from` is finite.
bool exchangeChannels(const Exchange& e, DType dtype, const void* from, void* to);

}  // namespace corr2d
