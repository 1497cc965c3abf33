// SPDX-License-Identifier: MIT
#define CORR2D_ISA_NEON
#include "kernel_sets.h"

#include "isa.h"

namespace corr2d {

const KernelSet kNeonFloat32 = kKernels<float>;
const KernelSet kNeonFloat64 = kKernels<double>;
const KernelSet kNeonIntegers = kIntegerKernels;

}  // namespace corr2d
