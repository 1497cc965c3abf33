// SPDX-License-Identifier: MIT
#include "pool.h"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <utility>
#include <vector>


namespace corr2d {
namespace {

// A task takes about 10 us, so that a helper which wakes up late has something left to do.
constexpr int64_t kTapsOfTask = 1 << 16;
// Two threads pay from about 50 us on.
constexpr int64_t kTapsWorthThreads = 1 << 18;
// Rows are read again a few rows after they were written, as loads that follow close on unlike stores wait for them;
// long rows need no help.
constexpr int64_t kRowsAtOnce = 4, kLongRow = 512;

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

void checkAxis(const PoolAxis& a) {
  for (const int64_t size : {a.in, a.out, a.kernel, a.stride, a.dilation}) {
    require(size >= 1 && size <= INT32_MAX, "sizes must be from 1 to 2147483647");
  }
  for (const int64_t pad : {a.before, a.after}) {
    require(pad >= 0 && pad <= INT32_MAX, "padding must be from 0 to 2147483647");
  }
  require((a.out - 1) * a.stride < a.in + a.before + a.after, "the windows must begin inside the padded input");
}

// Columns of the padded input that windows read.
int64_t columnsOf(const PoolAxis& x) {
  return std::max(x.before + x.in, (x.out - 1) * x.stride + (x.kernel - 1) * x.dilation + 1);
}

// By how many elements a mean divides, of one row of its window: for each of `depth` numbers of each output column.
template <class T>
std::vector<T> widthsOf(const PoolSpec& s, int64_t depth, int64_t slack) {
  std::vector<T> widths(static_cast<size_t>(s.x.out * depth + slack), T(1));
  for (int64_t i = 0; i < s.x.out * depth; i++) {
    const PoolAxis::Taps taps = s.x.tapsOf(i / depth);
    widths[static_cast<size_t>(i)] = static_cast<T>(s.countIncludePad ? taps.padded : taps.inside);
  }
  return widths;
}

// Which column of the window of each output is the first inside; -1 where none is.
template <class T>
std::vector<T> firstColumnsOf(const PoolAxis& x, int64_t slack) {
  std::vector<T> columns(static_cast<size_t>(x.out + slack), T(-1));
  for (int64_t ox = 0; ox < x.out; ox++) {
    const PoolAxis::Taps taps = x.tapsOf(ox);
    if (taps.inside > 0) columns[static_cast<size_t>(ox)] = static_cast<T>((taps.first - (ox * x.stride - x.before)) / x.dilation);
  }
  return columns;
}

// Where the elements of a window lie, rows and then columns.
std::vector<int64_t> placesOf(const PoolSpec& s) {
  std::vector<int64_t> places;
  if (s.y.kernel * s.x.kernel > kMostPlaces) return places;
  for (int64_t ky = 0; ky < s.y.kernel; ky++) {
    for (int64_t kx = 0; kx < s.x.kernel; kx++) {
      places.push_back((ky * s.y.dilation * s.x.in + kx * s.x.dilation) * s.depth());
    }
  }
  return places;
}

template <class T>
WindowRun poolRunOf(const PoolSpec& s, const KernelSet& kernels, int threads, const void* src, void* dst) {
  const int64_t work = s.outputLength() * s.y.kernel + s.inputLength();
  const int64_t rowWork = s.x.in * s.depth() * s.y.kernel + 64;
  const int64_t taskRows = std::clamp<int64_t>(kTapsOfTask / rowWork, 1, s.y.out);
  const int64_t blocks = (s.y.out + taskRows - 1) / taskRows;
  const int64_t slack = 3 * kernels.tile.width;
  const int64_t rowLength = columnsOf(s.x) * s.depth() + slack;
  const int64_t rowsAtOnce = rowLength > kLongRow ? 1 : kRowsAtOnce;
  const int64_t tasks = s.planes() * blocks;
  threads = threadsFor(work, kTapsWorthThreads, tasks, threads);
  const int64_t workspace = rowsAtOnce * rowLength;
  std::vector<T> rows(static_cast<size_t>(workspace * threads));
  return {tasks, threads,
          [=, kernel = kernels.pool, widths = widthsOf<T>(s, 1, slack), rows = std::move(rows)](
              int64_t first, int64_t last, int thread) mutable {
            const PoolJob job{&s, taskRows, blocks, rowsAtOnce, rowLength, src, dst, widths.data()};
            kernel(job, first, last, rows.data() + thread * workspace);
          }};
}

template <class T>
WindowRun poolGradRunOf(const PoolSpec& s, const KernelSet& kernels, int threads, const void* src, const void* gradOutput,
                        void* gradX) {
  const int64_t depth = s.depth(), slack = 3 * kernels.tile.width;
  // A mean looks at rows for each of its own; a maximum at all elements of windows, and at windows on the edge of a
  // task twice.
  const int64_t taps = s.average ? s.y.kernel + s.x.kernel : s.y.kernel * s.x.kernel;
  const int64_t work = s.inputLength() + s.outputLength() * taps;
  const int64_t rowWork = std::max<int64_t>(work / (s.planes() * s.y.in), 1);
  const int64_t fewest = s.average ? 1 : 4 * s.y.kernel * s.y.dilation;
  const int64_t taskRows = std::min(std::max(kTapsOfTask / rowWork, fewest), s.y.in);
  const int64_t blocks = (s.y.in + taskRows - 1) / taskRows;
  const int64_t tasks = s.planes() * blocks;
  threads = threadsFor(work, kTapsWorthThreads, tasks, threads);
  const int64_t before = s.average ? (s.x.kernel - 1) * s.x.dilation : 0;
  const int64_t rowLength = (before + columnsOf(s.x)) * (s.average ? depth : 1) + slack;
  const int64_t rowsAtOnce = rowLength > kLongRow ? 1 : kRowsAtOnce;
  const int64_t heldRows = s.average ? rowsAtOnce + 1 : s.gradInVectors() ? rowsAtOnce * s.y.kernel : 0;
  const int64_t workspace = heldRows * rowLength;
  std::vector<T> rows(static_cast<size_t>(workspace * threads));
  auto columns = s.average ? widthsOf<T>(s, depth, slack) : firstColumnsOf<T>(s.x, slack);
  return {tasks, threads,
          [=, kernel = kernels.poolGrad, columns = std::move(columns), rows = std::move(rows),
           places = s.average ? std::vector<int64_t>() : placesOf(s)](int64_t first, int64_t last, int thread) mutable {
            const PoolGradJob job{&s,  taskRows,   blocks, rowsAtOnce,     rowLength,
                                  src, gradOutput, gradX,  columns.data(), places.data()};
            kernel(job, first, last, rows.data() + thread * workspace);
          }};
}

}  // namespace

void checkPoolSpec(const PoolSpec& s) {
  checkAxis(s.y);
  checkAxis(s.x);
  for (const int64_t size : {s.batch, s.channels}) {
    require(size >= 1 && size <= INT32_MAX, "sizes must be from 1 to 2147483647");
  }
  for (const auto& axes : {std::initializer_list<int64_t>{s.batch, s.channels, s.y.in, s.x.in, s.y.kernel},
                           std::initializer_list<int64_t>{s.batch, s.channels, s.y.out, s.x.out, s.y.kernel},
                           std::initializer_list<int64_t>{s.channels, s.x.kernel, s.x.dilation},
                           std::initializer_list<int64_t>{s.channels, s.x.in + s.x.before}}) {
    int64_t total = 4096;
    for (const int64_t size : axes) require(!__builtin_mul_overflow(total, size, &total), "the data is too large");
  }
}

WindowRun poolRun(const PoolSpec& spec, const Isa& isa, int threads, const void* src, void* dst) {
  const auto runOf = spec.dtype == DType::float32 ? poolRunOf<float> : poolRunOf<double>;
  return runOf(spec, isa.of(spec.dtype), threads, src, dst);
}

WindowRun poolGradRun(const PoolSpec& spec, const Isa& isa, int threads, const void* src, const void* gradOutput, void* gradX) {
  const auto runOf = spec.dtype == DType::float32 ? poolGradRunOf<float> : poolGradRunOf<double>;
  return runOf(spec, isa.of(spec.dtype), threads, src, gradOutput, gradX);
}

}  // namespace corr2d
