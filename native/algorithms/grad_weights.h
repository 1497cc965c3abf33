// SPDX-License-Identifier: MIT
// gradWeights[oc, ic, ky, kx] = sum over n, oy, ox of
//     gradOutput[n, oc, oy, ox] * x[n, ic, oy * strideY + ky * dilationY, ox * strideX + kx * dilationX]
//
// Output channels and elements (ic, ky, kx) of the windows see the same pixels. Pixels of one side are broadcast from
// where they lie, in gradOutput or in a padded strip of the input. Pixels of the other are transposed, block by block,
// into a panel [pixels][lanes] of vectors. With elements in vectors the result needs no transposing; with output
// channels in vectors the panel is smaller. Each block of pixels is summed up in registers and added to the sums of
// earlier blocks, in an order that does not depend on threads. If few output channels would share the packing, nothing
// is packed: see pixel_sums.h.
#pragma once
#include "../grad_weights_job.h"
#include "pixel_sums.h"
#include "side.h"
#include "strip.h"
#include "transposed_store.h"

namespace corr2d {
namespace {

// Computes kRows rows by kVectors vectors of sums.
template <class T>
struct GradientTile {
  Side<T> rows;
  int64_t lines, linePixels;
  const T* panel;  // [lines * linePixels][kVectors * width]
  T* sums;         // [rows.count][sumsStep]
  int64_t sumsStep;
  int64_t columns;  // of each row of sums, up to kVectors * width
  bool first;       // block of pixels

  // kStep is pixelStep if it is known at compile time, else 0.
  template <int kRows, int kVectors, int kStep>
  __attribute__((noinline)) void run() const {
    using V = Vec<T>;
    const int64_t step = kStep == 0 ? rows.pixelStep : kStep;
    const T* const* from = rows.origins;
    const int64_t count = linePixels;
    V sum[kRows][kVectors];
#pragma GCC unroll 32
    for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) sum[r][v] = V::zero();
    }
    const T* p = panel;
    for (int64_t y = 0; y < lines; y++) {
      int64_t offset = y * rows.lineStep;
      for (int64_t x = 0; x < count; x++, offset += step, p += kVectors * V::width) {
        V lanes[kVectors];
#pragma GCC unroll 32
        for (int v = 0; v < kVectors; v++) lanes[v] = V::load(p + v * V::width);
#pragma GCC unroll 32
        for (int r = 0; r < kRows; r++) {
          const V value = V::splat(from[r][offset]);
#pragma GCC unroll 32
          for (int v = 0; v < kVectors; v++) sum[r][v] = multiplyAdd(value, lanes[v], sum[r][v]);
        }
      }
    }
#pragma GCC unroll 32
    for (int r = 0; r < kRows; r++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) {
        T* to = sums + r * sumsStep + v * V::width;
        const int64_t left = columns - v * V::width;
        if (left >= V::width) {
          (first ? sum[r][v] : V::load(to) + sum[r][v]).store(to);
        } else if (left > 0) {
          (first ? sum[r][v] : V::loadPartial(to, left) + sum[r][v]).storePartial(to, left);
        }
      }
    }
  }

  template <int kRows, int kVectors>
  void withStep() const {
    if (rows.pixelStep == 1) return run<kRows, kVectors, 1>();
    if (rows.pixelStep == 2) return run<kRows, kVectors, 2>();
    run<kRows, kVectors, 0>();
  }

  template <int kRows = Tile::pixels>
  void compute(int64_t vectors) const {
    if constexpr (kRows > 1) {
      if (rows.count < kRows) return compute<kRows - 1>(vectors);
    }
    if (vectors == 1) return withStep<kRows, 1>();
    withStep<kRows, 2>();
  }
};

// Returns whether each origin lies one element after the one before. The first and the last do not tell: a 1x2 window
// on two channels of nhwc has its origins at 0, 2, 1 and 3.
template <class T>
inline bool areAdjacent(const Side<T>& side) {
  for (int64_t o = 1; o < side.count; o++) {
    if (side.origins[o] != side.origins[o - 1] + 1) return false;
  }
  return true;
}

// Sets to[pixel * lanes + i] = pixel of origins[i], for one line of pixels.
template <class T>
inline void packLine(const Side<T>& side, bool adjacent, int64_t lineOffset, int64_t pixels, T* to, int64_t lanes) {
  using V = Vec<T>;
  const T* const* from = side.origins;
  if (side.pixelStep != 1) {
    for (int64_t i = 0; i < pixels; i++, to += lanes) {
      const int64_t offset = lineOffset + i * side.pixelStep;
      if (adjacent) {
        memcpy(to, from[0] + offset, static_cast<size_t>(side.count) * sizeof(T));
      } else {
        for (int64_t o = 0; o < side.count; o++) to[o] = from[o][offset];
      }
    }
    return;
  }
  for (int64_t o = 0; o < side.count; o += V::width) {
    const int64_t used = smaller(V::width, side.count - o);
    for (int64_t i = 0; i < pixels; i += V::width) {
      const int64_t left = smaller(V::width, pixels - i);
      V v[V::width];
#pragma GCC unroll 16
      for (int k = 0; k < V::width; k++) {
        const T* p = from[o + (k < used ? k : 0)] + lineOffset + i;
        v[k] = left == V::width ? V::load(p) : V::loadPartial(p, left);
      }
      transpose(v);
      T* out = to + i * lanes + o;
      // Lanes beyond the last origin repeat the first, and their sums are not stored.
#pragma GCC unroll 16
      for (int k = 0; k < V::width; k++) {
        if (k < left) v[k].store(out + k * lanes);
      }
    }
  }
}

// Holds two sides of a block of pixels, and where their products go: sums[lane tile * tileStep + row * rowStep + lane].
template <class T>
struct PixelBlock {
  Side<T> rows, lanes;
  int64_t lines, linePixels;
  T* sums;
  int64_t tileStep, rowStep;
  bool first;

  // Rows that follow one another on both sides are joined into one.
  void joinLines() {
    if (rows.lineStep != linePixels * rows.pixelStep || lanes.lineStep != linePixels * lanes.pixelStep) return;
    linePixels *= lines;
    lines = 1;
  }

  void pack(int64_t tileLanes, T* panel) const {
    const int64_t pixels = lines * linePixels;
    for (int64_t lane = 0; lane < lanes.count; lane += tileLanes, panel += pixels * tileLanes) {
      const Side<T> some{lanes.origins + lane, smaller(tileLanes, lanes.count - lane), lanes.pixelStep, lanes.lineStep};
      if (some.count < tileLanes) memset(panel, 0, static_cast<size_t>(pixels * tileLanes) * sizeof(T));
      // With channels last, origins are mostly neighbours in memory.
      const bool adjacent = areAdjacent(some);
      for (int64_t y = 0; y < lines; y++) {
        packLine(some, adjacent, y * lanes.lineStep, linePixels, panel + y * linePixels * tileLanes, tileLanes);
      }
    }
  }

  // `allColumns` means that there is room for whole tiles of sums, beyond the last lane. The panel is read once for
  // each tile of rows: the pixels of the rows stay in L1, and sums that go to the gradient itself are written along its
  // rows.
  void multiply(int64_t tileLanes, const T* panel, bool allColumns) const {
    // Tiles are as equal as they can be: 15 rows make 8 and 7, rather than 14 and 1.
    const int64_t tiles = (rows.count + Tile::pixels - 1) / Tile::pixels;
    const int64_t tileRows = (rows.count + tiles - 1) / tiles;
    for (int64_t row = 0; row < rows.count; row += tileRows) {
      const Side<T> some{rows.origins + row, smaller(tileRows, rows.count - row), rows.pixelStep, rows.lineStep};
      const T* from = panel;
      for (int64_t lane = 0; lane < lanes.count; lane += tileLanes, from += lines * linePixels * tileLanes) {
        const int64_t columns = allColumns ? tileLanes : smaller(tileLanes, lanes.count - lane);
        T* to = sums + lane / tileLanes * tileStep + row * rowStep;
        const GradientTile<T> tile{some, lines, linePixels, from, to, rowStep, columns, first};
        tile.compute(tileLanes / Vec<T>::width);
      }
    }
  }
};

// Returns elements [element, element + count) of a window in a strip that begins with the channel of the first.
template <class T>
inline Side<T> elementsOf(const GradWeightsJob& job, const Strip<T>& strip, int64_t element, int64_t count,
                          const T** origins) {
  const ConvSpec& s = *job.spec;
  int64_t ky = element % s.taps() / s.kernelWidth, kx = element % s.kernelWidth;
  const T* plane = strip.data;
  for (int64_t e = 0; e < count; e++) {
    origins[e] = plane + ky * strip.tapRow + job.columnOffset[kx] * strip.columnStep;
    if (++kx < s.kernelWidth) continue;
    kx = 0;
    if (++ky < s.kernelHeight) continue;
    ky = 0;
    plane += strip.planeStep;
  }
  return {origins, count, job.blocking->strip.phases > 1 ? 1 : s.strideX * strip.columnStep, strip.outputRow};
}

template <class T>
inline Side<T> outputsOf(const ConvSpec& s, const Region& r, const T* gradOutput, const T** origins) {
  const int64_t channel = r.group * s.groupOut() + r.output;
  const int64_t plane = s.outHeight * s.outWidth;
  const int64_t pixelStep = s.nhwc ? s.outChannels : 1, channelStep = s.nhwc ? 1 : plane;
  const T* first = gradOutput + r.image * s.outChannels * plane + channel * channelStep +
                   (r.row * s.outWidth + r.column) * pixelStep;
  for (int64_t o = 0; o < r.outputs; o++) origins[o] = first + o * channelStep;
  return {origins, r.outputs, pixelStep, s.outWidth * pixelStep};
}

template <class T>
void gradWeights(const GradWeightsJob& job, int64_t firstTask, int64_t lastTask, void* workspace) {
  const ConvSpec& s = *job.spec;
  const GradWeightsBlocking& b = *job.blocking;
  using Vectors = GradWeightsBlocking::Vectors;
  const ConvJob stripJob{&s, &b.strip, nullptr, nullptr, nullptr, nullptr, job.src, nullptr};
  T* stripSpace = static_cast<T*>(workspace);
  T* panel = stripSpace + b.strip.stripLength;
  T* sums = panel + b.panelLength;
  const T** origins = reinterpret_cast<const T**>(sums + b.sumsLength);
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
    T* to = static_cast<T*>(job.gradWeights) + (r.group * s.groupOut() + r.output) * window + element;
    bool first = true;
    for (r.image = 0; r.image < s.batch; r.image++) {
      for (r.row = 0; r.row < s.outHeight; r.row += b.strip.rows) {
        for (r.column = 0; r.column < s.outWidth; r.column += b.strip.columns, first = false) {
          r.rows = smaller(b.strip.rows, s.outHeight - r.row);
          r.columns = smaller(b.strip.columns, s.outWidth - r.column);
          const Strip<T> strip = stripOf(stripJob, r, channel, channels, 0, stripSpace);
          const Side<T> windows = elementsOf(job, strip, element, elements, origins);
          const Side<T> outputs = outputsOf(s, r, static_cast<const T*>(job.gradOutput), origins + elements);
          if (b.vectors == Vectors::pixels) {
            PixelSums<T>{windows, outputs, r.rows, r.columns, sums, first}.add(panel);
            continue;
          }
          PixelBlock<T> block = b.vectors == Vectors::elements
                                    ? PixelBlock<T>{outputs, windows, r.rows, r.columns, to, b.lanes, window, first}
                                    : PixelBlock<T>{windows,   outputs, r.rows,   r.columns,
                                                    sums, b.lanes * elements, b.lanes, first};
          block.joinLines();
          block.pack(b.lanes, panel);
          block.multiply(b.lanes, panel, b.vectors == Vectors::outputs);
        }
      }
    }
    if (b.vectors == Vectors::pixels) storeTotals(sums, r.outputs, elements, to, window);
    if (b.vectors != Vectors::outputs) continue;
    for (int64_t output = 0; output < r.outputs; output += b.lanes) {
      storeTransposed(sums + output * elements, b.lanes, elements, smaller(b.lanes, r.outputs - output),
                      to + output * window, window);
    }
  }
}

}  // namespace
}  // namespace corr2d
