// SPDX-License-Identifier: MIT
// Activations are applied to outputs that were just stored and are still in L1, so all tiles share one copy of this
// code.
#pragma once
#include "../conv_spec.h"
#include "../simd.h"

namespace corr2d {
namespace {

inline float hyperbolicTangent(float x) { return tanhf(x); }
inline double hyperbolicTangent(double x) { return tanh(x); }

// Returns 1 / (1 + exp(-x)). It uses expm1, because exp has a new version since glibc 2.29, which the addon would need.
inline float logistic(float x) { return 1 / (2 + expm1f(-x)); }
inline double logistic(double x) { return 1 / (2 + expm1(-x)); }

template <class T, class F>
CORR2D_INLINE void mapVectors(T* p, int64_t n, const F& f) {
  constexpr int64_t width = Vec<T>::width;
  int64_t i = 0;
  for (; i + width <= n; i += width) f(Vec<T>::load(p + i)).store(p + i);
  if (i < n) f(Vec<T>::loadPartial(p + i, n - i)).storePartial(p + i, n - i);
}

template <class T>
__attribute__((noinline)) void activate(T* p, int64_t n, const ConvSpec& s) {
  using V = Vec<T>;
  switch (s.activation) {
    case Activation::none:
      return;
    case Activation::relu:
      return mapVectors(p, n, [](V x) { return max(V::zero(), x); });
    case Activation::clamp: {
      const V low = V::splat(static_cast<T>(s.min)), high = V::splat(static_cast<T>(s.max));
      return mapVectors(p, n, [=](V x) { return min(high, max(low, x)); });
    }
    case Activation::leakyRelu: {
      const V alpha = V::splat(static_cast<T>(s.alpha));
      return mapVectors(p, n, [=](V x) { return leaky(x, alpha); });
    }
    case Activation::sigmoid:
      for (int64_t i = 0; i < n; i++) p[i] = logistic(p[i]);
      return;
    case Activation::tanh:
      for (int64_t i = 0; i < n; i++) p[i] = hyperbolicTangent(p[i]);
      return;
  }
}

}  // namespace
}  // namespace corr2d
