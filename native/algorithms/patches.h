// SPDX-License-Identifier: MIT
// unfold copies the elements of windows out of an image, and so does pad; fold, the adjoint, adds them back to it.
//
//   patches[plane][ky][kx][oy][ox][d] = image[plane][rows[oy, ky]][columns[ox, kx]][d]
//
// Rows of patches whose columns follow a stride apart are moved in vectors. Pixels beyond the edges of the image, where
// a border may have put anything, are moved one at a time. Each element of an image is summed in the order of ky, kx,
// oy, whichever thread has its row.
#pragma once
#include "../conv_job.h"
#include "../simd.h"
#include "strip.h"

namespace corr2d {
namespace {

template <class T>
struct Patches {
  using V = Vec<T>;
  static constexpr int64_t kWidth = V::width;

  static CORR2D_INLINE void copy(const T* from, int64_t length, T* to) {
    int64_t i = 0;
    for (; i + kWidth <= length; i += kWidth) V::load(from + i).store(to + i);
    if (i == length) return;
    if (length >= kWidth) {
      // The last vector copies some elements once more, rather than part of a vector.
      V::load(from + length - kWidth).store(to + length - kWidth);
    } else {
      V::loadPartial(from, length).storePartial(to, length);
    }
  }

  static CORR2D_INLINE void add(const T* from, int64_t length, T* to) {
    int64_t i = 0;
    for (; i + kWidth <= length; i += kWidth) (V::load(to + i) + V::load(from + i)).store(to + i);
    if (i < length) {
      (V::loadPartial(to + i, length - i) + V::loadPartial(from + i, length - i)).storePartial(to + i, length - i);
    }
  }

  // Copies `count` elements, every other one of `from`.
  static CORR2D_INLINE void copyEven(const T* from, int64_t count, T* to) {
    int64_t i = 0;
    if (count > kWidth) {
      for (; i + kWidth < count; i += kWidth) even(V::load(from + 2 * i), V::load(from + 2 * i + kWidth)).store(to + i);
      // The last vectors begin one place earlier, as nothing need be readable behind the last element.
      i = count - kWidth;
      odd(V::load(from + 2 * i - 1), V::load(from + 2 * i - 1 + kWidth)).store(to + i);
      return;
    }
    for (; i < count; i++) to[i] = from[2 * i];
  }

  // Makes neighbours of pixels that lie `step` pixels apart. `depth` is 1 unless `step` is 1.
  static CORR2D_INLINE void copyPixels(const T* from, int64_t step, int64_t depth, int64_t count, T* to) {
    if (step == 1) {
      copy(from, count * depth, to);
    } else if (step == 2) {
      copyEven(from, count, to);
    } else {
      for (int64_t i = 0; i < count; i++) to[i] = from[i * step];
    }
  }

  static CORR2D_INLINE void addPixels(const T* from, int64_t step, int64_t depth, int64_t count, T* to) {
    if (step == 1) {
      add(from, count * depth, to);
    } else {
      for (int64_t i = 0; i < count; i++) to[i * step] += from[i];
    }
  }

  static void fill(T value, int64_t length, T* to) {
    for (int64_t i = 0; i < length; i++) to[i] = value;
  }
};

template <class T>
void unfold(const PatchJob& job, int64_t firstTask, int64_t lastTask) {
  using P = Patches<T>;
  const PatchSpec& s = *job.spec;
  const int64_t depth = s.depth, outWidth = s.outWidth, kernelWidth = s.kernelWidth;
  const int64_t taps = s.kernelHeight * kernelWidth;
  const int32_t* const columns = s.columns.data();
  const T value = static_cast<T>(s.value);
  for (int64_t task = firstTask; task < lastTask; task++) {
    const int64_t sheet = task / job.blocks, top = task % job.blocks * job.taskRows;
    const int64_t bottom = smaller(top + job.taskRows, s.outHeight);
    const int64_t plane = sheet / taps, ky = sheet % taps / kernelWidth, kx = sheet % kernelWidth;
    const int64_t first = s.first[static_cast<size_t>(kx)], end = s.end[static_cast<size_t>(kx)];
    const int64_t source = first < end ? columns[first * kernelWidth + kx] : 0;
    const T* const image = static_cast<const T*>(job.src) + plane * s.inHeight * s.inWidth * depth;
    T* to = static_cast<T*>(job.dst) + (sheet * s.outHeight + top) * outWidth * depth;
    for (int64_t oy = top; oy < bottom; oy++, to += outWidth * depth) {
      const int64_t row = s.rows[static_cast<size_t>(oy * s.kernelHeight + ky)];
      if (row < 0) {
        P::fill(value, outWidth * depth, to);
        continue;
      }
      const T* const from = image + row * s.inWidth * depth;
      const auto edge = [&](int64_t begin, int64_t stop) {
        for (int64_t ox = begin; ox < stop; ox++) {
          const int64_t column = columns[ox * kernelWidth + kx];
          if (column < 0) {
            P::fill(value, depth, to + ox * depth);
          } else if (depth == 1) {
            to[ox] = from[column];
          } else {
            P::copy(from + column * depth, depth, to + ox * depth);
          }
        }
      };
      edge(0, first);
      P::copyPixels(from + source * depth, s.strideX, depth, end - first, to + first * depth);
      edge(end, outWidth);
    }
  }
}

template <class T>
void fold(const PatchJob& job, int64_t firstTask, int64_t lastTask) {
  using P = Patches<T>;
  const PatchSpec& s = *job.spec;
  const int64_t depth = s.depth, outWidth = s.outWidth, kernelWidth = s.kernelWidth, line = s.inWidth * depth;
  const int32_t* const columns = s.columns.data();
  for (int64_t task = firstTask; task < lastTask; task++) {
    const int64_t plane = task / job.blocks, top = task % job.blocks * job.taskRows;
    const int64_t bottom = smaller(top + job.taskRows, s.inHeight);
    T* const image = static_cast<T*>(job.dst) + plane * s.inHeight * line;
    P::fill(T(0), (bottom - top) * line, image + top * line);
    const T* sheet = static_cast<const T*>(job.src) + plane * s.kernelHeight * kernelWidth * s.outHeight * outWidth * depth;
    for (int64_t ky = 0; ky < s.kernelHeight; ky++) {
      for (int64_t kx = 0; kx < kernelWidth; kx++, sheet += s.outHeight * outWidth * depth) {
        const int64_t first = s.first[static_cast<size_t>(kx)], end = s.end[static_cast<size_t>(kx)];
        const int64_t target = first < end ? columns[first * kernelWidth + kx] : 0;
        for (int64_t oy = 0; oy < s.outHeight; oy++) {
          const int64_t row = s.rows[static_cast<size_t>(oy * s.kernelHeight + ky)];
          if (row < top || row >= bottom) continue;
          const T* const from = sheet + oy * outWidth * depth;
          T* const to = image + row * line;
          const auto edge = [&](int64_t begin, int64_t stop) {
            for (int64_t ox = begin; ox < stop; ox++) {
              const int64_t column = columns[ox * kernelWidth + kx];
              if (column >= 0) P::add(from + ox * depth, depth, to + column * depth);
            }
          };
          P::addPixels(from + first * depth, s.strideX, depth, end - first, to + target * depth);
          edge(0, first);
          edge(end, outWidth);
        }
      }
    }
  }
}

}  // namespace
}  // namespace corr2d
