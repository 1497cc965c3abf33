// SPDX-License-Identifier: MIT
import { depthwise } from "../algorithms/depthwise";
import { direct } from "../algorithms/direct";
import { im2col } from "../algorithms/im2col";
import { strided } from "../algorithms/strided";
import { winograd } from "../algorithms/winograd";
import { Activation, Algorithm, Frame, frameBytes, Plan } from "./plan";
import { fillStrip } from "./strip";

/** So many readable zeros lie before a row of zeros, and as many follow it. */
const edgeBytes: usize = 128;

/**
 * Computes output rows `from` (inclusive) to `to` and channels `first` to `end` of `images` images, block by block. The
 * outer loop takes a block of output pixels and a group, the inner one a block of products for all their output
 * channels. Sums that lack products wait in the output.
 */
export function convolve<T>(
  p: Plan, input: usize, output: usize, workspace: usize, images: i32, from: i32, to: i32, first: i32, end: i32,
): void {
  const f = changetype<Frame>(workspace);
  f.channelsLast = p.channelsLast;
  f.channelStep = p.outChannelStep;
  f.colStep = p.outColStep;
  f.outRowStep = p.outRowStep;
  f.scratch = workspace + frameBytes;
  f.panel = workspace + p.panelOffset;
  f.filter = p.groupIn * p.kernelHeight * p.kernelWidth;
  f.taps = p.taps;
  f.pixelStep = p.pixelStep;
  f.lineAdvance = p.lineAdvance;
  f.alpha = p.alpha;
  const wholeRows = p.algorithm == Algorithm.WINOGRAD || p.algorithm == Algorithm.DEPTHWISE;
  if (p.algorithm == Algorithm.DEPTHWISE) {
    f.noRow = f.panel + edgeBytes;
    memory.fill(f.panel, 0, <usize>p.inWidth * sizeof<T>() + 2 * edgeBytes);
  }
  for (let image = 0; image < images; image++) {
    const source = input + image * p.inImageStep;
    const result = output + image * p.outImageStep;
    if (wholeRows) {
      groups<T>(p, f, source, result, workspace, from, 0, to - from, p.outWidth, first, end);
      continue;
    }
    for (let oy = from; oy < to; oy += p.rowBlock) {
      const rows = min(p.rowBlock, to - oy);
      for (let ox = 0; ox < p.outWidth; ox += p.colBlock) {
        const cols = min(p.colBlock, p.outWidth - ox);
        groups<T>(p, f, source, result, workspace, oy, ox, rows, cols, first, end);
      }
    }
  }
}

/** Computes a block of output pixels, group by group. */
function groups<T>(
  p: Plan, f: Frame, source: usize, result: usize, workspace: usize,
  oy: i32, ox: i32, rows: i32, cols: i32, first: i32, end: i32,
): void {
  const winogradPoints = (p.squareSize + 2) * (p.squareSize + 2) * p.groupIn;
  const weightsOfChannel = p.algorithm == Algorithm.WINOGRAD ? winogradPoints : f.filter;
  for (let group = first / p.groupOut; group * p.groupOut < end; group++) {
    const begin = group * p.groupOut;
    const channel = max(first - begin, 0);
    f.outChannels = min(end - begin, p.groupOut) - channel;
    f.weights = p.weights + group * p.groupWeightBytes + <usize>(channel * weightsOfChannel) * sizeof<T>();
    const bias = p.bias + <usize>(begin + channel) * sizeof<T>();
    const from = source + group * p.groupIn * p.inChannelStep;
    const target = result + (begin + channel) * p.outChannelStep;
    if (sizeof<T>() == 4 && p.algorithm == Algorithm.WINOGRAD) {
      f.accumulate = 0;
      setFinish<T>(p, f, bias, true);
      winograd(p, f, from, target, workspace, oy, oy + rows);
    } else if (p.algorithm == Algorithm.DEPTHWISE) {
      f.accumulate = 0;
      setFinish<T>(p, f, bias, true);
      f.target = target + oy * p.outRowStep;
      f.rows = rows;
      f.cols = cols;
      f.source = from;
      f.planeHeight = p.inHeight;
      f.planeWidth = p.inWidth;
      f.planeStep = p.inRowStep;
      f.planeTop = oy * p.strideY - p.padTop;
      f.planeLeft = -p.padLeft;
      depthwise<T>(p, f);
    } else {
      f.target = target + oy * p.outRowStep + ox * p.outColStep;
      sumBlocks<T>(p, f, from, bias, oy, ox, rows, cols, workspace + p.stripOffset);
    }
  }
}

/** Sums up all products for one block of output pixels. */
function sumBlocks<T>(
  p: Plan, f: Frame, input: usize, bias: usize, oy: i32, ox: i32, rows: i32, cols: i32, strip: usize,
): void {
  f.accumulate = 0;
  for (let ic = 0; ic < p.groupIn; ic += p.icBlock) {
    const channels = min(p.icBlock, p.groupIn - ic);
    for (let ky = 0; ky < p.kernelHeight; ky += p.kyBlock) {
      for (let kx = 0; kx < p.kernelWidth; kx += p.kxBlock) {
        const kyCount = min(p.kyBlock, p.kernelHeight - ky);
        const kxCount = min(p.kxBlock, p.kernelWidth - kx);
        f.first = (ic * p.kernelHeight + ky) * p.kernelWidth + kx;
        // Rows of a filter are split only if channels are, and a row only if rows are. The products of a block
        // therefore follow each other in the weights, and a smaller last block uses the first of the taps.
        f.products = channels * kyCount * kxCount;
        setFinish<T>(p, f, bias, f.first + f.products == f.filter);
        const top = oy * p.strideY + ky * p.dilationY - p.padTop;
        const left = ox * p.strideX + kx * p.dilationX - p.padLeft;
        const plane = input + ic * p.inChannelStep;
        if (p.straight) {
          f.source = plane + top * p.inRowStep + left * p.inColStep;
        } else {
          const stripRows = ((rows - 1) * p.strideY + (kyCount - 1) * p.dilationY) / p.rowSample + 1;
          const columns = (cols - 1) * (p.pixelStep / <i32>sizeof<T>()) + p.reach + 1;
          fillStrip<T>(p, strip, plane, channels, stripRows, columns, top, left);
          f.source = strip;
        }
        if (p.planes) {
          f.rows = rows;
          f.cols = cols;
          depthwise<T>(p, f);
        } else {
          run<T>(p, f, rows, cols);
        }
        f.accumulate = 1;
      }
    }
  }
}

/** Sets bias and activation, which wait for the last block of a sum. */
function setFinish<T>(p: Plan, f: Frame, bias: usize, last: bool): void {
  const at = changetype<usize>(f);
  v128.store(at, v128.splat<T>(<T>(last ? p.low : -Infinity)), offsetof<Frame>("low0"));
  v128.store(at, v128.splat<T>(<T>(last ? p.high : Infinity)), offsetof<Frame>("high0"));
  f.activation = last ? p.activation : Activation.CLAMP;
  f.planar = i32(f.activation == Activation.CLAMP && !p.channelsLast);
  f.bias = last ? bias : p.zeros;
}

function run<T>(p: Plan, f: Frame, rows: i32, cols: i32): void {
  const wholeRows = cols == p.outWidth;
  // Where rows follow each other without a gap, they are one long row.
  const flat = p.flat && wholeRows;
  f.rows = flat ? 1 : rows;
  f.cols = flat ? rows * cols : cols;
  if (p.algorithm == Algorithm.DIRECT) direct<T>(f);
  else if (p.algorithm == Algorithm.IM2COL) im2col<T>(f, wholeRows);
  else strided<T>(f, wholeRows);
}
