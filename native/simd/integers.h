// SPDX-License-Identifier: MIT
// This is the vector vocabulary of the integer kernels. Input and weights lie in groups, 32 bits that hold neighbouring
// input channels of one pixel, or of one weight of each output channel. A group is 4 bytes with VNNI (CORR2D_VNNI),
// where input is unsigned, and 2 int16 without. A lane of Vec<int32_t> is a group or a sum of products.
//
//   kApart                  outputs whose weights for one channel of a group lie side by side
//   multiplyAdd(a, b, c)    c + the dot products of the groups in a and b; exact, wraps around at 32 bits
//   toFloat, toInteger      rounded to nearest, half to even
//   clamp(x, low, high)     x < low ? low : x, then the same upwards: a zero keeps its sign
//   storeBytes(x, p)        the low byte of each lane
//   sameBits(x)             an int32 as a float, and back
//   joinBytes(x)            the low bytes of 4 vectors, that of x[0] lowest
//   interleave(rows, ...)   groups of the channels that lie in some rows
//   widen(p, ...)           groups of channels that lie side by side
#pragma once
#include "../simd.h"

namespace corr2d {
namespace {

struct Group {
#if defined(CORR2D_VNNI)
  static constexpr int channels = 4;
#else
  static constexpr int channels = 2;
#endif
};

#if defined(CORR2D_ISA_AVX512)

template <>
struct Vec<int32_t> {
  static constexpr int width = 16;
  __m512i v;
  static CORR2D_INLINE Vec load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
  CORR2D_INLINE void store(int32_t* p) const { _mm512_storeu_si512(p, v); }
  CORR2D_INLINE void storePartial(int32_t* p, int64_t n) const;
  static CORR2D_INLINE Vec splat(int32_t x) { return {_mm512_set1_epi32(x)}; }
};
CORR2D_INLINE Vec<int32_t> operator+(Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_add_epi32(a.v, b.v)}; }
CORR2D_INLINE Vec<int32_t> max(Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_max_epi32(a.v, b.v)}; }
CORR2D_INLINE Vec<int32_t> multiplyAdd(Vec<int32_t> a, Vec<int32_t> b, Vec<int32_t> c) {
#if defined(CORR2D_VNNI)
  return {_mm512_dpbusd_epi32(c.v, a.v, b.v)};
#else
  return {_mm512_add_epi32(c.v, _mm512_madd_epi16(a.v, b.v))};
#endif
}
CORR2D_INLINE Vec<float> toFloat(Vec<int32_t> x) { return {_mm512_cvtepi32_ps(x.v)}; }
CORR2D_INLINE Vec<int32_t> toInteger(Vec<float> x) { return {_mm512_cvtps_epi32(x.v)}; }
CORR2D_INLINE void storeBytes(Vec<int32_t> x, uint8_t* p) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x.v));
}
CORR2D_INLINE Vec<int32_t> joinBytes(const Vec<int32_t> (&x)[4]) {
  const __m512i low = _mm512_set1_epi32(0xff);
  const __m512i b = _mm512_slli_epi32(_mm512_and_si512(x[1].v, low), 8);
  const __m512i c = _mm512_slli_epi32(_mm512_and_si512(x[2].v, low), 16);
  const __m512i ab = _mm512_or_si512(_mm512_and_si512(x[0].v, low), b);
  return {_mm512_or_si512(ab, _mm512_or_si512(c, _mm512_slli_epi32(x[3].v, 24)))};
}
CORR2D_INLINE Vec<float> sameBits(Vec<int32_t> x) { return {_mm512_castsi512_ps(x.v)}; }
CORR2D_INLINE Vec<int32_t> sameBits(Vec<float> x) { return {_mm512_castps_si512(x.v)}; }

#elif defined(CORR2D_ISA_AVX2)

template <>
struct Vec<int32_t> {
  static constexpr int width = 8;
  __m256i v;
  static CORR2D_INLINE Vec load(const int32_t* p) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
  }
  CORR2D_INLINE void store(int32_t* p) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
  CORR2D_INLINE void storePartial(int32_t* p, int64_t n) const;
  static CORR2D_INLINE Vec splat(int32_t x) { return {_mm256_set1_epi32(x)}; }
};
CORR2D_INLINE Vec<int32_t> operator+(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_add_epi32(a.v, b.v)}; }
CORR2D_INLINE Vec<int32_t> max(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_max_epi32(a.v, b.v)}; }
CORR2D_INLINE Vec<int32_t> multiplyAdd(Vec<int32_t> a, Vec<int32_t> b, Vec<int32_t> c) {
  return {_mm256_add_epi32(c.v, _mm256_madd_epi16(a.v, b.v))};
}
CORR2D_INLINE Vec<float> toFloat(Vec<int32_t> x) { return {_mm256_cvtepi32_ps(x.v)}; }
CORR2D_INLINE Vec<int32_t> toInteger(Vec<float> x) { return {_mm256_cvtps_epi32(x.v)}; }
CORR2D_INLINE void storeBytes(Vec<int32_t> x, uint8_t* p) {
  const __m256i low = _mm256_and_si256(x.v, _mm256_set1_epi32(0xff));
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
}
CORR2D_INLINE Vec<int32_t> joinBytes(const Vec<int32_t> (&x)[4]) {
  const __m256i low = _mm256_set1_epi32(0xff);
  const __m256i b = _mm256_slli_epi32(_mm256_and_si256(x[1].v, low), 8);
  const __m256i c = _mm256_slli_epi32(_mm256_and_si256(x[2].v, low), 16);
  const __m256i ab = _mm256_or_si256(_mm256_and_si256(x[0].v, low), b);
  return {_mm256_or_si256(ab, _mm256_or_si256(c, _mm256_slli_epi32(x[3].v, 24)))};
}
CORR2D_INLINE Vec<float> sameBits(Vec<int32_t> x) { return {_mm256_castsi256_ps(x.v)}; }
CORR2D_INLINE Vec<int32_t> sameBits(Vec<float> x) { return {_mm256_castps_si256(x.v)}; }

#elif defined(CORR2D_ISA_SSE2)

template <>
struct Vec<int32_t> {
  static constexpr int width = 4;
  __m128i v;
  static CORR2D_INLINE Vec load(const int32_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
  CORR2D_INLINE void store(int32_t* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }
  CORR2D_INLINE void storePartial(int32_t* p, int64_t n) const;
  static CORR2D_INLINE Vec splat(int32_t x) { return {_mm_set1_epi32(x)}; }
};
CORR2D_INLINE Vec<int32_t> operator+(Vec<int32_t> a, Vec<int32_t> b) { return {_mm_add_epi32(a.v, b.v)}; }
CORR2D_INLINE Vec<int32_t> max(Vec<int32_t> a, Vec<int32_t> b) {
  const __m128i greater = _mm_cmpgt_epi32(a.v, b.v);
  return {_mm_or_si128(_mm_and_si128(greater, a.v), _mm_andnot_si128(greater, b.v))};
}
CORR2D_INLINE Vec<int32_t> multiplyAdd(Vec<int32_t> a, Vec<int32_t> b, Vec<int32_t> c) {
  return {_mm_add_epi32(c.v, _mm_madd_epi16(a.v, b.v))};
}
CORR2D_INLINE Vec<float> toFloat(Vec<int32_t> x) { return {_mm_cvtepi32_ps(x.v)}; }
CORR2D_INLINE Vec<int32_t> toInteger(Vec<float> x) { return {_mm_cvtps_epi32(x.v)}; }
CORR2D_INLINE void storeBytes(Vec<int32_t> x, uint8_t* p) {
  const __m128i low = _mm_and_si128(x.v, _mm_set1_epi32(0xff));
  const __m128i words = _mm_packs_epi32(low, low);
  const int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  memcpy(p, &bytes, sizeof bytes);
}
CORR2D_INLINE Vec<int32_t> joinBytes(const Vec<int32_t> (&x)[4]) {
  const __m128i low = _mm_set1_epi32(0xff);
  const __m128i b = _mm_slli_epi32(_mm_and_si128(x[1].v, low), 8);
  const __m128i c = _mm_slli_epi32(_mm_and_si128(x[2].v, low), 16);
  const __m128i ab = _mm_or_si128(_mm_and_si128(x[0].v, low), b);
  return {_mm_or_si128(ab, _mm_or_si128(c, _mm_slli_epi32(x[3].v, 24)))};
}
CORR2D_INLINE Vec<float> sameBits(Vec<int32_t> x) { return {_mm_castsi128_ps(x.v)}; }
CORR2D_INLINE Vec<int32_t> sameBits(Vec<float> x) { return {_mm_castps_si128(x.v)}; }

#elif defined(CORR2D_ISA_NEON)

template <>
struct Vec<int32_t> {
  static constexpr int width = 4;
  int32x4_t v;
  static CORR2D_INLINE Vec load(const int32_t* p) { return {vld1q_s32(p)}; }
  CORR2D_INLINE void store(int32_t* p) const { vst1q_s32(p, v); }
  CORR2D_INLINE void storePartial(int32_t* p, int64_t n) const;
  static CORR2D_INLINE Vec splat(int32_t x) { return {vdupq_n_s32(x)}; }
};
CORR2D_INLINE Vec<int32_t> operator+(Vec<int32_t> a, Vec<int32_t> b) { return {vaddq_s32(a.v, b.v)}; }
CORR2D_INLINE Vec<int32_t> max(Vec<int32_t> a, Vec<int32_t> b) { return {vmaxq_s32(a.v, b.v)}; }
// Here `a` is one group in all lanes, and b has the first channels of its four groups before the second ones.
CORR2D_INLINE Vec<int32_t> multiplyAdd(Vec<int32_t> a, Vec<int32_t> b, Vec<int32_t> c) {
  const int16x8_t x = vreinterpretq_s16_s32(a.v), w = vreinterpretq_s16_s32(b.v);
  return {vmlal_high_laneq_s16(vmlal_laneq_s16(c.v, vget_low_s16(w), x, 0), w, x, 1)};
}
CORR2D_INLINE Vec<float> toFloat(Vec<int32_t> x) { return {vcvtq_f32_s32(x.v)}; }
CORR2D_INLINE Vec<int32_t> toInteger(Vec<float> x) { return {vcvtnq_s32_f32(x.v)}; }
CORR2D_INLINE void storeBytes(Vec<int32_t> x, uint8_t* p) {
  const int16x4_t words = vmovn_s32(x.v);
  const int32_t bytes = vget_lane_s32(vreinterpret_s32_s8(vmovn_s16(vcombine_s16(words, words))), 0);
  memcpy(p, &bytes, sizeof bytes);
}
// Each shift inserts bytes above the bytes that are there.
CORR2D_INLINE Vec<int32_t> joinBytes(const Vec<int32_t> (&x)[4]) {
  return {vsliq_n_s32(vsliq_n_s32(vsliq_n_s32(x[0].v, x[1].v, 8), x[2].v, 16), x[3].v, 24)};
}

#endif

#if defined(CORR2D_ISA_NEON)

constexpr int64_t kApart = Vec<int32_t>::width;

CORR2D_INLINE Vec<float> clamp(Vec<float> x, Vec<float> low, Vec<float> high) {
  x.v = vbslq_f32(vcltq_f32(x.v, low.v), low.v, x.v);
  return {vbslq_f32(vcgtq_f32(x.v, high.v), high.v, x.v)};
}
CORR2D_INLINE Vec<float> sameBits(Vec<int32_t> x) { return {vreinterpretq_f32_s32(x.v)}; }
CORR2D_INLINE Vec<int32_t> sameBits(Vec<float> x) { return {vreinterpretq_s32_f32(x.v)}; }

constexpr int64_t kStep = 8;
CORR2D_INLINE int16x8_t widenBytes(const uint8_t* p, bool isSigned) {
  const uint8x8_t bytes = vld1_u8(p);
  return isSigned ? vmovl_s8(vreinterpret_s8_u8(bytes)) : vreinterpretq_s16_u16(vmovl_u8(bytes));
}
CORR2D_INLINE void interleaveStep(const uint8_t* const (&rows)[2], int64_t at, bool isSigned, int32_t* to) {
  vst2q_s16(reinterpret_cast<int16_t*>(to), {widenBytes(rows[0] + at, isSigned), widenBytes(rows[1] + at, isSigned)});
}
CORR2D_INLINE void widenStep(const uint8_t* p, bool isSigned, int32_t* to) {
  vst1q_s32(to, vreinterpretq_s32_s16(widenBytes(p, isSigned)));
}
constexpr int64_t kWidenBytes = 8;

#else

constexpr int64_t kApart = 1;

// max and min of x86 give their second operand where both are zeros.
CORR2D_INLINE Vec<float> clamp(Vec<float> x, Vec<float> low, Vec<float> high) { return min(high, max(low, x)); }

constexpr int64_t kStep = 16;
CORR2D_INLINE __m128i loadBytes(const uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
CORR2D_INLINE void storeGroups(__m128i groups, int32_t* p) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), groups); }

#if defined(CORR2D_VNNI)

// Adding 128 turns int8 into uint8.
CORR2D_INLINE __m128i unsignedBytes(const uint8_t* p, bool isSigned) {
  return _mm_xor_si128(loadBytes(p), _mm_set1_epi8(isSigned ? -128 : 0));
}
CORR2D_INLINE void interleaveStep(const uint8_t* const (&rows)[4], int64_t at, bool isSigned, int32_t* to) {
  const __m128i a = unsignedBytes(rows[0] + at, isSigned), b = unsignedBytes(rows[1] + at, isSigned);
  const __m128i c = unsignedBytes(rows[2] + at, isSigned), d = unsignedBytes(rows[3] + at, isSigned);
  const __m128i ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
  const __m128i ef = _mm_unpackhi_epi8(a, b), gh = _mm_unpackhi_epi8(c, d);
  storeGroups(_mm_unpacklo_epi16(ab, cd), to);
  storeGroups(_mm_unpackhi_epi16(ab, cd), to + 4);
  storeGroups(_mm_unpacklo_epi16(ef, gh), to + 8);
  storeGroups(_mm_unpackhi_epi16(ef, gh), to + 12);
}
CORR2D_INLINE void widenStep(const uint8_t* p, bool isSigned, int32_t* to) {
  storeGroups(unsignedBytes(p, isSigned), to);
}
constexpr int64_t kWidenBytes = 16;

#else

CORR2D_INLINE void interleaveStep(const uint8_t* const (&rows)[2], int64_t at, bool isSigned, int32_t* to) {
  const __m128i a = loadBytes(rows[0] + at), b = loadBytes(rows[1] + at), zero = _mm_setzero_si128();
  // The upper byte is the sign of the lower one, or zero.
  const __m128i aHigh = isSigned ? _mm_cmpgt_epi8(zero, a) : zero, bHigh = isSigned ? _mm_cmpgt_epi8(zero, b) : zero;
  const __m128i a0 = _mm_unpacklo_epi8(a, aHigh), a1 = _mm_unpackhi_epi8(a, aHigh);
  const __m128i b0 = _mm_unpacklo_epi8(b, bHigh), b1 = _mm_unpackhi_epi8(b, bHigh);
  storeGroups(_mm_unpacklo_epi16(a0, b0), to);
  storeGroups(_mm_unpackhi_epi16(a0, b0), to + 4);
  storeGroups(_mm_unpacklo_epi16(a1, b1), to + 8);
  storeGroups(_mm_unpackhi_epi16(a1, b1), to + 12);
}
CORR2D_INLINE void widenStep(const uint8_t* p, bool isSigned, int32_t* to) {
  const __m128i bytes = loadBytes(p), zero = _mm_setzero_si128();
  const __m128i high = isSigned ? _mm_cmpgt_epi8(zero, bytes) : zero;
  storeGroups(_mm_unpacklo_epi8(bytes, high), to);
  storeGroups(_mm_unpackhi_epi8(bytes, high), to + 4);
}
constexpr int64_t kWidenBytes = 16;

#endif
#endif

inline void Vec<int32_t>::storePartial(int32_t* p, int64_t n) const {
  sameBits(*this).storePartial(reinterpret_cast<float*>(p), n);
}
CORR2D_INLINE void transpose(Vec<int32_t> (&v)[Vec<int32_t>::width]) {
  Vec<float> same[Vec<int32_t>::width];
#pragma GCC unroll 16
  for (int i = 0; i < Vec<int32_t>::width; i++) same[i] = sameBits(v[i]);
  transpose(same);
#pragma GCC unroll 16
  for (int i = 0; i < Vec<int32_t>::width; i++) v[i] = sameBits(same[i]);
}

// Returns one group of the given channels. Unused ones may hold anything, as their weights are zeros.
CORR2D_INLINE int32_t groupOf(const int32_t (&channels)[Group::channels], bool isSigned) {
  uint32_t group = 0;
  for (int i = 0; i < Group::channels; i++) {
    const auto bits = static_cast<uint32_t>(channels[i]);
#if defined(CORR2D_VNNI)
    group |= ((bits ^ (isSigned ? 0x80 : 0)) & 0xff) << (8 * i);
#else
    group |= (bits & 0xffff) << (16 * i);
#endif
  }
#if !defined(CORR2D_VNNI)
  (void)isSigned;
#endif
  return static_cast<int32_t>(group);
}
CORR2D_INLINE int32_t valueOf(uint8_t byte, bool isSigned) { return isSigned ? static_cast<int8_t>(byte) : byte; }

// Sets to[i] to the group of rows[0][at + i], rows[1][at + i], ... for `count` of them.
inline void interleave(const uint8_t* const (&rows)[Group::channels], int64_t at, int64_t count, bool isSigned,
                       int32_t* to) {
  int64_t i = 0;
  for (; i + kStep <= count; i += kStep) interleaveStep(rows, at + i, isSigned, to + i);
  for (; i < count; i++) {
    int32_t channels[Group::channels];
    for (int k = 0; k < Group::channels; k++) channels[k] = valueOf(rows[k][at + i], isSigned);
    to[i] = groupOf(channels, isSigned);
  }
}

// Sets to[i] to the group of p[i * Group::channels] and its neighbours, for `count` channels.
inline void widen(const uint8_t* p, int64_t count, bool isSigned, int32_t* to) {
  int64_t i = 0;
  for (; i + kWidenBytes <= count; i += kWidenBytes) widenStep(p + i, isSigned, to + i / Group::channels);
  for (; i < count; i += Group::channels) {
    int32_t channels[Group::channels] = {};
    for (int k = 0; k < Group::channels && i + k < count; k++) channels[k] = valueOf(p[i + k], isSigned);
    to[i / Group::channels] = groupOf(channels, isSigned);
  }
}

// Sets to[i] to the low byte of from[i], for `count` of them.
inline void narrow(const int32_t* from, int64_t count, uint8_t* to) {
  constexpr int64_t width = Vec<int32_t>::width;
  int64_t i = 0;
  for (; i + width <= count; i += width) storeBytes(Vec<int32_t>::load(from + i), to + i);
  for (; i < count; i++) to[i] = static_cast<uint8_t>(from[i]);
}

}  // namespace
}  // namespace corr2d
