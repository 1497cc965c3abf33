// SPDX-License-Identifier: MIT
#pragma once
#include "conv_job.h"

namespace corr2d {

// Returns the convolution whose elements are the groups of channels of `spec`, for blockingOf.
ConvSpec groupedSpec(const ConvSpec& spec, const GroupShape& shape);

// Packs OIHW int8 as [groups][tiles][groups of channels][kernelHeight][kernelWidth][tileOutputs] int32, each a group,
// with zeros where a tile or a group of channels reaches past the last one. The sums start from `bias` (null for
// zeros), less the share of the input's zero point and of the 128 that kernels add to it.
void packIntegers(const ConvSpec& spec, const Blocking& blocking, const GroupShape& shape, const int8_t* weights,
                  const int32_t* bias, int32_t* packedWeights, int32_t* packedBias);

}  // namespace corr2d
