// SPDX-License-Identifier: MIT
// simd.h includes this file, which defines its vocabulary for NEON.
#pragma once
#include <arm_neon.h>

#include "narrow.h"

namespace corr2d {
namespace {

struct Tile {
  static constexpr int outputs = 8, vectors = 3, pixels = 14, rows = 7;
};

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
CORR2D_INLINE Vec<float> whereGreater(Vec<float> a, Vec<float> b, Vec<float> x, Vec<float> y) {
  return {vbslq_f32(vornq_u32(vcgtq_f32(b.v, a.v), vceqq_f32(b.v, b.v)), x.v, y.v)};
}
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
CORR2D_INLINE Vec<float> next(Vec<float> v, const float* x, const Runs&) {
  return {vextq_f32(v.v, vdupq_n_f32(*x), 1)};
}
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
CORR2D_INLINE Vec<double> whereGreater(Vec<double> a, Vec<double> b, Vec<double> x, Vec<double> y) {
  return {vbslq_f64(vornq_u64(vcgtq_f64(b.v, a.v), vceqq_f64(b.v, b.v)), x.v, y.v)};
}
CORR2D_INLINE Vec<double> leaky(Vec<double> x, Vec<double> alpha) {
  return {vbslq_f64(vcltzq_f64(x.v), vmulq_f64(x.v, alpha.v), x.v)};
}
CORR2D_INLINE void transposeInLanes(Vec<double>* v) {
  const float64x2_t a = v[0].v;
  v[0].v = vzip1q_f64(a, v[1].v);
  v[1].v = vzip2q_f64(a, v[1].v);
}

}  // namespace
}  // namespace corr2d
