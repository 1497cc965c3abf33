// SPDX-License-Identifier: MIT
#pragma once
#include "../conv_job.h"

namespace corr2d {

#if defined(__x86_64__)
extern const KernelSet kAvx512Float32, kAvx512Float64, kAvx2Float32, kAvx2Float64, kSse2Float32, kSse2Float64;
#elif defined(__aarch64__)
extern const KernelSet kNeonFloat32, kNeonFloat64;
#endif

}  // namespace corr2d
