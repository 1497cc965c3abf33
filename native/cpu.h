// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "conv_job.h"

namespace corr2d {

// The instruction sets that were compiled in and that this processor and operating system run, best first.
const std::vector<const Isa*>& isas();

// Whether the processor is one of Intel's.
bool isIntel();

}  // namespace corr2d
