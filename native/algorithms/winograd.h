// SPDX-License-Identifier: MIT
// winograd computes 3x3 kernels at stride 1 by F(m x m, 3 x 3), m = 4 or 2 (Lavin & Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015). Each square of m x m outputs comes from (m + 2)^2 inputs:
//
//     Y = A^T [ sum over ic of (G w G^T) * (B^T d B) ] A        * element by element
//
// Therefore the sums over ic are (m + 2)^2 matrix products, with 9 m^2 / (m + 2)^2 (4 or 2.25) times fewer
// multiplications than the definition has. The points for m = 4 are 0, +-sqrt(1/2), +-sqrt(2) and infinity, whose
// rounding errors are several times smaller than those of 0, +-1, +-2 and infinity; for m = 2 they are 0, 1, -1 and
// infinity.
//
// A task transforms the inputs of some squares into [position][ic][square], with squares in vectors, then for
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

// A block has squares whose inputs fill one vector in each phase of columns: `count` neighbours in each of `rows` rows
// of squares.
struct SquareBlock {
  int64_t row, rows, column, count;
};

// Returns the block of the squares from `first` on, at most `most`. If rows are short, tasks begin and end with whole
// rows.
inline SquareBlock blockOf(const Blocking& b, int64_t first, int64_t most) {
  const int64_t row = first / b.winogradColumns, column = first % b.winogradColumns;
  if (b.winogradLanes == Floats::width) return {row, 1, column, smaller(most, b.winogradColumns - column)};
  return {row, smaller(Floats::width / b.winogradLanes, most / b.winogradColumns), 0, b.winogradColumns};
}

// Computes B^T d B for a block of squares of any channel. It reads the input in kSize vectors of columns for each of
// the rows of a square, and one more where the last square of a full vector needs two columns beyond it.
template <int kSize>
class InputTransform {
 public:
  // `room` counts squares from the first of the block to the last of the task.
  void prepare(const ConvSpec& s, const Blocking& b, const SquareBlock& block, int64_t room) {
    stored_ = smaller(room, kWidth);
    runs_ = Runs(b.winogradLanes, block.count);
    memset(lines_, 0, sizeof lines_);
    vectors_ = block.count * kSize + 2 > kSize * kWidth ? kSize + 1 : kSize;
    for (int64_t i = 0; i < vectors_; i++) {
      const int64_t run = i < kSize ? i * kWidth / (b.winogradLanes * kSize) : 0;
      const int64_t column = (block.column - run * b.winogradLanes) * kSize - s.padLeft + i * kWidth;
      const int64_t first = smaller(larger(-column, 0), kWidth);
      for (int64_t y = 0; y < kPoints; y++) {
        const int64_t row = borderIndex((block.row + run) * kSize - s.padTop + y, s.inHeight, s.border);
        Piece& piece = pieces_[i][y];
        piece.row = run < block.rows && row >= 0 ? row * s.inWidth : -1;
        piece.column = column;
        const int64_t end = piece.row < 0 ? first : larger(smaller(s.inWidth - column, kWidth), first);
        piece.lanes = Floats::lanes(first, end);
        piece.whole = end - first == kWidth;
      }
    }
  }

  // Transforms one channel to planes[position * planeLength + square of the block]. Other lanes that it writes belong
  // to blocks that follow. `ahead` leads to the channel that comes next.
  void run(const ConvSpec& s, const float* channel, int64_t ahead, int64_t planeLength, float* planes) {
    // The first pass goes down the columns, which need not be sorted for it.
    for (int64_t i = 0; i < vectors_; i++) {
      Floats d[kPoints], t[kPoints];
#pragma GCC unroll 8
      for (int y = 0; y < kPoints; y++) {
        d[y] = load(s, channel, pieces_[i][y]);
        __builtin_prefetch(channel + pieces_[i][y].row + pieces_[i][y].column + ahead);
      }
      Points<kSize>::input(d, t);
#pragma GCC unroll 8
      for (int y = 0; y < kPoints; y++) t[y].store(lines_[y] + i * kWidth);
    }
    // The second pass goes along the rows: it takes column i of each square; the next square has the last two.
    for (int64_t y = 0; y < kPoints; y++) {
      const float* line = lines_[y];
      Floats phases[kSize], d[kPoints], t[kPoints];
      deinterleave(line, phases);
#pragma GCC unroll 8
      for (int i = 0; i < kSize; i++) d[i] = phases[i];
      d[kSize] = next(phases[0], line + kSize * kWidth, runs_);
      d[kSize + 1] = next(phases[1], line + kSize * kWidth + 1, runs_);
      Points<kSize>::input(d, t);
#pragma GCC unroll 8
      for (int i = 0; i < kPoints; i++) {
        float* to = planes + (y * kPoints + i) * planeLength;
        if (stored_ == kWidth) {
          joined(t[i], runs_).store(to);
        } else {
          joined(t[i], runs_).storePartial(to, stored_);
        }
      }
    }
  }

 private:
  static constexpr int kPoints = kSize + 2;
  static constexpr int64_t kWidth = Floats::width;

  // A vector of a row of the padded input.
  struct Piece {
    int64_t row, column;  // `row` is where it starts in a channel, or -1 for zeros
    typename Floats::Lanes lanes;  // the lanes inside the input
    bool whole;
  };

  static CORR2D_INLINE Floats load(const ConvSpec& s, const float* channel, const Piece& piece) {
    if (piece.whole) return Floats::load(channel + piece.row + piece.column);
    if (s.border == Border::constant) return Floats::loadLanes(channel + piece.row + piece.column, piece.lanes);
    return bordered(s, channel, piece);
  }

  static __attribute__((noinline)) Floats bordered(const ConvSpec& s, const float* channel, const Piece& piece) {
    if (piece.row < 0) return Floats::zero();
    float padded[kWidth];
    fillRow(channel + piece.row, s.inWidth, piece.column, kWidth, s.border, padded);
    return Floats::load(padded);
  }

  Runs runs_{kWidth, kWidth};
  int64_t vectors_, stored_;
  Piece pieces_[kSize + 1][kPoints];
  // Columns beyond the last of a block stay zeros, unless they are read from the input.
  alignas(64) float lines_[kPoints][(kSize + 1) * kWidth];
};

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
  // It takes several blocks at a time, as long pieces of rows come from memory sooner than short ones.
  for (int64_t square = 0; square < squares;) {
    constexpr int kBlocks = 4;
    InputTransform<kSize> transforms[kBlocks];
    int64_t squaresOf[kBlocks], blocks = 0, done = square;
    for (; blocks < kBlocks && done < squares; blocks++) {
      const SquareBlock block = blockOf(b, first + done, smaller(squares - done, width));
      transforms[blocks].prepare(s, b, block, squares - done);
      squaresOf[blocks] = done;
      done += block.rows * block.count;
    }
    for (int64_t ic = 0; ic < s.groupIn(); ic++) {
      for (int64_t i = 0; i < blocks; i++) {
        transforms[i].run(s, input + ic * plane, plane, b.planeLength, planes + ic * b.winogradTiles + squaresOf[i]);
      }
    }
    square = done;
  }

  const float zeros[2 * width] = {};
  constexpr int64_t kRun = 14;
  alignas(64) float results[(kRun * kSize * kSize + width) * 2 * width];
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
      const int64_t row = (first + square) / b.winogradColumns * kSize, column = (first + square) % b.winogradColumns;
      const int64_t count = smaller(kRun, smaller(squares - square, b.winogradColumns - column));
      const int64_t rowLength = count * kSize * b.tileOutputs;
      for (int64_t i = 0; i < count; i++) {
        transformOutput<kSize>(products + (square + i) * b.tileOutputs, b.winogradTiles * b.tileOutputs, b.tileOutputs,
                               bias, results + i * kSize * b.tileOutputs, rowLength);
      }
      activate(results, kSize * rowLength, s);
      for (int64_t y = 0; y < smaller(kSize, s.outHeight - row); y++) {
        storeTransposed(results + y * rowLength, b.tileOutputs, smaller(count * kSize, s.outWidth - column * kSize),
                        smaller(b.tileOutputs, outputs - output),
                        out + output * outPlane + (row + y) * s.outWidth + column * kSize, outPlane);
      }
      square += count;
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
