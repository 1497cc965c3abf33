// SPDX-License-Identifier: MIT
// depthwise: one input channel for each group, k x k kernels (k = 3 or 5) at stride 1 or 2: the filters of MobileNets, and
// of images of one channel. All weights of a kernel stay in registers; vectors hold neighbouring pixels of a row, and
// each vector of input that is loaded serves up to k of the rows of output that are computed together.
//
//            columns of one vector
//   output row 0   sum[0] += w[0][kx] * in[0] + w[1][kx] * in[1] + w[2][kx] * in[2]
//   output row 1   sum[1] += w[0][kx] * in[stride] + ...
//
// Reads the input where it lies: beyond its edges lanes are masked and rows are zeros, so that nothing is copied.
// Preconditions: groupIn 1, square kernel of kSize, strides kStep, dilations 1, border constant, nchw.
#pragma once
#include "activate.h"
#include "strip.h"

namespace corr2d {
namespace {

// Which lanes of a vector (or of the two that a step of 2 loads) lie in a row of `size` elements, from `column` on.
template <class T, int kStep>
struct EdgeLanes {
  typename Vec<T>::Lanes lanes[kStep];

  CORR2D_INLINE void set(int64_t column, int64_t size) {
    constexpr int64_t width = Vec<T>::width;
    for (int i = 0; i < kStep; i++, column += width) {
      const int64_t first = smaller(larger(-column, 0), width);
      lanes[i] = Vec<T>::lanes(first, larger(smaller(size - column, width), first));
    }
  }

  // Lane i from p[kStep * i], or zero.
  CORR2D_INLINE Vec<T> load(const T* p) const {
    if constexpr (kStep == 1) {
      return Vec<T>::loadLanes(p, lanes[0]);
    } else {
      return even(Vec<T>::loadLanes(p, lanes[0]), Vec<T>::loadLanes(p + Vec<T>::width, lanes[1]));
    }
  }
};

template <class T, int kStep>
CORR2D_INLINE Vec<T> loadInside(const T* p) {
  if constexpr (kStep == 1) {
    return Vec<T>::load(p);
  } else {
    return even(Vec<T>::load(p), Vec<T>::load(p + Vec<T>::width));
  }
}

// One plane of input, the kernel that goes over it, and the plane of output.
template <class T, int kSize, int kStep>
struct DepthwisePlane {
  using V = Vec<T>;
  const ConvSpec& s;
  const T* input;
  T* output;
  V weights[kSize * kSize];
  V bias;

  // kRows rows of output from `row` on, of the vector of columns that begins at `column`.
  template <int kRows, bool kEdge>
  CORR2D_INLINE void tile(int64_t row, int64_t column, int64_t pixels, const EdgeLanes<T, kStep>* edge) const {
    V sum[kRows];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; r++) sum[r] = bias;
    const int64_t top = row * kStep - s.padTop, left = column * kStep - s.padLeft;
    // The rows below come into cache while these are computed.
#pragma GCC unroll 32
    for (int y = 0; y < kRows * kStep; y++) {
      __builtin_prefetch(input + (top + (kRows - 1) * kStep + kSize + y) * s.inWidth + left);
    }
#pragma GCC unroll 32
    for (int y = 0; y < (kRows - 1) * kStep + kSize; y++) {
      const int64_t fromRow = top + y;
      const bool inside = fromRow >= 0 && fromRow < s.inHeight;
      const T* from = input + fromRow * s.inWidth;
#pragma GCC unroll 8
      for (int kx = 0; kx < kSize; kx++) {
        V x;
        if constexpr (kEdge) {
          x = inside ? edge[kx].load(from + left + kx) : V::zero();
        } else {
          x = loadInside<T, kStep>(from + left + kx);
        }
#pragma GCC unroll 8
        for (int r = 0; r < kRows; r++) {
          const int ky = y - r * kStep;
          if (ky >= 0 && ky < kSize) sum[r] = multiplyAdd(x, weights[ky * kSize + kx], sum[r]);
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

  // Which lanes lie in the input for each kernel column, of the vector of outputs that begins at `column`.
  struct Edge {
    EdgeLanes<T, kStep> lanes[kSize];

    CORR2D_INLINE Edge(const ConvSpec& s, int64_t column) {
#pragma GCC unroll 8
      for (int kx = 0; kx < kSize; kx++) lanes[kx].set(column * kStep - s.padLeft + kx, s.inWidth);
    }
  };

  template <int kRows>
  __attribute__((noinline)) void rows(int64_t row, int64_t end) const {
    const int64_t lastColumn = (s.outWidth - 1) / V::width * V::width;
    const Edge first(s, 0), last(s, lastColumn);
    Edge between = first;
    for (int64_t y = row; y < end; y += kRows) {
      // The last rows are computed together with some before them, once more, rather than one by one.
      const int64_t from = smaller(y, end - kRows), top = from * kStep - s.padTop;
      const bool rowsInside = top >= 0 && top + (kRows - 1) * kStep + kSize <= s.inHeight;
      for (int64_t column = 0; column <= lastColumn; column += V::width) {
        const int64_t pixels = smaller(V::width, s.outWidth - column), left = column * kStep - s.padLeft;
        if (rowsInside && left >= 0 && left + kSize - 1 + kStep * V::width <= s.inWidth) {
          tile<kRows, false>(from, column, pixels, nullptr);
        } else {
          if (column > 0 && column < lastColumn) between = Edge(s, column);
          const Edge& edge = column == 0 ? first : column == lastColumn ? last : between;
          tile<kRows, true>(from, column, pixels, edge.lanes);
        }
      }
    }
  }
};

template <class T, int kSize, int kStep>
inline void depthwiseRows(const ConvSpec& s, const T* input, const T* weights, T bias, T* output, int64_t row,
                          int64_t rows) {
  DepthwisePlane<T, kSize, kStep> plane{s, input, output, {}, Vec<T>::splat(bias)};
#pragma GCC unroll 32
  for (int i = 0; i < kSize * kSize; i++) plane.weights[i] = Vec<T>::splat(weights[i]);
  if (rows < Tile::rows) {
    plane.template rows<1>(row, row + rows);
  } else {
    plane.template rows<Tile::rows>(row, row + rows);
  }
  activate(output + row * s.outWidth, rows * s.outWidth, s);
}

template <class T>
void depthwise(const ConvJob& job, int64_t firstTask, int64_t lastTask, void*) {
  const ConvSpec& s = *job.spec;
  const bool three = s.kernelHeight == 3, one = s.strideY == 1;
  const auto run = three ? (one ? depthwiseRows<T, 3, 1> : depthwiseRows<T, 3, 2>)
                         : (one ? depthwiseRows<T, 5, 1> : depthwiseRows<T, 5, 2>);
  for (int64_t task = firstTask; task < lastTask; task++) {
    const Region r = regionOf(job, task);
    const int64_t channel = r.group * s.groupOut() + r.output;
    const T* input = static_cast<const T*>(job.src) + (r.image * s.inChannels + r.group) * s.inHeight * s.inWidth;
    T* output = static_cast<T*>(job.dst) + (r.image * s.outChannels + channel) * s.outHeight * s.outWidth;
    run(s, input, static_cast<const T*>(job.weights) + channel * s.taps(), static_cast<const T*>(job.bias)[channel],
        output, r.row, r.rows);
  }
}

}  // namespace
}  // namespace corr2d
