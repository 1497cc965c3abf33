// SPDX-License-Identifier: MIT

import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { Corr2dError, invalid } from "../errors.ts";
import { checkArity, checkOneOf, type Names, readOptions } from "../input/options.ts";
import { Tensor } from "../tensor.ts";
import { type FrameOptions, type FrameSpec, frameCount, frameOptionNames, resolveFrames } from "./frames.ts";
import { type RealFft, realFft } from "./real-fft.ts";
import { readPadded, readSignal, type Signal } from "./signal.ts";

export interface StftOptions extends FrameOptions {
  /**
   * Whether zeros at the end complete a last frame. Default true; with false, samples that fill no frame are left out.
   */
  readonly padded?: boolean;
  /** "constant" subtracts its mean from each frame. Default "none". */
  readonly detrend?: "constant" | "none";
}

/** The spectra of a signal's frames. */
export interface Spectra {
  /** Real parts, [frequencies, frames]. */
  readonly real: Tensor;
  /** Imaginary parts, [frequencies, frames]. */
  readonly imag: Tensor;
  /** The frequency of each row, from 0 to half the sample rate. */
  readonly frequencies: Float64Array;
  /** The time of each column: the middle of its frame. */
  readonly times: Float64Array;
}

export const stftOptionNames: Names<StftOptions> = { ...frameOptionNames, padded: true, detrend: true };

/**
 * Computes the short-time Fourier transform, the spectrum of each frame of the signal:
 *
 *     X[k, i] = scale * sum over n of window[n] * x[i * hop + n - border] * exp(-2 pi i k n / fftLength)
 *
 * This is a convolution layer with stride `hop` whose kernels are windowed waves. It is computed in float64 by fast
 * transforms of any length, and returned in the type of the signal. `scipy.signal.stft` gives the same with the same
 * arguments, except that here a short signal does not shorten the frame.
 *
 * Source: J. B. Allen and L. R. Rabiner, "A unified approach to short-time Fourier analysis and synthesis", Proceedings
 * of the IEEE 65 (1977). Throws INVALID_ARGUMENT, naming the argument.
 */
export function stft(x: Signal, options?: StftOptions): Spectra {
  checkArity("stft", arguments.length, 2);
  return transformFrames(x, resolveStft(options));
}

/** Computes an stft with options that are already resolved. */
export function transformFrames(x: Signal, { spec, padded, detrend }: StftSpec): Spectra {
  const samples = readSignal(x, "x");
  if (samples.length === 0) throw invalid("at least one sample", "x", x);
  const { pad, border, window, hop } = spec;
  const count = frameCount(samples.length + 2 * pad, spec, padded);
  if (count === 0) throw invalid(`at least the ${window.length} samples of a frame`, "x", x);
  const spectra = allocateSpectra(spec, count, dtypeOf(samples, "x"), 0);
  const frame = new Float64Array(window.length);
  const transform = frameTransform(spec, detrend);
  for (let i = 0; i < count; i++) {
    readPadded({ x: samples, before: pad, after: pad, border }, i * hop, frame);
    transform(frame, spectra, i);
  }
  return spectra;
}

/** The options of stft with every value resolved. */
export interface StftSpec {
  readonly spec: FrameSpec;
  readonly padded: boolean;
  readonly detrend: "constant" | "none";
}

/** Resolves the options of stft. Throws INVALID_ARGUMENT. */
export function resolveStft(options: StftOptions | undefined): StftSpec {
  const { padded = true, detrend = "none", ...given } = readOptions(options, stftOptionNames);
  if (typeof padded !== "boolean") throw invalid("true or false", "padded", padded);
  checkOneOf(detrend, ["constant", "none"], "detrend");
  return { spec: resolveFrames(given), padded, detrend };
}

/** Allocates the spectra of `count` frames from number `first` on. Throws BACKEND_FAILED if memory runs out. */
export function allocateSpectra(spec: FrameSpec, count: number, dtype: FloatDType, first: number): Spectra {
  const { fftLength, sampleRate, hop, offset } = spec;
  const bins = (fftLength >> 1) + 1;
  const plane = () => new Tensor(allocatePlane(dtype, bins, count), [bins, count]);
  return {
    real: plane(),
    imag: plane(),
    frequencies: Float64Array.from({ length: bins }, (_, k) => (k * sampleRate) / fftLength),
    times: Float64Array.from({ length: count }, (_, i) => (offset + (first + i) * hop) / sampleRate),
  };
}

function allocatePlane(dtype: FloatDType, bins: number, frames: number): FloatArray {
  try {
    return allocate(dtype, bins * frames);
  } catch (cause) {
    const message = `Spectra of ${bins} frequencies in ${frames} frames cannot be allocated`;
    throw new Corr2dError("BACKEND_FAILED", message, { cause });
  }
}

/** Returns a function that writes the spectrum of a frame into column `column`. */
export function frameTransform(
  { window, fftLength, scale }: FrameSpec,
  detrend: "constant" | "none",
): (frame: Float64Array, spectra: Spectra, column: number) => void {
  const fft: RealFft = realFft(fftLength);
  const padded = new Float64Array(fftLength);
  const re = new Float64Array(fft.bins);
  const im = new Float64Array(fft.bins);
  return (frame, { real, imag }, column) => {
    let mean = 0;
    if (detrend === "constant") {
      for (const value of frame) mean += value;
      mean /= frame.length;
    }
    for (let n = 0; n < frame.length; n++) padded[n] = (frame[n] - mean) * window[n];
    fft.forward(padded, re, im);
    const frames = real.shape[1];
    for (let k = 0, at = column; k < fft.bins; k++, at += frames) {
      real.data[at] = re[k] * scale;
      imag.data[at] = im[k] * scale;
    }
  };
}
