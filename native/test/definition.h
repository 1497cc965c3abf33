// SPDX-License-Identifier: MIT
// The tests of the core share this: generated convolutions, memory that ends at a page that must not be touched, and
// the definition in float64.
#pragma once
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "../cpu.h"
#include "../plans.h"

namespace {

using namespace corr2d;

// This generator gives the same numbers on every platform (PCG-XSH-RR, O'Neill 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) { next(); }
  uint32_t next() {
    const uint64_t old = state_;
    state_ = old * 6364136223846793005u + 1442695040888963407u;
    const uint32_t mixed = static_cast<uint32_t>(((old >> 18) ^ old) >> 27), turn = static_cast<uint32_t>(old >> 59);
    return (mixed >> turn) | (mixed << (-turn & 31));
  }
  int64_t range(int64_t low, int64_t high) { return low + next() % static_cast<uint32_t>(high - low + 1); }
  template <size_t kCount>
  int64_t pick(const int64_t (&from)[kCount]) {
    return from[next() % kCount];
  }
  double uniform() { return next() / 4294967296.0 * 2 - 1; }

 private:
  uint64_t state_;
};

// Returns the instruction sets whose kernels of floats differ.
inline std::vector<const Isa*> floatIsas() {
  std::vector<const Isa*> list;
  for (const Isa* isa : isas()) {
    if (list.empty() || list.back()->float32 != isa->float32) list.push_back(isa);
  }
  return list;
}

// These elements end where an inaccessible page begins.
template <class T>
class Guarded {
 public:
  explicit Guarded(int64_t length) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t bytes = static_cast<size_t>(length) * sizeof(T);
    size_ = (bytes + page - 1) / page * page + page;
    base_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED || mprotect(base_ + size_ - page, page, PROT_NONE) != 0) abort();
    data = reinterpret_cast<T*>(base_ + size_ - page - bytes);
  }
  // Elements are from -1 to 1.
  Guarded(int64_t length, Random& random) : Guarded(length) {
    for (int64_t i = 0; i < length; i++) data[i] = static_cast<T>(random.uniform());
  }
  ~Guarded() { munmap(base_, size_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  T* data;

 private:
  char* base_;
  size_t size_;
};

inline Operands on(const void* a, void* out) { return {.a = a, .b = nullptr, .c = nullptr, .out = out, .out2 = nullptr}; }
inline Operands on(const void* a, const void* b, void* out) {
  return {.a = a, .b = b, .c = nullptr, .out = out, .out2 = nullptr};
}

// This follows the pictures in src/spec/border.ts: it steps back into the row one mirror or period at a time.
int64_t sourceIndex(int64_t i, int64_t size, Border border) {
  while (i < 0 || i >= size) {
    switch (border) {
      case Border::constant:
        return -1;
      case Border::replicate:
        i = i < 0 ? 0 : size - 1;
        break;
      case Border::wrap:
        i += i < 0 ? size : -size;
        break;
      case Border::reflect:
        i = i < 0 ? -1 - i : 2 * size - 1 - i;
        break;
      case Border::mirror:
        i = size == 1 ? 0 : i < 0 ? -i : 2 * size - 2 - i;
        break;
    }
  }
  return i;
}

double activated(double x, const ConvSpec& s) {
  switch (s.activation) {
    case Activation::none: return x;
    case Activation::relu: return x > 0 ? x : 0;
    case Activation::leakyRelu: return x < 0 ? s.alpha * x : x;
    case Activation::clamp: return std::min(std::max(x, s.min), s.max);
    case Activation::sigmoid: return 1 / (1 + ::exp(-x));
    case Activation::tanh: return ::tanh(x);
  }
  return x;
}

ConvSpec randomSpec(Random& random) {
  ConvSpec s{};
  for (;;) {
    s.batch = random.range(1, 2);
    s.groups = random.pick({1, 1, 1, 2, 3});
    s.inChannels = s.groups * random.pick({1, 2, 3, 5, 17, 33, 70});
    s.outChannels = s.groups * random.pick({1, 2, 3, 4, 7, 8, 9, 16, 17, 33, 40});
    s.kernelHeight = random.pick({1, 1, 2, 3, 3, 5, 7});
    s.kernelWidth = random.pick({1, 1, 2, 3, 3, 5, 7});
    s.inHeight = random.range(1, 17);
    s.inWidth = random.pick({1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33, 34, 47, 49, 65, 66, 130});
    s.strideY = random.pick({1, 1, 2, 3, 5});
    s.strideX = random.pick({1, 1, 2, 3, 5});
    s.dilationY = random.pick({1, 1, 2, 3});
    s.dilationX = random.pick({1, 1, 2, 3});
    const bool padded = random.range(0, 2) != 0;
    for (int64_t* pad : {&s.padTop, &s.padBottom, &s.padLeft, &s.padRight}) {
      *pad = padded ? random.pick({0, 1, 1, 2, 3, 40}) : 0;
    }
    s.border = static_cast<Border>(random.range(0, 4));
    s.dtype = static_cast<DType>(random.range(0, 1));
    s.nhwc = random.range(0, 2) == 0;
    s.activation = static_cast<Activation>(random.range(0, 5));
    s.alpha = 0.125;
    s.min = -0.5;
    s.max = 0.75;
    if (random.range(0, 3) == 0) {  // chance alone would make few that the algorithm depthwise takes
      s.outChannels = s.groups * random.range(1, 2);
      s.inChannels = s.groups;
      s.kernelHeight = s.kernelWidth = random.pick({3, 5});
      s.strideY = s.strideX = random.range(1, 2);
      s.dilationY = s.dilationX = 1;
      s.border = Border::constant;
      s.nhwc = false;
    }
    s.outHeight = (s.inHeight + s.padTop + s.padBottom - (s.kernelHeight - 1) * s.dilationY - 1) / s.strideY + 1;
    s.outWidth = (s.inWidth + s.padLeft + s.padRight - (s.kernelWidth - 1) * s.dilationX - 1) / s.strideX + 1;
    const bool fits = s.inHeight + s.padTop + s.padBottom > (s.kernelHeight - 1) * s.dilationY &&
                      s.inWidth + s.padLeft + s.padRight > (s.kernelWidth - 1) * s.dilationX;
    const double work = static_cast<double>(s.outputLength()) * s.groupIn() * s.taps();
    if (fits && work < 3e6) return s;
  }
}

bool isDepthwise(const ConvSpec& s) {
  return s.groupIn() == 1 && s.kernelHeight == s.kernelWidth && (s.kernelHeight == 3 || s.kernelHeight == 5) &&
         s.strideY == s.strideX && s.strideY <= 2 && s.dilationY * s.dilationX == 1 && !s.nhwc &&
         s.border == Border::constant;
}

struct Expected {
  std::vector<double> value, bound;
};

template <class T>
Expected define(const ConvSpec& s, const T* x, const T* w, const T* bias) {
  Expected e;
  const double epsilon = s.dtype == DType::float32 ? 0x1p-24 : 0x1p-53;
  const int64_t depth = s.groupIn() * s.taps();
  for (int64_t i = 0; i < s.outputLength(); i++) {
    int64_t rest = i, oc, oy, ox;
    if (s.nhwc) {
      oc = rest % s.outChannels, rest /= s.outChannels;
      ox = rest % s.outWidth, rest /= s.outWidth;
      oy = rest % s.outHeight, rest /= s.outHeight;
    } else {
      ox = rest % s.outWidth, rest /= s.outWidth;
      oy = rest % s.outHeight, rest /= s.outHeight;
      oc = rest % s.outChannels, rest /= s.outChannels;
    }
    long double sum = bias == nullptr ? 0 : bias[oc], magnitude = fabsl(sum);
    for (int64_t ic = 0; ic < s.groupIn(); ic++) {
      const int64_t channel = oc / s.groupOut() * s.groupIn() + ic;
      for (int64_t ky = 0; ky < s.kernelHeight; ky++) {
        for (int64_t kx = 0; kx < s.kernelWidth; kx++) {
          const int64_t y = sourceIndex(oy * s.strideY + ky * s.dilationY - s.padTop, s.inHeight, s.border);
          const int64_t x0 = sourceIndex(ox * s.strideX + kx * s.dilationX - s.padLeft, s.inWidth, s.border);
          if (y < 0 || x0 < 0) continue;
          const int64_t at = s.nhwc ? ((rest * s.inHeight + y) * s.inWidth + x0) * s.inChannels + channel
                                    : ((rest * s.inChannels + channel) * s.inHeight + y) * s.inWidth + x0;
          const long double product =
              static_cast<long double>(x[at]) * w[((oc * s.groupIn() + ic) * s.kernelHeight + ky) * s.kernelWidth + kx];
          sum += product;
          magnitude += fabsl(product);
        }
      }
    }
    // The sum has K + 2 roundings, whatever its order. No activation has a slope above 1, and those that
    // are computed by the C library add a few roundings of a result below 1.
    e.value.push_back(activated(static_cast<double>(sum), s));
    const double library = s.activation == Activation::sigmoid || s.activation == Activation::tanh ? 4 * epsilon : 0;
    e.bound.push_back(static_cast<double>(magnitude) * static_cast<double>(depth + 2) * epsilon + library);
  }
  return e;
}

}  // namespace
