// SPDX-License-Identifier: MIT
// depthwise computes k x k kernels (k = 3 or 5) at stride 1 or 2 where each group has one input channel, as in
// MobileNets and in images of one channel. All weights of a kernel stay in registers; vectors hold neighbouring pixels
// of a row, and each vector of input that is loaded serves up to k of the rows of output that are computed together.
//
//            columns of one vector
//   output row 0   sum[0] += w[0][kx] * in[0] + w[1][kx] * in[1] + w[2][kx] * in[2]
//   output row 1   sum[1] += w[0][kx] * in[stride] + ...
//
// It reads the input where it lies, and copies nothing: beyond the edges lanes are masked and rows are zeros.
// Preconditions: groupIn 1, square kernel of kSize, strides kStep, dilations 1, border constant, nchw.
#pragma once
#include "activate.h"
#include "strip.h"

namespace corr2d {
namespace {

// Holds the vectors of a row of input that one vector of outputs reads, and which of their lanes lie in the row. Stride
// 1 has one vector for each kernel column, stride 2 two for each pair of columns: even places are the first column's.
template <class T, int kSize, int kStep>
struct EdgeLanes {
  typename Vec<T>::Lanes lanes[(kSize + kStep - 1) / kStep][kStep];

  EdgeLanes(const ConvSpec& s, int64_t outColumn) {
    constexpr int64_t width = Vec<T>::width;
    for (int64_t kx = 0; kx < kSize; kx += kStep) {
      for (int64_t i = 0; i < kStep; i++) {
        const int64_t column = outColumn * kStep - s.padLeft + kx + i * width;
        const int64_t first = smaller(larger(-column, 0), width);
        lanes[kx / kStep][i] = Vec<T>::lanes(first, larger(smaller(s.inWidth - column, width), first));
      }
    }
  }
};

// Holds one plane of input, the kernel that goes over it, and the plane of output.
template <class T, int kSize, int kStep>
struct DepthwisePlane {
  using V = Vec<T>;
  using Edge = EdgeLanes<T, kSize, kStep>;
  const ConvSpec& s;
  const T* input;
  const T* weights;
  const T* bias;
  T* output;

  // Computes kRows rows of output from `row` on, for the vector of columns that begins at `column`. The kernel `w` is a
  // local array of the caller, which lies in registers.
  template <int kRows, bool kEdge>
  CORR2D_INLINE void tile(const V (&w)[kSize * kSize], int64_t row, int64_t column, int64_t pixels,
                          const Edge& edge) const {
    V sum[kRows];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; r++) sum[r] = V::splat(*bias);
    const int64_t top = row * kStep - s.padTop, left = column * kStep - s.padLeft;
    // The rows below are fetched into cache while these are computed.
#pragma GCC unroll 32
    for (int y = 0; y < kRows * kStep; y++) {
      const T* below = input + (top + (kRows - 1) * kStep + kSize + y) * s.inWidth + left;
#pragma GCC unroll 2
      for (int i = 0; i < kStep; i++) __builtin_prefetch(below + i * V::width);
    }
#pragma GCC unroll 32
    for (int y = 0; y < (kRows - 1) * kStep + kSize; y++) {
      const int64_t fromRow = top + y;
      const bool inside = !kEdge || (fromRow >= 0 && fromRow < s.inHeight);
      const T* from = input + fromRow * s.inWidth + left;
      const auto load = [&](int kx, int i) CORR2D_LAMBDA_INLINE {
        const T* p = from + kx + i * V::width;
        if constexpr (kEdge) return inside ? V::loadLanes(p, edge.lanes[kx / kStep][i]) : V::zero();
        return V::load(p);
      };
      const auto apply = [&](int kx, V x) CORR2D_LAMBDA_INLINE {
#pragma GCC unroll 8
        for (int r = 0; r < kRows; r++) {
          const int ky = y - r * kStep;
          if (ky >= 0 && ky < kSize) sum[r] = multiplyAdd(x, w[ky * kSize + kx], sum[r]);
        }
      };
#pragma GCC unroll 8
      for (int kx = 0; kx < kSize; kx += kStep) {
        const V a = load(kx, 0);
        if constexpr (kStep == 1) {
          apply(kx, a);
        } else {
          const V b = load(kx, 1);
          apply(kx, even(a, b));
          if (kx + 1 < kSize) apply(kx + 1, odd(a, b));
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; r++) {
      T* to = output + (row + r) * s.outWidth + column;
      if (pixels == V::width) {
        sum[r].store(to);
      } else {
        sum[r].storePartial(to, pixels);
      }
    }
  }

  template <int kRows>
  __attribute__((noinline)) void rows(int64_t row, int64_t end, const Edge& first, const Edge& last) const {
    V w[kSize * kSize];
#pragma GCC unroll 32
    for (int i = 0; i < kSize * kSize; i++) w[i] = V::splat(weights[i]);
    const int64_t lastColumn = (s.outWidth - 1) / V::width * V::width;
    for (int64_t y = row; y < end; y += kRows) {
      // The last rows are computed together with some before them, once more, rather than one by one.
      const int64_t from = smaller(y, end - kRows), top = from * kStep - s.padTop;
      const bool rowsInside = top >= 0 && top + (kRows - 1) * kStep + kSize <= s.inHeight;
      for (int64_t column = 0; column <= lastColumn; column += V::width) {
        const int64_t pixels = smaller(V::width, s.outWidth - column), left = column * kStep - s.padLeft;
        if (rowsInside && left >= 0 && left + kSize - 1 + kStep * V::width <= s.inWidth) {
          tile<kRows, false>(w, from, column, pixels, first);
        } else if (column == 0 || column == lastColumn) {
          tile<kRows, true>(w, from, column, pixels, column == 0 ? first : last);
        } else {
          tile<kRows, true>(w, from, column, pixels, Edge(s, column));
        }
      }
    }
  }
};

template <class T, int kSize, int kStep>
void depthwiseTasks(const ConvJob& job, int64_t firstTask, int64_t lastTask) {
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  const EdgeLanes<T, kSize, kStep> first(s, 0), last(s, (s.outWidth - 1) / Vec<T>::width * Vec<T>::width);
  // Planes are counted through all images; each plane of input has groupOut planes of output.
  int64_t plane = firstTask / b.rowBlocks, row = firstTask % b.rowBlocks * b.rows, channel = plane % s.outChannels;
  for (int64_t task = firstTask; task < lastTask; task++) {
    const int64_t inPlane = s.groupOut() == 1 ? plane : plane / s.groupOut();
    const DepthwisePlane<T, kSize, kStep> rows{s, static_cast<const T*>(job.src) + inPlane * s.inHeight * s.inWidth,
                                               static_cast<const T*>(job.weights) + channel * kSize * kSize,
                                               static_cast<const T*>(job.bias) + channel,
                                               static_cast<T*>(job.dst) + plane * s.outHeight * s.outWidth};
    const int64_t end = smaller(row + b.rows, s.outHeight);
    if (end - row < Tile::rows) {
      rows.template rows<1>(row, end, first, last);
    } else {
      rows.template rows<Tile::rows>(row, end, first, last);
    }
    if (s.activation != Activation::none) activate(rows.output + row * s.outWidth, (end - row) * s.outWidth, s);
    row = end;
    if (row == s.outHeight) {
      row = 0;
      plane++;
      if (++channel == s.outChannels) channel = 0;
    }
  }
}

template <class T>
void depthwise(const ConvJob& job, int64_t firstTask, int64_t lastTask, void*) {
  const bool three = job.spec->kernelHeight == 3, one = job.spec->strideY == 1;
  const auto run = three ? (one ? depthwiseTasks<T, 3, 1> : depthwiseTasks<T, 3, 2>)
                         : (one ? depthwiseTasks<T, 5, 1> : depthwiseTasks<T, 5, 2>);
  run(job, firstTask, lastTask);
}

}  // namespace
}  // namespace corr2d
