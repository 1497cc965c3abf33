// SPDX-License-Identifier: MIT
// The gradient of weights: gradWeights[oc, ic, ky, kx] = sum over n, oy, ox of
// gradOutput[n, oc, oy, ox] * x[n, ic, oy * strideY + ky * dilationY, ox * strideX + kx * dilationX].
// Vectors hold output channels: gradOutput is transposed, block by block, into a panel [pixels][tileOutputs]. Elements of
// windows are broadcast from where they lie in the input or in a padded strip of it. Each block of pixels is summed up
// in registers and then added to the sums of the blocks before, in one order whatever the threads.
#pragma once
#include "../grad_weights_job.h"
#include "strip.h"
#include "transposed_store.h"

namespace corr2d {
namespace {

// Elements of a window by output channels: kRows x kVectors vectors.
template <class T>
struct GradientTile {
  const T* const* origins;  // where each element of the window has its first pixel
  int64_t pixelStep, lineStep;
  int64_t lines, linePixels;
  const T* panel;  // [lines * linePixels][kVectors * width]
  T* sums;         // [kRows][kVectors * width]
  bool first;      // block of pixels

  // kStep is pixelStep where it is known at compile time, or 0.
  template <int kRows, int kVectors, int kStep>
  __attribute__((noinline)) void run() const {
    using V = Vec<T>;
    const int64_t step = kStep == 0 ? pixelStep : kStep;
    const T* const* from = origins;
    const int64_t count = linePixels;
    V sum[kRows][kVectors];
#pragma GCC unroll 32
    for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) sum[r][v] = V::zero();
    }
    const T* g = panel;
    const auto addPixel = [&](int64_t offset) CORR2D_LAMBDA_INLINE {
      V gradient[kVectors];
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) gradient[v] = V::load(g + v * V::width);
#pragma GCC unroll 32
      for (int r = 0; r < kRows; r++) {
        const V x = V::splat(from[r][offset]);
#pragma GCC unroll 32
        for (int v = 0; v < kVectors; v++) sum[r][v] = multiplyAdd(x, gradient[v], sum[r][v]);
      }
      g += kVectors * V::width;
    };
    for (int64_t y = 0; y < lines; y++) {
      int64_t offset = y * lineStep;
      for (int64_t x = 0; x < count; x++, offset += step) addPixel(offset);
    }
#pragma GCC unroll 32
    for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) {
        T* to = sums + (r * kVectors + v) * V::width;
        (first ? sum[r][v] : V::load(to) + sum[r][v]).store(to);
      }
    }
  }

  template <int kRows, int kVectors>
  void withStep() const {
    if (pixelStep == 1) return run<kRows, kVectors, 1>();
    if (pixelStep == 2) return run<kRows, kVectors, 2>();
    run<kRows, kVectors, 0>();
  }

  template <int kRows = Tile::pixels>
  void compute(int64_t rows, int64_t vectors) const {
    if constexpr (kRows > 1) {
      if (rows < kRows) return compute<kRows - 1>(rows, vectors);
    }
    if (vectors == 1) return withStep<kRows, 1>();
    withStep<kRows, 2>();
  }
};

// Planes of `pixels` elements into columns [o] of to[pixel * toStep + o].
template <class T>
inline void packPlanes(const T* from, int64_t planeStep, int64_t pixels, int64_t planes, T* to, int64_t toStep) {
  using V = Vec<T>;
  int64_t plane = 0;
  for (; plane + 4 <= planes; plane += 4) {
    const T* p = from + plane * planeStep;
    T* out = to + plane;
    int64_t i = 0;
    for (; i + V::width <= pixels; i += V::width) {
      const V rows[4] = {V::load(p + i), V::load(p + planeStep + i), V::load(p + 2 * planeStep + i),
                         V::load(p + 3 * planeStep + i)};
      storeColumns(rows, out + i * toStep, toStep);
    }
    for (; i < pixels; i++) {
      for (int64_t o = 0; o < 4; o++) out[i * toStep + o] = p[o * planeStep + i];
    }
  }
  for (; plane < planes; plane++) {
    for (int64_t i = 0; i < pixels; i++) to[i * toStep + plane] = from[plane * planeStep + i];
  }
}

// gradOutput of a region's pixels as [tiles of output channels][pixels][tileOutputs], zeros beyond the last channel.
template <class T>
inline void packGradient(const GradWeightsJob& job, const Region& r, T* panel) {
  const ConvSpec& s = *job.spec;
  const int64_t lanes = job.blocking->tileOutputs;
  const int64_t pixels = r.rows * r.columns;
  for (int64_t output = 0; output < r.outputs; output += lanes, panel += pixels * lanes) {
    const int64_t outputs = smaller(lanes, r.outputs - output);
    if (outputs < lanes) memset(panel, 0, static_cast<size_t>(pixels * lanes) * sizeof(T));
    const T* from = static_cast<const T*>(job.gradOutput);
    const int64_t channel = r.group * s.groupOut() + r.output + output;
    // Rows that are not cut follow one another.
    const bool joined = r.columns == s.outWidth;
    const int64_t lines = joined ? 1 : r.rows, linePixels = joined ? pixels : r.columns;
    for (int64_t y = 0; y < lines; y++) {
      T* to = panel + y * linePixels * lanes;
      if (s.nhwc) {
        const T* line =
            from + ((r.image * s.outHeight + r.row + y) * s.outWidth + r.column) * s.outChannels + channel;
        for (int64_t i = 0; i < linePixels; i++) {
          memcpy(to + i * lanes, line + i * s.outChannels, static_cast<size_t>(outputs) * sizeof(T));
        }
      } else {
        const int64_t plane = s.outHeight * s.outWidth;
        packPlanes(from + (r.image * s.outChannels + channel) * plane + (r.row + y) * s.outWidth + r.column, plane,
                   linePixels, outputs, to, lanes);
      }
    }
  }
}

// Adds the products of one block of pixels to the sums of window elements [element, element + elements).
template <class T>
inline void addBlock(const GradWeightsJob& job, const Region& r, const Strip<T>& strip, int64_t element,
                     int64_t elements, const T* panel, T* sums, bool first) {
  const ConvSpec& s = *job.spec;
  const int64_t lanes = job.blocking->tileOutputs;
  const int64_t pixels = r.rows * r.columns;
  const int64_t tapColumn = s.dilationX * strip.columnStep;
  // Tiles as equal as they can be: 15 elements into 8 and 7, rather than 14 and 1.
  const int64_t tiles = (elements + Tile::pixels - 1) / Tile::pixels;
  const int64_t tileElements = (elements + tiles - 1) / tiles;
  for (int64_t output = 0; output < r.outputs; output += lanes) {
    const T* tilePanel = panel + output * pixels;
    T* tileSums = sums + output * elements;
    int64_t ky = element % s.taps() / s.kernelWidth, kx = element % s.kernelWidth;
    const T* plane = strip.data;
    for (int64_t e = 0; e < elements; e += tileElements) {
      const int64_t count = smaller(tileElements, elements - e);
      const T* origins[Tile::pixels];
      for (int64_t i = 0; i < count; i++) {
        origins[i] = plane + ky * strip.tapRow + kx * tapColumn;
        if (++kx < s.kernelWidth) continue;
        kx = 0;
        if (++ky < s.kernelHeight) continue;
        ky = 0;
        plane += strip.planeStep;
      }
      const GradientTile<T> tile{origins,   s.strideX * strip.columnStep, strip.outputRow,      r.rows,
                                 r.columns, tilePanel,                    tileSums + e * lanes, first};
      tile.compute(count, lanes / Vec<T>::width);
    }
  }
}

template <class T>
void gradWeights(const GradWeightsJob& job, int64_t firstTask, int64_t lastTask, void* workspace) {
  const ConvSpec& s = *job.spec;
  const GradWeightsBlocking& b = *job.blocking;
  const ConvJob stripJob{&s, &b.strip, nullptr, nullptr, nullptr, job.src, nullptr};
  T* stripSpace = static_cast<T*>(workspace);
  T* panel = stripSpace + b.strip.stripLength;
  T* sums = panel + b.panelLength;
  const int64_t window = s.groupIn() * s.taps();
  for (int64_t task = firstTask; task < lastTask; task++) {
    Region r{};
    r.output = task % b.outputBlocks * b.outputs;
    r.outputs = smaller(b.outputs, s.groupOut() - r.output);
    const int64_t element = task / b.outputBlocks % b.elementBlocks * b.elements;
    const int64_t elements = smaller(b.elements, window - element);
    r.group = task / b.outputBlocks / b.elementBlocks;
    const int64_t channel = element / s.taps();
    const int64_t channels = (element + elements - 1) / s.taps() - channel + 1;
    bool first = true;
    for (r.image = 0; r.image < s.batch; r.image++) {
      for (r.row = 0; r.row < s.outHeight; r.row += b.strip.rows) {
        for (r.column = 0; r.column < s.outWidth; r.column += b.strip.columns, first = false) {
          r.rows = smaller(b.strip.rows, s.outHeight - r.row);
          r.columns = smaller(b.strip.columns, s.outWidth - r.column);
          const Strip<T> strip = stripOf(stripJob, r, channel, channels, 0, stripSpace);
          packGradient(job, r, panel);
          addBlock(job, r, strip, element, elements, panel, sums, first);
        }
      }
    }
    T* to = static_cast<T*>(job.gradWeights) + (r.group * s.groupOut() + r.output) * window + element;
    for (int64_t output = 0; output < r.outputs; output += b.tileOutputs) {
      storeTransposed(sums + output * elements, b.tileOutputs, elements, smaller(b.tileOutputs, r.outputs - output),
                      to + output * window, window);
    }
  }
}

}  // namespace
}  // namespace corr2d
