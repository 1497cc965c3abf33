// SPDX-License-Identifier: MIT
// winograd: 3x3 kernels at stride 1 by F(m x m, 3 x 3), m = 4 or 2 (Lavin & Gray, "Fast Algorithms for Convolutional
// Neural Networks", 2015). Each square of m x m outputs comes from (m + 2)^2 inputs:
//
//     Y = A^T [ sum over ic of (G w G^T) * (B^T d B) ] A        * element by element
//
// so that the sums over ic are (m + 2)^2 matrix products, with 9 m^2 / (m + 2)^2 (4 or 2.25) times fewer
// multiplications than the definition has. Points for m = 4: 0, +-sqrt(1/2), +-sqrt(2), infinity, whose rounding errors
// are several times smaller than those of 0, +-1, +-2, infinity; for m = 2: 0, 1, -1, infinity.
//
// A task transforms the inputs of some squares into [position][ic][square], with squares of a row in vectors, then for
// each tile of output channels multiplies into [position][square][output], and transforms back with output channels in
// vectors. A NaN or infinity in the input reaches all outputs of the squares that it touches.
// Preconditions: nchw, kernel 3x3, strides and dilations 1.
#pragma once
#include "activate.h"
#include "strip.h"
#include "transposed_store.h"
#include "window_tile.h"

namespace corr2d {
namespace {

using Floats = Vec<float>;

template <int kSize>
struct Points;

template <>
struct Points<4> {
  static CORR2D_INLINE void input(const Floats (&d)[6], Floats (&t)[6]) {
    const float root = 0.70710678118654752440f;  // sqrt(1/2)
    const Floats a = Floats::splat(root), b = Floats::splat(2 * root);
    const Floats half = Floats::splat(-0.5f), two = Floats::splat(-2), five = Floats::splat(-2.5f);
    t[0] = multiplyAdd(five, d[2], d[0] + d[4]);
    const Floats even1 = multiplyAdd(two, d[2], d[4]), odd1 = a * multiplyAdd(two, d[1], d[3]);
    t[1] = even1 + odd1;
    t[2] = even1 - odd1;
    const Floats even2 = multiplyAdd(half, d[2], d[4]), odd2 = b * multiplyAdd(half, d[1], d[3]);
    t[3] = even2 + odd2;
    t[4] = even2 - odd2;
    t[5] = multiplyAdd(five, d[3], d[1] + d[5]);
  }
  static CORR2D_INLINE void output(const Floats (&m)[6], Floats (&y)[4]) {
    const float root = 0.70710678118654752440f;
    const Floats sum1 = m[1] + m[2], difference1 = m[1] - m[2], sum2 = m[3] + m[4], difference2 = m[3] - m[4];
    y[0] = m[0] + sum1 + sum2;
    y[1] = multiplyAdd(Floats::splat(root), difference1, Floats::splat(2 * root) * difference2);
    y[2] = multiplyAdd(Floats::splat(0.5f), sum1, Floats::splat(2) * sum2);
    y[3] = multiplyAdd(Floats::splat(root / 2), difference1, multiplyAdd(Floats::splat(4 * root), difference2, m[5]));
  }
};

template <>
struct Points<2> {
  static CORR2D_INLINE void input(const Floats (&d)[4], Floats (&t)[4]) {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[3] - d[1];
  }
  static CORR2D_INLINE void output(const Floats (&m)[4], Floats (&y)[2]) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] + m[3];
  }
};

// Squares that follow one another in a row of squares.
struct SquareRun {
  int64_t row, column, count;
};

// The squares from `first` on that lie in one row, `most` at the most.
inline SquareRun runOf(const Blocking& b, int64_t first, int64_t most) {
  const int64_t column = first % b.winogradColumns;
  return {first / b.winogradColumns, column, smaller(most, b.winogradColumns - column)};
}

// Sorts the columns of a row by their place in a square: phases[i][lane] = row[kSize * lane + i].
CORR2D_INLINE void sortColumns(const float* row, Floats (&phases)[4]) { deinterleave4(row, phases); }
CORR2D_INLINE void sortColumns(const float* row, Floats (&phases)[2]) {
  float lanes[2][Floats::width];
  for (int lane = 0; lane < Floats::width; lane++) {
    lanes[0][lane] = row[2 * lane];
    lanes[1][lane] = row[2 * lane + 1];
  }
  phases[0] = Floats::load(lanes[0]);
  phases[1] = Floats::load(lanes[1]);
}

// Transforms one channel of a run of at most one vector of squares to planes[position * planeLength + square]. Writes
// whole vectors: what lies past the run is overwritten by the run after it, or is slack.
template <int kSize>
inline void transformInput(const ConvSpec& s, const float* channel, const SquareRun& run, int64_t planeLength,
                           float* planes) {
  constexpr int kPoints = kSize + 2;
  constexpr int64_t width = Floats::width;
  constexpr int64_t lineLength = (kSize + 1) * width;  // columns of a vector of squares, two more, and slack
  alignas(64) float lines[kPoints][lineLength];
  const int64_t columns = run.count * kSize + 2;
  for (int64_t y = 0; y < kPoints; y++) {
    const int64_t row = borderIndex(run.row * kSize - s.padTop + y, s.inHeight, s.border);
    if (row < 0) {
      memset(lines[y], 0, sizeof lines[y]);
    } else {
      fillRow(channel + row * s.inWidth, s.inWidth, run.column * kSize - s.padLeft, columns, s.border, lines[y]);
    }
  }
  // Down the columns, which need not be sorted for this.
  for (int64_t x = 0; x < columns; x += width) {
    Floats d[kPoints], t[kPoints];
#pragma GCC unroll 8
    for (int y = 0; y < kPoints; y++) d[y] = Floats::load(lines[y] + x);
    Points<kSize>::input(d, t);
#pragma GCC unroll 8
    for (int y = 0; y < kPoints; y++) t[y].store(lines[y] + x);
  }
  // Along the rows: column i of each square, the last two from the square after it.
  for (int64_t y = 0; y < kPoints; y++) {
    float sorted[kSize][width + 1];
    Floats phases[kSize];
    sortColumns(lines[y], phases);
#pragma GCC unroll 8
    for (int i = 0; i < kSize; i++) phases[i].store(sorted[i]);
    sorted[0][width] = lines[y][kSize * width];
    sorted[1][width] = lines[y][kSize * width + 1];
    Floats d[kPoints], t[kPoints];
#pragma GCC unroll 8
    for (int i = 0; i < kSize; i++) d[i] = phases[i];
    d[kSize] = Floats::load(sorted[0] + 1);
    d[kSize + 1] = Floats::load(sorted[1] + 1);
    Points<kSize>::input(d, t);
#pragma GCC unroll 8
    for (int i = 0; i < kPoints; i++) t[i].store(planes + (y * kPoints + i) * planeLength);
  }
}

// Transforms the products of one square, [position][tileOutputs] at positionStep, to kSize rows, rowStep apart, of
// outputs [kSize][tileOutputs].
template <int kSize>
inline void transformOutput(const float* products, int64_t positionStep, int64_t tileOutputs, const float* bias,
                            float* outputs, int64_t rowStep) {
  constexpr int kPoints = kSize + 2;
  for (int64_t v = 0; v < tileOutputs; v += Floats::width) {
    Floats rows[kPoints][kSize];
#pragma GCC unroll 8
    for (int y = 0; y < kPoints; y++) {
      Floats m[kPoints];
#pragma GCC unroll 8
      for (int x = 0; x < kPoints; x++) m[x] = Floats::load(products + (y * kPoints + x) * positionStep + v);
      Points<kSize>::output(m, rows[y]);
    }
    const Floats start = Floats::load(bias + v);
#pragma GCC unroll 8
    for (int x = 0; x < kSize; x++) {
      Floats m[kPoints], column[kSize];
#pragma GCC unroll 8
      for (int y = 0; y < kPoints; y++) m[y] = rows[y][x];
      Points<kSize>::output(m, column);
#pragma GCC unroll 8
      for (int y = 0; y < kSize; y++) (column[y] + start).store(outputs + y * rowStep + x * tileOutputs + v);
    }
  }
}

template <int kSize>
void winogradTask(const ConvJob& job, int64_t task, float* workspace) {
  constexpr int kPoints = kSize + 2, kPositions = kPoints * kPoints;
  constexpr int64_t width = Floats::width;
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  const int64_t firstOutput = task % b.outputBlocks * b.outputs;
  task /= b.outputBlocks;
  const int64_t first = task % b.winogradBlocks * b.winogradTiles;
  task /= b.winogradBlocks;
  const int64_t group = task % s.groups, image = task / s.groups;
  const int64_t squares = smaller(b.winogradTiles, b.winogradCount - first);
  const int64_t outputs = smaller(b.outputs, s.groupOut() - firstOutput);

  float* planes = workspace;
  float* products = workspace + kPositions * b.planeLength;
  const int64_t plane = s.inHeight * s.inWidth;
  const float* input = static_cast<const float*>(job.src) + (image * s.inChannels + group * s.groupIn()) * plane;
  for (int64_t ic = 0; ic < s.groupIn(); ic++) {
    for (int64_t square = 0; square < squares;) {
      const SquareRun run = runOf(b, first + square, smaller(width, squares - square));
      transformInput<kSize>(s, input + ic * plane, run, b.planeLength, planes + ic * b.winogradTiles + square);
      square += run.count;
    }
  }

  const float zeros[2 * width] = {};
  constexpr int64_t kRun = 14;
  alignas(64) float results[kRun * kSize * kSize * 2 * width];
  const int64_t tiles = (squares + Tile::pixels - 1) / Tile::pixels;
  const int64_t tileSquares = (squares + tiles - 1) / tiles;
  const int64_t outPlane = s.outHeight * s.outWidth;
  float* out = static_cast<float*>(job.dst) +
               (image * s.outChannels + group * s.groupOut() + firstOutput) * outPlane;
  for (int64_t output = 0; output < outputs; output += b.tileOutputs) {
    const int64_t tile = group * b.groupTiles + (firstOutput + output) / b.tileOutputs;
    const float* weights = static_cast<const float*>(job.weights) + tile * b.packedTile;
    for (int64_t position = 0; position < kPositions; position++) {
      for (int64_t square = 0; square < squares; square += tileSquares) {
        const WindowTile<float> product{weights + position * s.groupIn() * b.tileOutputs,
                                        zeros,
                                        planes + position * b.planeLength + square,
                                        s.groupIn(),
                                        b.winogradTiles,
                                        1,
                                        0,
                                        1,
                                        0,
                                        1,
                                        products + (position * b.winogradTiles + square) * b.tileOutputs};
        product.compute(smaller(tileSquares, squares - square), b.tileOutputs / width);
      }
    }
    const float* bias = static_cast<const float*>(job.bias) + tile * b.tileOutputs;
    // A run of squares is transformed into rows of pixels, which are stored as far as they lie in the output.
    for (int64_t square = 0; square < squares;) {
      const SquareRun run = runOf(b, first + square, smaller(kRun, squares - square));
      const int64_t rowLength = run.count * kSize * b.tileOutputs;
      for (int64_t i = 0; i < run.count; i++) {
        transformOutput<kSize>(products + (square + i) * b.tileOutputs, b.winogradTiles * b.tileOutputs, b.tileOutputs,
                               bias, results + i * kSize * b.tileOutputs, rowLength);
      }
      activate(results, kSize * rowLength, s);
      const int64_t row = run.row * kSize, column = run.column * kSize;
      for (int64_t y = 0; y < smaller(kSize, s.outHeight - row); y++) {
        storeTransposed(results + y * rowLength, b.tileOutputs, smaller(run.count * kSize, s.outWidth - column),
                        smaller(b.tileOutputs, outputs - output),
                        out + output * outPlane + (row + y) * s.outWidth + column, outPlane);
      }
      square += run.count;
    }
  }
}

void winograd(const ConvJob& job, int64_t first, int64_t last, void* workspace) {
  for (int64_t task = first; task < last; task++) {
    if (job.blocking->winogradSize == 4) {
      winogradTask<4>(job, task, static_cast<float*>(workspace));
    } else {
      winogradTask<2>(job, task, static_cast<float*>(workspace));
    }
  }
}

}  // namespace
}  // namespace corr2d
