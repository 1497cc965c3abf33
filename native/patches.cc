// SPDX-License-Identifier: MIT
#include "patches.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace corr2d {
namespace {

// A task takes about 10 us, two threads pay from about 50 us on: elements that are copied or added.
constexpr int64_t kElementsOfTask = 1 << 16, kElementsWorthThreads = 1 << 18;

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

void checkSources(const std::vector<int32_t>& sources, int64_t count, int64_t size) {
  require(sources.size() == static_cast<size_t>(count), "expected a source for each row and column");
  for (const int32_t source : sources) require(source >= -1 && source < size, "a source lies outside the image");
}

// `rows` rows of what is written in each of `planes` planes, `elements` moved for all of them.
WindowRun runOf(PatchSpec&& spec, RunPatches kernel, int threads, int64_t planes, int64_t rows, const void* src,
                void* dst) {
  const int64_t elements = spec.patchesLength();
  const int64_t rowElements = std::max<int64_t>(elements / (planes * rows), 1);
  const int64_t taskRows = std::clamp<int64_t>(kElementsOfTask / rowElements, 1, rows);
  const int64_t blocks = (rows + taskRows - 1) / taskRows;
  const int used = threadsFor(elements, kElementsWorthThreads, planes * blocks, threads);
  return {planes * blocks, used,
          [spec = std::move(spec), kernel, taskRows, blocks, src, dst](int64_t first, int64_t last, int) {
            kernel({&spec, taskRows, blocks, src, dst}, first, last);
          }};
}

}  // namespace

void checkPatchSpec(const PatchSpec& s) {
  for (const int64_t size : {s.planes, s.depth, s.inHeight, s.inWidth, s.outHeight, s.outWidth, s.kernelHeight,
                             s.kernelWidth, s.strideX}) {
    require(size >= 1 && size <= INT32_MAX, "sizes must be from 1 to 2147483647");
  }
  int64_t image = 16, patches = 16;
  for (const int64_t size : {s.planes, s.depth, s.inHeight, s.inWidth}) {
    require(!__builtin_mul_overflow(image, size, &image), "the data is too large");
  }
  for (const int64_t size : {s.planes, s.depth, s.outHeight, s.outWidth, s.kernelHeight, s.kernelWidth}) {
    require(!__builtin_mul_overflow(patches, size, &patches), "the data is too large");
  }
  checkSources(s.rows, s.outHeight * s.kernelHeight, s.inHeight);
  checkSources(s.columns, s.outWidth * s.kernelWidth, s.inWidth);
  const auto kernelWidth = static_cast<size_t>(s.kernelWidth);
  require(s.first.size() == kernelWidth && s.end.size() == kernelWidth, "expected a run for each kernel column");
  for (size_t kx = 0; kx < kernelWidth; kx++) {
    const int64_t first = s.first[kx], end = s.end[kx];
    require(first >= 0 && first <= end && end <= s.outWidth, "a run lies outside the patches");
    if (first == end) continue;
    const int64_t source = s.columns[static_cast<size_t>(first) * kernelWidth + kx];
    require(source >= 0 && source + (end - first - 1) * s.strideX < s.inWidth, "a run lies outside the image");
  }
}

WindowRun unfoldRun(PatchSpec spec, const Isa& isa, int threads, const void* src, void* dst) {
  const int64_t sheets = spec.planes * spec.kernelHeight * spec.kernelWidth, rows = spec.outHeight;
  return runOf(std::move(spec), isa.of(spec.dtype).unfold, threads, sheets, rows, src, dst);
}

WindowRun foldRun(PatchSpec spec, const Isa& isa, int threads, const void* src, void* dst) {
  const int64_t planes = spec.planes, rows = spec.inHeight;
  return runOf(std::move(spec), isa.of(spec.dtype).fold, threads, planes, rows, src, dst);
}

}  // namespace corr2d
