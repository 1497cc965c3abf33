// SPDX-License-Identifier: MIT
#define CORR2D_ISA_AVX512
#include "kernel_sets.h"

#include "isa.h"

namespace corr2d {

const KernelSet kAvx512Float32 = kKernels<float>;
const KernelSet kAvx512Float64 = kKernels<double>;
const KernelSet kAvx512Integers = kIntegerKernels;

}  // namespace corr2d
