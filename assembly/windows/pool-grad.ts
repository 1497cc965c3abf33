// SPDX-License-Identifier: MIT
import { combineRows, Mean, Pool, tapsBefore } from "./pool";
import { even, fill } from "./patches";

/** Vectors look at neighbouring windows of at most so many elements, as larger ones have few neighbours. */
const mostPlaces = 4096;

/**
 * Computes the gradient of a pooling of `planes` planes, as native/algorithms/pool_grad.h explains. It reads the input
 * only for a maximum.
 *
 * `columns` of the plan is the length of a row of its workspace, which has `rowsAtOnce` + 1 rows for a mean, and the
 * rows of `rowsAtOnce` windows for a maximum. For a mean, `widths` has a width for each number of a row. For a maximum,
 * it has for each window the offset in bytes of its first element inside, or -1 if there is none, in integers as wide
 * as an element.
 */
export function poolGradPlanes(
  p: Pool, input: usize, gradOutput: usize, gradX: usize, planes: i32, rowsAtOnce: i32,
): void {
  if (p.elementBytes == 4) {
    if (p.average) meanGrad<f32>(p, gradOutput, gradX, planes, rowsAtOnce);
    else maximumGrad<f32>(p, input, gradOutput, gradX, planes, rowsAtOnce);
  } else {
    if (p.average) meanGrad<f64>(p, gradOutput, gradX, planes, rowsAtOnce);
    else maximumGrad<f64>(p, input, gradOutput, gradX, planes, rowsAtOnce);
  }
}

function isGlobal(p: Pool): bool {
  return p.kernelHeight == p.inHeight && p.kernelWidth == p.inWidth && p.outHeight == 1 && p.outWidth == 1 &&
    p.dilationY == 1 && p.dilationX == 1 && p.padTop == 0 && p.padLeft == 0;
}

function meanGrad<T>(p: Pool, gradOutput: usize, gradX: usize, planes: i32, rowsAtOnce: i32): void {
  const pixel = <usize>p.depth * sizeof<T>();
  const line = <usize>p.inWidth * pixel, outLine = <usize>p.outWidth * pixel, tap = <usize>p.dilationX * pixel;
  const before = <usize>(p.kernelWidth - 1) * tap, rowBytes = <usize>p.columns * sizeof<T>();
  if (isGlobal(p)) {
    shareEqually<T>(p, gradOutput, gradX, planes);
    return;
  }
  fill<T>(p.row, <usize>(rowsAtOnce + 1) * rowBytes, <T>0);
  for (let plane = 0; plane < planes; plane++, gradOutput += <usize>p.outHeight * outLine) {
    for (let top = 0; top < p.inHeight; top += rowsAtOnce) {
      const count = min(rowsAtOnce, p.inHeight - top);
      // Rows are read again a few rows after they were written, as loads that follow close on unlike stores wait for
      // them.
      let reached = 0;
      for (let i = 0; i < count; i++) {
        const row = p.row + <usize>i * rowBytes + before;
        const shares = p.strideX == 1 ? row : p.row + <usize>rowsAtOnce * rowBytes;
        if (!shareOut<T>(p, gradOutput, top + i, shares)) continue;
        reached |= 1 << i;
        if (p.strideX > 1) spread<T>(shares, p.outWidth, p.depth, <usize>p.strideX * pixel, row);
      }
      for (let i = 0; i < count; i++, gradX += line) {
        const row = p.row + <usize>i * rowBytes + before + <usize>p.padLeft * pixel;
        if (reached & (1 << i)) combineRows<T, Mean>(row, p.kernelWidth, 0 - tap, line, gradX);
        else fill<T>(gradX, line, <T>0);
      }
    }
  }
}

function shareEqually<T>(p: Pool, gradOutput: usize, gradX: usize, planes: i32): void {
  const pixel = <usize>p.depth * sizeof<T>(), pixels = p.inHeight * p.inWidth;
  for (let plane = 0; plane < planes; plane++, gradOutput += pixel) {
    if (p.depth == 1) {
      fill<T>(gradX, <usize>pixels * pixel, <T>(load<T>(gradOutput) / <T>pixels));
      gradX += <usize>pixels * pixel;
      continue;
    }
    for (let i = 0; i < pixels; i++, gradX += pixel) {
      for (let d: usize = 0; d < pixel; d += sizeof<T>()) store<T>(gradX + d, load<T>(gradOutput + d) / <T>pixels);
    }
  }
}

/** Sums up the shares that the windows over row `iy` give to its elements; false if no window has the row. */
function shareOut<T>(p: Pool, gradOutput: usize, iy: i32, shares: usize): bool {
  const length = <usize>p.outWidth * p.depth * sizeof<T>();
  let isFirst = true;
  for (let ky = p.kernelHeight - 1; ky >= 0; ky--) {
    const at = iy + p.padTop - ky * p.dilationY;
    if (at < 0 || at % p.strideY != 0 || at / p.strideY >= p.outHeight) continue;
    const oy = at / p.strideY, start = oy * p.strideY - p.padTop;
    const inside = tapsBefore(p, p.inHeight - start) - tapsBefore(p, -start);
    const height = <T>(p.countIncludePad ? tapsBefore(p, p.inHeight + p.padBottom - start) : inside);
    const from = gradOutput + <usize>oy * length, heights = v128.splat<T>(height);
    let i: usize = 0;
    for (; i + 16 <= length; i += 16) {
      const share = v128.div<T>(v128.load(from + i), v128.mul<T>(heights, v128.load(p.widths + i)));
      v128.store(shares + i, isFirst ? share : v128.add<T>(v128.load(shares + i), share));
    }
    for (; i < length; i += sizeof<T>()) {
      const share = <T>(load<T>(from + i) / (height * load<T>(p.widths + i)));
      store<T>(shares + i, isFirst ? share : load<T>(shares + i) + share);
    }
    isFirst = false;
  }
  return !isFirst;
}

/** Copies pixels that lie side by side to places `apart` bytes apart. */
function spread<T>(from: usize, count: i32, depth: i32, apart: usize, to: usize): void {
  for (let i = 0; i < count; i++, to += apart) {
    for (let d = 0; d < depth; d++, from += sizeof<T>()) store<T>(to + <usize>d * sizeof<T>(), load<T>(from));
  }
}

function maximumGrad<T>(
  p: Pool, input: usize, gradOutput: usize, gradX: usize, planes: i32, rowsAtOnce: i32,
): void {
  const line = <usize>p.inWidth * p.depth * sizeof<T>(), outLine = <usize>p.outWidth * p.depth * sizeof<T>();
  const inVectors = p.depth == 1 && p.strideX <= 2 && <i64>p.kernelHeight * p.kernelWidth <= mostPlaces, rowBytes = <usize>p.columns * sizeof<T>();
  const windowBytes = <usize>p.kernelHeight * rowBytes;
  const inside = p.row + <usize>p.padLeft * sizeof<T>();
  if (inVectors) fill<T>(p.row, <usize>rowsAtOnce * windowBytes, <T>-Infinity);
  fill<T>(gradX, <usize>planes * p.inHeight * line, <T>0);
  for (let plane = 0; plane < planes; plane++) {
    for (let top = 0; top < p.outHeight; top += rowsAtOnce) {
      const count = min(rowsAtOnce, p.outHeight - top);
      for (let i = 0; inVectors && i < count; i++) {
        const start = (top + i) * p.strideY - p.padTop, skipped = tapsBefore(p, -start);
        const taps = tapsBefore(p, p.inHeight - start) - skipped;
        for (let ky = 0; ky < taps; ky++) {
          const from = input + <usize>(start + (skipped + ky) * p.dilationY) * line;
          combineRows<T, Mean>(from, 1, 0, line, inside + <usize>i * windowBytes + <usize>ky * rowBytes);
        }
      }
      for (let i = 0; i < count; i++, gradOutput += outLine) {
        const start = (top + i) * p.strideY - p.padTop, skipped = tapsBefore(p, -start);
        const taps = tapsBefore(p, p.inHeight - start) - skipped;
        if (taps <= 0) continue;
        const first = <usize>(start + skipped * p.dilationY) * line;
        if (inVectors) addRow<T>(p, p.row + <usize>i * windowBytes, taps, gradOutput, gradX + first);
        else addPixels<T>(p, input + first, taps, gradOutput, gradX + first);
      }
    }
    input += <usize>p.inHeight * line;
    gradX += <usize>p.inHeight * line;
  }
}

// @ts-ignore: decorator
@inline
function splatPlace<T>(place: i32): v128 {
  if (sizeof<T>() == 4) return i32x4.splat(place);
  return i64x2.splat(place);
}

// @ts-ignore: decorator
@inline
function isGreater<T>(x: v128, best: v128): v128 {
  return v128.or(v128.gt<T>(x, best), v128.ne<T>(x, x));
}

// @ts-ignore: decorator
@inline
function addAt<T>(to: usize, place: i32, gradient: T): void {
  if (place >= 0) store<T>(to + place, load<T>(to + place) + gradient);
}

/** Adds the gradients of up to four neighbours, whose places lie `apart` bytes apart. */
// @ts-ignore: decorator
@inline
function addLanes<T>(places: v128, count: i32, gradients: usize, to: usize, apart: usize): void {
  if (sizeof<T>() == 4) {
    addAt<T>(to, i32x4.extract_lane(places, 0), load<T>(gradients));
    if (count > 1) addAt<T>(to + apart, i32x4.extract_lane(places, 1), load<T>(gradients, 4));
    if (count > 2) addAt<T>(to + 2 * apart, i32x4.extract_lane(places, 2), load<T>(gradients, 8));
    if (count > 3) addAt<T>(to + 3 * apart, i32x4.extract_lane(places, 3), load<T>(gradients, 12));
  } else {
    addAt<T>(to, <i32>i64x2.extract_lane(places, 0), load<T>(gradients));
    if (count > 1) addAt<T>(to + apart, <i32>i64x2.extract_lane(places, 1), load<T>(gradients, 8));
  }
}

/** `row` has the rows of the windows; `to` is the first of them in gradX. */
function addRow<T>(p: Pool, row: usize, taps: i32, gradients: usize, to: usize): void {
  const lanes = <i32>(16 / sizeof<T>()), rowBytes = <usize>p.columns * sizeof<T>();
  const step = <usize>p.dilationX * sizeof<T>(), line = p.dilationY * p.inWidth * <i32>sizeof<T>();
  const apart = <usize>p.strideX * sizeof<T>();
  to -= <usize>p.padLeft * sizeof<T>();
  for (let ox = 0; ox < p.outWidth; ox += lanes, gradients += 16, row += <usize>lanes * apart, to += <usize>lanes * apart) {
    let best = v128.splat<T>(<T>-Infinity), places = v128.load(p.widths + <usize>ox * sizeof<T>());
    for (let ky = 0; ky < taps; ky++) {
      let at = row + <usize>ky * rowBytes, place = ky * line;
      for (let kx = 0; kx < p.kernelWidth; kx++, at += step, place += <i32>step) {
        const x = p.strideX == 1 ? v128.load(at) : even<T>(at);
        const mask = isGreater<T>(x, best);
        best = v128.bitselect(x, best, mask);
        places = v128.bitselect(splatPlace<T>(place), places, mask);
      }
    }
    addLanes<T>(places, min(lanes, p.outWidth - ox), gradients, to, apart);
  }
}

/** Looks at windows one pixel at a time, in vectors of channels where there are so many. */
function addPixels<T>(p: Pool, from: usize, taps: i32, gradients: usize, to: usize): void {
  const lanes = <i32>(16 / sizeof<T>()), pixel = <usize>p.depth * sizeof<T>();
  const step = <usize>p.dilationX * pixel, line = <usize>p.dilationY * p.inWidth * pixel;
  for (let ox = 0; ox < p.outWidth; ox++, gradients += pixel) {
    const start = ox * p.strideX - p.padLeft;
    const skipped = columnsBefore(p, -start), width = columnsBefore(p, p.inWidth - start) - skipped;
    if (width <= 0) continue;
    const first = <usize>(start + skipped * p.dilationX) * pixel;
    let c = 0;
    for (; c + lanes <= p.depth; c += lanes) {
      const channel = <usize>c * sizeof<T>();
      let best = v128.splat<T>(<T>-Infinity), places = splatPlace<T>(0);
      for (let ky = 0; ky < taps; ky++) {
        for (let kx = 0; kx < width; kx++) {
          const place = <usize>ky * line + <usize>kx * step;
          const x = v128.load(from + first + place + channel);
          const mask = isGreater<T>(x, best);
          best = v128.bitselect(x, best, mask);
          places = v128.bitselect(splatPlace<T>(<i32>place), places, mask);
        }
      }
      addLanes<T>(places, lanes, gradients + channel, to + first + channel, sizeof<T>());
    }
    for (; c < p.depth; c++) {
      const channel = <usize>c * sizeof<T>();
      let best = <T>-Infinity, place: usize = 0;
      for (let ky = 0; ky < taps; ky++) {
        for (let kx = 0; kx < width; kx++) {
          const at = <usize>ky * line + <usize>kx * step;
          const x = load<T>(from + first + at + channel);
          if (x > best || x != x) {
            best = x;
            place = at;
          }
        }
      }
      addAt<T>(to + first + channel, <i32>place, load<T>(gradients + channel));
    }
  }
}

/** Counts the window's columns, a dilation apart, that lie before column `end` of it. */
function columnsBefore(p: Pool, end: i32): i32 {
  return end <= 0 ? 0 : min((end - 1) / p.dilationX + 1, p.kernelWidth);
}
