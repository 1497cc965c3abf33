// SPDX-License-Identifier: MIT
// The processor's multiply-add peak: GFLOP/s of independent chains of multiply-adds that stay in registers, on
// THREADS threads at once, for each instruction set that runs here. Prints one line of JSON: {"avx512": 220.4, ...}.
// SSE2 has no fused multiply-add: its peak is that of a multiplication and an addition.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kChains = 12;       // more than latency times multipliers of any processor known
constexpr int64_t kSteps = 1 << 20;
constexpr int kRepeats = 50;      // the best counts: a slow one has been disturbed

// The barrier keeps the compiler from computing the chains beforehand, and each sum in a register. GCC contracts
// a * b + c to a fused multiply-add where the target has it.
#define DEFINE_CHAINS(name, bytes, constraint, ...)                                                           \
  __VA_ARGS__ float name(float seed) {                                                                        \
    typedef float V __attribute__((vector_size(bytes)));                                                      \
    V sum[kChains];                                                                                           \
    _Pragma("GCC unroll 12") for (int i = 0; i < kChains; i++) sum[i] = V{} + (seed + static_cast<float>(i)); \
    const V factor = V{} + 0.999f, term = V{} + 0.001f;                                                       \
    for (int64_t step = 0; step < kSteps; step++) {                                                           \
      _Pragma("GCC unroll 12") for (int i = 0; i < kChains; i++) {                                            \
        sum[i] = sum[i] * factor + term;                                                                      \
        asm volatile("" : "+" constraint(sum[i]));                                                            \
      }                                                                                                       \
    }                                                                                                         \
    float total = 0;                                                                                          \
    _Pragma("GCC unroll 12") for (int i = 0; i < kChains; i++) total += sum[i][0];                            \
    return total;                                                                                             \
  }

struct Isa {
  const char* name;
  int lanes;
  bool runsHere;
  float (*chains)(float);
};

#if defined(__x86_64__)
DEFINE_CHAINS(chainsAvx512, 64, "v", __attribute__((target("avx512f,fma"))))
DEFINE_CHAINS(chainsAvx2, 32, "x", __attribute__((target("avx2,fma"))))
DEFINE_CHAINS(chainsSse2, 16, "x", )

std::vector<Isa> isas() {
  return {{"avx512", 16, __builtin_cpu_supports("avx512f") != 0, chainsAvx512},
          {"avx2", 8, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), chainsAvx2},
          {"sse2", 4, true, chainsSse2}};
}
#elif defined(__aarch64__)
DEFINE_CHAINS(chainsNeon, 16, "w", )

std::vector<Isa> isas() { return {{"neon", 4, true, chainsNeon}}; }
#endif

double gflops(const Isa& isa, int threads) {
  std::vector<double> best(static_cast<size_t>(threads), 0);
  const auto measure = [&](int thread) {
    volatile float sink = 0;
    for (int i = 0; i < kRepeats; i++) {
      const auto start = Clock::now();
      sink = sink + isa.chains(static_cast<float>(thread));
      const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
      double& most = best[static_cast<size_t>(thread)];
      most = std::max(most, 2.0 * kChains * kSteps * isa.lanes / seconds / 1e9);
    }
  };
  std::vector<std::thread> helpers;
  for (int thread = 1; thread < threads; thread++) helpers.emplace_back(measure, thread);
  measure(0);
  for (std::thread& helper : helpers) helper.join();
  double sum = 0;
  for (const double one : best) sum += one;
  return sum;
}

}  // namespace

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::max(1, atoi(arguments[1])) : 1;
  const char* separator = "{";
  for (const Isa& isa : isas()) {
    if (!isa.runsHere) continue;
    printf("%s\"%s\": %.1f", separator, isa.name, gflops(isa, threads));
    separator = ", ";
  }
  printf("}\n");
}
