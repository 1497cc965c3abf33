// SPDX-License-Identifier: MIT
#pragma once
#include "conv_job.h"
#include "pool_spec.h"
#include "window_run.h"

namespace corr2d {

// Throws std::invalid_argument for sizes that are out of range, or windows that begin beyond the padded input.
void checkPoolSpec(const PoolSpec& spec);

// A pooling that writes all of dst, on as many threads as the work is worth. Throws std::bad_alloc.
WindowRun poolRun(const PoolSpec& spec, const Isa& isa, int threads, const void* src, void* dst);

// The gradient with respect to the input, `src`, that only a maximum needs. Writes all of gradX. Throws std::bad_alloc.
WindowRun poolGradRun(const PoolSpec& spec, const Isa& isa, int threads, const void* src, const void* gradOutput, void* gradX);

}  // namespace corr2d
