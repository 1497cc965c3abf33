// SPDX-License-Identifier: MIT
#define CORR2D_ISA_AVX2
#include "kernel_sets.h"

#include "isa.h"

namespace corr2d {

const KernelSet kAvx2Float32 = kKernels<float>;
const KernelSet kAvx2Float64 = kKernels<double>;
const KernelSet kAvx2Integers = kIntegerKernels;

}  // namespace corr2d
