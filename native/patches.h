// SPDX-License-Identifier: MIT
#pragma once
#include "conv_job.h"
#include "window_run.h"

namespace corr2d {

// Throws std::invalid_argument for sizes that are out of range, and tables that lead outside the image.
void checkPatchSpec(const PatchSpec& spec);

// Copies patches out of an image, and adds patches to one of zeros; `dst` is written as a whole.
WindowRun unfoldRun(PatchSpec spec, const Isa& isa, int threads, const void* src, void* dst);
WindowRun foldRun(PatchSpec spec, const Isa& isa, int threads, const void* src, void* dst);

}  // namespace corr2d
