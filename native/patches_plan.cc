// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>
#include <vector>

#include "checks.h"
#include "plans.h"

namespace corr2d {
namespace {

// A task copies or adds so many elements in about 10 us; two threads pay from about 50 us on.
constexpr int64_t kElementsOfTask = 1 << 16;
constexpr double kElementsWorthThreads = 1 << 18;

void checkSources(const std::vector<int32_t>& sources, int64_t count, int64_t size) {
  require(sources.size() == static_cast<size_t>(count), "expected a source for each row and column");
  for (const int32_t source : sources) require(source >= -1 && source < size, "a source lies outside the image");
}

void checkPatchSpec(const PatchSpec& s) {
  requireSizes({s.planes, s.depth, s.inHeight, s.inWidth, s.outHeight, s.outWidth, s.kernelHeight, s.kernelWidth, s.strideX});
  require(s.depth == 1 || s.strideX == 1, "only pixels of one number lie a stride apart");
  requireProduct(16, {s.planes, s.depth, s.inHeight, s.inWidth});
  requireProduct(16, {s.planes, s.depth, s.outHeight, s.outWidth, s.kernelHeight, s.kernelWidth});
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

// A task writes a block of the `rows` rows in one of `planes` planes.
class PatchesPlan final : public Runnable {
 public:
  PatchesPlan(PatchSpec&& spec, RunPatches kernel, int threads, int64_t planes, int64_t rows, int64_t fromLength,
              int64_t toLength)
      : spec_(std::move(spec)), kernel_(kernel) {
    const int64_t elements = spec_.patchesLength();
    const int64_t rowElements = std::max<int64_t>(elements / (planes * rows), 1);
    taskRows_ = std::clamp<int64_t>(kElementsOfTask / rowElements, 1, rows);
    blocks_ = ceilDivide(rows, taskRows_);
    places_.a = {spec_.dtype, fromLength};
    places_.out = {spec_.dtype, toLength};
    setTasks(planes * blocks_, threadsFor(static_cast<double>(elements), kElementsWorthThreads, threads));
  }

  void run(const Operands& operands, int64_t first, int64_t last) const override {
    const PatchJob job{
        .spec = &spec_, .taskRows = taskRows_, .blocks = blocks_, .src = operands.a, .dst = operands.out};
    share(first, last, [&](int64_t from, int64_t to, void*) { kernel_(job, from, to); });
  }

 private:
  PatchSpec spec_;
  RunPatches kernel_;
  int64_t taskRows_, blocks_;
};

}  // namespace

Plan planUnfold(PatchSpec s, const Isa& isa, int threads) {
  checkPatchSpec(s);
  const int64_t sheets = s.planes * s.kernelHeight * s.kernelWidth, rows = s.outHeight;
  const int64_t image = s.imageLength(), patches = s.patchesLength();
  const RunPatches kernel = isa.of(s.dtype).unfold;
  return std::make_unique<PatchesPlan>(std::move(s), kernel, threads, sheets, rows, image, patches);
}

Plan planFold(PatchSpec s, const Isa& isa, int threads) {
  checkPatchSpec(s);
  const int64_t planes = s.planes, rows = s.inHeight, image = s.imageLength(), patches = s.patchesLength();
  const RunPatches kernel = isa.of(s.dtype).fold;
  return std::make_unique<PatchesPlan>(std::move(s), kernel, threads, planes, rows, patches, image);
}

}  // namespace corr2d
