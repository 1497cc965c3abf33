// SPDX-License-Identifier: MIT
#pragma once
#include "blocking.h"

namespace corr2d {

// Transforms OIHW to [groups][tiles][(winogradSize + 2)^2][inChannels / groups][tileOutputs]: G w G^T of each 3x3
// kernel, computed in double. The points are those of algorithms/winograd.h.
void transformWeights(const ConvSpec& spec, const Blocking& blocking, const float* oihw, float* packed);

}  // namespace corr2d
