// SPDX-License-Identifier: MIT
#pragma once
#include "conv_job.h"
#include "pool_spec.h"

namespace corr2d {

// Throws std::invalid_argument for sizes that are out of range, or windows that begin beyond the padded input.
void checkPoolSpec(const PoolSpec& spec);

// Writes all of dst, on as many threads as the work is worth. Throws std::bad_alloc.
void runPool(const PoolSpec& spec, const Isa& isa, int threads, const void* src, void* dst);

}  // namespace corr2d
