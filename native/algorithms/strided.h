// SPDX-License-Identifier: MIT
// strided computes the matrix product of im2col over windows that stay where they are in the input; no patch is copied,
// at any stride. Vectors hold output channels, weights [outputs / n][inChannels * kernelHeight * kernelWidth][n]; the
// element of each window is broadcast from its place.
// Preconditions: a strip with all input channels; nothing past its end is read.
#pragma once
#include "outer_product.h"
#include "transposed_store.h"
#include "window_tile.h"

namespace corr2d {
namespace {

// For each task, makes the strip of its region, of `planes` planes, and calls
// store(sums, tile, pixels, tileOutputs, outputs, offset) with the sums [pixels][tileOutputs] of a few pixels of a row
// and one tile of output channels, whose first belongs at `offset` of the output.
template <class T, class MakeStrip, class Store>
CORR2D_INLINE void runStrided(const ConvJob& job, int64_t firstTask, int64_t lastTask, int64_t planes,
                              const MakeStrip& makeStrip, const Store& store) {
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  constexpr int64_t width = Vec<T>::width;
  // Several tiles are stored together, so that their pixels fill vectors and cache lines.
  constexpr int64_t kSegment = 4 * Tile::pixels;
  alignas(64) T sums[transposedPixels<T>(kSegment) * 2 * width];
  for (int64_t task = firstTask; task < lastTask; task++) {
    const Region r = regionOf(job, task);
    const Strip<T> strip = makeStrip(r);
    const int64_t firstTile = r.group * b.groupTiles + r.output / b.tileOutputs;
    const int64_t pixelStep = s.strideX * strip.columnStep;
    const int64_t offset = outputOffset(s, r);
    const int64_t outPixel = s.nhwc ? s.outChannels : 1;
    const int64_t outChannel = s.nhwc ? 1 : s.outHeight * s.outWidth;
    // Weights of a tile stay in cache while the pixels pass by.
    for (int64_t output = 0; output < r.outputs; output += b.tileOutputs) {
      const int64_t tile = firstTile + output / b.tileOutputs;
      const int64_t outputs = smaller(b.tileOutputs, r.outputs - output);
      for (int64_t y = 0; y < r.rows; y++) {
        for (int64_t x = 0; x < r.columns; x += kSegment) {
          const int64_t pixels = smaller(kSegment, r.columns - x);
          // Tiles are as equal as they can be: 15 pixels make 8 and 7, rather than 14 and 1.
          const int64_t tiles = (pixels + Tile::pixels - 1) / Tile::pixels;
          const int64_t tilePixels = (pixels + tiles - 1) / tiles;
          for (int64_t p = 0; p < pixels; p += tilePixels) {
            const WindowTile<T> windows{static_cast<const T*>(job.weights) + tile * b.packedTile,
                                        static_cast<const T*>(job.bias) + tile * b.tileOutputs,
                                        strip.data + y * strip.outputRow + (x + p) * pixelStep,
                                        planes,
                                        strip.planeStep,
                                        s.kernelHeight,
                                        strip.tapRow,
                                        s.kernelWidth,
                                        s.dilationX * strip.columnStep,
                                        pixelStep,
                                        sums + p * b.tileOutputs};
            windows.compute(smaller(tilePixels, pixels - p), b.tileOutputs / width);
          }
          store(sums, tile, pixels, b.tileOutputs, outputs,
                offset + (y * s.outWidth + x) * outPixel + output * outChannel);
        }
      }
    }
  }
}

template <class T>
void strided(const ConvJob& job, int64_t firstTask, int64_t lastTask, void* workspace) {
  const ConvSpec& s = *job.spec;
  runStrided<T>(
      job, firstTask, lastTask, s.groupIn(),
      [&](const Region& r) { return stripOf(job, r, 0, s.groupIn(), 0, static_cast<T*>(workspace)); },
      [&](T* sums, int64_t, int64_t pixels, int64_t tileOutputs, int64_t outputs, int64_t offset) {
        activate(sums, pixels * tileOutputs, s);
        T* to = static_cast<T*>(job.dst) + offset;
        if (s.nhwc) {
          for (int64_t p = 0; p < pixels; p++) {
            memcpy(to + p * s.outChannels, sums + p * tileOutputs, static_cast<size_t>(outputs) * sizeof(T));
          }
        } else {
          storeTransposed(sums, tileOutputs, pixels, outputs, to, s.outHeight * s.outWidth);
        }
      });
}

}  // namespace
}  // namespace corr2d
