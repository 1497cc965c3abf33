// SPDX-License-Identifier: MIT
// simd.h includes this file, which defines its vocabulary for SSE2.
#pragma once
#include <immintrin.h>

#include "narrow.h"

namespace corr2d {
namespace {

struct Tile {
  static constexpr int outputs = 4, vectors = 2, pixels = 4, rows = 4;
};

template <>
struct Vec<float> {
  static constexpr int width = 4;
  __m128 v;
  static CORR2D_INLINE Vec load(const float* p) { return {_mm_loadu_ps(p)}; }
  static CORR2D_INLINE Vec loadPartial(const float* p, int64_t n) { return loadThroughBuffer<Vec>(p, 0, n); }
  using Lanes = LaneRange;
  static CORR2D_INLINE Lanes lanes(int64_t a, int64_t b) { return {a, b}; }
  static CORR2D_INLINE Vec loadLanes(const float* p, Lanes l) { return loadThroughBuffer<Vec>(p, l.first, l.last); }
  CORR2D_INLINE void store(float* p) const { _mm_storeu_ps(p, v); }
  CORR2D_INLINE void storePartial(float* p, int64_t n) const { storeThroughBuffer(*this, p, n); }
  static CORR2D_INLINE Vec splat(float x) { return {_mm_set1_ps(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm_setzero_ps()}; }
};
CORR2D_INLINE Vec<float> multiplyAdd(Vec<float> a, Vec<float> b, Vec<float> c) {
  return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)};
}
CORR2D_INLINE Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm_add_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm_sub_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm_mul_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm_div_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> even(Vec<float> a, Vec<float> b) { return {_mm_shuffle_ps(a.v, b.v, 0x88)}; }
CORR2D_INLINE Vec<float> odd(Vec<float> a, Vec<float> b) { return {_mm_shuffle_ps(a.v, b.v, 0xdd)}; }
CORR2D_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm_max_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm_min_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> greatest(Vec<float> a, Vec<float> b) {
  const __m128 nan = _mm_cmpunord_ps(a.v, a.v);
  return {_mm_or_ps(_mm_and_ps(nan, a.v), _mm_andnot_ps(nan, _mm_max_ps(a.v, b.v)))};
}
CORR2D_INLINE Vec<float> whereGreater(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
  const __m128 mask = _mm_or_ps(_mm_cmpgt_ps(b.v, a.v), _mm_cmpunord_ps(b.v, b.v));
  return {_mm_or_ps(_mm_and_ps(mask, x.v), _mm_andnot_ps(mask, y.v))};
}
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  const __m128 negative = _mm_cmplt_ps(x.v, _mm_setzero_ps());
  return {_mm_or_ps(_mm_and_ps(negative, _mm_mul_ps(x.v, alpha.v)), _mm_andnot_ps(negative, x.v))};
}

CORR2D_INLINE void transposeInLanes(Vec<float>* v) { _MM_TRANSPOSE4_PS(v[0].v, v[1].v, v[2].v, v[3].v); }
CORR2D_INLINE Vec<float> next(Vec<float> v, const float* x, const Runs&) {
  const __m128 moved = _mm_shuffle_ps(v.v, v.v, 0x39);
  return {_mm_shuffle_ps(moved, _mm_shuffle_ps(moved, _mm_load_ss(x), 0x0a), 0x84)};
}
CORR2D_INLINE void deinterleave(const float* p, Vec<float> (&phases)[4]) {
  __m128 a = _mm_loadu_ps(p), b = _mm_loadu_ps(p + 4), c = _mm_loadu_ps(p + 8), d = _mm_loadu_ps(p + 12);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  phases[0].v = a;
  phases[1].v = b;
  phases[2].v = c;
  phases[3].v = d;
}

template <>
struct Vec<double> {
  static constexpr int width = 2;
  __m128d v;
  static CORR2D_INLINE Vec load(const double* p) { return {_mm_loadu_pd(p)}; }
  static CORR2D_INLINE Vec loadPartial(const double* p, int64_t n) { return loadThroughBuffer<Vec>(p, 0, n); }
  using Lanes = LaneRange;
  static CORR2D_INLINE Lanes lanes(int64_t a, int64_t b) { return {a, b}; }
  static CORR2D_INLINE Vec loadLanes(const double* p, Lanes l) { return loadThroughBuffer<Vec>(p, l.first, l.last); }
  CORR2D_INLINE void store(double* p) const { _mm_storeu_pd(p, v); }
  CORR2D_INLINE void storePartial(double* p, int64_t n) const { storeThroughBuffer(*this, p, n); }
  static CORR2D_INLINE Vec splat(double x) { return {_mm_set1_pd(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm_setzero_pd()}; }
};
CORR2D_INLINE Vec<double> multiplyAdd(Vec<double> a, Vec<double> b, Vec<double> c) {
  return {_mm_add_pd(_mm_mul_pd(a.v, b.v), c.v)};
}
CORR2D_INLINE Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm_add_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm_sub_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm_mul_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm_div_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> even(Vec<double> a, Vec<double> b) { return {_mm_unpacklo_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> odd(Vec<double> a, Vec<double> b) { return {_mm_unpackhi_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm_max_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm_min_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> greatest(Vec<double> a, Vec<double> b) {
  const __m128d nan = _mm_cmpunord_pd(a.v, a.v);
  return {_mm_or_pd(_mm_and_pd(nan, a.v), _mm_andnot_pd(nan, _mm_max_pd(a.v, b.v)))};
}
CORR2D_INLINE Vec<double> whereGreater(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
  const __m128d mask = _mm_or_pd(_mm_cmpgt_pd(b.v, a.v), _mm_cmpunord_pd(b.v, b.v));
  return {_mm_or_pd(_mm_and_pd(mask, x.v), _mm_andnot_pd(mask, y.v))};
}
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  const __m128d negative = _mm_cmplt_pd(x.v, _mm_setzero_pd());
  return {_mm_or_pd(_mm_and_pd(negative, _mm_mul_pd(x.v, alpha.v)), _mm_andnot_pd(negative, x.v))};
}
CORR2D_INLINE void transposeInLanes(Vec<double>* v) {
  const __m128d a = v[0].v;
  v[0].v = _mm_unpacklo_pd(a, v[1].v);
  v[1].v = _mm_unpackhi_pd(a, v[1].v);
}

}  // namespace
}  // namespace corr2d
