// SPDX-License-Identifier: MIT
// SSE2 and NEON, whose vectors have 128 bits, share these functions. simd.h includes this file.
#pragma once
namespace corr2d {
namespace {

// Neither SSE2 nor NEON has masked memory operations.
struct LaneRange {
  int64_t first, last;
};
template <class V, class T>
CORR2D_INLINE V loadThroughBuffer(const T* p, int64_t a, int64_t b) {
  T lanes[V::width] = {};
  for (int64_t i = a; i < b; i++) lanes[i] = p[i];
  return V::load(lanes);
}
template <class V, class T>
CORR2D_INLINE void storeThroughBuffer(V v, T* p, int64_t n) {
  T lanes[V::width];
  v.store(lanes);
  memcpy(p, lanes, static_cast<size_t>(n) * sizeof(T));
}

// Vectors of one 128-bit lane are never cut.
template <class T>
CORR2D_INLINE void transposeLanes(Vec<T> (&)[1]) {}
struct Runs {
  Runs(int64_t, int64_t) {}
};
template <class V>
CORR2D_INLINE V joined(V v, const Runs&) {
  return v;
}

}  // namespace
}  // namespace corr2d
