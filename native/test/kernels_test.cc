// SPDX-License-Identifier: MIT
// Runs the C++ core without N-API and compares it with a float64 definition: every instruction set of this processor,
// every algorithm and every dtype, on generated convolutions whose input ends at a page that must not be touched.
// usage: kernels_test [cases] [seed]
#include <thread>

#include "definition.h"
#include "integers.h"
#include "windows.h"

namespace {

template <class T>
int testCase(const ConvSpec& s, Random& random, int number) {
  const Guarded<T> x(s.inputLength(), random), w(s.weightsLength(), random), bias(s.outChannels, random);
  const Guarded<T> out(s.outputLength());
  const T* const biasOrNull = random.range(0, 1) == 0 ? nullptr : bias.data;
  const Expected expected = define(s, x.data, w.data, biasOrNull);
  int failures = 0;
  for (const Isa* isa : floatIsas()) {
    for (const Algorithm algorithm :
         {Algorithm::direct, Algorithm::im2col, Algorithm::strided, Algorithm::depthwise}) {
      if (algorithm == Algorithm::depthwise && !isDepthwise(s)) continue;
      const Plan plan = planConv(s, algorithm, *isa, static_cast<int>(random.range(1, 3)), w.data, biasOrNull);
      // All bits set are a NaN, so an output that is not written fails.
      memset(out.data, 0xff, static_cast<size_t>(s.outputLength()) * sizeof(T));
      plan->run(on(x.data, out.data));
      for (int64_t i = 0; i < s.outputLength(); i++) {
        const size_t at = static_cast<size_t>(i);
        if (fabs(static_cast<double>(out.data[i]) - expected.value[at]) <= expected.bound[at]) continue;
        failures++;
        printf("case %d, %s, algorithm %d, %s: output %ld is %g, not %g +- %g (in %ldx%ldx%ldx%ld, out %ldx%ldx%ld, "
               "kernel %ldx%ld, strides %ldx%ld)\n",
               number, isa->name, static_cast<int>(algorithm), sizeof(T) == 4 ? "float32" : "float64",
               static_cast<long>(i), static_cast<double>(out.data[i]), expected.value[at], expected.bound[at],
               static_cast<long>(s.batch), static_cast<long>(s.inChannels), static_cast<long>(s.inHeight),
               static_cast<long>(s.inWidth), static_cast<long>(s.outChannels), static_cast<long>(s.outHeight),
               static_cast<long>(s.outWidth), static_cast<long>(s.kernelHeight), static_cast<long>(s.kernelWidth),
               static_cast<long>(s.strideY), static_cast<long>(s.strideX));
        break;
      }
    }
  }
  return failures;
}

// Computes the gradient of weights by its definition: every product of an output's gradient and an element of its
// window.
template <class T>
Expected defineGradWeights(const ConvSpec& s, const T* x, const T* gradOutput) {
  Expected e;
  const double epsilon = s.dtype == DType::float32 ? 0x1p-24 : 0x1p-53;
  const double pixels = static_cast<double>(s.batch * s.outHeight * s.outWidth);
  for (int64_t i = 0; i < s.weightsLength(); i++) {
    const int64_t kx = i % s.kernelWidth, ky = i / s.kernelWidth % s.kernelHeight;
    const int64_t ic = i / s.taps() % s.groupIn(), oc = i / s.taps() / s.groupIn();
    const int64_t channel = oc / s.groupOut() * s.groupIn() + ic;
    long double sum = 0, magnitude = 0;
    for (int64_t n = 0; n < s.batch; n++) {
      for (int64_t oy = 0; oy < s.outHeight; oy++) {
        const int64_t y = sourceIndex(oy * s.strideY + ky * s.dilationY - s.padTop, s.inHeight, s.border);
        for (int64_t ox = 0; y >= 0 && ox < s.outWidth; ox++) {
          const int64_t x0 = sourceIndex(ox * s.strideX + kx * s.dilationX - s.padLeft, s.inWidth, s.border);
          if (x0 < 0) continue;
          const int64_t from = s.nhwc ? ((n * s.inHeight + y) * s.inWidth + x0) * s.inChannels + channel
                                      : ((n * s.inChannels + channel) * s.inHeight + y) * s.inWidth + x0;
          const int64_t at = s.nhwc ? ((n * s.outHeight + oy) * s.outWidth + ox) * s.outChannels + oc
                                    : ((n * s.outChannels + oc) * s.outHeight + oy) * s.outWidth + ox;
          const long double product = static_cast<long double>(x[from]) * gradOutput[at];
          sum += product;
          magnitude += fabsl(product);
        }
      }
    }
    e.value.push_back(static_cast<double>(sum));
    e.bound.push_back(static_cast<double>(magnitude) * (pixels + 2) * epsilon);
  }
  return e;
}

template <class T>
int testGradWeights(const ConvSpec& s, Random& random, int number) {
  const Guarded<T> x(s.inputLength(), random), gradOutput(s.outputLength(), random), out(s.weightsLength());
  const Expected expected = defineGradWeights(s, x.data, gradOutput.data);
  int failures = 0;
  for (const Isa* isa : floatIsas()) {
    const Plan plan = planGradWeights(s, *isa, static_cast<int>(random.range(1, 3)));
    memset(out.data, 0xff, static_cast<size_t>(s.weightsLength()) * sizeof(T));
    plan->run(on(x.data, gradOutput.data, out.data));
    for (int64_t i = 0; i < s.weightsLength(); i++) {
      const size_t at = static_cast<size_t>(i);
      if (fabs(static_cast<double>(out.data[i]) - expected.value[at]) <= expected.bound[at]) continue;
      failures++;
      printf("case %d, %s, gradient of weights, %s: element %ld is %g, not %g +- %g\n", number, isa->name,
             sizeof(T) == 4 ? "float32" : "float64", static_cast<long>(i), static_cast<double>(out.data[i]),
             expected.value[at], expected.bound[at]);
      break;
    }
  }
  return failures;
}

// winograd's error has no bound output by output; its root mean square is at most 16 times that of direct.
int testWinograd(int cases, uint64_t seed) {
  int failures = 0;
  for (int i = 0; i < cases; i++) {
    Random random(seed * 7919 + static_cast<uint64_t>(i));
    ConvSpec s{};
    s.batch = random.range(1, 2), s.groups = random.pick({1, 1, 2});
    s.inChannels = s.groups * random.pick({1, 3, 16, 17, 40}), s.outChannels = s.groups * random.pick({1, 8, 17, 32, 48});
    s.inHeight = random.range(2, 17), s.inWidth = random.pick({2, 3, 4, 5, 8, 15, 17, 33, 66});
    s.kernelHeight = s.kernelWidth = 3, s.strideY = s.strideX = s.dilationY = s.dilationX = 1;
    for (int64_t* pad : {&s.padTop, &s.padBottom, &s.padLeft, &s.padRight}) *pad = random.pick({1, 1, 2, 5});
    s.border = static_cast<Border>(random.range(0, 4));
    s.outHeight = s.inHeight + s.padTop + s.padBottom - 2, s.outWidth = s.inWidth + s.padLeft + s.padRight - 2;
    const Guarded<float> x(s.inputLength(), random), w(s.weightsLength(), random), bias(s.outChannels, random);
    const Guarded<float> out(s.outputLength());
    const Expected expected = define(s, x.data, w.data, bias.data);
    const auto error = [&](const Isa& isa, Algorithm algorithm) {
      const Plan plan = planConv(s, algorithm, isa, static_cast<int>(random.range(1, 3)), w.data, bias.data);
      memset(out.data, 0xff, static_cast<size_t>(s.outputLength()) * sizeof(float));
      plan->run(on(x.data, out.data));
      double sum = 0;
      for (int64_t k = 0; k < s.outputLength(); k++) {
        sum += pow(static_cast<double>(out.data[k]) - expected.value[static_cast<size_t>(k)], 2);
      }
      return sqrt(sum / static_cast<double>(s.outputLength()));
    };
    for (const Isa* isa : floatIsas()) {
      const double direct = error(*isa, Algorithm::direct), winograd = error(*isa, Algorithm::winograd);
      if (winograd <= 16 * direct + 4 * 0x1p-24) continue;
      failures++;
      printf("winograd case %d, %s: error %g, %g in direct\n", i, isa->name, winograd, direct);
    }
  }
  return failures;
}

// Several threads share the pool, and one plan, at the same time.
int testSharing() {
  ConvSpec s{};
  s.batch = 2, s.inChannels = s.outChannels = 32, s.inHeight = s.inWidth = s.outHeight = s.outWidth = 33;
  s.kernelHeight = s.kernelWidth = 3, s.strideY = s.strideX = s.dilationY = s.dilationX = s.groups = 1;
  s.padTop = s.padBottom = s.padLeft = s.padRight = 1;
  Random random(7);
  std::vector<float> x(static_cast<size_t>(s.inputLength())), w(static_cast<size_t>(s.weightsLength()));
  for (float& value : x) value = static_cast<float>(random.uniform());
  for (float& value : w) value = static_cast<float>(random.uniform());
  const Plan plan = planConv(s, Algorithm::strided, *isas()[0], 4, w.data(), nullptr);
  std::vector<float> want(static_cast<size_t>(s.outputLength()));
  plan->run(on(x.data(), want.data()));
  int failures[4] = {};
  std::vector<std::thread> threads;
  for (int& failed : failures) {
    threads.emplace_back([&] {
      std::vector<float> out(want.size());
      for (int i = 0; i < 20; i++) {
        plan->run(on(x.data(), out.data()));
        if (memcmp(out.data(), want.data(), out.size() * sizeof(float)) != 0) failed = 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const int sum = failures[0] + failures[1] + failures[2] + failures[3];
  if (sum != 0) printf("%d of 4 threads that shared a plan got another result\n", sum);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const int cases = argc > 1 ? atoi(argv[1]) : 300;
  const uint64_t seed = argc > 2 ? strtoull(argv[2], nullptr, 10) : 1;
  printf("instruction sets:");
  for (const Isa* isa : isas()) printf(" %s", isa->name);
  printf("\n");
  int failures = 0;
  for (int i = 0; i < cases; i++) {
    Random random(seed * 1000003 + static_cast<uint64_t>(i));
    const ConvSpec spec = randomSpec(random);
    failures += spec.dtype == DType::float32 ? testCase<float>(spec, random, i) : testCase<double>(spec, random, i);
    failures += spec.dtype == DType::float32 ? testGradWeights<float>(spec, random, i)
                                             : testGradWeights<double>(spec, random, i);
  }
  failures += testWinograd(cases / 3, seed);
  failures += testIntegers(cases, seed);
  failures += testPools(cases, seed);
  failures += testPatches(cases, seed);
  failures += testSharing();
  printf("%d convolutions, as many poolings and patches, %d failures\n", cases, failures);
  return failures == 0 ? 0 : 1;
}
