// SPDX-License-Identifier: MIT
#include "pool_spec.h"

#include "checks.h"

namespace corr2d {

void checkPoolSpec(const PoolSpec& s) {
  for (const PoolAxis& a : {s.y, s.x}) {
    requireSizes({a.in, a.out, a.kernel, a.stride, a.dilation});
    requirePadding({a.before, a.after});
    require((a.out - 1) * a.stride < a.in + a.before + a.after, "the windows must begin inside the padded input");
  }
  requireSizes({s.batch, s.channels});
  requireProduct(4096, {s.batch, s.channels, s.y.in, s.x.in, s.y.kernel});
  requireProduct(4096, {s.batch, s.channels, s.y.out, s.x.out, s.y.kernel});
  requireProduct(4096, {s.channels, s.x.kernel, s.x.dilation});
  requireProduct(4096, {s.channels, s.x.in + s.x.before});
}

}  // namespace corr2d
