// SPDX-License-Identifier: MIT
#pragma once
#include "../conv_job.h"

namespace corr2d {

#if defined(__x86_64__)
extern const KernelSet kAvx512Float32, kAvx512Float64, kAvx512Integers, kAvx512VnniIntegers;
extern const KernelSet kAvx2Float32, kAvx2Float64, kAvx2Integers;
extern const KernelSet kSse2Float32, kSse2Float64, kSse2Integers;
#elif defined(__aarch64__)
extern const KernelSet kNeonFloat32, kNeonFloat64, kNeonIntegers;
#endif

}  // namespace corr2d
