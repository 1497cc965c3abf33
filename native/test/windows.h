// SPDX-License-Identifier: MIT
// Compares poolings, their gradients and patches with their definitions.
#pragma once
#include "definition.h"

namespace {

inline PoolAxis randomAxis(Random& random, int64_t in) {
  PoolAxis a{};
  do {
    a.in = in, a.kernel = random.pick({1, 2, 2, 3, 3, 4, 7}), a.stride = random.pick({1, 1, 2, 2, 3, 5});
    a.dilation = random.pick({1, 1, 1, 2, 3}), a.before = random.pick({0, 0, 1, 2, 9}), a.after = random.pick({0, 0, 1, 2, 9});
    a.out = (in + a.before + a.after - (a.kernel - 1) * a.dilation - 1) / a.stride + 1;
  } while (in + a.before + a.after <= (a.kernel - 1) * a.dilation);
  if (a.out * a.stride < in + a.before) a.out += random.range(0, 1);  // the last window overhangs
  if (random.range(0, 7) == 0) a = {in, 1, in, 1, 1, 0, 0};           // one window is all of it
  return a;
}

template <class T>
double definePool(const PoolSpec& s, const T* x, int64_t n, int64_t c, int64_t oy, int64_t ox) {
  double sum = 0, greatest = -INFINITY;
  int64_t count = 0;
  for (int64_t ky = 0; ky < s.y.kernel; ky++) {
    for (int64_t kx = 0; kx < s.x.kernel; kx++) {
      const int64_t y = oy * s.y.stride + ky * s.y.dilation - s.y.before, x0 = ox * s.x.stride + kx * s.x.dilation - s.x.before;
      if (y >= s.y.in + s.y.after || x0 >= s.x.in + s.x.after) continue;
      const bool inside = y >= 0 && y < s.y.in && x0 >= 0 && x0 < s.x.in;
      count += inside || s.countIncludePad;
      if (!inside) continue;
      const double value = s.nhwc ? x[((n * s.y.in + y) * s.x.in + x0) * s.channels + c]
                                  : x[((n * s.channels + c) * s.y.in + y) * s.x.in + x0];
      sum += value;
      if (value > greatest || value != value) greatest = value;
    }
  }
  return s.average ? sum / static_cast<double>(count) : greatest;
}

inline const char* nameOf(float) { return "float32"; }
inline const char* nameOf(double) { return "float64"; }

inline void describe(const PoolSpec& s, const char* what, int number, const Isa& isa, const char* dtype, int64_t at, double got,
                     double want) {
  printf("%s %d, %s, %s: element %ld is %g, not %g (%s, %s, %ld channels, in %ldx%ld, kernel %ldx%ld, strides %ldx%ld, "
         "dilations %ldx%ld)\n",
         what, number, isa.name, dtype, static_cast<long>(at), got, want, s.average ? "mean" : "greatest",
         s.nhwc ? "nhwc" : "nchw", static_cast<long>(s.channels), static_cast<long>(s.y.in), static_cast<long>(s.x.in),
         static_cast<long>(s.y.kernel), static_cast<long>(s.x.kernel), static_cast<long>(s.y.stride),
         static_cast<long>(s.x.stride), static_cast<long>(s.y.dilation), static_cast<long>(s.x.dilation));
}

// Each gradient goes to the first of the greatest, or the last NaN, or in equal shares to all elements that count.
template <class T>
int testPoolGradient(const PoolSpec& s, const T* x, Random& random, int number) {
  const Guarded<T> gradOutput(s.outputLength(), random), gradX(s.inputLength());
  std::vector<double> sums(static_cast<size_t>(s.inputLength())), magnitudes(sums), counts(sums);
  for (int64_t i = 0; i < s.outputLength(); i++) {
    const int64_t pixels = s.y.out * s.x.out, plane = i / pixels, n = plane / s.channels;
    const int64_t c = s.nhwc ? i % s.channels : plane % s.channels, pixel = s.nhwc ? i / s.channels % pixels : i % pixels;
    std::vector<int64_t> inside;
    int64_t count = 0, best = -1;
    for (int64_t ky = 0; ky < s.y.kernel; ky++) {
      for (int64_t kx = 0; kx < s.x.kernel; kx++) {
        const int64_t y = pixel / s.x.out * s.y.stride + ky * s.y.dilation - s.y.before;
        const int64_t x0 = pixel % s.x.out * s.x.stride + kx * s.x.dilation - s.x.before;
        if (y >= s.y.in + s.y.after || x0 >= s.x.in + s.x.after) continue;
        const bool isInside = y >= 0 && y < s.y.in && x0 >= 0 && x0 < s.x.in;
        count += isInside || s.countIncludePad;
        if (!isInside) continue;
        const int64_t at = s.nhwc ? ((n * s.y.in + y) * s.x.in + x0) * s.channels + c
                                  : ((n * s.channels + c) * s.y.in + y) * s.x.in + x0;
        inside.push_back(at);
        if (best < 0 || x[at] > x[best] || x[at] != x[at]) best = at;
      }
    }
    if (!s.average) inside.assign(best < 0 ? 0 : 1, best);
    for (const int64_t at : inside) {
      const double share = static_cast<double>(gradOutput.data[i]) / static_cast<double>(s.average ? count : 1);
      const auto to = static_cast<size_t>(at);
      sums[to] += share, magnitudes[to] += fabs(share), counts[to] += 1;
    }
  }
  int failures = 0;
  for (const Isa* isa : floatIsas()) {
    memset(gradX.data, 0xff, sums.size() * sizeof(T));
    planPoolGrad(s, *isa, static_cast<int>(random.range(1, 3)))->run(on(s.average ? nullptr : x, gradOutput.data, gradX.data));
    for (size_t i = 0; i < sums.size(); i++) {
      const double got = static_cast<double>(gradX.data[i]);
      // Each share has two roundings, and each addition one.
      if (fabs(got - sums[i]) <= (counts[i] + 2) * (sizeof(T) == 4 ? 0x1p-24 : 0x1p-53) * magnitudes[i]) continue;
      failures++;
      describe(s, "gradient", number, *isa, nameOf(T()), static_cast<int64_t>(i), got, sums[i]);
      break;
    }
  }
  return failures;
}

template <class T>
int testPoolCase(const PoolSpec& s, Random& random, int number) {
  const Guarded<T> x(s.inputLength(), random), out(s.outputLength());
  if (random.range(0, 1) == 0) x.data[random.range(0, s.inputLength() - 1)] = static_cast<T>(NAN);
  // The sum of n values of at most 1 is rounded n times, and its quotient once.
  const double bound = s.average ? static_cast<double>(s.y.kernel * s.x.kernel + 1) * (sizeof(T) == 4 ? 0x1p-24 : 0x1p-53) : 0;
  int failures = 0;
  for (const Isa* isa : floatIsas()) {
    memset(out.data, 0x7f, static_cast<size_t>(s.outputLength()) * sizeof(T));
    planPool(s, *isa, static_cast<int>(random.range(1, 3)))->run(on(x.data, out.data));
    for (int64_t i = 0; i < s.outputLength(); i++) {
      const int64_t pixels = s.y.out * s.x.out, plane = i / pixels;
      const int64_t n = plane / s.channels;
      const int64_t c = s.nhwc ? i % s.channels : plane % s.channels;
      const int64_t pixel = s.nhwc ? i / s.channels % pixels : i % pixels;
      const double want = definePool(s, x.data, n, c, pixel / s.x.out, pixel % s.x.out);
      const double got = static_cast<double>(out.data[i]);
      if (got == want || (got != got && want != want) || fabs(got - want) <= bound) continue;
      failures++;
      describe(s, "pooling", number, *isa, nameOf(T()), i, got, want);
      break;
    }
  }
  return failures + testPoolGradient(s, x.data, random, number);
}

inline int testPools(int cases, uint64_t seed) {
  int failures = 0;
  for (int i = 0; i < cases; i++) {
    Random random(seed * 104729 + static_cast<uint64_t>(i));
    PoolSpec s{};
    s.average = random.range(0, 1) == 1, s.countIncludePad = random.range(0, 1) == 1, s.nhwc = random.range(0, 2) == 0;
    s.batch = random.range(1, 2), s.channels = random.pick({1, 2, 3, 7, 17, 33});
    s.y = randomAxis(random, random.range(1, 12));
    s.x = randomAxis(random, random.pick({1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 66, 130}));
    s.dtype = static_cast<DType>(random.range(0, 1));
    failures += s.dtype == DType::float32 ? testPoolCase<float>(s, random, i) : testPoolCase<double>(s, random, i);
  }
  return failures;
}

// Makes tables as src/spec/patches.ts does.
inline void setAxis(Random& random, Border border, int64_t size, int64_t& out, int64_t& kernel, int64_t& stride,
                    std::vector<int32_t>& sources, std::vector<int32_t>* first, std::vector<int32_t>* end) {
  const int64_t dilation = random.pick({1, 1, 2, 3}), before = random.pick({0, 1, 2, 9}), after = random.pick({0, 1, 2, 9});
  kernel = random.pick({1, 1, 2, 3, 5}), stride = random.pick({1, 1, 2, 3, 4});
  while (size + before + after <= (kernel - 1) * dilation) kernel--;
  out = (size + before + after - (kernel - 1) * dilation - 1) / stride + 1;
  const auto at = [=](int64_t o, int64_t k) { return o * stride + k * dilation - before; };
  sources.clear();
  for (int64_t o = 0; o < out; o++) {
    for (int64_t k = 0; k < kernel; k++) sources.push_back(static_cast<int32_t>(sourceIndex(at(o, k), size, border)));
  }
  for (int64_t k = 0; k < kernel && first != nullptr; k++) {
    int64_t o = 0;
    while (o < out && at(o, k) < 0) o++;
    first->push_back(static_cast<int32_t>(o));
    while (o < out && at(o, k) < size) o++;
    end->push_back(static_cast<int32_t>(o));
  }
}

template <class T>
int testPatchCase(const PatchSpec& s, Random& random, int number) {
  const Guarded<T> image(s.imageLength(), random), patches(s.patchesLength());
  // This is where each element of the patches comes from, or -1.
  std::vector<int64_t> sources;
  for (int64_t p = 0; p < s.planes; p++) {
    for (int64_t k = 0; k < s.kernelHeight * s.kernelWidth; k++) {
      for (int64_t o = 0; o < s.outHeight * s.outWidth; o++) {
        const int64_t row = s.rows[static_cast<size_t>(o / s.outWidth * s.kernelHeight + k / s.kernelWidth)];
        const int64_t column = s.columns[static_cast<size_t>(o % s.outWidth * s.kernelWidth + k % s.kernelWidth)];
        for (int64_t d = 0; d < s.depth; d++) {
          sources.push_back(row < 0 || column < 0 ? -1 : ((p * s.inHeight + row) * s.inWidth + column) * s.depth + d);
        }
      }
    }
  }
  int failures = 0;
  for (const Isa* isa : floatIsas()) {
    const auto fail = [&](const char* what, size_t at, double got, double want) {
      failures++;
      printf("%s %d, %s, %s: element %ld is %g, not %g (depth %ld, in %ldx%ld, kernel %ldx%ld, stride %ld)\n", what, number,
             isa->name, nameOf(T()), static_cast<long>(at), got, want, static_cast<long>(s.depth), static_cast<long>(s.inHeight),
             static_cast<long>(s.inWidth), static_cast<long>(s.kernelHeight), static_cast<long>(s.kernelWidth),
             static_cast<long>(s.strideX));
    };
    memset(patches.data, 0xff, sources.size() * sizeof(T));
    planUnfold(s, *isa, static_cast<int>(random.range(1, 3)))->run(on(image.data, patches.data));
    for (size_t i = 0; i < sources.size(); i++) {
      const T want = sources[i] < 0 ? static_cast<T>(s.value) : image.data[sources[i]];
      if (patches.data[i] == want) continue;
      fail("unfold", i, static_cast<double>(patches.data[i]), static_cast<double>(want));
      break;
    }
    const Guarded<T> sum(s.imageLength());
    for (size_t i = 0; i < sources.size(); i++) patches.data[i] = static_cast<T>(random.uniform());
    memset(sum.data, 0xff, static_cast<size_t>(s.imageLength()) * sizeof(T));
    planFold(s, *isa, static_cast<int>(random.range(1, 3)))->run(on(patches.data, sum.data));
    std::vector<double> sums(static_cast<size_t>(s.imageLength())), magnitudes(sums), counts(sums);
    for (size_t i = 0; i < sources.size(); i++) {
      if (sources[i] < 0) continue;
      const auto to = static_cast<size_t>(sources[i]);
      const double value = static_cast<double>(patches.data[i]);
      sums[to] += value, magnitudes[to] += fabs(value), counts[to] += 1;
    }
    for (size_t i = 0; i < sums.size(); i++) {
      const double got = static_cast<double>(sum.data[i]);
      if (fabs(got - sums[i]) <= counts[i] * (sizeof(T) == 4 ? 0x1p-24 : 0x1p-53) * magnitudes[i]) continue;
      fail("fold", i, got, sums[i]);
      break;
    }
  }
  return failures;
}

inline int testPatches(int cases, uint64_t seed) {
  int failures = 0;
  for (int i = 0; i < cases; i++) {
    Random random(seed * 7919 + static_cast<uint64_t>(i));
    PatchSpec s{};
    s.planes = random.range(1, 3), s.depth = random.pick({1, 1, 1, 2, 3, 17, 40});
    s.inHeight = random.range(1, 12);
    s.inWidth = random.pick({1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 34, 64, 66});
    s.value = random.uniform();
    s.dtype = static_cast<DType>(random.range(0, 1));
    const auto border = static_cast<Border>(random.range(0, 4));
    int64_t strideY;
    setAxis(random, border, s.inHeight, s.outHeight, s.kernelHeight, strideY, s.rows, nullptr, nullptr);
    setAxis(random, border, s.inWidth, s.outWidth, s.kernelWidth, s.strideX, s.columns, &s.first, &s.end);
    if (s.strideX > 1) s.depth = 1;
    failures += s.dtype == DType::float32 ? testPatchCase<float>(s, random, i) : testPatchCase<double>(s, random, i);
  }
  return failures;
}

}  // namespace
