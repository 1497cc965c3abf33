// SPDX-License-Identifier: MIT
import { allocate, dtypeOf } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../options.ts";
import { type NestedArray, Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { type FrameSpec, frameOptionNames, resolveFrames } from "./frames.ts";
import { realFft } from "./real-fft.ts";
import type { FrameOptions, Spectra } from "./stft.ts";

export interface IstftOptions extends FrameOptions {
  /** Samples to return: those of the signal, without what completed the last frame. Default all. */
  readonly length?: number;
}

const optionNames: Names<IstftOptions> = { ...frameOptionNames, length: true };

/**
 * The signal whose spectra come closest to those given, in the sense of least squares: undoes `stft` with the same
 * options. Frames are transformed back, weighted by the window, added where they overlap, and divided by the sum of the
 * squared windows that lie over each sample. As `scipy.signal.istft`.
 *
 * Source: D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier transform", IEEE
 * Transactions on Acoustics, Speech, and Signal Processing 32 (1984), equation 6.
 *
 * Throws INVALID_ARGUMENT, naming the argument; so it does where windows and hop leave samples with a weight of 0, which
 * nothing can bring back.
 */
export function istft(spectra: Pick<Spectra, "real" | "imag">, options?: IstftOptions): Tensor {
  checkArity("istft", arguments.length, 2);
  const { length, ...given } = readOptions(options, optionNames);
  const { real, imag } = readSpectra(spectra);
  const [bins, frames] = real.shape;
  const { fftLength = bins === 1 ? 1 : 2 * (bins - 1) } = given;
  const spec = resolveFrames({ ...given, fftLength }, fftLength);
  if (fftLength >> 1 !== bins - 1) {
    throw invalid(
      `${(fftLength >> 1) + 1} frequencies, as fftLength ${fftLength} has,`,
      "spectra.real.shape",
      real.shape,
    );
  }
  checkOverlap(spec);
  const { window, hop, pad } = spec;
  const sum = overlapAdd(real, imag, spec);
  const whole = (frames - 1) * hop + window.length - 2 * pad;
  if (length !== undefined && !(Number.isInteger(length) && length >= 0 && length <= whole)) {
    throw invalid(`a whole number from 0 to ${whole}`, "length", length);
  }
  const data = allocate(dtypeOf(real.data, "spectra.real"), length ?? whole);
  data.set(sum.subarray(pad, pad + data.length));
  return new Tensor(data, [data.length]);
}

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

/** Within the overlap of frames each sample must have weight ("nonzero overlap-add"). */
function checkOverlap({ window, hop }: FrameSpec): void {
  for (let phase = 0; phase < hop; phase++) {
    let weight = 0;
    for (let n = phase; n < window.length; n += hop) weight += window[n] ** 2;
    if (!(weight > smallestWeight)) {
      throw invalid(`one at which no sample has weight 0 in all frames (phase ${phase} does)`, "hop", hop);
    }
  }
}

/** As in SciPy. */
const smallestWeight = 1e-10;

function overlapAdd(
  real: TensorLike,
  imag: TensorLike,
  { window, hop, fftLength, scale }: FrameSpec,
): Float64Array {
  const [bins, frames] = real.shape;
  const fft = realFft(fftLength);
  const re = new Float64Array(bins);
  const im = new Float64Array(bins);
  const frame = new Float64Array(fftLength);
  const sum = new Float64Array((frames - 1) * hop + window.length);
  const weight = new Float64Array(sum.length);
  for (let i = 0; i < frames; i++) {
    for (let k = 0, at = i; k < bins; k++, at += frames) {
      re[k] = real.data[at] / scale;
      im[k] = imag.data[at] / scale;
    }
    fft.inverse(re, im, frame);
    for (let n = 0, at = i * hop; n < window.length; n++, at++) {
      sum[at] += frame[n] * window[n];
      weight[at] += window[n] ** 2;
    }
  }
  // At the outer ends there can be no weight and no sum either.
  return sum.map((value, at) => (weight[at] > smallestWeight ? value / weight[at] : value));
}
