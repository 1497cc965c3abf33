// SPDX-License-Identifier: MIT
#define CORR2D_ISA_SSE2
#include "kernel_sets.h"

#include "isa.h"

namespace corr2d {

const KernelSet kSse2Float32 = kKernels<float>;
const KernelSet kSse2Float64 = kKernels<double>;
const KernelSet kSse2Integers = kIntegerKernels;

}  // namespace corr2d
