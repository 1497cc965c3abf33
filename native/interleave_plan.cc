// SPDX-License-Identifier: MIT
#include <string.h>

#include "checks.h"
#include "plans.h"

namespace corr2d {
namespace {

constexpr double kElementsWorthThreads = 1 << 17;

template <class T, int kStride>
void placeLine(const T* from, int64_t count, int64_t stride, T* to) {
  const int64_t step = kStride == 0 ? stride : kStride;
  for (int64_t x = 0; x < count; x++) to[x * step] = from[x];
}

template <class T>
void placeImages(const InterleaveSpec& p, const T* from, T* to, int64_t first, int64_t last) {
  for (int64_t image = first; image < last; image++) {
    for (int64_t y = 0; y < p.rows; y++) {
      const T* line = from + (image * p.rows + y) * p.columns * p.pixel;
      T* out = to + ((image * p.outRows + p.top + y * p.strideY) * p.outColumns + p.left) * p.pixel;
      if (p.pixel == 1) {
        if (p.strideX == 2) {
          placeLine<T, 2>(line, p.columns, 2, out);
        } else {
          placeLine<T, 0>(line, p.columns, p.strideX, out);
        }
        continue;
      }
      for (int64_t x = 0; x < p.columns; x++) {
        memcpy(out + x * p.strideX * p.pixel, line + x * p.pixel, static_cast<size_t>(p.pixel) * sizeof(T));
      }
    }
  }
}

void checkInterleaveSpec(const InterleaveSpec& p) {
  requireSizes({p.images, p.rows, p.columns, p.pixel, p.outRows, p.outColumns, p.strideY, p.strideX});
  requirePadding({p.top, p.left});
  requireProduct(16, {p.images, p.rows, p.columns, p.pixel});
  requireProduct(16, {p.images, p.outRows, p.outColumns, p.pixel});
  require(p.top + (p.rows - 1) * p.strideY < p.outRows && p.left + (p.columns - 1) * p.strideX < p.outColumns,
          "the rows and columns must lie inside");
}

// A task is an image.
class InterleavePlan final : public Runnable {
 public:
  InterleavePlan(const InterleaveSpec& spec, int threads) : spec_(spec) {
    places_.a = {spec.dtype, spec.fromLength()};
    places_.out = {spec.dtype, spec.toLength()};
    setTasks(spec.images, threadsFor(static_cast<double>(spec.fromLength()), kElementsWorthThreads, threads));
  }

  void run(const Operands& operands, int64_t first, int64_t last) const override {
    share(first, last, [&](int64_t from, int64_t to, void*) {
      if (spec_.dtype == DType::float32) {
        placeImages(spec_, static_cast<const float*>(operands.a), static_cast<float*>(operands.out), from, to);
      } else {
        placeImages(spec_, static_cast<const double*>(operands.a), static_cast<double*>(operands.out), from, to);
      }
    });
  }

 private:
  InterleaveSpec spec_;
};

}  // namespace

Plan planInterleave(const InterleaveSpec& spec, int threads) {
  checkInterleaveSpec(spec);
  return std::make_unique<InterleavePlan>(spec, threads);
}

}  // namespace corr2d
