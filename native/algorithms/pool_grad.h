// SPDX-License-Identifier: MIT
// poolGrad computes the gradient of a pooling with respect to its input. A task has rows of gradX for itself, and looks
// at all windows that reach them.
//
// For a mean, each row of gradX is made at once, and looks at no window twice along an axis:
//
//   shares[ox] = sum of gradOutput[oy, ox] / elements of the window, over the oy whose windows have the row
//   gradX[x]   = sum over kx of shares[(x + padLeft - kx * dilationX) / strideX], if that is a whole number: `row` has
//                shares strideX apart with zeros between them and at both ends, so that the sum needs no test
//
// For a maximum, each gradient goes to the first of the greatest elements, or to the last NaN. For neighbouring outputs
// vectors hold the greatest element so far and, as numbers, its place in the window. Rows are copied to where both ends
// go on with -Infinity.
#pragma once
#include "pool.h"
#include "strip.h"

namespace corr2d {
namespace {

template <class T>
struct MeanGradient {
  using V = Vec<T>;
  static constexpr int64_t kWidth = V::width;
  const PoolGradJob& job;
  const PoolSpec& s;

  // Adds gradients / (height * widths) to shares, or stores them for the first row.
  static void addShares(const T* gradients, T height, const T* widths, int64_t length, bool isFirst, T* shares) {
    const V heights = V::splat(height);
    int64_t i = 0;
    for (; i + kWidth <= length; i += kWidth) {
      const V share = V::load(gradients + i) / (heights * V::load(widths + i));
      (isFirst ? share : V::load(shares + i) + share).store(shares + i);
    }
    if (i == length) return;
    const V share = V::loadPartial(gradients + i, length - i) / (heights * V::load(widths + i));
    (isFirst ? share : V::loadPartial(shares + i, length - i) + share).storePartial(shares + i, length - i);
  }

  // Returns false if no window has the row.
  bool shareOut(const T* gradOutput, int64_t iy, T* shares) const {
    const int64_t length = s.x.out * s.depth();
    const int64_t at = iy + s.y.before, reach = (s.y.kernel - 1) * s.y.dilation;
    const int64_t last = smaller(at / s.y.stride, s.y.out - 1);
    bool isFirst = true;
    for (int64_t oy = at <= reach ? 0 : (at - reach + s.y.stride - 1) / s.y.stride; oy <= last; oy++) {
      if (s.y.dilation > 1 && (at - oy * s.y.stride) % s.y.dilation != 0) continue;
      const PoolAxis::Taps taps = s.y.tapsOf(oy);
      const T height = static_cast<T>(s.countIncludePad ? taps.padded : taps.inside);
      addShares(gradOutput + oy * length, height, static_cast<const T*>(job.columns), length, isFirst, shares);
      isFirst = false;
    }
    return !isFirst;
  }

  void spread(const T* shares, int64_t depth, T* row) const {
    if (depth == 1 && s.x.stride == 2) {
      for (int64_t ox = 0; ox < s.x.out; ox++) row[2 * ox] = shares[ox];
    } else if (depth == 1) {
      for (int64_t ox = 0; ox < s.x.out; ox++) row[ox * s.x.stride] = shares[ox];
    } else {
      for (int64_t ox = 0; ox < s.x.out; ox++) {
        Pooling<T, true>::combineRows(shares + ox * depth, 1, 0, depth, row + ox * s.x.stride * depth);
      }
    }
  }

  void run(const T* gradOutput, int64_t plane, int64_t top, int64_t bottom, T* rows) const {
    const int64_t depth = s.depth(), line = s.x.in * depth, outLine = s.x.out * depth, tap = s.x.dilation * depth;
    const int64_t before = (s.x.kernel - 1) * tap;
    T* const gradX = static_cast<T*>(job.gradX) + plane * s.y.in * line;
    gradOutput += plane * s.y.out * outLine;
    T* const shares = rows + job.rowsAtOnce * job.rowLength;
    for (int64_t first = top; first < bottom; first += job.rowsAtOnce) {
      const int64_t last = smaller(first + job.rowsAtOnce, bottom);
      // Rows are read again a few rows after they were written, as loads that follow close on unlike stores wait for
      // them.
      bool reached[8];
      for (int64_t iy = first; iy < last; iy++) {
        T* const row = rows + (iy - first) * job.rowLength + before;
        reached[iy - first] = shareOut(gradOutput, iy, s.x.stride == 1 ? row : shares);
        if (s.x.stride == 1 || !reached[iy - first]) continue;
        spread(shares, depth, row);
      }
      for (int64_t iy = first; iy < last; iy++) {
        T* const out = gradX + iy * line;
        if (reached[iy - first]) {
          const T* const row = rows + (iy - first) * job.rowLength + before + s.x.before * depth;
          Pooling<T, true>::combineRows(row, s.x.kernel, -tap, line, out);
        } else {
          for (int64_t i = 0; i < line; i++) out[i] = 0;
        }
      }
    }
  }

  // Handles one window that is the whole plane.
  void runGlobal(const T* gradOutput, int64_t plane, int64_t top, int64_t bottom) const {
    const int64_t depth = s.depth(), line = s.x.in * depth;
    T* const gradX = static_cast<T*>(job.gradX) + plane * s.y.in * line;
    const T count = static_cast<T>(s.y.in * s.x.in);
    if (depth == 1) {
      const T share = gradOutput[plane] / count;
      for (int64_t i = top * line; i < bottom * line; i++) gradX[i] = share;
      return;
    }
    for (int64_t i = top * line; i < bottom * line; i += depth) {
      for (int64_t d = 0; d < depth; d++) gradX[i + d] = gradOutput[plane * depth + d] / count;
    }
  }
};

template <class T>
struct MaximumGradient {
  using V = Vec<T>;
  static constexpr int64_t kWidth = V::width;
  const PoolGradJob& job;
  const PoolSpec& s;
  T* const begin;  // of the rows of gradX that are the task's own
  const int64_t length;

  CORR2D_INLINE void add(T* to, T gradient) const {
    if (static_cast<uint64_t>(to - begin) < static_cast<uint64_t>(length)) *to += gradient;
  }

  // Handles one number of each pixel. `from` and `to` are at the first element of the window, which has at least one.
  CORR2D_INLINE void addOne(const T* from, int64_t height, int64_t width, T gradient, T* to) const {
    const int64_t line = s.y.dilation * s.x.in * s.depth(), step = s.x.dilation * s.depth();
    T best = -static_cast<T>(INFINITY);
    int64_t place = 0;
    for (int64_t ky = 0; ky < height; ky++) {
      for (int64_t kx = 0; kx < width; kx++) {
        const T value = from[ky * line + kx * step];
        const bool isGreater = value > best || value != value;
        best = isGreater ? value : best;
        place = isGreater ? ky * line + kx * step : place;
      }
    }
    add(to + place, gradient);
  }

  // Handles the vector of outputs from column ox on, of which the first `skip` are done. `row` and `to` are where
  // element 0 of output 0 lies in the copied rows and in gradX.
  template <int kStep>
  CORR2D_INLINE void addVector(const T* row, int64_t height, int64_t ox, int64_t skip, int64_t end, const T* gradients,
                               T* to) const {
    V best = V::splat(-static_cast<T>(INFINITY)), place = V::load(static_cast<const T*>(job.columns) + ox);
    for (int64_t ky = 0; ky < height; ky++) {
      const T* from = row + ky * job.rowLength + ox * kStep;
      for (int64_t kx = 0; kx < s.x.kernel; kx++, from += s.x.dilation) {
        const V x = kStep == 1 ? V::load(from) : even(V::load(from), V::load(from + kWidth));
        place = whereGreater(best, x, V::splat(static_cast<T>(ky * s.x.kernel + kx)), place);
        best = whereGreater(best, x, x, best);
      }
    }
    T places[kWidth];
    place.store(places);
    for (int64_t i = skip; i < end; i++) {
      if (places[i] >= 0) add(to + (ox + i) * kStep + job.places[static_cast<int64_t>(places[i])], gradients[ox + i]);
    }
  }

  template <int kStep>
  void addRow(const T* row, int64_t height, const T* gradients, T* to) const {
    int64_t ox = 0;
    for (; ox + kWidth <= s.x.out; ox += kWidth) addVector<kStep>(row, height, ox, 0, kWidth, gradients, to);
    if (ox < s.x.out) addVector<kStep>(row, height, ox, 0, s.x.out - ox, gradients, to);
  }

  void addPixels(const T* from, const PoolAxis::Taps& y, const T* gradients, T* to) const {
    for (int64_t ox = 0; ox < s.x.out; ox++) {
      const PoolAxis::Taps x = s.x.tapsOf(ox);
      if (x.inside > 0) addOne(from + x.first, y.inside, x.inside, gradients[ox], to + x.first);
    }
  }

  void addDeepPixels(const T* from, const PoolAxis::Taps& y, const T* gradients, T* to) const {
    const int64_t depth = s.depth(), line = s.y.dilation * s.x.in * depth, step = s.x.dilation * depth;
    for (int64_t ox = 0; ox < s.x.out; ox++, gradients += depth) {
      const PoolAxis::Taps x = s.x.tapsOf(ox);
      if (x.inside == 0) continue;
      const T* const pixel = from + x.first * depth;
      T* const target = to + x.first * depth;
      int64_t c = 0;
      for (; c + kWidth <= depth; c += kWidth) {
        V best = V::splat(-static_cast<T>(INFINITY)), place = V::zero();
        for (int64_t ky = 0; ky < y.inside; ky++) {
          for (int64_t kx = 0; kx < x.inside; kx++) {
            const V value = V::load(pixel + ky * line + kx * step + c);
            place = whereGreater(best, value, V::splat(static_cast<T>(ky * s.x.kernel + kx)), place);
            best = whereGreater(best, value, value, best);
          }
        }
        T places[kWidth];
        place.store(places);
        for (int64_t i = 0; i < kWidth; i++) {
          add(target + c + i + job.places[static_cast<int64_t>(places[i])], gradients[c + i]);
        }
      }
      for (; c < depth; c++) addOne(pixel + c, y.inside, x.inside, gradients[c], target + c);
    }
  }

  // Handles the windows of output rows [first, last).
  void run(const T* src, const T* gradOutput, T* gradX, int64_t first, int64_t last, T* rows) const {
    const int64_t depth = s.depth(), line = s.x.in * depth, outLine = s.x.out * depth;
    const bool few = s.y.kernel * s.x.kernel <= kMostPlaces;
    const bool inVectors = s.gradInVectors();
    for (int64_t top = first; top < last; top += job.rowsAtOnce) {
      const int64_t bottom = smaller(top + job.rowsAtOnce, last);
      if (inVectors) {
        for (int64_t oy = top; oy < bottom; oy++) {
          const PoolAxis::Taps taps = s.y.tapsOf(oy);
          T* const row = rows + (oy - top) * s.y.kernel * job.rowLength + s.x.before;
          for (int64_t ky = 0; ky < taps.inside; ky++) {
            Pooling<T, true>::combineRows(src + (taps.first + ky * s.y.dilation) * line, 1, 0, line, row + ky * job.rowLength);
          }
        }
      }
      for (int64_t oy = top; oy < bottom; oy++) {
        const PoolAxis::Taps taps = s.y.tapsOf(oy);
        if (taps.inside == 0) continue;
        const T* const from = src + taps.first * line;
        const T* const gradients = gradOutput + oy * outLine;
        T* const to = gradX + taps.first * line;
        const T* const row = rows + (oy - top) * s.y.kernel * job.rowLength;
        if (inVectors) {
          const auto addTo = s.x.stride == 1 ? &MaximumGradient::template addRow<1> : &MaximumGradient::template addRow<2>;
          (this->*addTo)(row, taps.inside, gradients, to - s.x.before);
        } else if (depth > 1 && few) {
          addDeepPixels(from, taps, gradients, to);
        } else if (depth > 1) {
          for (int64_t ox = 0; ox < s.x.out; ox++) {
            const PoolAxis::Taps x = s.x.tapsOf(ox);
            if (x.inside == 0) continue;
            for (int64_t d = 0; d < depth; d++) {
              addOne(from + x.first * depth + d, taps.inside, x.inside, gradients[ox * depth + d], to + x.first * depth + d);
            }
          }
        } else {
          addPixels(from, taps, gradients, to);
        }
      }
    }
  }
};

template <class T>
void poolGrad(const PoolGradJob& job, int64_t first, int64_t last, void* workspace) {
  const PoolSpec& s = *job.spec;
  T* const rows = static_cast<T*>(workspace);
  const T* const gradOutput = static_cast<const T*>(job.gradOutput);
  const int64_t depth = s.depth(), line = s.x.in * depth;
  if (s.average || s.gradInVectors()) {
    // Rows hold the neutral element beyond both ends of their contents, and between the shares of a mean.
    const int64_t count = (s.average ? job.rowsAtOnce : job.rowsAtOnce * s.y.kernel) * job.rowLength;
    for (int64_t i = 0; i < count; i++) rows[i] = s.average ? T(0) : -static_cast<T>(INFINITY);
  }
  for (int64_t task = first; task < last; task++) {
    const int64_t plane = task / job.blocks, top = task % job.blocks * job.taskRows;
    const int64_t bottom = smaller(top + job.taskRows, s.y.in);
    if (s.average) {
      const MeanGradient<T> mean{job, s};
      if (s.global()) {
        mean.runGlobal(gradOutput, plane, top, bottom);
      } else {
        mean.run(gradOutput, plane, top, bottom, rows);
      }
      continue;
    }
    T* const gradX = static_cast<T*>(job.gradX) + plane * s.y.in * line;
    const int64_t length = (bottom - top) * line;
    for (int64_t i = 0; i < length; i++) gradX[top * line + i] = 0;
    // Output rows run from the first whose last element lies at `top` or below to the last that begins above `bottom`.
    const int64_t reach = top + s.y.before - (s.y.kernel - 1) * s.y.dilation;
    const int64_t begin = reach <= 0 ? 0 : (reach + s.y.stride - 1) / s.y.stride;
    const int64_t end = smaller((bottom - 1 + s.y.before) / s.y.stride + 1, s.y.out);
    const MaximumGradient<T> maximum{job, s, gradX + top * line, length};
    maximum.run(static_cast<const T*>(job.src) + plane * s.y.in * line, gradOutput + plane * s.y.out * s.x.out * depth,
                gradX, begin, end, rows);
  }
}

}  // namespace
}  // namespace corr2d
