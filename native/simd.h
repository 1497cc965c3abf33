// SPDX-License-Identifier: MIT
// Every kernel is written in this one vector vocabulary. An isa/*.cc defines one CORR2D_ISA_* before it includes this
// file. Everything has internal linkage, so that code compiled for one ISA is never linked into another.
//
//   Vec<T>::width           elements in a vector
//   load, loadPartial       from p[0, width), p[0, n); the other lanes are 0
//   lanes(a, b)             names the lanes from a to b
//   loadLanes(p, l)         from p[l] to those lanes; the other lanes are 0 and what they stand for is not touched
//   even(a, b), odd(a, b)   the elements at even, at odd places of a, then b
//   store, storePartial     to p[0, width), p[0, n)
//   splat, zero             one value in all lanes
//   multiplyAdd(a, b, c)    a * b + c, fused where the ISA has it
//   a + b, a - b, a * b, a / b
//   max(a, b), min(a, b)    NaN where b is NaN
//   greatest(a, b)          max(a, b), but NaN where either is NaN
//   whereGreater(a, b, x, y)  x where b > a or b is NaN, y elsewhere
//   leaky(x, alpha)         x < 0 ? alpha * x : x
//   transpose(v)            v[i][lane] = v[lane][i], of `width` vectors
//   deinterleave(p, r)      r[i][lane] = p[n * lane + i], of n = 2 vectors, or 4 (float only)
//   Runs(lanes, count)      a vector cut into runs of so many lanes, of which the first `count` are used (float only)
//   next(v, x, runs)        each lane its right neighbour, the last lane of a run x[0]
//   joined(v, runs)         the lanes in use side by side
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#define CORR2D_INLINE inline __attribute__((always_inline))
#define CORR2D_LAMBDA_INLINE __attribute__((always_inline))

namespace corr2d {
namespace {

template <class T>
struct Vec;

}  // namespace
}  // namespace corr2d

// Each file defines the vocabulary, and Tile, the register tiles that fill its registers without spilling. Rows of a
// tile are broadcast operands, columns are vectors: `outputs` x `vectors` for pixels in vectors, `pixels` x 2 for
// output channels in vectors; depthwise sums up `rows` vectors beside 9 of weights.
#if defined(CORR2D_ISA_AVX512)
#include "simd/avx512.h"
#elif defined(CORR2D_ISA_AVX2)
#include "simd/avx2.h"
#elif defined(CORR2D_ISA_SSE2)
#include "simd/sse2.h"
#elif defined(CORR2D_ISA_NEON)
#include "simd/neon.h"
#endif

namespace corr2d {
namespace {

template <class T>
CORR2D_INLINE void deinterleave(const T* p, Vec<T> (&r)[2]) {
  const Vec<T> a = Vec<T>::load(p), b = Vec<T>::load(p + Vec<T>::width);
  r[0] = even(a, b);
  r[1] = odd(a, b);
}

template <class T>
CORR2D_INLINE void transpose(Vec<T> (&v)[Vec<T>::width]) {
  constexpr int kInLane = 16 / sizeof(T), kLanes = Vec<T>::width / kInLane;
#pragma GCC unroll 4
  for (int i = 0; i < kLanes; i++) transposeInLanes(v + i * kInLane);
  Vec<T> columns[kInLane][kLanes];
#pragma GCC unroll 4
  for (int j = 0; j < kInLane; j++) {
#pragma GCC unroll 4
    for (int i = 0; i < kLanes; i++) columns[j][i] = v[i * kInLane + j];
    transposeLanes(columns[j]);
#pragma GCC unroll 4
    for (int i = 0; i < kLanes; i++) v[i * kInLane + j] = columns[j][i];
  }
}

}  // namespace
}  // namespace corr2d
