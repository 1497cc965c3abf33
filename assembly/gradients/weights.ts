// SPDX-License-Identifier: MIT
import { Activation, Frame, frameBytes } from "../convolution/plan";
import { fillStrip } from "../convolution/strip";
import { rows } from "../tiles/rows";
import { rows1 } from "../tiles/rows1";
import { rows2 } from "../tiles/rows2";
import { tileChannels } from "../tiles/column";
import { FiveRows, FourRows, One, Packed, SixRows, Two } from "../tiles/shape";
import { packChannel, packElements, packOutputs, Pixels } from "./pack";
import { pixelSums } from "./pixel-sums";
import { GradWeightsPlan } from "./plan";

/**
 * Computes
 *
 *   gradWeights[oc, ic, ky, kx] = sum over n, oy, ox of
 *       gradOutput[n, oc, oy, ox] * x[n, ic, oy * strideY + ky * dilationY, ox * strideX + kx * dilationX]
 *
 * This is a product of matrices, output channels by elements (ic, ky, kx) of the windows, summed over pixels. Both are
 * packed for the tiles of column.ts, a block of pixels at a time: output channels are rows, elements are lanes.
 *
 * It sums over output rows `fromRow` to `toRow` of `images` images, for input channels `from` (inclusive) to `to` of
 * the groups of output channels `first` to `end`. Parts of these may be computed by several instances at a time; how
 * they are parted changes no sum.
 */
export function sumGradients<T>(
  p: GradWeightsPlan, input: usize, gradOutput: usize, gradWeights: usize, workspace: usize, images: i32, from: i32,
  to: i32, first: i32, end: i32,
): void {
  const f = changetype<Frame>(workspace);
  prepareFrame<T>(p, f, workspace);
  for (let image = 0; image < images; image++) {
    for (let oy = p.fromRow; oy < p.toRow; oy += p.rowBlock) {
      for (let ox = 0; ox < p.outWidth; ox += p.colBlock) {
        const isFirst = image == 0 && oy == p.fromRow && ox == 0;
        f.accumulate = i32(p.accumulate || !isFirst);
        f.rows = min(p.rowBlock, p.toRow - oy);
        f.cols = min(p.colBlock, p.outWidth - ox);
        for (let group = first / p.groupOut; group * p.groupOut < end; group++) {
          const begin = max(group * p.groupOut, first);
          f.outChannels = min(end, (group + 1) * p.groupOut) - begin;
          f.target = gradWeights + <usize>begin * f.channelStep;
          const outputs = gradOutput + image * p.outImageStep + begin * p.outChannelStep;
          const channels = input + image * p.inImageStep + group * p.groupIn * p.inChannelStep;
          addBlock<T>(p, f, channels, outputs, workspace, oy, ox, from, to);
        }
      }
    }
  }
}

function prepareFrame<T>(p: GradWeightsPlan, f: Frame, workspace: usize): void {
  const at = changetype<usize>(f);
  v128.store(at, v128.splat<T>(<T>-Infinity), offsetof<Frame>("low0"));
  v128.store(at, v128.splat<T>(<T>Infinity), offsetof<Frame>("high0"));
  f.activation = Activation.CLAMP;
  f.planar = 1;
  f.channelsLast = 0;
  f.scratch = workspace + frameBytes;
  f.panel = workspace + p.elementsOffset;
  f.bias = p.zeros;
  f.channelStep = p.groupIn * p.kernelHeight * p.kernelWidth * <i32>sizeof<T>();
}

/** Adds one block of pixels, `f.rows` by `f.cols` from (oy, ox) on, to the gradient. */
function addBlock<T>(
  p: GradWeightsPlan, f: Frame, input: usize, gradOutput: usize, workspace: usize, oy: i32, ox: i32, from: i32,
  to: i32,
): void {
  const e = <i32>sizeof<T>();
  gradOutput += oy * p.outRowStep + ox * p.outColStep;
  if (p.pixelSums) {
    addPixelSums<T>(p, f, input, gradOutput, workspace, oy, ox, from, to);
    return;
  }
  const window = p.kernelHeight * p.kernelWidth;
  const px = changetype<Pixels>(workspace + p.panelOffset);
  const outputs = workspace + p.outputsOffset;
  setPixels(px, f, p.outColStep, p.outRowStep);
  f.products = f.rows * f.cols;
  packOutputs<T>(f, px, gradOutput, p.outChannelStep, outputs);
  setPixels(px, f, p.pixelStep, p.lineAdvance);
  for (let ic = from; ic < to; ic += p.icBlock) {
    const channels = min(p.icBlock, to - ic);
    const source = sourceOf<T>(p, f, input + ic * p.inChannelStep, channels, workspace + p.stripOffset, oy, ox);
    const count = channels * window;
    for (let element = 0; element < count; element += p.panelElements) {
      const some = min(p.panelElements, count - element);
      packElements<T>(px, source, p.taps + 4 * element, some, f.panel);
      multiply<T>(f, outputs, some, f.target + (ic * window + element) * e);
    }
  }
}

/** Does the same for few output channels. `gradOutput` is where the block's first pixel lies. */
function addPixelSums<T>(
  p: GradWeightsPlan, f: Frame, input: usize, gradOutput: usize, workspace: usize, oy: i32, ox: i32, from: i32,
  to: i32,
): void {
  const e = <i32>sizeof<T>();
  const window = p.kernelHeight * p.kernelWidth;
  const px = changetype<Pixels>(workspace + p.panelOffset);
  const row = workspace + p.outputsOffset;
  for (let ic = from; ic < to; ic += p.icBlock) {
    const channels = min(p.icBlock, to - ic);
    const source = sourceOf<T>(p, f, input + ic * p.inChannelStep, channels, workspace + p.stripOffset, oy, ox);
    const target = f.target + ic * window * e;
    for (let oc = 0; oc < f.outChannels; oc++) {
      let gradients = gradOutput + oc * p.outChannelStep;
      let step = p.outRowStep;
      if (p.outColStep != e) {
        setPixels(px, f, p.outColStep, p.outRowStep);
        packChannel<T>(px, gradients, row, e);
        gradients = row;
        step = f.cols * e;
      }
      px.rows = f.rows;
      px.cols = f.cols;
      px.rowStep = p.lineAdvance;
      if (step == f.cols * e && px.rowStep == step) {
        px.rows = 1;
        px.cols = f.rows * f.cols;
      }
      pixelSums<T>(
        px, gradients, step, source, p.taps, channels * window, f.accumulate, target + oc * f.channelStep,
      );
    }
  }
}

// @ts-ignore: decorator
@inline
function setPixels(px: Pixels, f: Frame, step: i32, rowStep: i32): void {
  const flat = rowStep == f.cols * step;
  px.rows = flat ? 1 : f.rows;
  px.cols = flat ? f.rows * f.cols : f.cols;
  px.step = step;
  px.rowStep = rowStep;
}

/** Returns where the first element of a block's channels lies for its first pixel: in the input, or in the strip. */
function sourceOf<T>(
  p: GradWeightsPlan, f: Frame, plane: usize, channels: i32, strip: usize, oy: i32, ox: i32,
): usize {
  const top = oy * p.strideY - p.padTop;
  const left = ox * p.strideX - p.padLeft;
  if (p.straight) return plane + top * p.inRowStep + left * p.inColStep;
  const stripRows = ((f.rows - 1) * p.strideY + (p.kernelHeight - 1) * p.dilationY) / p.rowSample + 1;
  const columns = (f.cols - 1) * (p.pixelStep / <i32>sizeof<T>()) + p.reach + 1;
  fillStrip<T>(p, strip, plane, channels, stripRows, columns, top, left);
  return strip;
}

/**
 * Multiplies all output channels by the elements of a panel. A tile of output channels stays in L1 while the panel,
 * which is larger, streams by; its sums go along the gradient's rows.
 */
function multiply<T>(f: Frame, outputs: usize, count: i32, to: usize): void {
  const e = <i32>sizeof<T>();
  const lanes = 16 / e;
  for (let oc = 0; oc < f.outChannels; ) {
    const tile = tileChannels(f.outChannels - oc);
    let x = f.panel;
    for (let element = 0; element < count; ) {
      const vectors = count - element > lanes ? 2 : 1;
      const some = min(vectors * lanes, count - element);
      if (vectors == 2) multiplyTile<T, Two>(f, tile, x, outputs, some, to + element * e);
      else multiplyTile<T, One>(f, tile, x, outputs, some, to + element * e);
      x += f.products * vectors * 16;
      element += some;
    }
    outputs += f.products * tile * e;
    to += tile * f.channelStep;
    oc += tile;
  }
}

// @ts-ignore: decorator
@inline
function multiplyTile<T, V>(f: Frame, tile: i32, x: usize, w: usize, elements: i32, to: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD && tile == 6) rows<T, V, Packed, SixRows>(f, x, w, elements, f.bias, to);
  else if (!ASC_FEATURE_RELAXED_SIMD && tile == 5) rows<T, V, Packed, FiveRows>(f, x, w, elements, f.bias, to);
  else if (tile == 4) rows<T, V, Packed, FourRows>(f, x, w, elements, f.bias, to);
  else if (tile == 2) rows2<T, V, Packed>(f, x, w, elements, f.bias, to);
  else rows1<T, V, Packed>(f, x, w, elements, f.bias, to);
}
