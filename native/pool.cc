// SPDX-License-Identifier: MIT
#include "pool.h"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <vector>

#include "thread_pool.h"

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

template <class T>
void run(const PoolSpec& s, const KernelSet& kernels, int threads, const void* src, void* dst) {
  const int64_t work = s.outputLength() * s.y.kernel + s.inputLength();
  const int64_t rowWork = s.x.in * s.depth() * s.y.kernel + 64;
  const int64_t taskRows = std::clamp<int64_t>(kTapsOfTask / rowWork, 1, s.y.out);
  const int64_t blocks = (s.y.out + taskRows - 1) / taskRows;
  if (work < kTapsWorthThreads) threads = 1;
  const int64_t columns = std::max(s.x.before + s.x.in, (s.x.out - 1) * s.x.stride + (s.x.kernel - 1) * s.x.dilation + 1);
  const int64_t slack = 3 * kernels.tile.width;
  std::vector<T> widths(static_cast<size_t>(s.x.out + slack), T(1));
  for (int64_t ox = 0; ox < s.x.out; ox++) {
    const PoolAxis::Taps taps = s.x.tapsOf(ox);
    widths[static_cast<size_t>(ox)] = static_cast<T>(s.countIncludePad ? taps.padded : taps.inside);
  }
  const int64_t rowLength = columns * s.depth() + slack;
  const int64_t rowsAtOnce = rowLength > kLongRow ? 1 : kRowsAtOnce;
  const PoolJob job{&s, taskRows, blocks, rowsAtOnce, rowLength, src, dst, widths.data()};
  threads = static_cast<int>(std::min<int64_t>({std::max(threads, 1), s.planes() * blocks, ThreadPool::kMaxThreads}));
  const int64_t workspace = rowsAtOnce * rowLength;
  std::vector<T> rows(static_cast<size_t>(workspace * threads));
  ThreadPool::run(s.planes() * blocks, threads, [&](int64_t first, int64_t last, int thread) {
    kernels.pool(job, first, last, rows.data() + thread * workspace);
  });
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

void runPool(const PoolSpec& spec, const Isa& isa, int threads, const void* src, void* dst) {
  const KernelSet& kernels = isa.of(spec.dtype);
  if (spec.dtype == DType::float32) {
    run<float>(spec, kernels, threads, src, dst);
  } else {
    run<double>(spec, kernels, threads, src, dst);
  }
}

}  // namespace corr2d
