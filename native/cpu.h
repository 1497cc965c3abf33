// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "conv_job.h"

namespace corr2d {

// Returns the compiled instruction sets that this processor and operating system run, best first.
const std::vector<const Isa*>& isas();

// Returns whether the processor is Intel's.
bool isIntel();

}  // namespace corr2d
