// SPDX-License-Identifier: MIT
// The one vector vocabulary that every kernel is written in. An isa/*.cc defines one CORR2D_ISA_* before it includes
// this; everything has internal linkage, so that code compiled for one ISA is never linked into another.
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

#if defined(CORR2D_ISA_AVX512) || defined(CORR2D_ISA_AVX2) || defined(CORR2D_ISA_SSE2)
#include <immintrin.h>
#elif defined(CORR2D_ISA_NEON)
#include <arm_neon.h>
#endif

#define CORR2D_INLINE inline __attribute__((always_inline))
#define CORR2D_LAMBDA_INLINE __attribute__((always_inline))

namespace corr2d {
namespace {

template <class T>
struct Vec;

// Register tiles that fill this ISA's registers without spilling. Rows of a tile are broadcast operands, columns are
// vectors: `outputs` x `vectors` for pixels in vectors, `pixels` x 2 for output channels in vectors; depthwise sums up
// `rows` vectors beside 9 of weights.
struct Tile {
#if defined(CORR2D_ISA_AVX512) || defined(CORR2D_ISA_NEON)
  static constexpr int outputs = 8, vectors = 3, pixels = 14, rows = 7;
#elif defined(CORR2D_ISA_AVX2)
  static constexpr int outputs = 4, vectors = 3, pixels = 6, rows = 4;
#else
  static constexpr int outputs = 4, vectors = 2, pixels = 4, rows = 4;
#endif
};

#if defined(CORR2D_ISA_AVX512)

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
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  return {_mm512_mask_mul_ps(x.v, _mm512_cmp_ps_mask(x.v, _mm512_setzero_ps(), _CMP_LT_OQ), x.v, alpha.v)};
}

// Within each 128-bit lane the transpose of its four elements in four vectors; lane l of vector j then is of column
// 4 * l + j.
CORR2D_INLINE void transposeInLanes(Vec<float>* v) {
  const __m512 a = _mm512_unpacklo_ps(v[0].v, v[1].v), b = _mm512_unpackhi_ps(v[0].v, v[1].v);
  const __m512 c = _mm512_unpacklo_ps(v[2].v, v[3].v), d = _mm512_unpackhi_ps(v[2].v, v[3].v);
  v[0].v = _mm512_shuffle_ps(a, c, 0x44);
  v[1].v = _mm512_shuffle_ps(a, c, 0xee);
  v[2].v = _mm512_shuffle_ps(b, d, 0x44);
  v[3].v = _mm512_shuffle_ps(b, d, 0xee);
}
// 128-bit lane l of vector i goes to lane i of vector l.
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

#elif defined(CORR2D_ISA_AVX2)

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
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  return {_mm256_blendv_ps(x.v, _mm256_mul_ps(x.v, alpha.v),
                           _mm256_cmp_ps(x.v, _mm256_setzero_ps(), _CMP_LT_OQ))};
}

// As for AVX-512, with two lanes.
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

#else

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

#if defined(CORR2D_ISA_SSE2)

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
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  const __m128 negative = _mm_cmplt_ps(x.v, _mm_setzero_ps());
  return {_mm_or_ps(_mm_and_ps(negative, _mm_mul_ps(x.v, alpha.v)), _mm_andnot_ps(negative, x.v))};
}

CORR2D_INLINE void transposeInLanes(Vec<float>* v) { _MM_TRANSPOSE4_PS(v[0].v, v[1].v, v[2].v, v[3].v); }
CORR2D_INLINE Vec<float> withNext(Vec<float> v, const float* x) {
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
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  const __m128d negative = _mm_cmplt_pd(x.v, _mm_setzero_pd());
  return {_mm_or_pd(_mm_and_pd(negative, _mm_mul_pd(x.v, alpha.v)), _mm_andnot_pd(negative, x.v))};
}
CORR2D_INLINE void transposeInLanes(Vec<double>* v) {
  const __m128d a = v[0].v;
  v[0].v = _mm_unpacklo_pd(a, v[1].v);
  v[1].v = _mm_unpackhi_pd(a, v[1].v);
}

#elif defined(CORR2D_ISA_NEON)

template <>
struct Vec<float> {
  static constexpr int width = 4;
  float32x4_t v;
  static CORR2D_INLINE Vec load(const float* p) { return {vld1q_f32(p)}; }
  static CORR2D_INLINE Vec loadPartial(const float* p, int64_t n) { return loadThroughBuffer<Vec>(p, 0, n); }
  using Lanes = LaneRange;
  static CORR2D_INLINE Lanes lanes(int64_t a, int64_t b) { return {a, b}; }
  static CORR2D_INLINE Vec loadLanes(const float* p, Lanes l) { return loadThroughBuffer<Vec>(p, l.first, l.last); }
  CORR2D_INLINE void store(float* p) const { vst1q_f32(p, v); }
  CORR2D_INLINE void storePartial(float* p, int64_t n) const { storeThroughBuffer(*this, p, n); }
  static CORR2D_INLINE Vec splat(float x) { return {vdupq_n_f32(x)}; }
  static CORR2D_INLINE Vec zero() { return {vdupq_n_f32(0)}; }
};
CORR2D_INLINE Vec<float> multiplyAdd(Vec<float> a, Vec<float> b, Vec<float> c) {
  return {vfmaq_f32(c.v, a.v, b.v)};
}
CORR2D_INLINE Vec<float> operator+(Vec<float> a, Vec<float> b) { return {vaddq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator-(Vec<float> a, Vec<float> b) { return {vsubq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator*(Vec<float> a, Vec<float> b) { return {vmulq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> operator/(Vec<float> a, Vec<float> b) { return {vdivq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> even(Vec<float> a, Vec<float> b) { return {vuzp1q_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> odd(Vec<float> a, Vec<float> b) { return {vuzp2q_f32(a.v, b.v)}; }
// NEON's own maximum and minimum return NaN where either operand is one, which serves as well.
CORR2D_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return {vmaxq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return {vminq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> greatest(Vec<float> a, Vec<float> b) { return {vmaxq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  return {vbslq_f32(vcltzq_f32(x.v), vmulq_f32(x.v, alpha.v), x.v)};
}

CORR2D_INLINE void transposeInLanes(Vec<float>* v) {
  const float32x4x2_t ab = vtrnq_f32(v[0].v, v[1].v), cd = vtrnq_f32(v[2].v, v[3].v);
  v[0].v = vcombine_f32(vget_low_f32(ab.val[0]), vget_low_f32(cd.val[0]));
  v[1].v = vcombine_f32(vget_low_f32(ab.val[1]), vget_low_f32(cd.val[1]));
  v[2].v = vcombine_f32(vget_high_f32(ab.val[0]), vget_high_f32(cd.val[0]));
  v[3].v = vcombine_f32(vget_high_f32(ab.val[1]), vget_high_f32(cd.val[1]));
}
CORR2D_INLINE Vec<float> withNext(Vec<float> v, const float* x) { return {vextq_f32(v.v, vdupq_n_f32(*x), 1)}; }
CORR2D_INLINE void deinterleave(const float* p, Vec<float> (&phases)[4]) {
  const float32x4x4_t loaded = vld4q_f32(p);
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) phases[i].v = loaded.val[i];
}

template <>
struct Vec<double> {
  static constexpr int width = 2;
  float64x2_t v;
  static CORR2D_INLINE Vec load(const double* p) { return {vld1q_f64(p)}; }
  static CORR2D_INLINE Vec loadPartial(const double* p, int64_t n) { return loadThroughBuffer<Vec>(p, 0, n); }
  using Lanes = LaneRange;
  static CORR2D_INLINE Lanes lanes(int64_t a, int64_t b) { return {a, b}; }
  static CORR2D_INLINE Vec loadLanes(const double* p, Lanes l) { return loadThroughBuffer<Vec>(p, l.first, l.last); }
  CORR2D_INLINE void store(double* p) const { vst1q_f64(p, v); }
  CORR2D_INLINE void storePartial(double* p, int64_t n) const { storeThroughBuffer(*this, p, n); }
  static CORR2D_INLINE Vec splat(double x) { return {vdupq_n_f64(x)}; }
  static CORR2D_INLINE Vec zero() { return {vdupq_n_f64(0)}; }
};
CORR2D_INLINE Vec<double> multiplyAdd(Vec<double> a, Vec<double> b, Vec<double> c) {
  return {vfmaq_f64(c.v, a.v, b.v)};
}
CORR2D_INLINE Vec<double> operator+(Vec<double> a, Vec<double> b) { return {vaddq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator-(Vec<double> a, Vec<double> b) { return {vsubq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator*(Vec<double> a, Vec<double> b) { return {vmulq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> operator/(Vec<double> a, Vec<double> b) { return {vdivq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> even(Vec<double> a, Vec<double> b) { return {vuzp1q_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> odd(Vec<double> a, Vec<double> b) { return {vuzp2q_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return {vmaxq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return {vminq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> greatest(Vec<double> a, Vec<double> b) { return {vmaxq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  return {vbslq_f64(vcltzq_f64(x.v), vmulq_f64(x.v, alpha.v), x.v)};
}
CORR2D_INLINE void transposeInLanes(Vec<double>* v) {
  const float64x2_t a = v[0].v;
  v[0].v = vzip1q_f64(a, v[1].v);
  v[1].v = vzip2q_f64(a, v[1].v);
}

#endif

// Vectors of one 128-bit lane are never cut.
template <class T>
CORR2D_INLINE void transposeLanes(Vec<T> (&)[1]) {}
struct Runs {
  Runs(int64_t, int64_t) {}
};
CORR2D_INLINE Vec<float> next(Vec<float> v, const float* x, const Runs&) { return withNext(v, x); }
CORR2D_INLINE Vec<float> joined(Vec<float> v, const Runs&) { return v; }

#endif

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
