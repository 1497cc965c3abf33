// SPDX-License-Identifier: MIT
// Discrete Fourier transforms of any length in float64: X[k] = sum over n of x[n] exp(-2 pi i k n / length).
import { butterflies, butterflyOdd } from "./fft-butterflies.ts";
import { rootsOfUnity } from "./fft-roots.ts";

/** Transforms of one length, with their roots of unity computed once. */
export interface Fft {
  readonly length: number;
  /** Transforms in place. Both arrays have `length` elements. */
  forward(re: Float64Array, im: Float64Array): void;
  /** Inverts `forward` in place, divided by `length`. */
  inverse(re: Float64Array, im: Float64Array): void;
}

/** For larger prime factors, a transform by chirps costs less than the definition. */
const largestButterfly = 31;

/** Plans the transforms of a length >= 1. */
export function planFft(length: number): Fft {
  const factors = radices(length);
  const transform =
    Math.max(...factors, 1) > largestButterfly ? bluestein(length) : stockham(length, factors);
  return {
    length,
    forward: transform,
    inverse: (re, im) => {
      // Swapping real and imaginary parts before and after conjugates the roots.
      transform(im, re);
      for (let i = 0; i < length; i++) {
        re[i] /= length;
        im[i] /= length;
      }
    },
  };
}

type Transform = (re: Float64Array, im: Float64Array) => void;

/** Returns the prime factors, with 4 for each pair of 2. */
function radices(length: number): number[] {
  const factors: number[] = [];
  let rest = length;
  for (const radix of [4, 2]) {
    while (rest % radix === 0) {
      factors.push(radix);
      rest /= radix;
    }
  }
  for (let p = 3; p * p <= rest; p += 2) {
    while (rest % p === 0) {
      factors.push(p);
      rest /= p;
    }
  }
  if (rest > 1) factors.push(rest);
  return factors;
}

/**
 * Plans Stockham's transform by decimation in frequency. Each stage splits its sequences of n elements, `stride` of
 * them interleaved, into `radix` times as many of n / radix elements. It moves them in order from one pair of arrays to
 * another.
 *
 * Sources: W. T. Cochran et al., "What Is the Fast Fourier Transform?", Proceedings of the IEEE 55 (1967); C. Van Loan,
 * "Computational Frameworks for the Fast Fourier Transform" (1992), section 1.7.
 */
function stockham(length: number, factors: readonly number[]): Transform {
  const roots = rootsOfUnity(length);
  const stages = stagesOf(length, factors);
  const workRe = new Float64Array(length);
  const workIm = new Float64Array(length);
  return (re, im) => {
    let from: [Float64Array, Float64Array] = [re, im];
    let to: [Float64Array, Float64Array] = [workRe, workIm];
    for (const { stage, run } of stages) {
      run(stage, roots, ...from, ...to);
      [from, to] = [to, from];
    }
    if (from[0] !== re) {
      re.set(workRe);
      im.set(workIm);
    }
  };
}

function stagesOf(length: number, factors: readonly number[]) {
  let count = length;
  let stride = 1;
  return factors.map((radix) => {
    count /= radix;
    const stage = { radix, count, stride };
    stride *= radix;
    return { stage, run: butterflies[radix] ?? butterflyOdd };
  });
}

/**
 * Plans a transform of any length as a convolution with a chirp. With k n = (k^2 + n^2 - (k - n)^2) / 2,
 *
 *     X[k] = chirp[k] * sum over n of (x[n] chirp[n]) conj(chirp[k - n]),   chirp[k] = exp(-pi i k^2 / length)
 *
 * Source: L. I. Bluestein, "A linear filtering approach to the computation of the discrete Fourier transform", IEEE
 * Transactions on Audio and Electroacoustics 18 (1970).
 */
function bluestein(length: number): Transform {
  const padded = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const inner = planFft(padded);
  const { cos, sin } = rootsOfUnity(2 * length);
  const chirpCos = new Float64Array(length);
  const chirpSin = new Float64Array(length);
  const kernelRe = new Float64Array(padded);
  const kernelIm = new Float64Array(padded);
  // The roots repeat after 2 length, so k^2 modulo 2 length is updated by differences, and no square gets too large.
  for (let k = 0, square = 0; k < length; k++) {
    chirpCos[k] = cos[square];
    chirpSin[k] = sin[square];
    const mirrored = k === 0 ? 0 : padded - k;
    kernelRe[k] = kernelRe[mirrored] = cos[square];
    kernelIm[k] = kernelIm[mirrored] = sin[square];
    square = (square + 2 * k + 1) % (2 * length);
  }
  inner.forward(kernelRe, kernelIm);
  const workRe = new Float64Array(padded);
  const workIm = new Float64Array(padded);
  return (re, im) => {
    for (let k = 0; k < length; k++) {
      workRe[k] = re[k] * chirpCos[k] + im[k] * chirpSin[k];
      workIm[k] = im[k] * chirpCos[k] - re[k] * chirpSin[k];
    }
    workRe.fill(0, length);
    workIm.fill(0, length);
    inner.forward(workRe, workIm);
    for (let k = 0; k < padded; k++) {
      const product = workRe[k] * kernelRe[k] - workIm[k] * kernelIm[k];
      workIm[k] = workRe[k] * kernelIm[k] + workIm[k] * kernelRe[k];
      workRe[k] = product;
    }
    inner.inverse(workRe, workIm);
    for (let k = 0; k < length; k++) {
      re[k] = workRe[k] * chirpCos[k] + workIm[k] * chirpSin[k];
      im[k] = workIm[k] * chirpCos[k] - workRe[k] * chirpSin[k];
    }
  };
}
