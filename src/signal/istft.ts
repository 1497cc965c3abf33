// SPDX-License-Identifier: MIT

import { allocate, dtypeOf } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import { type NestedArray, Tensor, type TensorLike, toTensor } from "../tensor.ts";
import type { FrameSpec } from "./frames.ts";
import { realFft } from "./real-fft.ts";
import { resolveStft, type Spectra, type StftOptions, stftOptionNames } from "./stft.ts";

/**
 * The options that the spectra were made with. `padded` changes nothing here. `detrend` "constant" is refused, as the
 * subtracted means are lost.
 */
export interface IstftOptions extends StftOptions {
  /**
   * Samples to return: those of the signal, without the zeros that completed the last frame. The default ends half a
   * window before the last frame's end if there is a border, else at that end. At most half a window more can be
   * returned with a border.
   */
  readonly length?: number;
}

const optionNames: Names<IstftOptions> = { ...stftOptionNames, length: true };

/**
 * Computes the signal whose spectra come closest to those given, by least squares. With the options that the spectra
 * were made with, and `length`, it undoes `stft`. Frames are transformed back, weighted by the window, added where they
 * overlap, and divided by the sum of the squared windows over each sample. `scipy.signal.istft` does the same, as does
 * `torch.istft` with scaling "none" and border "mirror".
 *
 * Returns a tensor [length] of the spectra's element type. A sample whose sum of squared windows is w times the
 * window's largest square has the error of the spectra's element type times up to 1 / sqrt(w).
 *
 * Source: D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier transform", IEEE
 * Transactions on Acoustics, Speech, and Signal Processing 32 (1984), equation 6.
 *
 * Throws INVALID_ARGUMENT, naming the argument, also if a sample to return has weight 0 (w <= 1e-10) and so is lost.
 * Such samples lie between frames that do not overlap or, without a border, under the 0 that windows such as "hann"
 * begin with.
 */
export function istft(spectra: Pick<Spectra, "real" | "imag">, options?: IstftOptions): Tensor {
  checkArity("istft", arguments.length, 2);
  const { length, ...given } = readOptions(options, optionNames);
  const { real, imag } = readSpectra(spectra);
  const [bins, frames] = real.shape;
  const { spec, detrend } = resolveStft(given);
  if (detrend !== "none") {
    throw invalid('"none", as means that were taken away are lost,', "detrend", detrend);
  }
  const { window, hop, pad, fftLength } = spec;
  if (fftLength >> 1 !== bins - 1) {
    throw invalid(
      `${(fftLength >> 1) + 1} frequencies, as fftLength ${fftLength} has,`,
      "spectra.real.shape",
      real.shape,
    );
  }
  const end = (frames - 1) * hop + window.length;
  if (length !== undefined && !(Number.isInteger(length) && length >= 0 && length <= end - pad)) {
    throw invalid(`a whole number from 0 to ${end - pad}`, "length", length);
  }
  const whole = Math.max(end - 2 * pad, 0);
  const count = length ?? whole;
  const refuse = (sample: number) =>
    sample >= whole
      ? invalid(`at most ${sample}, as the sample after that has weight 0,`, "length", length)
      : invalid(`one at which no sample has weight 0 under the window (sample ${sample} does)`, "hop", hop);
  const gap = window.length - pad;
  if (hop > window.length && count > gap) throw refuse(gap);
  const { sum, weight } = overlapAdd(real, imag, spec, pad + count);
  const least = smallestWeight * window.reduce((most, value) => Math.max(most, value ** 2), 0);
  const data = allocate(dtypeOf(real.data, "spectra.real"), count);
  for (let i = 0; i < count; i++) {
    if (!(weight[pad + i] > least)) throw refuse(i);
    data[i] = sum[pad + i] / weight[pad + i];
  }
  return new Tensor(data, [count]);
}

/** SciPy's limit, here as a share of the window's largest square, which is 1 for windows that have names. */
const smallestWeight = 1e-10;

function readSpectra(spectra: unknown): { real: TensorLike; imag: TensorLike } {
  if (typeof spectra !== "object" || spectra === null) throw invalid("{ real, imag }", "spectra", spectra);
  const given = spectra as { real: TensorLike | NestedArray; imag: TensorLike | NestedArray };
  const real = toTensor(given.real, 2, "spectra.real", "float64");
  const imag = toTensor(given.imag, 2, "spectra.imag", "float64");
  if (real.shape[0] !== imag.shape[0] || real.shape[1] !== imag.shape[1]) {
    throw invalid(`[${real.shape.join(", ")}], as spectra.real has,`, "spectra.imag.shape", imag.shape);
  }
  if (dtypeOf(real.data, "") !== dtypeOf(imag.data, "")) {
    throw invalid("elements of one type in real and imag", "spectra.imag", imag.data);
  }
  if (real.data.length === 0)
    throw invalid("at least one frequency and frame", "spectra.real.shape", real.shape);
  return { real, imag };
}

/** Returns the first `count` samples, border included: the sums of weighted frames, and of the squared windows. */
function overlapAdd(
  real: TensorLike,
  imag: TensorLike,
  { window, hop, fftLength, scale }: FrameSpec,
  count: number,
): { sum: Float64Array; weight: Float64Array } {
  const [bins, frames] = real.shape;
  const fft = realFft(fftLength);
  const re = new Float64Array(bins);
  const im = new Float64Array(bins);
  const frame = new Float64Array(fftLength);
  const sum = new Float64Array(count);
  const weight = new Float64Array(count);
  for (let i = 0; i < frames && i * hop < count; i++) {
    for (let k = 0, at = i; k < bins; k++, at += frames) {
      re[k] = real.data[at] / scale;
      im[k] = imag.data[at] / scale;
    }
    fft.inverse(re, im, frame);
    const end = Math.min(window.length, count - i * hop);
    for (let n = 0, at = i * hop; n < end; n++, at++) {
      sum[at] += frame[n] * window[n];
      weight[at] += window[n] ** 2;
    }
  }
  return { sum, weight };
}
