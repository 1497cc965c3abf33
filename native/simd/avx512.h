// SPDX-License-Identifier: MIT
// simd.h includes this file, which defines its vocabulary for AVX-512.
#pragma once
#include <immintrin.h>

namespace corr2d {
namespace {

struct Tile {
  static constexpr int outputs = 8, vectors = 3, pixels = 14, rows = 7;
};

template <>
struct Vec<float> {
  static constexpr int width = 16;
  __m512 v;
  static CORR2D_INLINE __mmask16 mask(int64_t n) { return static_cast<__mmask16>((1u << n) - 1); }
  static CORR2D_INLINE Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static CORR2D_INLINE Vec loadPartial(const float* p, int64_t n) { return {_mm512_maskz_loadu_ps(mask(n), p)}; }
  using Lanes = __mmask16;
  static CORR2D_INLINE Lanes lanes(int64_t a, int64_t b) { return static_cast<Lanes>(mask(b) & ~mask(a)); }
  static CORR2D_INLINE Vec loadLanes(const float* p, Lanes l) { return {_mm512_maskz_loadu_ps(l, p)}; }
  CORR2D_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }
  CORR2D_INLINE void storePartial(float* p, int64_t n) const { _mm512_mask_storeu_ps(p, mask(n), v); }
  static CORR2D_INLINE Vec splat(float x) { return {_mm512_set1_ps(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm512_setzero_ps()}; }
};
CORR2D_INLINE Vec<float> multiplyAdd(Vec<float> a, Vec<float> b, Vec<float> c) {
  return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
CORR2D_INLINE Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm512_add_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm512_sub_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm512_mul_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm512_div_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> even(Vec<float> a, Vec<float> b) {
  const __m512i places = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return {_mm512_permutex2var_ps(a.v, places, b.v)};
}
CORR2D_INLINE Vec<float> odd(Vec<float> a, Vec<float> b) {
  const __m512i places = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return {_mm512_permutex2var_ps(a.v, places, b.v)};
}
CORR2D_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm512_max_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm512_min_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> greatest(Vec<float> a, Vec<float> b) {
  return {_mm512_mask_max_ps(a.v, _mm512_cmp_ps_mask(a.v, a.v, _CMP_ORD_Q), a.v, b.v)};
}
CORR2D_INLINE Vec<float> whereGreater(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
  const __mmask16 mask = _mm512_cmp_ps_mask(b.v, a.v, _CMP_GT_OQ) | _mm512_cmp_ps_mask(b.v, b.v, _CMP_UNORD_Q);
  return {_mm512_mask_blend_ps(mask, y.v, x.v)};
}
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  return {_mm512_mask_mul_ps(x.v, _mm512_cmp_ps_mask(x.v, _mm512_setzero_ps(), _CMP_LT_OQ), x.v, alpha.v)};
}

// Each 128-bit lane of four vectors is transposed on its own; lane l of vector j then has column
// 4 * l + j.
CORR2D_INLINE void transposeInLanes(Vec<float>* v) {
  const __m512 a = _mm512_unpacklo_ps(v[0].v, v[1].v), b = _mm512_unpackhi_ps(v[0].v, v[1].v);
  const __m512 c = _mm512_unpacklo_ps(v[2].v, v[3].v), d = _mm512_unpackhi_ps(v[2].v, v[3].v);
  v[0].v = _mm512_shuffle_ps(a, c, 0x44);
  v[1].v = _mm512_shuffle_ps(a, c, 0xee);
  v[2].v = _mm512_shuffle_ps(b, d, 0x44);
  v[3].v = _mm512_shuffle_ps(b, d, 0xee);
}
// Then 128-bit lane l of vector i goes to lane i of vector l.
CORR2D_INLINE void transposeLanes(Vec<float> (&v)[4]) {
  const __m512 a = _mm512_shuffle_f32x4(v[0].v, v[1].v, 0x44), b = _mm512_shuffle_f32x4(v[0].v, v[1].v, 0xee);
  const __m512 c = _mm512_shuffle_f32x4(v[2].v, v[3].v, 0x44), d = _mm512_shuffle_f32x4(v[2].v, v[3].v, 0xee);
  v[0].v = _mm512_shuffle_f32x4(a, c, 0x88);
  v[1].v = _mm512_shuffle_f32x4(a, c, 0xdd);
  v[2].v = _mm512_shuffle_f32x4(b, d, 0x88);
  v[3].v = _mm512_shuffle_f32x4(b, d, 0xdd);
}
CORR2D_INLINE void deinterleave(const float* p, Vec<float> (&phases)[4]) {
  const __m512i first = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
  const __m512i second = _mm512_setr_epi32(2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
  const __m512 a = _mm512_loadu_ps(p), b = _mm512_loadu_ps(p + 16);
  const __m512 c = _mm512_loadu_ps(p + 32), d = _mm512_loadu_ps(p + 48);
  const __m512 ab01 = _mm512_permutex2var_ps(a, first, b), ab23 = _mm512_permutex2var_ps(a, second, b);
  const __m512 cd01 = _mm512_permutex2var_ps(c, first, d), cd23 = _mm512_permutex2var_ps(c, second, d);
  phases[0].v = _mm512_shuffle_f32x4(ab01, cd01, 0x44);
  phases[1].v = _mm512_shuffle_f32x4(ab01, cd01, 0xee);
  phases[2].v = _mm512_shuffle_f32x4(ab23, cd23, 0x44);
  phases[3].v = _mm512_shuffle_f32x4(ab23, cd23, 0xee);
}
struct Runs {
  __m512i nextLane, usedLane;

  Runs(int64_t lanes, int64_t count) {
    int32_t nexts[16], used[16] = {};
    for (int64_t i = 0; i < 16; i++) nexts[i] = static_cast<int32_t>(i % lanes == lanes - 1 ? 16 : i + 1);
    for (int64_t i = 0, to = 0; i < 16; i++) {
      if (i % lanes < count) used[to++] = static_cast<int32_t>(i);
    }
    nextLane = _mm512_loadu_si512(nexts);
    usedLane = _mm512_loadu_si512(used);
  }
};
CORR2D_INLINE Vec<float> next(Vec<float> v, const float* x, const Runs& runs) {
  return {_mm512_permutex2var_ps(v.v, runs.nextLane, _mm512_set1_ps(*x))};
}
CORR2D_INLINE Vec<float> joined(Vec<float> v, const Runs& runs) {
  return {_mm512_permutexvar_ps(runs.usedLane, v.v)};
}

template <>
struct Vec<double> {
  static constexpr int width = 8;
  __m512d v;
  static CORR2D_INLINE __mmask8 mask(int64_t n) { return static_cast<__mmask8>((1u << n) - 1); }
  static CORR2D_INLINE Vec load(const double* p) { return {_mm512_loadu_pd(p)}; }
  static CORR2D_INLINE Vec loadPartial(const double* p, int64_t n) { return {_mm512_maskz_loadu_pd(mask(n), p)}; }
  using Lanes = __mmask8;
  static CORR2D_INLINE Lanes lanes(int64_t a, int64_t b) { return static_cast<Lanes>(mask(b) & ~mask(a)); }
  static CORR2D_INLINE Vec loadLanes(const double* p, Lanes l) { return {_mm512_maskz_loadu_pd(l, p)}; }
  CORR2D_INLINE void store(double* p) const { _mm512_storeu_pd(p, v); }
  CORR2D_INLINE void storePartial(double* p, int64_t n) const { _mm512_mask_storeu_pd(p, mask(n), v); }
  static CORR2D_INLINE Vec splat(double x) { return {_mm512_set1_pd(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm512_setzero_pd()}; }
};
CORR2D_INLINE Vec<double> multiplyAdd(Vec<double> a, Vec<double> b, Vec<double> c) {
  return {_mm512_fmadd_pd(a.v, b.v, c.v)};
}
CORR2D_INLINE Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm512_add_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm512_sub_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm512_mul_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm512_div_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> even(Vec<double> a, Vec<double> b) {
  return {_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), b.v)};
}
CORR2D_INLINE Vec<double> odd(Vec<double> a, Vec<double> b) {
  return {_mm512_permutex2var_pd(a.v, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), b.v)};
}
CORR2D_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm512_max_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm512_min_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> greatest(Vec<double> a, Vec<double> b) {
  return {_mm512_mask_max_pd(a.v, _mm512_cmp_pd_mask(a.v, a.v, _CMP_ORD_Q), a.v, b.v)};
}
CORR2D_INLINE Vec<double> whereGreater(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
  const __mmask8 mask = _mm512_cmp_pd_mask(b.v, a.v, _CMP_GT_OQ) | _mm512_cmp_pd_mask(b.v, b.v, _CMP_UNORD_Q);
  return {_mm512_mask_blend_pd(mask, y.v, x.v)};
}
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  return {_mm512_mask_mul_pd(x.v, _mm512_cmp_pd_mask(x.v, _mm512_setzero_pd(), _CMP_LT_OQ), x.v, alpha.v)};
}
CORR2D_INLINE void transposeInLanes(Vec<double>* v) {
  const __m512d a = v[0].v;
  v[0].v = _mm512_unpacklo_pd(a, v[1].v);
  v[1].v = _mm512_unpackhi_pd(a, v[1].v);
}
CORR2D_INLINE void transposeLanes(Vec<double> (&v)[4]) {
  const __m512d a = _mm512_shuffle_f64x2(v[0].v, v[1].v, 0x44), b = _mm512_shuffle_f64x2(v[0].v, v[1].v, 0xee);
  const __m512d c = _mm512_shuffle_f64x2(v[2].v, v[3].v, 0x44), d = _mm512_shuffle_f64x2(v[2].v, v[3].v, 0xee);
  v[0].v = _mm512_shuffle_f64x2(a, c, 0x88);
  v[1].v = _mm512_shuffle_f64x2(a, c, 0xdd);
  v[2].v = _mm512_shuffle_f64x2(b, d, 0x88);
  v[3].v = _mm512_shuffle_f64x2(b, d, 0xdd);
}

}  // namespace
}  // namespace corr2d
