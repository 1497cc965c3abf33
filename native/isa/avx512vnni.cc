// SPDX-License-Identifier: MIT
// It compiles only the integer kernels, as others gain nothing from VNNI.
#define CORR2D_ISA_AVX512
#define CORR2D_VNNI
#include "kernel_sets.h"

#include "isa.h"

namespace corr2d {

const KernelSet kAvx512VnniIntegers = kIntegerKernels;

}  // namespace corr2d
