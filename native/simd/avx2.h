// SPDX-License-Identifier: MIT
// simd.h includes this file, which defines its vocabulary for AVX2 and FMA.
#pragma once
#include <immintrin.h>

namespace corr2d {
namespace {

struct Tile {
  static constexpr int outputs = 4, vectors = 3, pixels = 6, rows = 4;
};

template <>
struct Vec<float> {
  static constexpr int width = 8;
  __m256 v;
  static CORR2D_INLINE __m256i mask(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static CORR2D_INLINE Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static CORR2D_INLINE Vec loadPartial(const float* p, int64_t n) { return {_mm256_maskload_ps(p, mask(n))}; }
  using Lanes = __m256i;
  static CORR2D_INLINE Lanes lanes(int64_t a, int64_t b) { return _mm256_andnot_si256(mask(a), mask(b)); }
  static CORR2D_INLINE Vec loadLanes(const float* p, Lanes l) { return {_mm256_maskload_ps(p, l)}; }
  CORR2D_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }
  CORR2D_INLINE void storePartial(float* p, int64_t n) const { _mm256_maskstore_ps(p, mask(n), v); }
  static CORR2D_INLINE Vec splat(float x) { return {_mm256_set1_ps(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm256_setzero_ps()}; }
};
CORR2D_INLINE Vec<float> multiplyAdd(Vec<float> a, Vec<float> b, Vec<float> c) {
  return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
CORR2D_INLINE Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm256_add_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm256_sub_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm256_mul_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm256_div_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> even(Vec<float> a, Vec<float> b) {
  const __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a.v, b.v, 0x88));
  return {_mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xd8))};
}
CORR2D_INLINE Vec<float> odd(Vec<float> a, Vec<float> b) {
  const __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a.v, b.v, 0xdd));
  return {_mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xd8))};
}
CORR2D_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm256_max_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm256_min_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> greatest(Vec<float> a, Vec<float> b) {
  return {_mm256_blendv_ps(_mm256_max_ps(a.v, b.v), a.v, _mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q))};
}
CORR2D_INLINE Vec<float> whereGreater(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
  const __m256 mask = _mm256_or_ps(_mm256_cmp_ps(b.v, a.v, _CMP_GT_OQ), _mm256_cmp_ps(b.v, b.v, _CMP_UNORD_Q));
  return {_mm256_blendv_ps(y.v, x.v, mask)};
}
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  return {_mm256_blendv_ps(x.v, _mm256_mul_ps(x.v, alpha.v),
                           _mm256_cmp_ps(x.v, _mm256_setzero_ps(), _CMP_LT_OQ))};
}

// This works as for AVX-512, with two lanes of 128 bits.
CORR2D_INLINE void transposeInLanes(Vec<float>* v) {
  const __m256 a = _mm256_unpacklo_ps(v[0].v, v[1].v), b = _mm256_unpackhi_ps(v[0].v, v[1].v);
  const __m256 c = _mm256_unpacklo_ps(v[2].v, v[3].v), d = _mm256_unpackhi_ps(v[2].v, v[3].v);
  v[0].v = _mm256_shuffle_ps(a, c, 0x44);
  v[1].v = _mm256_shuffle_ps(a, c, 0xee);
  v[2].v = _mm256_shuffle_ps(b, d, 0x44);
  v[3].v = _mm256_shuffle_ps(b, d, 0xee);
}
CORR2D_INLINE void transposeLanes(Vec<float> (&v)[2]) {
  const __m256 a = v[0].v;
  v[0].v = _mm256_permute2f128_ps(a, v[1].v, 0x20);
  v[1].v = _mm256_permute2f128_ps(a, v[1].v, 0x31);
}
CORR2D_INLINE void deinterleave(const float* p, Vec<float> (&phases)[4]) {
  __m256 q[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    q[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p + 4 * i)), _mm_loadu_ps(p + 16 + 4 * i), 1);
  }
  const __m256 a = _mm256_unpacklo_ps(q[0], q[1]), b = _mm256_unpackhi_ps(q[0], q[1]);
  const __m256 c = _mm256_unpacklo_ps(q[2], q[3]), d = _mm256_unpackhi_ps(q[2], q[3]);
  phases[0].v = _mm256_shuffle_ps(a, c, 0x44);
  phases[1].v = _mm256_shuffle_ps(a, c, 0xee);
  phases[2].v = _mm256_shuffle_ps(b, d, 0x44);
  phases[3].v = _mm256_shuffle_ps(b, d, 0xee);
}
struct Runs {
  __m256i nextLane, usedLane;
  __m256 ends;

  Runs(int64_t lanes, int64_t count) {
    int32_t nexts[8], used[8] = {}, last[8];
    for (int64_t i = 0, to = 0; i < 8; i++) {
      nexts[i] = static_cast<int32_t>((i + 1) % 8);
      last[i] = i % lanes == lanes - 1 ? -1 : 0;
      if (i % lanes < count) used[to++] = static_cast<int32_t>(i);
    }
    nextLane = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(nexts));
    usedLane = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(used));
    ends = _mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(last)));
  }
};
CORR2D_INLINE Vec<float> next(Vec<float> v, const float* x, const Runs& runs) {
  return {_mm256_blendv_ps(_mm256_permutevar8x32_ps(v.v, runs.nextLane), _mm256_set1_ps(*x), runs.ends)};
}
CORR2D_INLINE Vec<float> joined(Vec<float> v, const Runs& runs) {
  return {_mm256_permutevar8x32_ps(v.v, runs.usedLane)};
}

template <>
struct Vec<double> {
  static constexpr int width = 4;
  __m256d v;
  static CORR2D_INLINE __m256i mask(int64_t n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
  }
  static CORR2D_INLINE Vec load(const double* p) { return {_mm256_loadu_pd(p)}; }
  static CORR2D_INLINE Vec loadPartial(const double* p, int64_t n) { return {_mm256_maskload_pd(p, mask(n))}; }
  using Lanes = __m256i;
  static CORR2D_INLINE Lanes lanes(int64_t a, int64_t b) { return _mm256_andnot_si256(mask(a), mask(b)); }
  static CORR2D_INLINE Vec loadLanes(const double* p, Lanes l) { return {_mm256_maskload_pd(p, l)}; }
  CORR2D_INLINE void store(double* p) const { _mm256_storeu_pd(p, v); }
  CORR2D_INLINE void storePartial(double* p, int64_t n) const { _mm256_maskstore_pd(p, mask(n), v); }
  static CORR2D_INLINE Vec splat(double x) { return {_mm256_set1_pd(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm256_setzero_pd()}; }
};
CORR2D_INLINE Vec<double> multiplyAdd(Vec<double> a, Vec<double> b, Vec<double> c) {
  return {_mm256_fmadd_pd(a.v, b.v, c.v)};
}
CORR2D_INLINE Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm256_add_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm256_sub_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm256_mul_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm256_div_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> even(Vec<double> a, Vec<double> b) {
  return {_mm256_permute4x64_pd(_mm256_unpacklo_pd(a.v, b.v), 0xd8)};
}
CORR2D_INLINE Vec<double> odd(Vec<double> a, Vec<double> b) {
  return {_mm256_permute4x64_pd(_mm256_unpackhi_pd(a.v, b.v), 0xd8)};
}
CORR2D_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm256_max_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm256_min_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> greatest(Vec<double> a, Vec<double> b) {
  return {_mm256_blendv_pd(_mm256_max_pd(a.v, b.v), a.v, _mm256_cmp_pd(a.v, a.v, _CMP_UNORD_Q))};
}
CORR2D_INLINE Vec<double> whereGreater(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
  const __m256d mask = _mm256_or_pd(_mm256_cmp_pd(b.v, a.v, _CMP_GT_OQ), _mm256_cmp_pd(b.v, b.v, _CMP_UNORD_Q));
  return {_mm256_blendv_pd(y.v, x.v, mask)};
}
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  return {_mm256_blendv_pd(x.v, _mm256_mul_pd(x.v, alpha.v),
                           _mm256_cmp_pd(x.v, _mm256_setzero_pd(), _CMP_LT_OQ))};
}
CORR2D_INLINE void transposeInLanes(Vec<double>* v) {
  const __m256d a = v[0].v;
  v[0].v = _mm256_unpacklo_pd(a, v[1].v);
  v[1].v = _mm256_unpackhi_pd(a, v[1].v);
}
CORR2D_INLINE void transposeLanes(Vec<double> (&v)[2]) {
  const __m256d a = v[0].v;
  v[0].v = _mm256_permute2f128_pd(a, v[1].v, 0x20);
  v[1].v = _mm256_permute2f128_pd(a, v[1].v, 0x31);
}

}  // namespace
}  // namespace corr2d
