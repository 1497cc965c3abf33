// SPDX-License-Identifier: MIT
#pragma once
#include "conv_job.h"

namespace corr2d {

// The convolution whose elements are the groups of channels of `spec`, for blockingOf.
ConvSpec groupedSpec(const ConvSpec& spec, const GroupShape& shape);

// OIHW int8 -> [groups][tiles][groups of channels][kernelHeight][kernelWidth][tileOutputs] int32, each a group, and
// zeros where a tile or a group of channels reaches past the last one. With `bias` (null for zeros), the sums start from
// what makes up for the input's zero point, and for 128 that kernels add to it.
void packIntegers(const ConvSpec& spec, const Blocking& blocking, const GroupShape& shape, const int8_t* weights,
                  const int32_t* bias, int32_t* packedWeights, int32_t* packedBias);

}  // namespace corr2d
