// SPDX-License-Identifier: MIT
// strided: the matrix product of im2col over windows that stay where they are in the input; no patch is copied, at any
// stride. Vectors hold output channels, weights [outputs / n][inChannels * kernelHeight * kernelWidth][n]; the element
// of each window is broadcast from its place.
//
//            outputs 0..width-1   width..2*width-1
//   pixel 0  sum[0][0]            sum[0][1]
//   pixel 1  sum[1][0]            sum[1][1]
//
// Preconditions: a strip with all input channels; nothing past its end is read.
#pragma once
#include "outer_product.h"

namespace corr2d {
namespace {

template <class T>
struct Windows {
  const ConvJob& job;
  const Strip<T>& strip;
  const T* weights;
  const T* bias;
  const T* origin;    // the first window's first element
  int64_t pixelStep;  // from a window to the next
  T* sums;            // [pixels][kVectors * width]

  // kStep is pixelStep where it is known at compile time, or 0.
  template <int kPixels, int kVectors, int kStep>
  __attribute__((noinline)) void run() const {
    using V = Vec<T>;
    const ConvSpec& s = *job.spec;
    const int64_t step = kStep == 0 ? pixelStep : kStep;
    const int64_t kernelHeight = s.kernelHeight, kernelWidth = s.kernelWidth, groupIn = s.groupIn();
    const int64_t rowStep = s.dilationY * strip.rowStep, columnStep = s.dilationX * strip.columnStep;
    V sum[kPixels][kVectors];
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; p++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) sum[p][v] = V::load(bias + v * V::width);
    }
    const T* w = weights;
    const T* plane = origin;
    for (int64_t ic = 0; ic < groupIn; ic++, plane += strip.planeStep) {
      const T* row = plane;
      for (int64_t ky = 0; ky < kernelHeight; ky++, row += rowStep) {
        const T* element = row;
        for (int64_t kx = 0; kx < kernelWidth; kx++, element += columnStep, w += kVectors * V::width) {
          V weight[kVectors];
#pragma GCC unroll 32
          for (int v = 0; v < kVectors; v++) weight[v] = V::load(w + v * V::width);
#pragma GCC unroll 32
          for (int p = 0; p < kPixels; p++) {
            const V x = V::splat(element[p * step]);
#pragma GCC unroll 32
            for (int v = 0; v < kVectors; v++) sum[p][v] = multiplyAdd(x, weight[v], sum[p][v]);
          }
        }
      }
    }
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; p++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) sum[p][v].store(sums + (p * kVectors + v) * V::width);
    }
  }

  template <int kPixels, int kVectors>
  void withStep() const {
    if (pixelStep == 1) return run<kPixels, kVectors, 1>();
    if (pixelStep == 2) return run<kPixels, kVectors, 2>();
    run<kPixels, kVectors, 0>();
  }

  template <int kPixels>
  void withPixels(int64_t pixels, int64_t vectors) const {
    if constexpr (kPixels > 1) {
      if (pixels < kPixels) return withPixels<kPixels - 1>(pixels, vectors);
    }
    if (vectors == 1) return withStep<kPixels, 1>();
    withStep<kPixels, 2>();
  }
};

template <class T>
void strided(const ConvJob& job, int64_t firstTask, int64_t lastTask, void* workspace) {
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  constexpr int64_t width = Vec<T>::width;
  T sums[Tile::pixels * 2 * width];
  for (int64_t task = firstTask; task < lastTask; task++) {
    const Region r = regionOf(job, task);
    const Strip<T> strip = stripOf(job, r, 0, s.groupIn(), 0, static_cast<T*>(workspace));
    const int64_t firstTile = r.group * b.groupTiles + r.output / b.tileOutputs;
    const int64_t pixelStep = s.strideX * strip.columnStep;
    T* out = static_cast<T*>(job.dst) + outputOffset(s, r);
    const int64_t outPixel = s.nhwc ? s.outChannels : 1;
    const int64_t outChannel = s.nhwc ? 1 : s.outHeight * s.outWidth;
    // Weights of a tile stay in cache while the pixels pass by.
    for (int64_t output = 0; output < r.outputs; output += b.tileOutputs) {
      const int64_t tile = firstTile + output / b.tileOutputs;
      const int64_t outputs = smaller(b.tileOutputs, r.outputs - output);
      for (int64_t y = 0; y < r.rows; y++) {
        for (int64_t x = 0; x < r.columns; x += Tile::pixels) {
          const int64_t pixels = smaller(Tile::pixels, r.columns - x);
          const Windows<T> windows{job,
                                   strip,
                                   static_cast<const T*>(job.weights) + tile * b.packedTile,
                                   static_cast<const T*>(job.bias) + tile * b.tileOutputs,
                                   strip.data + y * s.strideY * strip.rowStep + x * pixelStep,
                                   pixelStep,
                                   sums};
          windows.template withPixels<Tile::pixels>(pixels, b.tileOutputs / width);
          activate(sums, pixels * b.tileOutputs, s);
          T* to = out + (y * s.outWidth + x) * outPixel + output * outChannel;
          for (int64_t oc = 0; oc < outputs; oc++) {
            for (int64_t p = 0; p < pixels; p++) to[oc * outChannel + p * outPixel] = sums[p * b.tileOutputs + oc];
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace corr2d
