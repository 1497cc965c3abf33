// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import { Corr2dError } from "../errors.ts";
import { dilatedSize } from "../spec/shape.ts";
import { realFft } from "./real-fft.ts";

/**
 * Cross-correlation by Fourier transforms, block by block. A block of `fftLength` samples yields `step` outputs, and
 * the next block begins `step` samples later.
 */
export interface OverlapSave {
  readonly fftLength: number;
  readonly step: number;
  /**
   * Returns outputs 0 .. step - 1 of a block: out[i] = sum over k of taps[k] * block[i + k * dilation]. `block` is
   * overwritten, and the result is valid until the next call.
   */
  run(block: Float64Array): Float64Array;
}

/** The largest extent of a kernel. Blocks are a few times as long, and this keeps a plan below 2 GiB. */
export const largestExtent = 2 ** 22;

/**
 * Plans the correlation with some taps. Throws UNSUPPORTED if they extend over more than `largestExtent` samples.
 *
 * Source: A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, section 8.7.3.
 *
 * The error of an output of N = fftLength samples is at most (21 log2 N + 3) u ||block|| sum |taps|, with u = 2^-53 and
 * the Euclidean norm of the block. N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, theorem
 * 24.2, bounds the error of one transform by eta log2 N with eta < 7 u relative to its norm, and three take part.
 */
export function planOverlapSave(taps: FloatArray, dilation: number): OverlapSave {
  const extent = dilatedSize(taps.length, dilation);
  if (extent > largestExtent) {
    throw new Corr2dError(
      "UNSUPPORTED",
      `fft takes kernels that reach over ${largestExtent} samples at most, not ${extent}`,
    );
  }
  const fftLength = bestLength(extent);
  const fft = realFft(fftLength);
  const kernel = new Float64Array(fftLength);
  taps.forEach((tap: number, k: number) => {
    kernel[k * dilation] = tap;
  });
  const kernelRe = new Float64Array(fft.bins);
  const kernelIm = new Float64Array(fft.bins);
  fft.forward(kernel, kernelRe, kernelIm);
  const re = new Float64Array(fft.bins);
  const im = new Float64Array(fft.bins);
  return {
    fftLength,
    step: fftLength - extent + 1,
    run(block) {
      fft.forward(block, re, im);
      for (let k = 0; k < fft.bins; k++) {
        // Multiplying by the conjugate makes it a correlation instead of a convolution.
        const product = re[k] * kernelRe[k] + im[k] * kernelIm[k];
        im[k] = im[k] * kernelRe[k] - re[k] * kernelIm[k];
        re[k] = product;
      }
      fft.inverse(re, im, block);
      return block;
    },
  };
}

/**
 * Returns the power of two with the least work for each output. It depends on the kernel alone, so that blocks lie
 * alike for signals of any length and for streams.
 */
export function bestLength(extent: number): number {
  let length = 2 ** Math.ceil(Math.log2(Math.max(2 * extent, 64)));
  while (workOf(2 * length, extent) < workOf(length, extent)) length *= 2;
  return length;
}

const workOf = (length: number, extent: number): number => blockNanoseconds(length) / (length - extent + 1);

/** Estimates the time of a block, from measurements on Zen 5 with Node 20. */
export function blockNanoseconds(length: number): number {
  return 1500 + 2 * length * Math.log2(length);
}
