// SPDX-License-Identifier: MIT
#include "conv_spec.h"

#include <utility>

#include "checks.h"

namespace corr2d {

void checkSpec(const ConvSpec& s) {
  requireSizes({s.batch, s.inChannels, s.inHeight, s.inWidth, s.outChannels, s.outHeight, s.outWidth, s.kernelHeight,
                s.kernelWidth, s.strideY, s.strideX, s.dilationY, s.dilationX, s.groups});
  requirePadding({s.padTop, s.padBottom, s.padLeft, s.padRight});
  require(s.inChannels % s.groups == 0 && s.outChannels % s.groups == 0, "groups must divide both channel counts");
  require((s.outHeight - 1) * s.strideY + (s.kernelHeight - 1) * s.dilationY < s.inHeight + s.padTop + s.padBottom &&
              (s.outWidth - 1) * s.strideX + (s.kernelWidth - 1) * s.dilationX < s.inWidth + s.padLeft + s.padRight,
          "the windows must lie inside the padded input");
  requireProduct(16, {s.batch, s.inChannels, s.inHeight, s.inWidth});
  requireProduct(16, {s.batch, s.outChannels, s.outHeight, s.outWidth});
  requireProduct(16, {s.outChannels, s.inChannels, s.kernelHeight, s.kernelWidth});
}

// A column becomes a row, as which it lies in memory already. A 1x1 kernel does not depend on rows, so they are joined
// into one that has no tails in between.
ConvSpec withLongRows(ConvSpec s) {
  if (s.inWidth == 1 && s.kernelWidth == 1 && s.padLeft == 0 && s.padRight == 0) {
    std::swap(s.inHeight, s.inWidth);
    std::swap(s.outHeight, s.outWidth);
    std::swap(s.kernelHeight, s.kernelWidth);
    std::swap(s.strideY, s.strideX);
    std::swap(s.dilationY, s.dilationX);
    std::swap(s.padTop, s.padLeft);
    std::swap(s.padBottom, s.padRight);
  }
  if (s.taps() == 1 && s.strideY == 1 && s.strideX == 1 && !s.padded()) {
    s.inWidth *= s.inHeight;
    s.outWidth *= s.outHeight;
    s.inHeight = s.outHeight = 1;
  }
  return s;
}

}  // namespace corr2d
