// SPDX-License-Identifier: MIT
#include "cpu.h"

#include "isa/isa.h"

namespace corr2d {
namespace {

#if defined(__x86_64__)

// __builtin_cpu_supports also asks XGETBV whether the operating system saves the registers.
bool hasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma");
}
bool hasAvx512Vnni() { return hasAvx512() && __builtin_cpu_supports("avx512vnni"); }
bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool always() { return true; }

// "avx512-vnni" differs from "avx512" only in the kernels of integers.
const Isa kTable[] = {
    {"avx512-vnni", hasAvx512Vnni, &kAvx512Float32, &kAvx512Float64, &kAvx512VnniIntegers},
    {"avx512", hasAvx512, &kAvx512Float32, &kAvx512Float64, &kAvx512Integers},
    {"avx2", hasAvx2, &kAvx2Float32, &kAvx2Float64, &kAvx2Integers},
    {"sse2", always, &kSse2Float32, &kSse2Float64, &kSse2Integers},
};

#elif defined(__aarch64__)

bool always() { return true; }

const Isa kTable[] = {{"neon", always, &kNeonFloat32, &kNeonFloat64, &kNeonIntegers}};

#endif

}  // namespace

const std::vector<const Isa*>& isas() {
  static const auto* const found = [] {
    auto* list = new std::vector<const Isa*>;
    for (const Isa& isa : kTable) {
      if (isa.runsHere()) list->push_back(&isa);
    }
    return list;
  }();
  return *found;
}

bool isIntel() {
#if defined(__x86_64__)
  return __builtin_cpu_is("intel");
#else
  return false;
#endif
}

}  // namespace corr2d
