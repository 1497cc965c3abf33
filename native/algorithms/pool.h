// SPDX-License-Identifier: MIT
// pool finds the greatest element or the mean of windows, one axis at a time:
//
//   row[x]  = rows first + ky * dilationY of column x, combined              vectors along the row at all strides
//   out[ox] = row[ox * strideX + kx * dilationX - padLeft], combined         `row` goes on beyond both edges with the
//                                                                            neutral element, so that there are none
//
// Vectors hold the channels of a pixel in nhwc, and neighbouring outputs in nchw.
#pragma once
#include <math.h>

#include "../conv_job.h"
#include "../simd.h"

namespace corr2d {
namespace {

template <class T, bool kAverage>
struct Pooling {
  using V = Vec<T>;
  static constexpr int64_t kWidth = V::width;
  const PoolSpec& s;
  T* row;
  const T* widths;

  static CORR2D_INLINE T neutral() { return kAverage ? T(0) : -static_cast<T>(INFINITY); }
  static CORR2D_INLINE V combine(V a, V b) {
    if constexpr (kAverage) {
      return a + b;
    } else {
      return greatest(a, b);
    }
  }
  static CORR2D_INLINE T combine(T a, T b) {
    if constexpr (kAverage) {
      return a + b;
    } else {
      return b > a || b != b ? b : a;
    }
  }

  // Combines from[i], from[i + step], ..., `taps` >= 1 of them, into to[i].
  template <int kVectors>
  static CORR2D_INLINE void combineColumns(const T* from, int64_t taps, int64_t step, T* to) {
    V sum[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) sum[v] = V::load(from + v * kWidth);
    for (int64_t tap = 1; tap < taps; tap++) {
      from += step;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; v++) sum[v] = combine(sum[v], V::load(from + v * kWidth));
    }
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; v++) sum[v].store(to + v * kWidth);
  }

  static void combineRows(const T* from, int64_t taps, int64_t step, int64_t length, T* to) {
    int64_t i = 0;
    for (; i + 4 * kWidth <= length; i += 4 * kWidth) combineColumns<4>(from + i, taps, step, to + i);
    for (; i + kWidth <= length; i += kWidth) combineColumns<1>(from + i, taps, step, to + i);
    if (i == length) return;
    if (length >= kWidth) {
      // The last vector takes some columns once more, rather than part of a vector.
      combineColumns<1>(from + length - kWidth, taps, step, to + length - kWidth);
      return;
    }
    V sum = V::loadPartial(from, length);
    for (int64_t tap = 1; tap < taps; tap++) sum = combine(sum, V::loadPartial(from + tap * step, length));
    sum.storePartial(to, length);
  }

  // Computes the vector of outputs that begins at column ox, for strides of 1 and 2.
  template <int kStep>
  CORR2D_INLINE V outputs(int64_t ox) const {
    const T* from = row + ox * kStep;
    V sum = V::zero();
    for (int64_t kx = 0; kx < s.x.kernel; kx++, from += s.x.dilation) {
      V x;
      if constexpr (kStep == 1) {
        x = V::load(from);
      } else {
        x = even(V::load(from), V::load(from + kWidth));
      }
      sum = kx == 0 ? x : combine(sum, x);
    }
    return sum;
  }

  CORR2D_INLINE V finished(V sum, V height, int64_t ox) const {
    if constexpr (kAverage) {
      return sum / (height * V::load(widths + ox));
    } else {
      return sum;
    }
  }

  template <int kStep>
  void combinePixels(T height, T* out) const {
    const V heights = V::splat(height);
    const int64_t end = s.x.out;
    int64_t ox = 0;
    for (; ox + kWidth <= end; ox += kWidth) finished(outputs<kStep>(ox), heights, ox).store(out + ox);
    if (ox == end) return;
    if (end >= kWidth) {
      ox = end - kWidth;
      finished(outputs<kStep>(ox), heights, ox).store(out + ox);
    } else {
      finished(outputs<kStep>(0), heights, 0).storePartial(out, end);
    }
  }

  void combinePixelsApart(T height, T* out) const {
    for (int64_t ox = 0; ox < s.x.out; ox++) {
      const T* from = row + ox * s.x.stride;
      T sum = from[0];
      for (int64_t kx = 1; kx < s.x.kernel; kx++) sum = combine(sum, from[kx * s.x.dilation]);
      out[ox] = kAverage ? sum / (height * widths[ox]) : sum;
    }
  }

  void combineDeepPixels(T height, T* out) const {
    const int64_t depth = s.depth(), step = s.x.dilation * depth;
    for (int64_t ox = 0; ox < s.x.out; ox++, out += depth) {
      const T* const from = row + ox * s.x.stride * depth;
      const V count = V::splat(height * widths[ox]);
      for (int64_t c = 0; c < depth; c += kWidth) {
        // The next pixel lies beyond the depth, or room behind the row.
        V sum = V::load(from + c);
        for (int64_t kx = 1; kx < s.x.kernel; kx++) sum = combine(sum, V::load(from + kx * step + c));
        if constexpr (kAverage) sum = sum / count;
        if (c + kWidth <= depth) {
          sum.store(out + c);
        } else {
          sum.storePartial(out + c, depth - c);
        }
      }
    }
  }

  void combineWindowRows(const T* plane, const PoolAxis::Taps& taps) const {
    const int64_t length = s.x.in * s.depth();
    T* const inside = row + s.x.before * s.depth();
    if (taps.inside == 0) {
      for (int64_t i = 0; i < length; i++) inside[i] = neutral();
    } else {
      combineRows(plane + taps.first * length, taps.inside, s.y.dilation * length, length, inside);
    }
  }

  void combineWindowColumns(const PoolAxis::Taps& taps, T* out) const {
    const T height = static_cast<T>(s.countIncludePad ? taps.padded : taps.inside);
    if (s.depth() > 1) {
      combineDeepPixels(height, out);
    } else if (s.x.stride == 1) {
      combinePixels<1>(height, out);
    } else if (s.x.stride == 2) {
      combinePixels<2>(height, out);
    } else {
      combinePixelsApart(height, out);
    }
  }

  // Pools one window that is a plane of `length` numbers.
  static T whole(const T* from, int64_t length) {
    T result = neutral();
    int64_t i = 0;
    if (length >= 4 * kWidth) {
      V sum[4];
#pragma GCC unroll 4
      for (int v = 0; v < 4; v++) sum[v] = V::load(from + v * kWidth);
      for (i = 4 * kWidth; i + 4 * kWidth <= length; i += 4 * kWidth) {
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) sum[v] = combine(sum[v], V::load(from + i + v * kWidth));
      }
      result = lanesOf(combine(combine(sum[0], sum[1]), combine(sum[2], sum[3])));
    } else if (length >= kWidth) {
      V sum = V::load(from);
      for (i = kWidth; i + kWidth <= length; i += kWidth) sum = combine(sum, V::load(from + i));
      result = lanesOf(sum);
    }
    for (; i < length; i++) result = combine(result, from[i]);
    return kAverage ? result / static_cast<T>(length) : result;
  }

  static CORR2D_INLINE T lanesOf(V v) {
    T lanes[kWidth];
    v.store(lanes);
    for (int64_t half = kWidth / 2; half > 0; half /= 2) {
      for (int64_t i = 0; i < half; i++) lanes[i] = combine(lanes[i], lanes[i + half]);
    }
    return lanes[0];
  }
};

template <class T, bool kAverage>
void poolTasks(const PoolJob& job, int64_t first, int64_t last, T* rows) {
  const PoolSpec& s = *job.spec;
  using P = Pooling<T, kAverage>;
  const T* const widths = static_cast<const T*>(job.widths);
  const int64_t depth = s.depth(), inPlane = s.y.in * s.x.in * depth, outRow = s.x.out * depth;
  const T* const src = static_cast<const T*>(job.src);
  T* const dst = static_cast<T*>(job.dst);
  if (depth == 1 && s.global()) {
    for (int64_t p = first; p < last; p++) dst[p] = P::whole(src + p * inPlane, inPlane);
    return;
  }
  const int64_t columns = s.x.columns();
  for (int64_t r = 0; r < job.rowsAtOnce; r++) {
    T* const row = rows + r * job.rowLength;
    for (int64_t i = 0; i < s.x.before * depth; i++) row[i] = P::neutral();
    for (int64_t i = (s.x.before + s.x.in) * depth; i < columns * depth; i++) row[i] = P::neutral();
  }
  for (int64_t task = first; task < last; task++) {
    const int64_t plane = task / job.blocks, from = task % job.blocks * job.taskRows;
    const int64_t end = smaller(from + job.taskRows, s.y.out);
    for (int64_t top = from; top < end; top += job.rowsAtOnce) {
      const int64_t bottom = smaller(top + job.rowsAtOnce, end);
      for (int64_t oy = top; oy < bottom; oy++) {
        const P pooling{s, rows + (oy - top) * job.rowLength, widths};
        pooling.combineWindowRows(src + plane * inPlane, s.y.tapsOf(oy));
      }
      for (int64_t oy = top; oy < bottom; oy++) {
        const P pooling{s, rows + (oy - top) * job.rowLength, widths};
        pooling.combineWindowColumns(s.y.tapsOf(oy), dst + (plane * s.y.out + oy) * outRow);
      }
    }
  }
}

template <class T>
void pool(const PoolJob& job, int64_t first, int64_t last, void* rows) {
  const auto run = job.spec->average ? poolTasks<T, true> : poolTasks<T, false>;
  run(job, first, last, static_cast<T*>(rows));
}

}  // namespace
}  // namespace corr2d
