// SPDX-License-Identifier: MIT
// The one vector vocabulary that every kernel is written in. An isa/*.cc defines one CORR2D_ISA_* before it includes
// this; everything has internal linkage, so that code compiled for one ISA is never linked into another.
//
//   Vec<T>::width           elements in a vector
//   load, loadPartial       from p[0, width), p[0, n); the other lanes are 0
//   store, storePartial     to p[0, width), p[0, n)
//   splat, zero             one value in all lanes
//   multiplyAdd(a, b, c)    a * b + c, fused where the ISA has it
//   max(a, b), min(a, b)    b where either is NaN
//   leaky(x, alpha)         x < 0 ? alpha * x : x
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
// vectors: `outputs` x `vectors` for pixels in vectors, `pixels` x 2 for output channels in vectors.
struct Tile {
#if defined(CORR2D_ISA_AVX512) || defined(CORR2D_ISA_NEON)
  static constexpr int outputs = 8, vectors = 3, pixels = 14;
#elif defined(CORR2D_ISA_AVX2)
  static constexpr int outputs = 4, vectors = 3, pixels = 6;
#else
  static constexpr int outputs = 4, vectors = 2, pixels = 4;
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
  CORR2D_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }
  CORR2D_INLINE void storePartial(float* p, int64_t n) const { _mm512_mask_storeu_ps(p, mask(n), v); }
  static CORR2D_INLINE Vec splat(float x) { return {_mm512_set1_ps(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm512_setzero_ps()}; }
};
CORR2D_INLINE Vec<float> multiplyAdd(Vec<float> a, Vec<float> b, Vec<float> c) {
  return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
CORR2D_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm512_max_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm512_min_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  return {_mm512_mask_mul_ps(x.v, _mm512_cmp_ps_mask(x.v, _mm512_setzero_ps(), _CMP_LT_OQ), x.v, alpha.v)};
}

template <>
struct Vec<double> {
  static constexpr int width = 8;
  __m512d v;
  static CORR2D_INLINE __mmask8 mask(int64_t n) { return static_cast<__mmask8>((1u << n) - 1); }
  static CORR2D_INLINE Vec load(const double* p) { return {_mm512_loadu_pd(p)}; }
  static CORR2D_INLINE Vec loadPartial(const double* p, int64_t n) { return {_mm512_maskz_loadu_pd(mask(n), p)}; }
  CORR2D_INLINE void store(double* p) const { _mm512_storeu_pd(p, v); }
  CORR2D_INLINE void storePartial(double* p, int64_t n) const { _mm512_mask_storeu_pd(p, mask(n), v); }
  static CORR2D_INLINE Vec splat(double x) { return {_mm512_set1_pd(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm512_setzero_pd()}; }
};
CORR2D_INLINE Vec<double> multiplyAdd(Vec<double> a, Vec<double> b, Vec<double> c) {
  return {_mm512_fmadd_pd(a.v, b.v, c.v)};
}
CORR2D_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm512_max_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm512_min_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  return {_mm512_mask_mul_pd(x.v, _mm512_cmp_pd_mask(x.v, _mm512_setzero_pd(), _CMP_LT_OQ), x.v, alpha.v)};
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
  CORR2D_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }
  CORR2D_INLINE void storePartial(float* p, int64_t n) const { _mm256_maskstore_ps(p, mask(n), v); }
  static CORR2D_INLINE Vec splat(float x) { return {_mm256_set1_ps(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm256_setzero_ps()}; }
};
CORR2D_INLINE Vec<float> multiplyAdd(Vec<float> a, Vec<float> b, Vec<float> c) {
  return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
CORR2D_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm256_max_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm256_min_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  return {_mm256_blendv_ps(x.v, _mm256_mul_ps(x.v, alpha.v),
                           _mm256_cmp_ps(x.v, _mm256_setzero_ps(), _CMP_LT_OQ))};
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
  CORR2D_INLINE void store(double* p) const { _mm256_storeu_pd(p, v); }
  CORR2D_INLINE void storePartial(double* p, int64_t n) const { _mm256_maskstore_pd(p, mask(n), v); }
  static CORR2D_INLINE Vec splat(double x) { return {_mm256_set1_pd(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm256_setzero_pd()}; }
};
CORR2D_INLINE Vec<double> multiplyAdd(Vec<double> a, Vec<double> b, Vec<double> c) {
  return {_mm256_fmadd_pd(a.v, b.v, c.v)};
}
CORR2D_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm256_max_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm256_min_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  return {_mm256_blendv_pd(x.v, _mm256_mul_pd(x.v, alpha.v),
                           _mm256_cmp_pd(x.v, _mm256_setzero_pd(), _CMP_LT_OQ))};
}

#else

// Neither SSE2 nor NEON has masked memory operations.
template <class V, class T>
CORR2D_INLINE V loadThroughBuffer(const T* p, int64_t n) {
  T lanes[V::width] = {};
  memcpy(lanes, p, static_cast<size_t>(n) * sizeof(T));
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
  static CORR2D_INLINE Vec loadPartial(const float* p, int64_t n) { return loadThroughBuffer<Vec>(p, n); }
  CORR2D_INLINE void store(float* p) const { _mm_storeu_ps(p, v); }
  CORR2D_INLINE void storePartial(float* p, int64_t n) const { storeThroughBuffer(*this, p, n); }
  static CORR2D_INLINE Vec splat(float x) { return {_mm_set1_ps(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm_setzero_ps()}; }
};
CORR2D_INLINE Vec<float> multiplyAdd(Vec<float> a, Vec<float> b, Vec<float> c) {
  return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)};
}
CORR2D_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return {_mm_max_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return {_mm_min_ps(a.v, b.v)}; }
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  const __m128 negative = _mm_cmplt_ps(x.v, _mm_setzero_ps());
  return {_mm_or_ps(_mm_and_ps(negative, _mm_mul_ps(x.v, alpha.v)), _mm_andnot_ps(negative, x.v))};
}

template <>
struct Vec<double> {
  static constexpr int width = 2;
  __m128d v;
  static CORR2D_INLINE Vec load(const double* p) { return {_mm_loadu_pd(p)}; }
  static CORR2D_INLINE Vec loadPartial(const double* p, int64_t n) { return loadThroughBuffer<Vec>(p, n); }
  CORR2D_INLINE void store(double* p) const { _mm_storeu_pd(p, v); }
  CORR2D_INLINE void storePartial(double* p, int64_t n) const { storeThroughBuffer(*this, p, n); }
  static CORR2D_INLINE Vec splat(double x) { return {_mm_set1_pd(x)}; }
  static CORR2D_INLINE Vec zero() { return {_mm_setzero_pd()}; }
};
CORR2D_INLINE Vec<double> multiplyAdd(Vec<double> a, Vec<double> b, Vec<double> c) {
  return {_mm_add_pd(_mm_mul_pd(a.v, b.v), c.v)};
}
CORR2D_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return {_mm_max_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return {_mm_min_pd(a.v, b.v)}; }
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  const __m128d negative = _mm_cmplt_pd(x.v, _mm_setzero_pd());
  return {_mm_or_pd(_mm_and_pd(negative, _mm_mul_pd(x.v, alpha.v)), _mm_andnot_pd(negative, x.v))};
}

#elif defined(CORR2D_ISA_NEON)

template <>
struct Vec<float> {
  static constexpr int width = 4;
  float32x4_t v;
  static CORR2D_INLINE Vec load(const float* p) { return {vld1q_f32(p)}; }
  static CORR2D_INLINE Vec loadPartial(const float* p, int64_t n) { return loadThroughBuffer<Vec>(p, n); }
  CORR2D_INLINE void store(float* p) const { vst1q_f32(p, v); }
  CORR2D_INLINE void storePartial(float* p, int64_t n) const { storeThroughBuffer(*this, p, n); }
  static CORR2D_INLINE Vec splat(float x) { return {vdupq_n_f32(x)}; }
  static CORR2D_INLINE Vec zero() { return {vdupq_n_f32(0)}; }
};
CORR2D_INLINE Vec<float> multiplyAdd(Vec<float> a, Vec<float> b, Vec<float> c) {
  return {vfmaq_f32(c.v, a.v, b.v)};
}
// NEON's own maximum and minimum return NaN where either operand is one, which serves as well.
CORR2D_INLINE Vec<float> max(Vec<float> a, Vec<float> b) { return {vmaxq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> min(Vec<float> a, Vec<float> b) { return {vminq_f32(a.v, b.v)}; }
CORR2D_INLINE Vec<float> leaky(Vec<float> x, Vec<float> alpha) {
  return {vbslq_f32(vcltzq_f32(x.v), vmulq_f32(x.v, alpha.v), x.v)};
}

template <>
struct Vec<double> {
  static constexpr int width = 2;
  float64x2_t v;
  static CORR2D_INLINE Vec load(const double* p) { return {vld1q_f64(p)}; }
  static CORR2D_INLINE Vec loadPartial(const double* p, int64_t n) { return loadThroughBuffer<Vec>(p, n); }
  CORR2D_INLINE void store(double* p) const { vst1q_f64(p, v); }
  CORR2D_INLINE void storePartial(double* p, int64_t n) const { storeThroughBuffer(*this, p, n); }
  static CORR2D_INLINE Vec splat(double x) { return {vdupq_n_f64(x)}; }
  static CORR2D_INLINE Vec zero() { return {vdupq_n_f64(0)}; }
};
CORR2D_INLINE Vec<double> multiplyAdd(Vec<double> a, Vec<double> b, Vec<double> c) {
  return {vfmaq_f64(c.v, a.v, b.v)};
}
CORR2D_INLINE Vec<double> max(Vec<double> a, Vec<double> b) { return {vmaxq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> min(Vec<double> a, Vec<double> b) { return {vminq_f64(a.v, b.v)}; }
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  return {vbslq_f64(vcltzq_f64(x.v), vmulq_f64(x.v, alpha.v), x.v)};
}

#endif
#endif

}  // namespace
}  // namespace corr2d
